"""The steps of a model as a list: what the drawing shows, for those who read or hear it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from laufzettel.web.diagram import neighbours
from laufzettel.web.diagram.order import in_order
from laufzettel.web.diagram.read import read
from laufzettel.web.diagram.sheet import Element, Line, Plane, Sheet, StepState
from laufzettel.web.diagram.states import LOOKS
from laufzettel.web.diagram.vocabulary import EVENT_NOUNS, NOUNS, Form
from laufzettel.web.diagram.window import plane_of, view


@dataclass(frozen=True, slots=True, kw_only=True)
class Onward:
    """A way that leads on from a step."""

    name: str  # what is written at the line: "ja"
    target: str  # name of where it leads
    target_id: str
    kind: str = ""  # what the line is, where it is no plain sequence flow

    @property
    def text(self) -> str:
        """The way in words: ``ja: Im Eingangsbuch eintragen``."""
        head = " ".join(part for part in (self.kind, self.name) if part)
        return f"{head}: {self.target}" if head else self.target


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An element of the model in words."""

    id: str
    name: str  # its kind where it has no name of its own
    kind: str
    state: StepState | None = None
    depth: int = 0  # how many sub-processes it lies in
    place: str = ""  # its lane or pool
    attached_to: str = ""  # name of the step on whose border it waits
    onward: tuple[Onward, ...] = ()

    @property
    def state_text(self) -> str:
        """The state in words, empty where the case has not been."""
        return LOOKS[self.state].word

    @property
    def text(self) -> str:
        """The step in one German sentence.

        >>> Step(id="a", name="Formal prüfen", kind="Schritt des Systems",
        ...      state=StepState.DONE, place="Poststelle").text
        'Formal prüfen (Schritt des Systems, Poststelle): erledigt.'
        """
        at = f"an „{self.attached_to}“" if self.attached_to else ""
        about = ", ".join(part for part in (self.kind, at, self.place) if part)
        head = f"{self.name} ({about})" if about != self.name else self.name
        state = f": {self.state_text}" if self.state else ""
        onward = "; ".join(way.text for way in self.onward)
        sentences = [f"{head}{state}", *([f"Weiter: {onward}"] if onward else [])]
        return " ".join(each if each[-1] in "?!." else f"{each}." for each in sentences)


def steps(
    source: bytes, states: Mapping[str, StepState], *, around: Collection[str] = ()
) -> list[Step]:
    """Return the steps in the order in which a case comes by, everything else behind.

    It names whatever ``draw`` writes, and works for a model without a drawing too. With
    ``around`` only what is drawn around these elements, and what comes directly before and
    after them though it has no room there; all steps if none of these elements is drawn, or
    is in a model without a drawing.

    Raises InputError, in German, for what is no BPMN or too large.
    """
    sheet = read(source)
    plane = plane_of(sheet, around)
    known = {shape.element.id for shape in plane.shapes} if plane else sheet.elements.keys()
    wanted = [ident for ident in dict.fromkeys(around) if ident in known]
    near = _near(sheet, plane, wanted) if wanted else sheet.elements.keys()
    passed = _passed(sheet, states, wanted)
    onward = _onward(sheet, passed)
    return [
        _step(element, depth, sheet, states, onward)
        for element, depth in in_order(sheet)
        if element.id in near
        and element.id not in passed
        and (element.is_node or element.name or element.id in onward)
    ]


def _near(sheet: Sheet, plane: Plane | None, wanted: Collection[str]) -> Collection[str]:
    near = {each.id for each in neighbours.by_distance(sheet, wanted)}.union(wanted)
    return near | view(sheet, plane, wanted).ids if plane else near


def _passed(
    sheet: Sheet, states: Mapping[str, StepState], wanted: Collection[str]
) -> dict[str, str]:
    """Return where it goes on behind gateways that only join: a list need not name them.

    One at which a case waits is named.
    """
    ways: defaultdict[str, list[Line]] = defaultdict(list)
    for line in sheet.lines:
        ways[line.source].append(line)
    kept = {ident for ident, state in states.items() if state is not StepState.DONE}.union(wanted)
    return {
        element.id: ways[element.id][0].target
        for element in sheet.elements.values()
        if element.form is Form.GATEWAY
        and not element.name
        and element.id not in kept
        and len(ways[element.id]) == 1
        and not ways[element.id][0].name
        and ways[element.id][0].target in sheet.elements
    }


def _step(
    element: Element,
    depth: int,
    sheet: Sheet,
    states: Mapping[str, StepState],
    onward: Mapping[str, tuple[Onward, ...]],
) -> Step:
    host = sheet.elements.get(element.attached_to)
    return Step(
        id=element.id,
        name=called(element),
        kind=_kind(element),
        state=states.get(element.id) if element.is_node else None,
        depth=depth,
        place=element.place if element.place != element.name else "",
        attached_to=called(host) if host else "",
        onward=onward.get(element.id, ()),
    )


def called(element: Element) -> str:
    """Return the name of an element, its kind where it has none."""
    return element.name or _kind(element)


def _kind(element: Element) -> str:
    noun = NOUNS[element.tag]
    if element.form is Form.GATEWAY and not element.name:
        return "Verzweigung oder Zusammenführung" if "exclusive" in element.tag else noun
    event = EVENT_NOUNS.get(element.event, "")
    return f"{noun}: {event}" if event else noun


def _onward(sheet: Sheet, passed: Mapping[str, str]) -> dict[str, tuple[Onward, ...]]:
    ways: defaultdict[str, list[Onward]] = defaultdict(list)
    for line in sheet.lines:
        target = sheet.elements.get(_behind(line.target, passed))
        if line.source in sheet.elements and target is not None:
            ways[line.source].append(_way(line, target))
    return {ident: tuple(known) for ident, known in ways.items()}


def _behind(ident: str, passed: Mapping[str, str]) -> str:
    """Return where a way ends that is followed through joins; a circle of them is left."""
    seen: set[str] = set()
    while ident in passed and ident not in seen:
        seen.add(ident)
        ident = passed[ident]
    return ident


def _way(line: Line, target: Element) -> Onward:
    kind = "" if line.tag == "sequenceFlow" else NOUNS[line.tag]
    return Onward(name=line.name, target=called(target), target_id=target.id, kind=kind)
