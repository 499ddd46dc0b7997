"""Signing duties: one row a conflict set, person and object; the key forbids the rest.

The row is inserted in the step that completes the task, so that no way in (page, API,
command line, deputy, a restarted case) can pass by it (DESIGN decision 16).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from laufzettel.engine.tables import duty_act
from laufzettel.engine.tasks.rules import DutyConflictError, DutyRules, Matter, NoPowerError

# Built once: building a statement costs more than running it.
_TAKE = {
    "sqlite": sqlite.insert(duty_act).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(duty_act).on_conflict_do_nothing(),
}
_TAKEN = sa.select(duty_act.c.side, duty_act.c.duty, duty_act.c.signed_at).where(
    *(column == sa.bindparam(f"of_{column.name}") for column in duty_act.primary_key)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who signs which duties about which business object."""

    tenant: str
    scope: str  # the business object, e.g. invoice:01hf…
    person: str
    duties: tuple[str, ...]
    case_id: str
    task_id: str
    deputy_for: str | None
    at: datetime


def sign(connection: sa.Connection, rules: DutyRules, signature: Signature, matter: Matter) -> None:
    """Record the duties as signed.

    Raises NoPowerError without the power, DutyConflictError when the person stands on
    another side already; both name who may.
    """
    for duty in signature.duties:
        refusal = rules.refusal(connection, signature.tenant, signature.person, duty, matter)
        if refusal:
            allowed = _allowed(connection, rules, signature, duty, matter)
            raise NoPowerError(refusal, allowed)
        for conflict in rules.conflict_sets(connection, signature.tenant):
            if duty in conflict.sides:
                side = conflict.sides[duty]
                earlier = _take_side(connection, signature, conflict.name, duty, side)
                if earlier.side != side:
                    raise DutyConflictError(
                        rule=conflict.rule,
                        earlier=earlier.duty,
                        duty=duty,
                        signed_at=earlier.signed_at,
                        allowed=_allowed(connection, rules, signature, duty, matter),
                    )


def _take_side(
    connection: sa.Connection, signature: Signature, conflict: str, duty: str, side: str
) -> sa.Row[str, str, datetime]:
    """Insert the row unless the person has one, and return the one that stands."""
    key = {
        "tenant": signature.tenant,
        "scope": signature.scope,
        "conflict_set": conflict,
        "person": signature.person,
    }
    act = {
        "side": side,
        "duty": duty,
        "case_id": signature.case_id,
        "task_id": signature.task_id,
        "deputy_for": signature.deputy_for,
        "signed_at": signature.at,
    }
    connection.execute(_TAKE[connection.dialect.name], key | act)
    return connection.execute(_TAKEN, {f"of_{name}": value for name, value in key.items()}).one()


def _allowed(
    connection: sa.Connection,
    rules: DutyRules,
    signature: Signature,
    duty: str,
    matter: Matter,
) -> list[str]:
    """Return the names of those with the power who stand on no other side here."""
    able = rules.candidates(connection, signature.tenant, duty, matter)
    sides = {
        conflict.name: conflict.sides[duty]
        for conflict in rules.conflict_sets(connection, signature.tenant)
        if duty in conflict.sides
    }
    taken = connection.execute(
        sa.select(duty_act.c.person, duty_act.c.conflict_set, duty_act.c.side).where(
            duty_act.c.tenant == signature.tenant, duty_act.c.scope == signature.scope
        )
    ).all()
    barred = {row.person for row in taken if sides.get(row.conflict_set, row.side) != row.side}
    return sorted(name for person, name in able.items() if person not in barred)
