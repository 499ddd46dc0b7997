"""Compiling: a bundle without errors becomes a ``Definition``.

Runs only after the lint found no error, so every reference resolves here.
"""

from __future__ import annotations

from typing import Final

from laufzettel.engine.model import contract
from laufzettel.engine.model.bundle import Bundle, called_process, calls_handler, is_bound_late
from laufzettel.engine.model.definition import (
    Assignment,
    Definition,
    Element,
    Event,
    EventKind,
    Flow,
    Kind,
    Loop,
    Mapping,
    Process,
)
from laufzettel.engine.model.expressions import as_feel, as_list
from laufzettel.engine.model.graph import Graph, attached_to
from laufzettel.engine.model.normalise import normalise
from laufzettel.engine.model.source import EventDefinition, Extension, Node
from laufzettel.engine.model.strip import strip
from laufzettel.engine.model.variables import form_id, propagates_child, propagates_parent
from laufzettel.engine.model.vocabulary import CASE, KINDS, NAMED, OWN, STANDARD_LOOP, TIMERS

#: Version of this compiler; part of every definition it makes. 2 knows repetitions, event
#: subprocesses, cases of their own, decisions and priorities of jobs.
COMPILER_VERSION: Final = 2


def compile_bundle(bundle: Bundle) -> Definition:
    """Return the definition of the bundle's main process and of all it calls."""
    processes = {graph.process.id: normalise(_process(bundle, graph)) for graph in _needed(bundle)}
    return Definition(
        compiler=COMPILER_VERSION,
        main=bundle.mains[0].id,
        processes=processes,
        stripped={key: strip(process) for key, process in processes.items()},
        forms={form.id: form.json for form in bundle.forms.values()},
        decisions={key: each.version_tag for key, each in bundle.decisions.items()},
        decision_files={file.name: file.xml for file in bundle.decision_files},
        handlers=_handlers(bundle, processes),
    )


def _needed(bundle: Bundle) -> list[Graph]:
    """Return the main process and those it calls, directly or not."""
    return [bundle.processes[name] for name in sorted(bundle.reach(bundle.mains[0].id))]


def _handlers(bundle: Bundle, processes: dict[str, Process]) -> dict[str, dict[str, object]]:
    names = {each.handler for process in processes.values() for each in process.elements.values()}
    known = bundle.handlers or {}
    return {name: contract.as_data(known[name]) for name in sorted(names) if name in known}


def _process(bundle: Bundle, graph: Graph) -> Process:
    source = graph.process
    return Process(
        id=source.id,
        name=source.name,
        version_tag=source.attribute("versionTag", "value"),
        properties=source.properties,
        elements={node.id: _element(bundle, graph, node) for node in source.nodes},
        flows={
            flow.id: Flow(
                id=flow.id,
                source=flow.source,
                target=flow.target,
                condition=_condition(graph, flow.source, flow.id, flow.condition),
                name=flow.name,
            )
            for flow in source.flows
        },
    )


def _condition(graph: Graph, source: str, flow: str, condition: str | None) -> str:
    """Return the condition; that of a default flow is never evaluated."""
    default = graph.nodes[source].attributes.get("default", "").strip()
    return "" if flow == default else as_feel(condition or "")


def _element(bundle: Bundle, graph: Graph, node: Node) -> Element:
    handler = node.handler if calls_handler(node) else ""
    return Element(
        id=node.id,
        kind=_kind(node),
        name=node.name,
        line=node.line,
        scope=node.scope,
        incoming=tuple(flow.id for flow in graph.incoming.get(node.id, ())),
        outgoing=tuple(flow.id for flow in graph.outgoing.get(node.id, ())),
        default_flow=node.attributes.get("default", "").strip(),
        handler=handler,
        retries=as_feel(node.attribute("taskDefinition", "retries"), number=True),
        job_priority=_job_priority(graph, node) if handler else "",
        headers={
            each.get("key"): each.get("value") for each in node.inside("taskHeaders", "header")
        },
        inputs=tuple(map(_mapping, node.inputs)),
        outputs=tuple(map(_mapping, node.outputs)),
        form=form_id(node),
        assignment=_assignment(node),
        script=as_feel(node.attribute("script", "expression")),
        result_variable=node.attribute("script", "resultVariable")
        or node.attribute("calledDecision", "resultVariable"),
        decision=node.attribute("calledDecision", "decisionId"),
        decision_binding=node.attribute("calledDecision", "bindingType"),
        decision_tag=node.attribute("calledDecision", "versionTag"),
        called=called_process(node),
        own_case=_is_own(bundle, node) or is_bound_late(node),
        bound_late=is_bound_late(node),
        called_tag=_called_tag(node),
        propagate_parent=propagates_parent(node),
        propagate_child=propagates_child(node),
        event=_event(bundle, node),
        attached_to=attached_to(node),
        interrupting=node.interrupting,
        loop=_loop(node),
        triggered=node.triggered,
        lane=node.lane,
        duty=node.properties.get("laufzettel:duty", "").replace(" ", ""),
        properties=node.properties,
    )


def _job_priority(graph: Graph, node: Node) -> str:
    own = node.attribute("jobPriorityDefinition", "priority")
    of_process = graph.process.attribute("jobPriorityDefinition", "priority")
    return as_feel(own or of_process, number=True)


def _kind(node: Node) -> Kind:
    if calls_handler(node):
        sends = node.tag in ("sendTask", "intermediateThrowEvent", "endEvent")
        return Kind.SEND if sends else Kind.SERVICE
    if node.tag == "intermediateThrowEvent" and not node.events:
        return Kind.PASS
    if node.tag == "endEvent" and node.events:
        return Kind.THROW
    return KINDS[node.tag]


def _mapping(extension: Extension) -> Mapping:
    return Mapping(source=as_feel(extension.get("source")), target=extension.get("target"))


def _assignment(node: Node) -> Assignment | None:
    if node.tag != "userTask":
        return None
    return Assignment(
        assignee=as_feel(node.attribute("assignmentDefinition", "assignee")),
        candidate_groups=as_list(node.attribute("assignmentDefinition", "candidateGroups")),
        candidate_users=as_list(node.attribute("assignmentDefinition", "candidateUsers")),
        due_date=as_feel(node.attribute("taskSchedule", "dueDate")),
        follow_up_date=as_feel(node.attribute("taskSchedule", "followUpDate")),
        priority=as_feel(node.attribute("priorityDefinition", "priority"), number=True),
    )


def _called_tag(node: Node) -> str:
    is_tagged = node.attribute("calledElement", "bindingType") == "versionTag"
    return node.attribute("calledElement", "versionTag") if is_tagged else ""


def _is_own(bundle: Bundle, node: Node) -> bool:
    graph = bundle.processes.get(called_process(node)) if node.tag == "callActivity" else None
    return graph is not None and graph.process.properties.get(CASE) == OWN


def _loop(node: Node) -> Loop | None:
    found = node.loop
    if found is None:
        return None
    return Loop(
        sequential=found.sequential or found.tag == STANDARD_LOOP,
        collection=as_feel(found.get("inputCollection")),
        element=found.get("inputElement"),
        output_collection=found.get("outputCollection"),
        output_element=as_feel(found.get("outputElement")),
        completion_condition=as_feel(found.completion),
        condition=as_feel(found.condition),
        test_before=found.test_before,
        maximum=int(found.maximum or 0),
    )


def _event(bundle: Bundle, node: Node) -> Event | None:
    event = node.event
    if event is None:
        return None
    if event.tag == "messageEventDefinition":
        return _message_event(bundle, node)
    if event.tag == "timerEventDefinition":
        return Event(kind=TIMERS[event.timer], expression=as_feel(event.text))
    if event.tag == "conditionalEventDefinition":
        return Event(kind=EventKind.CONDITIONAL, expression=as_feel(event.text))
    if event.tag in NAMED:
        found = bundle.named(node)
        return Event(kind=NAMED[event.tag], name=found.key if found else "")
    return _other_event(event)


def _message_event(bundle: Bundle, node: Node) -> Event:
    message = bundle.message(node)
    key = message.correlation_key if message is not None and node.is_awaited else ""
    return Event(
        kind=EventKind.MESSAGE,
        name=message.name if message is not None else "",
        correlation_key=as_feel(key),
    )


def _other_event(event: EventDefinition) -> Event:
    if event.tag == "linkEventDefinition":
        return Event(kind=EventKind.LINK, name=event.link)
    return Event(kind=EventKind.TERMINATE)
