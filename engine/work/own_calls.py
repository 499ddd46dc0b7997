"""Calls whose cases are their own: the rows by which caller and called find each other.

The caller waits; a row counts how many of its cases have begun and ended. Whoever begins or
ends one takes that row's lock, so that no case is begun twice or for a caller that waits no
more. A called case never touches its caller's row: what it has to say is a job.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.execution.changes import NewCall
from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.tables import case, own_call
from laufzettel.errors import LaufzettelError

#: The kinds of the jobs that begin the cases, tell the caller that all have ended, and end
#: those of a caller that waits no more. The key of each is ``caller:activation``.
BEGIN: Final = "call"
ALL_ENDED: Final = "call_ended"
CANCEL: Final = "call_cancel"

#: Most callers above a called case: what is bound late may call itself through others.
DEPTH_MAX: Final = 10


class CallStatus(StrEnum):
    """Where a call stands."""

    OPEN = "open"
    DONE = "done"  # the caller has gone on with the results; final
    FAILED = "failed"  # a case has thrown an error, which the caller is told; final
    CANCELLED = "cancelled"  # the caller waits no more; its cases are ended; final


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls a case, and for which of its items."""

    case_id: str
    activation: str
    number: int  # from 1
    bundle_id: str  # "" where the process is looked for among what is deployed
    duty_scope: str


class TooDeepError(LaufzettelError):
    """Aufrufe liegen zu tief ineinander; vermutlich ruft sich ein Prozess über andere selbst auf."""


class CallerGoneError(LaufzettelError):
    """Der aufrufende Vorgang wartet nicht mehr."""


# Built once: building a statement costs more than running it.
_of = sa.and_(
    own_call.c.case_id == sa.bindparam("of_case"),
    own_call.c.activation == sa.bindparam("of_activation"),
)
_is_open = own_call.c.status == CallStatus.OPEN
_ADD: Final = sa.insert(own_call)
_LOAD: Final = sa.select(own_call).where(_of)
_COUNT_BEGUN: Final = (
    sa.update(own_call)
    .where(_of, _is_open, own_call.c.begun == sa.bindparam("of_begun"))
    .values(begun=own_call.c.begun + 1)
)
_COUNT_ENDED: Final = (
    sa.update(own_call)
    .where(_of, _is_open)
    .values(ended=own_call.c.ended + 1)
    .returning(own_call.c.total, own_call.c.begun, own_call.c.ended, own_call.c.in_turn)
)
_LOCK: Final = (
    sa.update(own_call).where(_of, _is_open).values(ended=own_call.c.ended).returning(own_call)
)
_CLOSE: Final = sa.update(own_call).where(_of, _is_open)
_OPEN_OF: Final = sa.select(own_call.c.tenant, own_call.c.activation).where(
    own_call.c.case_id == sa.bindparam("of_case"), _is_open
)
_called = sa.and_(
    case.c.parent_case == sa.bindparam("of_case"),
    case.c.parent_activation == sa.bindparam("of_activation"),
)
_PARENT: Final = sa.select(case.c.parent_case).where(case.c.id == sa.bindparam("of_case"))
_COUNT_CALLS: Final = (
    sa.select(sa.func.count())
    .select_from(own_call)
    .where(own_call.c.case_id == sa.bindparam("of_case"))
)
_RENAME_CALL: Final = sa.update(own_call).where(_of)
_RENAME_CALLED: Final = sa.update(case).where(_called)
_RESULT: Final = sa.select(case.c.result).where(case.c.id == sa.bindparam("of_case"))
_RESULTS: Final = sa.select(case.c.result).where(_called).order_by(case.c.parent_number)
_CALLED: Final = sa.select(case.c.id, case.c.status).where(_called).order_by(case.c.id)


def key(case_id: str, activation: str) -> str:
    """Return the key of the jobs of a call."""
    return f"{case_id}:{activation}"


def begin(
    connection: sa.Connection, jobs: Jobs, tenant: str, case_id: str, wanted: Sequence[NewCall]
) -> None:
    """Let the caller wait and have its cases begun; none are all ended at once."""
    for new in wanted:
        row = {
            "case_id": case_id,
            "activation": new.activation,
            "tenant": tenant,
            "process_id": new.process_id,
            "total": new.total,
            "begun": 0,
            "ended": 0,
            "in_turn": new.in_turn,
            "status": CallStatus.OPEN,
        }
        connection.execute(_ADD, row)
        kind = BEGIN if new.total else ALL_ENDED
        args = {"activation": new.activation}
        name = key(case_id, new.activation)
        jobs.submit(connection, kind, name, args, tenant=tenant, case_id=case_id)


def load(connection: sa.Connection, case_id: str, activation: str) -> sa.Row[Any] | None:
    """Return how far the call has come, None if there is none."""
    values = {"of_case": case_id, "of_activation": activation}
    return connection.execute(_LOAD, values).one_or_none()


def depth(connection: sa.Connection, case_id: str) -> int:
    """Return how many callers a case has above it, counting no further than is allowed."""
    found, at = 0, connection.execute(_PARENT, {"of_case": case_id}).scalar()
    while at is not None and found <= DEPTH_MAX:
        found, at = found + 1, connection.execute(_PARENT, {"of_case": at}).scalar()
    return found


def lock(connection: sa.Connection, case_id: str, activation: str) -> sa.Row[Any] | None:
    """Return how far the open call has come, and keep it so until the end of the transaction."""
    values = {"of_case": case_id, "of_activation": activation}
    return connection.execute(_LOCK, values).one_or_none()


def columns(caller: Caller) -> dict[str, Any]:
    """Return the columns by which a called case names its caller."""
    return {
        "duty_scope": caller.duty_scope,
        "parent_case": caller.case_id,
        "parent_activation": caller.activation,
        "parent_number": caller.number,
    }


def count_begun(connection: sa.Connection, caller: Caller) -> None:
    """Note that one more case begins; raises CallerGoneError where another did, or none may."""
    values = {"of_case": caller.case_id, "of_activation": caller.activation}
    counted = connection.execute(_COUNT_BEGUN, values | {"of_begun": caller.number - 1})
    if counted.rowcount != 1:
        raise CallerGoneError(f"{caller.case_id}:{caller.activation}:{caller.number}")


def count_ended(
    connection: sa.Connection, jobs: Jobs, tenant: str, case_id: str, activation: str
) -> None:
    """Note that a called case is over; the last one lets the caller go on."""
    values = {"of_case": case_id, "of_activation": activation}
    row = connection.execute(_COUNT_ENDED, values).one_or_none()
    if row is None:
        return
    is_over = row.ended == row.total
    if is_over or (row.in_turn and row.ended == row.begun):
        jobs.submit(
            connection,
            ALL_ENDED if is_over else BEGIN,
            key(case_id, activation),
            {"activation": activation},
            tenant=tenant,
            case_id=case_id,
        )


def fail(
    connection: sa.Connection,
    jobs: Jobs,
    tenant: str,
    case_id: str,
    activation: str,
    *,
    failed: str,
) -> None:
    """Tell the caller that a called case has thrown an error; the first one counts."""
    values = {"of_case": case_id, "of_activation": activation, "status": CallStatus.FAILED}
    if connection.execute(_CLOSE, values).rowcount == 1:
        name = key(case_id, activation)
        jobs.cancel(connection, BEGIN, name)
        args = {"activation": activation, "failed": failed}
        jobs.submit(connection, ALL_ENDED, name, args, tenant=tenant, case_id=case_id)


def retire(connection: sa.Connection, jobs: Jobs, case_id: str, activation: str) -> None:
    """Give a call that has failed another name, and have the cases that are left ended.

    The name becomes free for the call that a person may have tried again.
    """
    values = {"of_case": case_id, "of_activation": activation}
    tenant = connection.execute(_LOAD, values).one().tenant
    number = connection.execute(_COUNT_CALLS, {"of_case": case_id}).scalar_one()
    retired = f"{activation}~{number}"
    connection.execute(_RENAME_CALL, values | {"activation": retired})
    connection.execute(_RENAME_CALLED, values | {"parent_activation": retired})
    args = {"case": case_id, "activation": retired}
    jobs.submit(connection, CANCEL, key(case_id, retired), args, tenant=tenant)


def error_of(connection: sa.Connection, case_id: str) -> tuple[str, str]:
    """Return code and text of the error by which a called case has ended."""
    result = connection.execute(_RESULT, {"of_case": case_id}).scalar_one()
    return result["error"]["code"], result["error"]["text"]


def close(connection: sa.Connection, case_id: str, activation: str) -> None:
    """Note that the caller has gone on with the results."""
    values = {"of_case": case_id, "of_activation": activation, "status": CallStatus.DONE}
    connection.execute(_CLOSE, values)


def cancel(
    connection: sa.Connection, jobs: Jobs, case_id: str, activations: Collection[str] | None = None
) -> None:
    """Have the cases of these calls ended, of all that are open if none are named."""
    for tenant, activation in connection.execute(_OPEN_OF, {"of_case": case_id}).all():
        if activations is None or activation in activations:
            name = key(case_id, activation)
            values = {"of_case": case_id, "of_activation": activation}
            connection.execute(_CLOSE, values | {"status": CallStatus.CANCELLED})
            for kind in (BEGIN, ALL_ENDED):
                jobs.cancel(connection, kind, name)
            args = {"case": case_id, "activation": activation}
            jobs.submit(connection, CANCEL, name, args, tenant=tenant)


def results(connection: sa.Connection, case_id: str, activation: str) -> list[Any]:
    """Return what the called cases have left, in the order of the items; None if nothing."""
    values = {"of_case": case_id, "of_activation": activation}
    return list(connection.execute(_RESULTS, values).scalars())


def called(connection: sa.Connection, case_id: str, activation: str) -> Sequence[sa.Row[str, str]]:
    """Return (id, status) of the called cases."""
    values = {"of_case": case_id, "of_activation": activation}
    return connection.execute(_CALLED, values).all()
