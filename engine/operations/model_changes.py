"""Changes of the version in force that wait for a second person: their rows.

A version to be deployed lies here as it was compiled, with its hash, and is none of the versions
before somebody else has released it. What is waited for may be taken back by whoever wants it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.tables import model_change
from laufzettel.errors import ConflictError, ForbiddenError, NotFoundError
from laufzettel.identity import OPERATOR, SHARED, Actor
from laufzettel.ids import new_id

#: Texts that a row keeps; all of them are told from the versions themselves.
WEIGHT_MAX: Final = 200
#: Any fixed number; whoever changes what is in force holds it, so that it is weighed once more.
_LOCK: Final = 4_711_000_039


class Kind(StrEnum):
    """What is to change."""

    DEPLOY = "deploy"  # a new version
    PIN = "pin"  # new cases of the tenant run a version that it has chosen
    FOLLOW = "follow"  # they run the newest again


class Status(StrEnum):
    """How far a change is; one that waits is decided once."""

    OPEN = "open"
    DONE = "done"
    DECLINED = "declined"  # by a second person, or taken back by the first


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChange:
    """A change that waits, or what became of it."""

    id: str
    process_id: str
    kind: Kind
    is_shared: bool  # for every tenant of the installation
    bundle_id: str | None  # chosen; of a deployment the version that it became
    version_tag: str
    sha256: str | None  # of what is to be deployed
    weight: Sequence[str]  # what changes against what is in force now, in German
    base: str | None  # the version in force that it was compared with
    seen: str  # mark for having looked at this; who releases names it
    reason: str
    by: str
    at: datetime
    status: Status
    decided_by: str | None
    decided_at: datetime | None
    decided_reason: str | None


# Built once. The files are read only where they are needed.
_COLUMNS: Final = [
    column for column in model_change.c if column.name not in {"compiled", "sources"}
]
_ONE: Final = sa.select(*_COLUMNS).where(
    model_change.c.id == sa.bindparam("of_id"),
    model_change.c.tenant.in_(sa.bindparam("of_tenants", expanding=True)),
)
_OPEN: Final = (
    sa.select(*_COLUMNS)
    .where(
        model_change.c.status == Status.OPEN,
        model_change.c.tenant.in_(sa.bindparam("of_tenants", expanding=True)),
    )
    .order_by(model_change.c.id)
)
_FILES: Final = sa.select(model_change.c.compiled, model_change.c.sources).where(
    model_change.c.id == sa.bindparam("of_id")
)
_DECIDE: Final = sa.update(model_change).where(
    model_change.c.id == sa.bindparam("of_id"), model_change.c.status == Status.OPEN
)


def lock(connection: sa.Connection) -> None:
    """Have others that change what is in force wait until the transaction ends.

    SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def waiting_for(connection: sa.Connection, owner: str, process_id: str) -> ModelChange | None:
    """Return the change of the process that waits."""
    found = connection.execute(_OPEN, {"of_tenants": [owner]})
    return next((_of(row) for row in found if row.process_id == process_id), None)


def want(connection: sa.Connection, owner: str, row: dict[str, Any]) -> ModelChange:
    """Write a change that waits; raises ConflictError while another of the process does."""
    waits = waiting_for(connection, owner, row["process_id"])
    if waits is not None:
        raise ConflictError(
            f"Für „{waits.process_id}“ wartet schon eine Änderung auf eine zweite Person. Sie muss "
            f"erst freigegeben, abgelehnt oder zurückgezogen werden (Kennung {waits.id})."
        )
    made = {**row, "id": new_id(), "tenant": owner, "status": Status.OPEN}
    made["weight"] = list(row["weight"][:WEIGHT_MAX])
    connection.execute(sa.insert(model_change), made)
    return one(connection, owner, made["id"])


def waiting(connection: sa.Connection, tenant: str) -> list[ModelChange]:
    """Return what waits for the tenant and for the whole installation, the oldest first."""
    return [_of(row) for row in connection.execute(_OPEN, {"of_tenants": [tenant, SHARED]})]


def one(connection: sa.Connection, tenant: str, change_id: str) -> ModelChange:
    """Return a change of the tenant or of the installation; raises NotFoundError."""
    which = {"of_id": change_id, "of_tenants": [tenant, SHARED]}
    row = connection.execute(_ONE, which).one_or_none()
    if row is None:
        raise NotFoundError("Diese Änderung gibt es bei diesem Mandanten nicht.")
    return _of(row)


def files(connection: sa.Connection, change_id: str) -> tuple[bytes, bytes]:
    """Return what is to be deployed, as it is stored: compiled and sources."""
    row = connection.execute(_FILES, {"of_id": change_id}).one()
    return row.compiled, row.sources


def decide(
    connection: sa.Connection,
    actor: Actor,
    found: ModelChange,
    status: Status,
    *,
    reason: str,
    now: datetime,
    **values: Any,
) -> ModelChange:
    """Decide a change that waits, once; raises ConflictError for whoever comes second."""
    values |= {"status": status, "decided_by": actor.label, "decided_at": now}
    values |= {"decided_reason": reason}
    if connection.execute(_DECIDE.values(**values), {"of_id": found.id}).rowcount != 1:
        raise ConflictError("Über diese Änderung ist schon entschieden.")
    after = one(connection, actor.tenant, found.id)
    return replace(after, weight=found.weight, base=found.base, seen=found.seen)


def check_open(found: ModelChange) -> None:
    """Raise ConflictError for a change that is decided."""
    if found.status is not Status.OPEN:
        raise ConflictError("Über diese Änderung ist schon entschieden.")


def check_second(actor: Actor, found: ModelChange, every: Sequence[str]) -> None:
    """Raise ForbiddenError unless the actor may release the change, as another person.

    What is for every tenant is released at the machine, or where there is only the actor's.
    """
    if actor.person is None:
        raise ForbiddenError(
            "Was Pflichten, Übergaben, Befugnisse oder Grenzen ändert, gibt nur eine Person frei."
        )
    if found.by == actor.person:
        raise ForbiddenError(
            "Wer eine Änderung vorschlägt, gibt sie nicht selbst frei. Bitte eine zweite Person "
            "mit dem Recht, Modelle einzuspielen."
        )
    if found.is_shared:
        check_reach(actor, every)


def check_reach(actor: Actor, every: Sequence[str]) -> None:
    """Raise ForbiddenError for an actor of one tenant who would decide for others."""
    if actor.machine != OPERATOR and list(every) != [actor.tenant]:
        raise ForbiddenError(
            "Das gilt für alle Mandanten. Entschieden wird es dort, wo die Anlage betrieben wird: "
            "laufzettel deployments."
        )


def check_declining(actor: Actor, found: ModelChange, every: Sequence[str]) -> None:
    """Raise ForbiddenError unless the actor is a person, or what wanted the change itself."""
    if actor.person is None and actor.label != found.by:
        raise ForbiddenError("Zurückziehen kann das, wer es vorschlug; ablehnen nur eine Person.")
    if found.is_shared:
        check_reach(actor, every)


def _of(row: Any) -> ModelChange:
    return ModelChange(
        id=row.id,
        process_id=row.process_id,
        kind=Kind(row.kind),
        is_shared=row.tenant == SHARED,
        bundle_id=row.bundle_id,
        version_tag=row.version_tag,
        sha256=row.sha256,
        weight=tuple(row.weight),
        base=None,
        seen="",
        reason=row.reason,
        by=row.by,
        at=row.at,
        status=Status(row.status),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        decided_reason=row.decided_reason,
    )
