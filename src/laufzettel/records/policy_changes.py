"""Changing the tenant's table of what follows from a finding: who may, from when, why.

A change that makes less of a finding, or raises a limit, waits for a second person (DESIGN
decision 16); one that only makes more of it holds by one. Both are kept with the table before
and after, and told to the audit in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Protocol

import sqlalchemy as sa

from laufzettel.clock import OFFICE_ZONE
from laufzettel.einvoice.policy import Policy, Treatment, bounds_of_subject
from laufzettel.einvoice.policy_change import Change, applied, lightened
from laufzettel.einvoice.policy_table import as_settings, policy_of
from laufzettel.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from laufzettel.identity import Actor, Right
from laufzettel.ids import new_id
from laufzettel.records import settings
from laufzettel.records.tables import policy_change, tenant

#: Where the audit keeps how the settings of a tenant changed.
STREAM: Final = "settings"
#: Longest reason; the first 200 characters stand in every report.
REASON_MAX: Final = 1000
#: Changes that a list shows, and rules that one is said to lighten.
CHANGES_MAX: Final = 100
_LIGHTER_MAX: Final = 200
#: Who may look at the table; changing it needs DEPLOY, as every rule of the tenant does.
READERS: Final = frozenset({Right.DEPLOY, Right.READ, Right.OPERATE})


class Status(StrEnum):
    """How far a change is."""

    OPEN = "open"  # waits for a second person
    DONE = "done"  # stands in the table
    DECLINED = "declined"  # a second person, or who proposed it, said no


class Note(Protocol):
    """Tells the audit, in the transaction: kind, ids and codes, texts."""

    def __call__(self, kind: str, data: Mapping[str, Any], texts: Mapping[str, str]) -> None:
        """Append the event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """A change: what, from when, why, who, and what the table was before and became."""

    id: str
    subject: str  # rule or layer; "": the whole table at once
    treatment: Treatment | None  # none: as preset
    above: Decimal | None
    holds_from: date
    reason: str
    lighter: tuple[str, ...]  # rules of which it makes less
    before: Sequence[Mapping[str, str]]
    after: Sequence[Mapping[str, str]]
    status: Status
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None  # the second person
    decided_at: datetime | None
    decided_reason: str | None

    @property
    def change(self) -> Change:
        """The change as the table takes it."""
        return Change(
            subject=self.subject,
            treatment=self.treatment,
            why=self.reason[:200],
            holds_from=self.holds_from,
            above=self.above,
        )


# Built once: building a statement costs more than running it.
_COLUMNS: Final = [policy_change.c[name] for name in PolicyChange.__dataclass_fields__]
_OF: Final = policy_change.c.tenant == sa.bindparam("of_tenant")
_LATEST: Final = (
    sa.select(*_COLUMNS).where(_OF).order_by(policy_change.c.id.desc()).limit(CHANGES_MAX)
)
_OPEN: Final = (
    sa.select(*_COLUMNS)
    .where(_OF, policy_change.c.status == Status.OPEN)
    .order_by(policy_change.c.id)
)
_ONE: Final = sa.select(*_COLUMNS).where(_OF, policy_change.c.id == sa.bindparam("of_id"))
_LOCK: Final = (
    sa.select(tenant.c.id).where(tenant.c.id == sa.bindparam("of_tenant")).with_for_update()
)
_INSERT: Final = sa.insert(policy_change)
_DECIDE: Final = sa.update(policy_change).where(
    _OF, policy_change.c.id == sa.bindparam("of_id"), policy_change.c.status == Status.OPEN
)


def waiting(connection: sa.Connection, actor: Actor) -> Sequence[PolicyChange]:
    """Return the changes that wait for a second person, the oldest first."""
    _need(actor, *READERS)
    return [_of(row) for row in connection.execute(_OPEN, {"of_tenant": actor.tenant})]


def changes(connection: sa.Connection, actor: Actor) -> Sequence[PolicyChange]:
    """Return the latest changes, whatever became of them, the newest first."""
    _need(actor, *READERS)
    return [_of(row) for row in connection.execute(_LATEST, {"of_tenant": actor.tenant})]


def one(connection: sa.Connection, actor: Actor, change_id: str) -> PolicyChange:
    """Return a change; raises NotFoundError."""
    _need(actor, *READERS)
    row = connection.execute(_ONE, {"of_tenant": actor.tenant, "of_id": change_id}).one_or_none()
    if row is None:
        raise NotFoundError("Diese Änderung gibt es bei diesem Mandanten nicht.")
    return _of(row)


def planned(
    connection: sa.Connection, actor: Actor, wanted: Change, *, now: datetime
) -> tuple[Policy, Policy]:
    """Return the table before and after a change.

    Raises InputError for what no table may say, for a day that is past, and where nothing
    would change.
    """
    _need(actor, *READERS)
    today = _day(now)
    if wanted.holds_from < today:
        raise InputError("Eine Änderung gilt frühestens ab heute: Was war, ist schon entschieden.")
    bounds = bounds_of_subject(wanted.subject)
    if len(bounds.choices) == 1 or wanted.treatment not in {None, *bounds.choices}:
        raise InputError(f"Das geht nicht. {bounds.why_not_weaker or bounds.why_not_stronger}")
    before = settings.load(connection, actor.tenant).findings
    after = policy_of(list(as_settings(applied(before, wanted))))
    if after == before:
        raise InputError("Das gilt schon so; es gibt nichts zu ändern.")
    return before, after


def change(
    connection: sa.Connection,
    actor: Actor,
    wanted: Change,
    reason: str,
    *,
    now: datetime,
    note: Note,
) -> PolicyChange:
    """Change the table, or leave the change to a second person where it makes less of a finding.

    Needs DEPLOY and a natural person.
    """
    person, why = _person(actor), reason_of(reason)
    _lock(connection, actor.tenant)
    wanted = replace(wanted, why=why[:200])
    tables = planned(connection, actor, wanted, now=now)
    made = _keep(connection, actor, wanted, why, tables, by=person, now=now)
    if made.status is Status.OPEN:
        note("policy.proposed", _data(made), {"reason": why})
    else:
        _store(connection, actor.tenant, made, note)
    return made


def replaced(
    connection: sa.Connection,
    actor: Actor,
    after: Policy,
    reason: str,
    *,
    now: datetime,
    note: Note,
) -> PolicyChange:
    """Replace the whole table, as the installation's command line does; or leave it to a person.

    It waits for one where the new table makes less of a finding, whoever replaces it.
    """
    _need(actor, Right.DEPLOY)
    why = reason_of(reason)
    _lock(connection, actor.tenant)
    before = settings.load(connection, actor.tenant).findings
    wanted = Change(subject="", treatment=None, why=why[:200], holds_from=_day(now))
    made = _keep(connection, actor, wanted, why, (before, after), by=actor.label, now=now)
    if made.status is Status.OPEN:
        note("policy.proposed", _data(made), {"reason": why})
    else:
        _store(connection, actor.tenant, made, note)
    return made


def planned_of(
    connection: sa.Connection, actor: Actor, found: PolicyChange, *, now: datetime
) -> tuple[Policy, Policy]:
    """Return the table before and after a change that waits, if it were released now.

    Raises InputError where nothing would change any more, ConflictError for a whole table that
    was made of another one than there is now.
    """
    if found.subject:
        late = replace(found.change, holds_from=max(found.holds_from, _day(now)))
        return planned(connection, actor, late, now=now)
    _need(actor, *READERS)
    before = settings.load(connection, actor.tenant).findings
    if list(as_settings(before)) != list(found.before):
        raise ConflictError(
            "Die Tabelle ist inzwischen eine andere als die, die ersetzt werden sollte. Bitte "
            "ablehnen und die neue Tabelle noch einmal vorschlagen."
        )
    return before, policy_of(list(found.after))


def release(
    connection: sa.Connection,
    actor: Actor,
    change_id: str,
    reason: str,
    *,
    now: datetime,
    note: Note,
) -> PolicyChange:
    """Let a waiting change hold, as its second person: from its day on, at the earliest today.

    Raises ForbiddenError for the person who proposed it, ConflictError where it does not wait.
    """
    _lock(connection, actor.tenant)
    person, found = _person(actor), _waiting(connection, actor, change_id)
    if found.proposed_by == person:
        raise ForbiddenError(
            "Wer eine Änderung vorschlägt, gibt sie nicht selbst frei. Bitte eine zweite Person "
            "mit dem Recht, Regeln einzuspielen."
        )
    before, after = planned_of(connection, actor, found, now=now)
    lighter = lightened(before, after, today=_day(now))
    values = {
        "holds_from": max(found.holds_from, _day(now)),
        "before": list(as_settings(before)),
        "after": list(as_settings(after)),
        "lighter": list(lighter[:_LIGHTER_MAX]),
    }
    made = _decide(connection, actor, found, Status.DONE, reason, person, now, **values)
    _store(connection, actor.tenant, made, note)
    return made


def decline(
    connection: sa.Connection,
    actor: Actor,
    change_id: str,
    reason: str,
    *,
    now: datetime,
    note: Note,
) -> PolicyChange:
    """Say no to a waiting change; who proposed it takes it back so. The table stays."""
    person, found = _person(actor), _waiting(connection, actor, change_id)
    made = _decide(connection, actor, found, Status.DECLINED, reason, person, now)
    note("policy.declined", _data(made), {"reason": reason_of(reason)})
    return made


def reason_of(text: str) -> str:
    """Return the reason; raises InputError where there is none."""
    reason = " ".join(text.split())[:REASON_MAX]
    if not reason:
        raise InputError("Bitte nennen Sie den Grund; er steht im Protokoll und im Prüfbericht.")
    return reason


def _lock(connection: sa.Connection, tenant_id: str) -> None:
    """Have others that change the settings wait; SQLite has one writer anyway."""
    connection.execute(_LOCK, {"of_tenant": tenant_id})


def _waiting(connection: sa.Connection, actor: Actor, change_id: str) -> PolicyChange:
    found = one(connection, actor, change_id)
    if found.status is not Status.OPEN:
        raise ConflictError("Über diese Änderung ist schon entschieden.")
    return found


def _keep(
    connection: sa.Connection,
    actor: Actor,
    wanted: Change,
    why: str,
    tables: tuple[Policy, Policy],
    *,
    by: str,
    now: datetime,
) -> PolicyChange:
    """Keep a change of the table; one that makes less of a finding waits."""
    before, after = tables
    lighter = lightened(before, after, today=_day(now))
    row = {
        "id": new_id(),
        "subject": wanted.subject,
        "treatment": wanted.treatment,
        "above": wanted.above,
        "holds_from": wanted.holds_from,
        "reason": why,
        "lighter": list(lighter[:_LIGHTER_MAX]),
        "before": list(as_settings(before)),
        "after": list(as_settings(after)),
        "status": Status.OPEN if lighter else Status.DONE,
        "proposed_by": by,
        "proposed_at": now,
    }
    connection.execute(_INSERT, {**row, "tenant": actor.tenant})
    return one(connection, actor, str(row["id"]))


def _decide(
    connection: sa.Connection,
    actor: Actor,
    found: PolicyChange,
    status: Status,
    reason: str,
    person: str,
    now: datetime,
    **values: Any,
) -> PolicyChange:
    values |= {"status": status, "decided_by": person, "decided_at": now}
    values["decided_reason"] = reason_of(reason)
    which = {"of_tenant": actor.tenant, "of_id": found.id}
    if connection.execute(_DECIDE.values(**values), which).rowcount != 1:
        raise ConflictError("Über diese Änderung ist schon entschieden.")
    return one(connection, actor, found.id)


def _store(connection: sa.Connection, tenant: str, made: PolicyChange, note: Note) -> None:
    settings.store(connection, tenant, "findings", list(made.after))
    texts = {
        "reason": made.reason,
        "table": json.dumps(made.after, ensure_ascii=False),
        "table_before": json.dumps(made.before, ensure_ascii=False),
    }
    if made.decided_reason:
        texts["decided_reason"] = made.decided_reason
    data = _data(made) | {"rows": len(made.after), "before": len(made.before)}
    note("policy.changed", data, texts)


def _data(made: PolicyChange) -> dict[str, Any]:
    """Return what the chain of the audit keeps: ids, codes, amounts and days."""
    return {
        "change": made.id,
        "subject": made.subject,
        "treatment": str(made.treatment or ""),
        "above": "" if made.above is None else str(made.above),
        "from": made.holds_from.isoformat(),
        "proposed_by": made.proposed_by,
    }


def _day(now: datetime) -> date:
    return now.astimezone(OFFICE_ZONE).date()


def _need(actor: Actor, *rights: Right) -> None:
    if not actor.rights & {*rights}:
        raise ForbiddenError("Dafür fehlt Ihnen das Recht.")


def _person(actor: Actor) -> str:
    _need(actor, Right.DEPLOY)
    if actor.person is None:
        raise ForbiddenError("Prüfregeln ändern nur Personen.")
    return actor.person


def _of(row: Any) -> PolicyChange:
    found = row._mapping
    treatment = Treatment(found["treatment"]) if found["treatment"] else None
    return PolicyChange(
        **{
            **found,
            "status": Status(found["status"]),
            "treatment": treatment,
            "lighter": tuple(found["lighter"]),
        }
    )
