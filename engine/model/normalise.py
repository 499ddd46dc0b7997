"""Normalising: implicit BPMN becomes explicit, so that one reading is left to execute.

What is added has the id of the element it belongs to with an ending that no drawn element
may have (rule ``unusable-id``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from laufzettel.engine.model.definition import Element, EventKind, Flow, Kind, Process

#: Ending of the gateway behind an activity with several outgoing flows.
SPLIT: Final = "__split"
#: Ending of the end event, and the flow to it, behind a sending end event.
END: Final = "__end"
#: Ending of the subprocess that repeats an activity, and of its start and end.
ALL: Final = "__all"
#: Ending of the gateway that lets event subprocesses wait, of their inner start, and of the
#: end behind them.
ARMED: Final = "__armed"
START: Final = "__start"
DONE: Final = "__done"
#: Ending of the start of a process that has several, and of the gateway behind it.
BEGIN: Final = "__begin"
CHOICE: Final = "__choice"
#: Ending of the flow that stands for a pair of links.
LINK: Final = "__link"
#: Endings of what is added.
ENDINGS: Final = (SPLIT, END, ALL, ARMED, START, DONE, BEGIN, CHOICE, LINK)
#: What the ids of added elements and flows end with; no drawn one does (rule ``unusable-id``).
ADDED: Final = (*ENDINGS, *(f"{ending}_flow" for ending in ENDINGS))

_GATEWAYS: Final = frozenset({Kind.EXCLUSIVE, Kind.PARALLEL, Kind.INCLUSIVE, Kind.EVENT_GATEWAY})
#: What an end event may send before the token ends.
_SENT: Final = frozenset({EventKind.MESSAGE, EventKind.SIGNAL, EventKind.ESCALATION})


def is_drawn(name: str) -> bool:
    """Say whether an element or flow of a compiled process stands in the model itself.

    >>> [name for name in ("check", "check__split", "check__split_flow") if is_drawn(name)]
    ['check']
    """
    return not name.endswith(ADDED)


def normalise(process: Process) -> Process:
    """Return the process with explicit splits, links as flows, and plain ends.

    An activity or event with several outgoing flows gets a parallel gateway, or an
    inclusive one where a flow has a condition (BPMN 2.0.2 § 13.2.1); an end event that
    sends becomes a step before a plain end; a pair of links becomes a sequence flow; a
    repeated activity gets a subprocess around it; an event subprocess is what follows an event
    that waits from the start of the scope around it.
    """
    draft = _Draft(process)
    _starts(draft, process)
    for step in (_links, _sending_ends, _splits, _repetitions, _event_subprocesses):
        for element in list(draft.elements.values()):
            step(draft, element)
    return replace(process, elements=draft.elements, flows=draft.flows)


def is_added_end(element: Element) -> bool:
    """Say whether an end event stands for none that was drawn."""
    return element.kind is Kind.END and element.id.endswith((DONE, ALL + END))


class _Draft:
    """The process while it is being changed."""

    def __init__(self, process: Process) -> None:
        self.drawn = process.elements
        self.elements = dict(process.elements)
        self.flows = dict(process.flows)

    def change(self, element: str, **values: object) -> None:
        self.elements[element] = replace(self.elements[element], **values)  # type: ignore[arg-type]

    def add(self, element: Element) -> Element:
        self.elements[element.id] = element
        return element

    def connect(self, source: str, target: str, flow: str, *, first: bool = False) -> None:
        """Draw a flow behind all others, or before them."""
        new = {flow: Flow(id=flow, source=source, target=target)}
        self.flows = {**new, **self.flows} if first else {**self.flows, **new}
        others = self.elements[source].outgoing
        self.change(source, outgoing=(flow, *others) if first else (*others, flow))
        self.change(target, incoming=(*self.elements[target].incoming, flow))

    def hand_over(self, flows: tuple[str, ...], *, source: str = "", target: str = "") -> None:
        """Let flows begin at another source, or end at another target."""
        for each in flows:
            if source:
                self.flows[each] = replace(self.flows[each], source=source)
            if target:
                self.flows[each] = replace(self.flows[each], target=target)


def begins(process: Process, element: Element) -> bool:
    """Say whether an element is a start event of the process that something triggers.

    Of several starts each became a gateway behind the one that the tokens begin at.
    """
    is_start = element.kind in (Kind.START, Kind.EXCLUSIVE) and element.event is not None
    return is_start and element.scope == process.id


def _starts(draft: _Draft, process: Process) -> None:
    """Of several starts let the one be taken at which the case begins, else the plain one."""
    starts = [
        each
        for each in process.elements.values()
        if each.kind is Kind.START and each.scope == process.id
    ]
    if len(starts) < 2:
        return
    line = starts[0].line
    begin = draft.add(_plain(Kind.START, process.id + BEGIN, process.id, line))
    choice = draft.add(_plain(Kind.EXCLUSIVE, process.id + CHOICE, process.id, line))
    draft.connect(begin.id, choice.id, f"{begin.id}_flow")
    default = next((each for each in starts if each.event is None), starts[0])
    for each in starts:
        flow = f"{each.id}{BEGIN}_flow"
        draft.change(each.id, kind=Kind.EXCLUSIVE)
        draft.connect(choice.id, each.id, flow)
        if each is default:
            draft.change(choice.id, default_flow=flow)
        else:
            draft.flows[flow] = replace(draft.flows[flow], condition="true")


def _splits(draft: _Draft, element: Element) -> None:
    if len(element.outgoing) < 2 or element.kind in _GATEWAYS:
        return
    gateway = element.id + SPLIT
    conditional = any(draft.flows[each].condition for each in element.outgoing)
    for each in element.outgoing:
        condition = draft.flows[each].condition
        if conditional and each != element.default_flow:
            condition = condition or "true"
        draft.flows[each] = replace(draft.flows[each], source=gateway, condition=condition)
    draft.add(
        Element(
            id=gateway,
            kind=Kind.INCLUSIVE if conditional else Kind.PARALLEL,
            line=element.line,
            scope=element.scope,
            outgoing=element.outgoing,
            default_flow=element.default_flow,
        )
    )
    draft.change(element.id, outgoing=(), default_flow="")
    draft.connect(element.id, gateway, f"{gateway}_flow")


def _sending_ends(draft: _Draft, element: Element) -> None:
    throws = element.kind in (Kind.THROW, Kind.SEND) and not element.outgoing
    if throws and element.event is not None and element.event.kind in _SENT:
        end = draft.add(_plain(Kind.END, element.id + END, element.scope, element.line))
        draft.connect(element.id, end.id, f"{end.id}_flow")


def _links(draft: _Draft, element: Element) -> None:
    event = element.event
    if event is None or event.kind is not EventKind.LINK:
        return
    draft.change(element.id, kind=Kind.PASS)
    if element.kind is Kind.THROW:
        target = next(
            each.id
            for each in draft.drawn.values()
            if (each.kind, each.scope, each.event) == (Kind.RECEIVE, element.scope, event)
        )
        draft.connect(element.id, target, element.id + LINK)


def _repetitions(draft: _Draft, element: Element) -> None:
    """Put a subprocess around a repeated activity; the boundary events move to it."""
    if element.loop is None or element.own_case:  # its items are cases, not tokens
        return
    whole = replace(
        _plain(Kind.SUBPROCESS, element.id + ALL, element.scope, element.line),
        incoming=element.incoming,
        outgoing=element.outgoing,
        loop=element.loop,
        repeats=element.id,
    )
    draft.add(whole)
    draft.hand_over(element.incoming, target=whole.id)
    draft.hand_over(element.outgoing, source=whole.id)
    for each in list(draft.elements.values()):
        if each.attached_to == element.id:
            draft.change(each.id, attached_to=whole.id)
    start = draft.add(_plain(Kind.START, whole.id + START, whole.id, element.line))
    end = draft.add(_plain(Kind.END, whole.id + END, whole.id, element.line))
    draft.change(element.id, scope=whole.id, incoming=(), outgoing=())
    draft.connect(start.id, element.id, f"{start.id}_flow")
    draft.connect(element.id, end.id, f"{end.id}_flow")


def _event_subprocesses(draft: _Draft, element: Element) -> None:
    """Let the start of an event subprocess wait from the start of the scope around it."""
    if not element.triggered:
        return
    event = next(
        each
        for each in draft.elements.values()
        if each.scope == element.id and each.kind is Kind.START and each.event
    )
    inner = draft.add(
        replace(
            _plain(Kind.START, event.id + START, element.id, event.line), outgoing=event.outgoing
        )
    )
    draft.hand_over(event.outgoing, source=inner.id)
    draft.change(event.id, kind=Kind.ARMED, scope=element.scope, outgoing=())
    done = draft.add(_plain(Kind.END, element.id + DONE, element.scope, element.line))
    draft.connect(event.id, element.id, f"{element.id}{ARMED}_flow")
    draft.connect(element.id, done.id, f"{done.id}_flow")
    draft.connect(_arming(draft, element.scope), event.id, f"{event.id}{ARMED}", first=True)


def _arming(draft: _Draft, scope: str) -> str:
    """Return the gateway behind the start of a scope that lets event subprocesses wait.

    Their flows come first there: they wait before the scope's first step can throw.
    """
    start = next(
        each for each in draft.elements.values() if each.scope == scope and each.kind is Kind.START
    )
    gateway = start.id + ARMED
    if gateway not in draft.elements:
        draft.add(
            replace(_plain(Kind.PARALLEL, gateway, scope, start.line), outgoing=start.outgoing)
        )
        draft.hand_over(start.outgoing, source=gateway)
        draft.change(start.id, outgoing=())
        draft.connect(start.id, gateway, f"{gateway}_flow")
    return gateway


def _plain(kind: Kind, name: str, scope: str, line: int) -> Element:
    return Element(id=name, kind=kind, scope=scope, line=line)
