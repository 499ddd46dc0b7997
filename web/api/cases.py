"""Vorgänge: starting, listing, reading what happened, and what operators do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from laufzettel.engine.api import CaseStatus, CaseView, Happening, Start
from laufzettel.ids import new_id
from laufzettel.records.api_tokens import Scope
from laufzettel.web.api import paging
from laufzettel.web.api.common import NAME, VARIABLE, Because, Done
from laufzettel.web.api.operations import Call, answered, operation
from laufzettel.web.api.shapes import Note, Number, Text, Value, fill
from laufzettel.web.parts import parts

#: Largest start, in bytes: half of what a case may hold.
START_MAX = 128 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOut:
    """Ein Vorgang."""

    id: str
    process_id: str
    business_key: str
    status: CaseStatus
    subject: str
    party: str
    amount: Decimal | None
    currency: str | None
    unit: str | None
    confidential: bool
    remarks: tuple[str, ...]
    end: Annotated[str, Note("Das erreichte Endereignis, leer solange der Vorgang läuft.")]
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """Eine Seite der Liste; sie kann weniger Zeilen haben als verlangt."""

    items: tuple[CaseOut, ...]
    next: Annotated[str | None, Note(paging.NEXT_DE)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseQuery:
    """Welche Vorgänge."""

    status: Annotated[CaseStatus | None, Note("Nur Vorgänge in diesem Stand.")] = None
    process_id: Annotated[str | None, Text("Nur dieser Prozess.", most=100)] = None
    business_key: Annotated[str | None, Text("Nur dieser Gegenstand.", most=100)] = None
    after: paging.Cursor = None
    limit: paging.Limit = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class StartBody:
    """Ein Vorgang, der beginnen soll."""

    process_id: Annotated[str, Text("Der Prozess.", most=100, pattern=NAME, example="antrag")]
    business_key: Annotated[
        str,
        Text("Der Gegenstand, zum Beispiel antrag:4711.", most=100, pattern=NAME),
    ]
    variables: Annotated[Mapping[str, Value], Text("Name → Wert.", most=100, pattern=VARIABLE)] = (
        field(default_factory=dict)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HappeningOut:
    """Ein Eintrag des Protokolls."""

    number: int
    at: datetime
    kind: str
    actor: Annotated[str, Note("Kennung der Person, des Zugangs oder „system“.")]
    data: Annotated[Mapping[str, Any], Note("Kennungen, Kürzel, Beträge als Text.")]
    texts: Annotated[Mapping[str, str], Note("Was nach seiner Frist gelöscht werden kann.")]
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Was geschah, der Reihe nach."""

    items: tuple[HappeningOut, ...]
    next: Annotated[int | None, Number("Hinter dieser Nummer geht es weiter; null am Ende.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineQuery:
    """Welcher Teil des Protokolls."""

    after: Annotated[int, Number("Nummer des letzten bekannten Eintrags.")] = 0
    limit: paging.Limit = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class VariablesOut:
    """Die Variablen, die gesehen werden dürfen."""

    variables: Mapping[str, Value]


@operation("GET", "/cases", scope=Scope.CASES_READ, answer=CasePage, query=CaseQuery)
def list_cases(call: Call) -> CasePage:
    """Listet die Vorgänge, der neueste zuerst.

    Vertrauliche fehlen, wenn der Zugang sie nicht sehen darf.
    """
    query = call.query
    page = parts().engine.list_cases(
        call.actor,
        status=query.status,
        process_id=query.process_id,
        business_key=query.business_key,
        after=paging.decode(query.after, timed=True),
        size=query.limit,
    )
    return CasePage(**paging.shown(page, [_case_of(view) for view in page.items]))


@operation(
    "POST",
    "/cases",
    scope=Scope.CASES_START,
    answer=Done,
    status=201,
    body=StartBody,
    body_max=START_MAX,
)
def start_case(call: Call) -> None:
    """Beginnt einen Vorgang und bringt ihn so weit, wie er ohne Warten kommt."""
    once, body, case_id = call.once, call.body, new_id()
    start = Start(
        process_id=body.process_id,
        business_key=body.business_key,
        variables=dict(body.variables),
    )
    answer = answered("start_case", Done(id=case_id), location=f"/api/v1/cases/{case_id}")
    parts().engine.start(call.actor, start, once.within(answer), case_id)


@operation("GET", "/cases/<case_id>", scope=Scope.CASES_READ, answer=CaseOut)
def get_case(call: Call, case_id: str) -> CaseOut:
    """Zeigt einen Vorgang."""
    return _case_of(parts().engine.case(call.actor, case_id))


@operation(
    "GET",
    "/cases/<case_id>/timeline",
    scope=Scope.CASES_READ,
    answer=Timeline,
    query=TimelineQuery,
)
def get_timeline(call: Call, case_id: str) -> Timeline:
    """Zeigt, was in einem Vorgang geschah, der Reihe nach."""
    found, behind = parts().engine.list_happenings(
        call.actor, case_id, after=call.query.after, size=call.query.limit
    )
    return Timeline(items=tuple(_happening_of(one) for one in found), next=behind)


@operation("GET", "/cases/<case_id>/variables", scope=Scope.CASES_READ, answer=VariablesOut)
def get_variables(call: Call, case_id: str) -> VariablesOut:
    """Zeigt die Variablen eines Vorgangs.

    Wer nur Aufgaben bearbeitet, sieht die der Formulare seiner Aufgaben.
    """
    return VariablesOut(variables=parts().engine.variables(call.actor, case_id))


@operation("POST", "/cases/<case_id>/suspend", scope=Scope.CASES_OPERATE, answer=Done, body=Because)
def suspend_case(call: Call, case_id: str) -> None:
    """Hält einen Vorgang an; nichts geht verloren."""
    _act(call, "suspend_case", parts().engine.suspend, case_id)


@operation("POST", "/cases/<case_id>/resume", scope=Scope.CASES_OPERATE, answer=Done, body=Because)
def resume_case(call: Call, case_id: str) -> None:
    """Lässt einen angehaltenen Vorgang weitergehen."""
    _act(call, "resume_case", parts().engine.resume, case_id)


@operation("POST", "/cases/<case_id>/cancel", scope=Scope.CASES_OPERATE, answer=Done, body=Because)
def cancel_case(call: Call, case_id: str) -> None:
    """Beendet einen Vorgang, wo er steht.

    Ist etwas unterwegs, endet er von selbst, sobald feststeht, was daraus wurde.
    """
    _act(call, "cancel_case", parts().engine.cancel, case_id)


def _act(call: Call, name: str, verb: Any, case_id: str) -> None:
    answer = answered(name, Done(id=case_id), location=f"/api/v1/cases/{case_id}")
    verb(call.actor, case_id, call.body.reason, call.once.within(answer))


def _case_of(view: CaseView) -> CaseOut:
    return fill(CaseOut, view)


def _happening_of(happening: Happening) -> HappeningOut:
    return fill(HappeningOut, happening)
