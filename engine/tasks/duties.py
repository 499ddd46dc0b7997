"""Signing duties: one row a conflict set, person and object; the key forbids the rest.

The row is inserted in the step that completes the task, so that no way in (page, API,
command line, deputy, a restarted case) can pass by it (DESIGN decision 16).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from laufzettel.engine.model.definition import Element
from laufzettel.engine.tables import case, duty_act, duty_signature
from laufzettel.engine.tasks.rules import (
    ConflictSet,
    DutyConflictError,
    DutyRules,
    Matter,
    NoPowerError,
    SplitDutiesError,
    UnsignedError,
)

#: Mark of a user task: which answer signs its duties, as ``field=value``.
SIGNS = "laufzettel:signs"

# Built once: building a statement costs more than running it.
_TAKE = {
    dialect: insert(duty_act)
    .on_conflict_do_nothing()
    .returning(duty_act.c.side, duty_act.c.duty, duty_act.c.signed_at)
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_TAKEN = sa.select(duty_act.c.side, duty_act.c.duty, duty_act.c.signed_at).where(
    *(column == sa.bindparam(f"of_{column.name}") for column in duty_act.primary_key)
)


_SIGN = sa.insert(duty_signature)
_SIDES = sa.select(duty_act.c.person, duty_act.c.conflict_set, duty_act.c.side).where(
    duty_act.c.tenant == sa.bindparam("of_tenant"), duty_act.c.scope == sa.bindparam("of_scope")
)
#: The signatures about the business object of a case: joined with every case about it.
_of_object = (
    sa.select(
        duty_signature.c.duty,
        duty_signature.c.person,
        duty_signature.c.deputy_for,
        duty_signature.c.signed_at,
    )
    .join(
        case,
        sa.and_(
            case.c.tenant == duty_signature.c.tenant,
            case.c.duty_scope == duty_signature.c.scope,
        ),
    )
    .where(case.c.id == sa.bindparam("of_case"))
)
_SIGNATURES = _of_object.order_by(
    duty_signature.c.signed_at, duty_signature.c.task_id, duty_signature.c.duty
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """Why a person may not sign."""

    text_de: str
    rule: str  # the rule behind it, "" where the power is missing
    allowed: tuple[str, ...]  # names of those who may


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A duty that was signed."""

    duty: str
    person: str
    deputy_for: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Required:
    """A duty that must be signed: by this person, and not before ``since``, where it is said.

    What was written anew after it was signed is not signed.
    """

    duty: str
    by: str | None = None
    since: datetime | None = None

    def is_met_by(self, signed: Any) -> bool:
        """Say whether this signature is one that is asked for."""
        is_recent = self.since is None or signed.signed_at >= self.since
        return signed.duty == self.duty and self.by in (None, signed.person) and is_recent


def sign(connection: sa.Connection, rules: DutyRules, signature: Signature, matter: Matter) -> None:
    """Record the duties as signed.

    Raises NoPowerError without the power, DutyConflictError when the person stands on
    another side already, both naming who may; SplitDutiesError when no one person could.
    """
    _check(connection, rules, signature, matter, _take_side)
    _record(connection, signature)


def objection(
    connection: sa.Connection, rules: DutyRules, signature: Signature, matter: Matter
) -> Objection | None:
    """Return why the person may not sign, None if it may; the checks of ``sign``, read only."""
    try:
        _check(connection, rules, signature, matter, _standing_side)
    except (DutyConflictError, NoPowerError, SplitDutiesError) as refused:
        return Objection(text_de=str(refused), rule=refused.rule, allowed=refused.allowed)
    return None


def allowed(
    connection: sa.Connection,
    rules: DutyRules,
    signature: Signature,
    matter: Matter,
    duties: Sequence[str],
) -> tuple[str, ...]:
    """Return the names of those who may sign all of ``duties`` after this signature."""
    able: set[str] | None = None
    for duty in duties:
        names = set(_allowed(connection, rules, signature, duty, matter, is_given=True))
        able = names if able is None else able & names
    return tuple(sorted(able or ()))


#: Finds, or makes and finds, the row of a person's side.
_Side = Callable[[sa.Connection, Signature, str, str, str], Any]


def _check(
    connection: sa.Connection,
    rules: DutyRules,
    signature: Signature,
    matter: Matter,
    side_of: _Side,
) -> None:
    conflicts = rules.conflict_sets(connection, signature.tenant)
    for conflict in conflicts:
        _refuse_split(signature.duties, conflict)
    for duty in signature.duties:
        refusal = rules.refusal(connection, signature.tenant, signature.person, duty, matter)
        if refusal:
            raise NoPowerError(refusal, _allowed(connection, rules, signature, duty, matter))
        for conflict in conflicts:
            if duty in conflict.sides:
                side = conflict.sides[duty]
                earlier = side_of(connection, signature, conflict.name, duty, side)
                if earlier is not None and earlier.side != side:
                    raise DutyConflictError(
                        rule=conflict.rule,
                        earlier=earlier.duty,
                        duty=duty,
                        signed_at=earlier.signed_at,
                        allowed=_allowed(connection, rules, signature, duty, matter),
                    )


def is_signing(element: Element, values: Mapping[str, Any]) -> bool:
    """Say whether these answers sign the task's duties; giving back signs nothing.

    >>> from laufzettel.engine.model.definition import Kind
    >>> task = Element(id="a", kind=Kind.USER, properties={SIGNS: "decision=anordnen"})
    >>> is_signing(task, {"decision": "anordnen"}), is_signing(task, {"decision": "zurueckgeben"})
    (True, False)
    """
    mark = element.properties.get(SIGNS, "")
    field, _, wanted = mark.partition("=")
    return not mark or values.get(field) == wanted


def signatures(connection: sa.Connection, case_id: str) -> tuple[Signed, ...]:
    """Return every signature about the case's business object, the latest last.

    What was signed in an earlier round is among them: a revised order has newer ones.
    """
    rows = connection.execute(_SIGNATURES, {"of_case": case_id})
    return tuple(
        Signed(duty=row.duty, person=row.person, deputy_for=row.deputy_for, at=row.signed_at)
        for row in rows
    )


def require_signatures(
    connection: sa.Connection, case_id: str, required: Sequence[Required]
) -> None:
    """Raise UnsignedError unless all is signed for the case's business object.

    Asked in the transaction that puts an effect into the outbox: a model from which a duty was
    taken sends nothing.
    """
    if not required:
        return
    rows = connection.execute(_SIGNATURES, {"of_case": case_id}).all()
    missing = [one.duty for one in required if not any(map(one.is_met_by, rows))]
    if missing:
        raise UnsignedError(missing)


def _refuse_split(duties: Sequence[str], conflict: ConflictSet) -> None:
    placed = [duty for duty in duties if duty in conflict.sides]
    for duty in placed[1:]:
        if conflict.sides[duty] != conflict.sides[placed[0]]:
            raise SplitDutiesError(placed[0], duty, conflict.rule)


def _record(connection: sa.Connection, signature: Signature) -> None:
    rows = [
        {
            "task_id": signature.task_id,
            "duty": duty,
            "tenant": signature.tenant,
            "scope": signature.scope,
            "person": signature.person,
            "deputy_for": signature.deputy_for,
            "case_id": signature.case_id,
            "signed_at": signature.at,
        }
        for duty in signature.duties
    ]
    connection.execute(_SIGN, rows)


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
    taken: Any = connection.execute(_TAKE[connection.dialect.name], key | act).one_or_none()
    if taken is not None:
        found: sa.Row[str, str, datetime] = taken
        return found
    return connection.execute(_TAKEN, {f"of_{name}": value for name, value in key.items()}).one()


def _standing_side(
    connection: sa.Connection, signature: Signature, conflict: str, duty: str, side: str
) -> Any:
    """Return the row that stands, None if the person has none."""
    key = (signature.tenant, signature.scope, conflict, signature.person)
    names = (f"of_{column.name}" for column in duty_act.primary_key)
    return connection.execute(_TAKEN, dict(zip(names, key, strict=True))).one_or_none()


def _allowed(
    connection: sa.Connection,
    rules: DutyRules,
    signature: Signature,
    duty: str,
    matter: Matter,
    *,
    is_given: bool = False,
) -> list[str]:
    """Return the names of those with the power who stand on no other side here.

    With ``is_given`` the signature itself counts as well.
    """
    able = rules.candidates(connection, signature.tenant, duty, matter)
    sides = {
        conflict.name: conflict.sides[duty]
        for conflict in rules.conflict_sets(connection, signature.tenant)
        if duty in conflict.sides
    }
    which = {"of_tenant": signature.tenant, "of_scope": signature.scope}
    taken = connection.execute(_SIDES, which).all()
    barred = {row.person for row in taken if sides.get(row.conflict_set, row.side) != row.side}
    if is_given and _would_part(rules.conflict_sets(connection, signature.tenant), signature, duty):
        barred.add(signature.person)
    return sorted(name for person, name in able.items() if person not in barred)


def _would_part(conflicts: Sequence[ConflictSet], signature: Signature, duty: str) -> bool:
    """Say whether the signature puts its person on another side than ``duty`` asks for."""
    return any(
        conflict.sides[own] != conflict.sides[duty]
        for conflict in conflicts
        for own in signature.duties
        if own in conflict.sides and duty in conflict.sides
    )
