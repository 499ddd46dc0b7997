"""Erasing what an ended case held, after its retention period (DESIGN decision 17).

What stays is what a proof needs and names nobody: ids, amounts, codes, times, signatures by id,
digests. The audit's texts go with their salt, each erasure an event, so the chain verifies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine.audit.streams import Event, append, erase_stream_texts
from laufzettel.engine.execution.case_rows import ALIVE
from laufzettel.engine.tables import (
    batch_item,
    case,
    decision_trace,
    draft,
    effect,
    incident,
    message,
    parcel,
    signing_item,
    user_task,
)
from laufzettel.errors import ConflictError
from laufzettel.identity import Actor

ERASED: Final = "case.erased"
ERASED_DE: Final = "Inhalt nach Frist gelöscht."

# Built once: building a statement costs more than running it.
_OF: Final[sa.BindParameter[str]] = sa.bindparam("of_case")
_OBJECT: Final = (
    sa.select(case.c.id, case.c.status)
    .where(
        case.c.tenant == sa.bindparam("of_tenant"),
        # A called case has a key of its own below that of its caller.
        sa.or_(
            case.c.business_key == sa.bindparam("of_key"),
            case.c.business_key.like(sa.bindparam("below"), escape="\\"),
        ),
    )
    .order_by(case.c.id)
)
_RESULT: Final = sa.select(case.c.result).where(case.c.id == _OF)
_TASKS: Final = sa.select(user_task.c.id).where(user_task.c.case_id == _OF)
_PARCELS: Final = (
    sa.select(effect.c.parcel_id)
    .where(effect.c.case_id == _OF, effect.c.parcel_id.is_not(None))
    .distinct()
)
_rest: Final = effect.alias("rest")
_ERASE_CASE: Final = (
    sa.update(case).where(case.c.id == _OF).values(subject="", party="", remarks="")
)
_ERASE_EFFECTS: Final = (
    sa.update(effect).where(effect.c.case_id == _OF).values(payload={}, result=None)
)
#: The file that went out holds several orders; it goes with the last of them.
_ERASE_PARCEL: Final = (
    sa.update(parcel)
    .where(
        parcel.c.id == sa.bindparam("of_parcel"),
        ~sa.exists().where(_rest.c.parcel_id == parcel.c.id, _rest.c.erased_at.is_(None)),
    )
    .values(data=b"")
)
_ERASE: Final[tuple[sa.Executable, ...]] = (
    sa.update(user_task).where(user_task.c.case_id == _OF).values(subject="", party="", remarks=""),
    sa.delete(draft).where(draft.c.task_id.in_(_TASKS)),
    sa.update(signing_item).where(signing_item.c.task_id.in_(_TASKS)).values(outcome_text=""),
    sa.update(batch_item).where(batch_item.c.subject == _OF).values(text=""),
    sa.delete(decision_trace).where(decision_trace.c.case_id == _OF),
    sa.update(incident)
    .where(incident.c.case_id == _OF)
    .values(cause=ERASED_DE, detail="", next_step="", job=None),
    sa.update(message).where(message.c.case_id == _OF).values(payload={}),
)


def of_object(connection: sa.Connection, tenant: str, business_key: str) -> Sequence[str]:
    """Return the cases about an object; raises ConflictError where one is not over."""
    below = business_key.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "/%"
    which = {"of_tenant": tenant, "of_key": business_key, "below": below}
    rows = connection.execute(_OBJECT, which).all()
    if any(row.status in ALIVE for row in rows):
        raise ConflictError("Der Vorgang ist noch nicht beendet; es wird nichts gelöscht.")
    return [row.id for row in rows]


def erase(
    connection: sa.Connection,
    actor: Actor,
    case_id: str,
    data: Mapping[str, Any],
    *,
    now: datetime,
) -> None:
    """Erase the content of one case that is over, in the caller's transaction."""
    of = {"of_case": case_id}
    result = connection.execute(_RESULT, of).scalar_one()
    end = {"end": (result or {}).get("end", "")}
    connection.execute(_ERASE_CASE, of | {"result": end})
    for statement in _ERASE:
        connection.execute(statement, of)
    parcels = connection.execute(_PARCELS, of).scalars().all()
    connection.execute(_ERASE_EFFECTS, of | {"erased_at": now})
    for parcel_id in parcels:
        connection.execute(_ERASE_PARCEL, {"of_parcel": parcel_id})
    erase_stream_texts(connection, tenant=actor.tenant, stream=case_id, at=now, actor=actor.label)
    event = Event(kind=ERASED, actor=actor.label, data=data)
    append(connection, tenant=actor.tenant, stream=case_id, at=now, events=[event])
