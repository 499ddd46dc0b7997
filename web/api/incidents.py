"""Störungen: what stands still, and trying it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from laufzettel.engine.api import IncidentStatus
from laufzettel.records.api_tokens import Scope
from laufzettel.web.api import paging
from laufzettel.web.api.common import Because, Done
from laufzettel.web.api.operations import Call, answered, operation
from laufzettel.web.api.shapes import Note, fill
from laufzettel.web.parts import parts


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentOut:
    """Eine Störung."""

    id: str
    case_id: Annotated[str | None, Note("Fehlt auch bei vertraulichen Vorgängen.")]
    element: str
    code: str
    cause: str
    next_step: str
    owner: str
    status: IncidentStatus
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentPage:
    """Eine Seite der Liste."""

    items: tuple[IncidentOut, ...]
    next: Annotated[str | None, Note(paging.NEXT_DE)]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentQuery:
    """Welche Störungen."""

    status: IncidentStatus = IncidentStatus.OPEN
    after: paging.Cursor = None
    limit: paging.Limit = 50


@operation(
    "GET", "/incidents", scope=Scope.INCIDENTS_READ, answer=IncidentPage, query=IncidentQuery
)
def list_incidents(call: Call) -> IncidentPage:
    """Listet die Störungen eines Standes, die älteste zuerst."""
    query = call.query
    page = parts().engine.list_incidents(
        call.actor,
        status=query.status,
        after=paging.decode(query.after, timed=True),
        size=query.limit,
    )
    return IncidentPage(**paging.shown(page, [fill(IncidentOut, one) for one in page.items]))


@operation("POST", "/incidents/<incident_id>/retry", scope=Scope.INCIDENTS_RETRY, answer=Done)
def retry_incident(call: Call, incident_id: str) -> None:
    """Versucht noch einmal, was die Störung aufgehalten hat."""
    answer = answered("retry_incident", Done(id=incident_id))
    parts().engine.retry(call.actor, incident_id, call.once.within(answer))


@operation(
    "POST",
    "/incidents/<incident_id>/settle",
    scope=Scope.INCIDENTS_RETRY,
    answer=Done,
    body=Because,
)
def settle_incident(call: Call, incident_id: str) -> None:
    """Trägt eine Störung als erledigt ein, bei der es nichts zu wiederholen gibt."""
    answer = answered("settle_incident", Done(id=incident_id))
    parts().engine.settle(call.actor, incident_id, call.body.reason, call.once.within(answer))
