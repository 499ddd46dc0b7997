"""The stripped BPMN: what SpiffWorkflow parses, without any extension.

Every job-like element is a plain ``serviceTask``, which the generic parser leaves STARTED
until it is completed from outside. Events behind an event-based gateway and at a boundary
wait for a signal whose name is the element's id. A condition is the id of its flow. Names,
lanes, documentation and data are left out: they stand in the definition.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from laufzettel.engine.model.definition import Element, EventKind, Flow, Kind, Process
from laufzettel.engine.model.vocabulary import BPMN

_TAGS: Final = {
    Kind.START: "startEvent",
    Kind.END: "endEvent",
    Kind.EXCLUSIVE: "exclusiveGateway",
    Kind.PARALLEL: "parallelGateway",
    Kind.INCLUSIVE: "inclusiveGateway",
    Kind.EVENT_GATEWAY: "eventBasedGateway",
    Kind.SUBPROCESS: "subProcess",
    Kind.CALL: "callActivity",
    Kind.BOUNDARY: "boundaryEvent",
}
#: End events that the executor understands as such.
_ENDS: Final = frozenset({EventKind.TERMINATE, EventKind.ERROR})


def strip(process: Process) -> str:
    """Return the process as extension-free BPMN."""
    root = etree.Element(_tag("definitions"), nsmap={"bpmn": BPMN})
    outer = etree.SubElement(root, _tag("process"), id=process.id, isExecutable="true")
    scopes = {process.id: outer}
    for element in _outer_first(process):
        scopes[element.id] = _element(process, element, scopes[element.scope], root)
    for flow in process.flows.values():
        _flow(process, flow, scopes[process.elements[flow.source].scope])
    return etree.tostring(root, encoding="unicode")


def _outer_first(process: Process) -> list[Element]:
    """Return the elements so that each comes after the subprocess around it."""
    depth: dict[str, int] = {process.id: 0}
    left = list(process.elements.values())
    ordered: list[Element] = []
    while left:
        ready = [each for each in left if each.scope in depth]
        assert ready, "an element lies in no scope of its process"  # noqa: S101
        depth |= {each.id: depth[each.scope] + 1 for each in ready}
        ordered += ready
        left = [each for each in left if each.id not in depth]
    return ordered


def _element(
    process: Process, element: Element, scope: etree._Element, root: etree._Element
) -> etree._Element:
    made = etree.SubElement(scope, _tag(_tag_of(process, element)), id=element.id)
    if element.default_flow and element.kind in (Kind.EXCLUSIVE, Kind.INCLUSIVE):
        made.set("default", element.default_flow)
    if element.kind is Kind.CALL and not element.own_case:
        made.set("calledElement", element.called)
    if element.kind is Kind.BOUNDARY:
        made.set("attachedToRef", element.attached_to)
        made.set("cancelActivity", "true" if element.interrupting else "false")
    if element.kind is Kind.BOUNDARY or is_raced(process, element):
        _signal(element, made, root)
    if _is_typed_end(element):
        _end(element, made, root)
    return made


def _tag_of(process: Process, element: Element) -> str:
    if is_raced(process, element):
        return "intermediateCatchEvent"
    if _is_typed_end(element):
        return "endEvent"
    if element.own_case:  # waits until its cases have ended
        return "serviceTask"
    return _TAGS.get(element.kind, "serviceTask")


def is_raced(process: Process, element: Element) -> bool:
    """Say whether an element waits behind an event-based gateway."""
    sources = (process.elements[process.flows[each].source] for each in element.incoming)
    return any(source.kind is Kind.EVENT_GATEWAY for source in sources)


def _is_typed_end(element: Element) -> bool:
    event = element.event
    return element.kind is Kind.THROW and event is not None and event.kind in _ENDS


def _signal(element: Element, made: etree._Element, root: etree._Element) -> None:
    signal = f"{element.id}__signal"
    etree.SubElement(root, _tag("signal"), id=signal, name=element.id)
    etree.SubElement(made, _tag("signalEventDefinition"), signalRef=signal)


def _end(element: Element, made: etree._Element, root: etree._Element) -> None:
    event = element.event
    if event is not None and event.kind is EventKind.ERROR:
        error = f"{element.id}__error"
        etree.SubElement(root, _tag("error"), id=error, name=event.name, errorCode=event.name)
        etree.SubElement(made, _tag("errorEventDefinition"), errorRef=error)
    else:
        etree.SubElement(made, _tag("terminateEventDefinition"))


def _flow(process: Process, flow: Flow, scope: etree._Element) -> None:
    made = etree.SubElement(
        scope, _tag("sequenceFlow"), id=flow.id, sourceRef=flow.source, targetRef=flow.target
    )
    if flow.condition and flow.id != process.elements[flow.source].default_flow:
        etree.SubElement(made, _tag("conditionExpression")).text = flow.id


def _tag(local: str) -> str:
    return f"{{{BPMN}}}{local}"
