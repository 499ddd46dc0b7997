"""What an operator's change of a case would do: said before it is done, and the same after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from laufzettel.engine.execution.case_run import CaseRun
from laufzettel.engine.execution.changes import WaitKind
from laufzettel.engine.execution.step import Loaded
from laufzettel.engine.model.definition import Element


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitView:
    """One thing that a case waits for: what, and at which element."""

    kind: str  # of WaitKind
    element: str
    name: str
    what_de: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a change does to a case. With a refusal it is not done."""

    case_id: str
    version: int  # of the case that was looked at
    ends: tuple[WaitView, ...] = ()  # what is taken back
    begins: tuple[WaitView, ...] = ()  # what starts
    stays: tuple[WaitView, ...] = ()  # what waits on
    notes_de: tuple[str, ...] = ()  # what else is good to know
    refusals_de: tuple[str, ...] = ()  # why it is not done

    @property
    def is_possible(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.refusals_de


#: What is said of a wait.
_WHAT: Final = {
    WaitKind.USER: "Aufgabe",
    WaitKind.WORK: "Auftrag im Hintergrund",
    WaitKind.EFFECT: "Versand",
    WaitKind.MESSAGE: "erwartete Nachricht",
    WaitKind.SIGNAL: "erwartetes Signal",
    WaitKind.CONDITION: "beobachtete Bedingung",
    WaitKind.TIMER: "Frist",
    WaitKind.CALL: "eigene Vorgänge",
    WaitKind.HELD: "angehaltener Schritt mit Störung",
    WaitKind.GATEWAY: "angehaltene Entscheidung mit Störung",
}
#: What nobody asks about: boundary events that only errors reach, timers that have fired.
_SILENT: Final = (WaitKind.ERROR, WaitKind.SPENT)


def places(run: CaseRun, elements: Mapping[str, Element]) -> dict[str, WaitView]:
    """Return what the case waits for, by activation."""
    found = {}
    for wait in run.waits():
        if wait.kind not in _SILENT:
            known = elements.get(wait.element)
            found[wait.activation] = WaitView(
                kind=wait.kind,
                element=wait.element,
                name=(known.name if known else "") or wait.element,
                what_de=_WHAT.get(WaitKind(wait.kind), wait.kind),
            )
    return found


def compare(
    before: Mapping[str, WaitView], loaded: Loaded, elements: Mapping[str, Element]
) -> Forecast:
    """Return what has changed in the case since ``before``, in memory."""
    after = places(loaded.run, elements)
    return Forecast(
        case_id=loaded.row.id,
        version=loaded.row.version,
        ends=tuple(place for key, place in before.items() if key not in after),
        begins=tuple(place for key, place in after.items() if key not in before),
        stays=tuple(place for key, place in after.items() if key in before),
        notes_de=tuple(_notes(loaded.run)),
    )


def _notes(run: CaseRun) -> Iterator[str]:
    for trouble in run.changes.troubles:
        yield f"„{trouble.element}“ bliebe sofort mit einer Störung stehen: {trouble.cause}"
    if run.is_done:
        yield f"Der Vorgang wäre damit zu Ende („{run.end}“)."
