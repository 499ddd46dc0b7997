"""The row of a case: its status, and its columns after a step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.engine import feel
from laufzettel.engine.execution import codec
from laufzettel.engine.execution.case_run import CaseRun, Frame
from laufzettel.engine.handler import CLEAR, Facets, Start
from laufzettel.engine.tables import audit_stream, case, incident
from laufzettel.engine.tasks import remarks
from laufzettel.money import Money


class CaseStatus(StrEnum):
    """Where a case stands."""

    OPEN = "open"  # at least one token waits
    SUSPENDED = "suspended"  # a person has stopped it with reason; nothing moves till resumed
    CANCELLING = "cancelling"  # ended by a person; waits for the outcome of an effect, then ends
    ENDED = "ended"  # every token reached an end; final
    CANCELLED = "cancelled"  # ended by a person with reason; final


#: A case in one of these states is not over: something of it is still to come.
ALIVE: Final = (CaseStatus.OPEN, CaseStatus.SUSPENDED, CaseStatus.CANCELLING)
#: A case in one of these states has tokens, which the verbs of operators may touch.
STANDING: Final = (CaseStatus.OPEN, CaseStatus.SUSPENDED)

# Built once: building a statement costs more than running it.
INSERT: Final = sa.insert(case)
_has_incidents: Final = (
    sa.exists().where(incident.c.case_id == case.c.id, incident.c.status == "open").correlate(case)
)
#: All but the result, which an open case has not; with the end of the case's audit and whether
#: something of it is held, so that the write need not look for them.
LOAD: Final = (
    sa.select(
        *(column for column in case.c if column.name != "result"),
        _has_incidents.label("has_incidents"),
        audit_stream.c.seq.label("audit_seq"),
        audit_stream.c.hash.label("audit_hash"),
    )
    .outerjoin(
        audit_stream,
        sa.and_(audit_stream.c.tenant == case.c.tenant, audit_stream.c.stream == case.c.id),
    )
    .where(case.c.id == sa.bindparam("of_id"), case.c.tenant == sa.bindparam("of_tenant"))
)
MOVE: Final = sa.update(case).where(
    case.c.id == sa.bindparam("of_id"), case.c.version == sa.bindparam("of_version")
)
#: The same for a case that was loaded without an incident: one that came since is seen, too.
MOVE_UNHELD: Final = MOVE.where(~_has_incidents)
#: The facets of a case that nobody has described.
NO_FACETS: Final = {"subject": "", "party": "", "confidential": False, "remarks": ""}


def first_columns(frame: Frame, start: Start, bundle_id: str) -> dict[str, Any]:
    """Return the columns that a case keeps from its beginning."""
    return {
        "id": frame.case_id,
        "tenant": frame.tenant,
        "bundle_id": bundle_id,
        "process_id": start.process_id,
        "business_key": start.business_key,
        "duty_scope": start.business_key,
        "version": 0,
        "started_at": frame.now,
    }


def state_columns(run: CaseRun, now: datetime) -> dict[str, Any]:
    """Return the columns of the case after the step; at its end only the result is kept.

    A variable that is null says no more than one that is missing, and is left out there.
    """
    if not run.is_done:
        return {"status": CaseStatus.OPEN, "state": codec.encode(run.state())}
    kept = {name: value for name, value in run.variables.scopes[""].items() if value is not None}
    variables = {name: feel.to_json(value) for name, value in kept.items()}
    thrown = run.thrown and {"code": run.thrown.code, "text": run.thrown.text_de}
    return {
        "status": CaseStatus.ENDED,
        "state": None,
        "result": {"end": run.end, "variables": variables} | ({"error": thrown} if thrown else {}),
        "ended_at": now,
    }


def merged(facets: dict[str, Any], changes: Sequence[Facets]) -> dict[str, Any]:
    """Return the facet columns after ``changes``; None there means unchanged, CLEAR empty."""
    for change in changes:
        given = {
            "subject": change.subject and change.subject[:200],
            "party": change.party and change.party[:200],
            "amount": change.amount and change.amount.amount,
            "currency": change.amount and change.amount.currency,
            "unit": change.unit,
            "act_by": change.act_by,
            "outer_date": change.outer_date,
            "stake": change.stake.amount if isinstance(change.stake, Money) else change.stake,
            "confidential": change.confidential,
            "remarks": None if change.remarks is None else remarks.column(change.remarks),
        }
        changed = {name: value for name, value in given.items() if value is not None}
        facets.update({name: None if value is CLEAR else value for name, value in changed.items()})
    return facets
