"""Decisions that a handler asks for by name: the newest that the tenant has deployed."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from laufzettel.engine import dmn, feel
from laufzettel.engine.execution.deciding import told
from laufzettel.engine.execution.decision_store import DecisionStore
from laufzettel.engine.handler import Decided, UndecidedError, Values


class StandingDecisions:
    """Evaluates decisions outside a business rule task; keeps no trace, its caller says what."""

    def __init__(self, store: DecisionStore) -> None:
        self._store = store

    def decide(
        self,
        connection: sa.Connection,
        tenant: str,
        decision: str,
        variables: Values,
        *,
        now: datetime,
    ) -> Decided | None:
        """Return what the tenant's, else the shared newest decision says; None without one.

        Raises UndecidedError where an error, or a value that is not allowed, came between.
        """
        bundle = self._store.newest(connection, tenant, decision, "")
        if bundle is None:
            return None
        library = self._store.library(connection, bundle)
        try:
            result = dmn.evaluate(library, decision, variables, now=now)
        except feel.FeelBudgetError as error:
            raise UndecidedError(f"„{decision}“ rechnet zu lange: {error}") from error
        # Stricter than a business rule task: an input in error matches no rule, and a list
        # without findings would read as „nothing found“.
        if result.errors:
            raise UndecidedError(f"„{result.name}“ ergibt keinen Wert: {told(result.errors[0])}")
        rules = [list(table.rules) for trace in result.trace for table in trace.tables]
        return Decided(value=result.value, sha256=result.sha256, rules=rules)
