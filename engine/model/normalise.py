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

#: Ending of the flow that stands for a pair of links.
LINK: Final = "__link"
#: What the ids of added elements and flows end with; no drawn one does (rule ``unusable-id``).
ADDED: Final = (SPLIT, END, LINK, f"{SPLIT}_flow", f"{END}_flow")

_GATEWAYS: Final = frozenset({Kind.EXCLUSIVE, Kind.PARALLEL, Kind.INCLUSIVE, Kind.EVENT_GATEWAY})


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
    sends becomes a step before a plain end; a pair of links becomes a sequence flow.
    """
    for step in (_links, _sending_ends, _splits):
        process = step(process)
    return process


def _splits(process: Process) -> Process:
    elements = dict(process.elements)
    flows = dict(process.flows)
    for element in process.elements.values():
        if len(element.outgoing) > 1 and element.kind not in _GATEWAYS:
            _split(element, elements, flows)
    return replace(process, elements=elements, flows=flows)


def _split(element: Element, elements: dict[str, Element], flows: dict[str, Flow]) -> None:
    gateway = element.id + SPLIT
    conditional = any(flows[each].condition for each in element.outgoing)
    for each in element.outgoing:
        condition = flows[each].condition
        if conditional and each != element.default_flow:
            condition = condition or "true"
        flows[each] = replace(flows[each], source=gateway, condition=condition)
    link = f"{gateway}_flow"
    flows[link] = Flow(id=link, source=element.id, target=gateway)
    elements[gateway] = Element(
        id=gateway,
        kind=Kind.INCLUSIVE if conditional else Kind.PARALLEL,
        line=element.line,
        scope=element.scope,
        incoming=(link,),
        outgoing=element.outgoing,
        default_flow=element.default_flow,
    )
    elements[element.id] = replace(element, outgoing=(link,), default_flow="")


def _sending_ends(process: Process) -> Process:
    elements = dict(process.elements)
    flows = dict(process.flows)
    for element in process.elements.values():
        event = element.event
        throws = element.kind in (Kind.THROW, Kind.SEND) and not element.outgoing
        if throws and event is not None and event.kind is EventKind.MESSAGE:
            end, link = element.id + END, f"{element.id}{END}_flow"
            flows[link] = Flow(id=link, source=element.id, target=end)
            elements[element.id] = replace(element, outgoing=(link,))
            elements[end] = Element(
                id=end, kind=Kind.END, line=element.line, scope=element.scope, incoming=(link,)
            )
    return replace(process, elements=elements, flows=flows)


def _links(process: Process) -> Process:
    elements = dict(process.elements)
    flows = dict(process.flows)
    caught = {
        (each.scope, each.event.name): each.id
        for each in process.elements.values()
        if each.kind is Kind.RECEIVE and each.event and each.event.kind is EventKind.LINK
    }
    for element in process.elements.values():
        event = element.event
        if event is not None and event.kind is EventKind.LINK:
            elements[element.id] = replace(elements[element.id], kind=Kind.PASS)
            if element.kind is Kind.THROW:
                target = caught[element.scope, event.name]
                _connect(element.id, target, elements, flows)
    return replace(process, elements=elements, flows=flows)


def _connect(
    source: str, target: str, elements: dict[str, Element], flows: dict[str, Flow]
) -> None:
    link = source + LINK
    flows[link] = Flow(id=link, source=source, target=target)
    elements[source] = replace(elements[source], outgoing=(link,))
    incoming = (*elements[target].incoming, link)
    elements[target] = replace(elements[target], incoming=incoming)
