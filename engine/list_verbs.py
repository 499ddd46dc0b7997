"""The verbs with which programs read: lists page by page, the variables of a case.

A part of ``engine.api.Engine``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.engine import access, feel, listing, views, wire
from laufzettel.engine.dmn.add_rule import NewRule
from laufzettel.engine.execution import codec, decision_store
from laufzettel.engine.execution.bundles import Bundles
from laufzettel.engine.execution.case_rows import CaseStatus
from laufzettel.engine.execution.step import Steps
from laufzettel.engine.handler import Handlers
from laufzettel.engine.listing import CaseFilter, IncidentRow, ModelView, Page, Place
from laufzettel.engine.model.check import check
from laufzettel.engine.operations import rule_plan
from laufzettel.engine.operations.rule_plan import RulePlan
from laufzettel.engine.tables import case
from laufzettel.engine.tasks import user_tasks
from laufzettel.engine.tasks.answers import form_of
from laufzettel.engine.tasks.completion import definition_of
from laufzettel.engine.tasks.user_tasks import UserTask
from laufzettel.engine.tasks.verbs import need, require
from laufzettel.engine.views import CaseView, Happening
from laufzettel.engine.work.incidents import IncidentStatus
from laufzettel.errors import InputError
from laufzettel.identity import Actor, Right


class ListVerbs:
    """Reading what there is, as programs do."""

    _db: Database
    _bundles: Bundles
    _handlers: Handlers
    _steps: Steps

    def list_models(
        self, actor: Actor, *, after: Place | None = None, size: int = listing.PAGE_MAX
    ) -> Page[ModelView]:
        """Return a page of the process versions that the tenant may start, the oldest first."""
        need(actor, *Right)
        with self._db.read() as connection:
            return listing.models(connection, actor.tenant, after, _size(size))

    def list_cases(
        self,
        actor: Actor,
        *,
        status: CaseStatus | None = None,
        process_id: str | None = None,
        business_key: str | None = None,
        after: Place | None = None,
        size: int = listing.PAGE_MAX,
    ) -> Page[CaseView]:
        """Return a page of the cases that the actor may look at, the newest first."""
        need(actor, Right.READ, Right.WORK, Right.OPERATE)
        wanted = CaseFilter(status=status, process_id=process_id, business_key=business_key)
        with self._db.read() as connection:
            return listing.cases(connection, actor, wanted, after, _size(size))

    def list_tasks(
        self,
        actor: Actor,
        *,
        case_id: str | None = None,
        after: Place | None = None,
        size: int = listing.PAGE_MAX,
    ) -> Page[UserTask]:
        """Return a page of the open tasks offered to the actor, the most urgent first.

        Of one case, and with READ all of them, the oldest first.
        """
        need(actor, Right.WORK, Right.READ)
        with self._db.read() as connection:
            if case_id is None:
                return listing.tasks(connection, actor, after, _size(size))
            access.require(connection, actor, case_id)
            return listing.tasks_of_case(connection, actor, case_id, after, _size(size))

    def list_incidents(
        self,
        actor: Actor,
        *,
        status: IncidentStatus = IncidentStatus.OPEN,
        after: Place | None = None,
        size: int = listing.PAGE_MAX,
    ) -> Page[IncidentRow]:
        """Return a page of the tenant's incidents, the oldest first."""
        need(actor, Right.OPERATE, Right.READ)
        with self._db.read() as connection:
            return listing.incidents(connection, actor, status, after, _size(size))

    def list_happenings(
        self, actor: Actor, case_id: str, *, after: int = 0, size: int = listing.PAGE_MAX
    ) -> tuple[tuple[Happening, ...], int | None]:
        """Return a page of what happened in a case and the number behind which it goes on."""
        need(actor, Right.READ, Right.WORK, Right.OPERATE)
        with self._db.read() as connection:
            access.require(connection, actor, case_id)
            found = views.timeline(
                connection, actor.tenant, case_id, after=after, at_most=_size(size) + 1
            )
        return tuple(found[:size]), found[size - 1].number if len(found) > size else None

    def plan_rule(self, actor: Actor, decision: str, rule: NewRule) -> RulePlan:
        """Return what the tenant's table would be with one more rule, and what the lint says.

        Changes nothing; ``deploy`` takes the plan's sources. Raises NotFoundError where nobody
        has the decision, InputError where its table cannot take the rule.
        """
        need(actor, Right.DEPLOY, Right.READ)
        with self._db.read() as connection:
            known = decision_store.deployed(connection, actor.tenant)
            sources, is_first = rule_plan.planned(
                connection, self._steps.decisions, actor.tenant, decision, rule
            )
        checked = check(sources, handlers=self._handlers.contracts, known_decisions=known)
        return rule_plan.shown(sources, checked.findings, decision, rule, is_first=is_first)

    def missing_handlers(self, actor: Actor) -> tuple[str, ...]:
        """Return the handlers that open cases of the tenant will need and nobody has installed."""
        need(actor, Right.OPERATE, Right.READ)
        with self._db.read() as connection:
            named = {
                element.handler
                for bundle_id in listing.bundles_in_use(connection, actor.tenant)
                for process in self._bundles.load(
                    connection, bundle_id
                ).definition.processes.values()
                for element in process.elements.values()
                if element.handler
            }
        return tuple(sorted(named - set(self._handlers.contracts)))

    def look_at_task(self, actor: Actor, task_id: str) -> UserTask:
        """Return the task if the actor may know of it; raises NotFoundError else."""
        need(actor, Right.WORK, Right.READ, Right.OPERATE)
        with self._db.read() as connection:
            task = user_tasks.load(connection, actor.tenant, task_id)
            if not user_tasks.is_offered(task, actor):
                require(connection, actor, task)
            return task

    def variables(self, actor: Actor, case_id: str) -> Mapping[str, Any]:
        """Return the variables of the case that the actor may see, in the form of ``wire``.

        Who reads or operates sees all of the case itself. Whoever only works sees those that
        the forms of its tasks show or ask for.
        """
        need(actor, Right.READ, Right.WORK, Right.OPERATE)
        with self._db.read() as connection:
            access.require(connection, actor, case_id)
            row = connection.execute(
                sa.select(case.c.state, case.c.result).where(case.c.id == case_id)
            ).one()
            names = self._names_shown(connection, actor, case_id)
        stored = _stored_variables(row)
        shown = stored if names is None else {name: stored[name] for name in names & set(stored)}
        return {name: wire.to_wire(value) for name, value in sorted(shown.items())}

    def _names_shown(
        self, connection: sa.Connection, actor: Actor, case_id: str
    ) -> set[str] | None:
        """Return the variables that the actor's tasks show; None for all there are."""
        if actor.rights & {Right.READ, Right.OPERATE}:
            return None
        names: set[str] = set()
        for task in views.tasks_of(connection, actor.tenant, case_id):
            if user_tasks.is_offered(task, actor):
                form = form_of(definition_of(connection, self._bundles, task), task)
                names |= set(form.inputs()) if form is not None else set()
        return names


def _stored_variables(row: Any) -> dict[str, Any]:
    """Return the variables of the case itself."""
    if row.state is None:
        kept = (row.result or {}).get("variables", {})
        return {name: feel.from_json(value) for name, value in kept.items()}
    return dict(codec.decode(row.state)["scopes"][""])


def _size(size: int) -> int:
    if not 1 <= size <= listing.PAGE_MAX:
        raise InputError(f"Eine Seite hat 1 bis {listing.PAGE_MAX} Zeilen.")
    return size
