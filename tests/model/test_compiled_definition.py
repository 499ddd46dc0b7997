"""What the compiler makes of a model: literal elements, and documents SpiffWorkflow runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from laufzettel.engine.model.check import Checked
from laufzettel.engine.model.codec import DefinitionError, from_json, to_json
from laufzettel.engine.model.definition import (
    Assignment,
    Definition,
    Element,
    Event,
    EventKind,
    Flow,
    Kind,
    Mapping,
)
from laufzettel.errors import TooNewError

Lint = Callable[..., Checked]
MESSAGE = (
    '<message id="m" name="hkr.quittung"><ext>'
    '<zeebe:subscription correlationKey="=order_id"/></ext></message>'
)
DECLARED = '<ext><props><prop name="laufzettel:variables" value="order_id, amount"/></props></ext>'


def compiled(lint: Lint, **spec: Any) -> Definition:
    """Return the definition of a model that must be fine."""
    checked = lint({"process": DECLARED, **spec})
    assert checked.definition is not None, checked.findings
    return checked.definition


def elements(definition: Definition) -> dict[str, Element]:
    """Return the elements of the main process."""
    return definition.processes["main"].elements


def test_a_user_task_keeps_its_offer_its_form_and_its_duty(lint: Lint) -> None:
    """Static values become FEEL literals, expressions lose their equals sign."""
    nodes = """<userTask id="t" name="Anordnen"><ext><zeebe:userTask/>
      <zeebe:assignmentDefinition assignee="=unit" candidateGroups="kasse, poststelle"/>
      <zeebe:taskSchedule dueDate="2026-12-31"/><zeebe:priorityDefinition priority="70"/>
      <zeebe:formDefinition formId="f"/>
      <props><prop name="laufzettel:duty" value="sachlich, rechnerisch"/></props></ext></userTask>"""
    process = '<ext><props><prop name="laufzettel:variables" value="unit"/></props></ext>'
    files = {"forms/f.form": '{"id": "f", "components": []}'}
    made = compiled(lint, nodes=nodes, flows="start>t t>end", process=process, files=files)

    assert elements(made)["t"] == Element(
        id="t",
        kind=Kind.USER,
        name="Anordnen",
        line=8,
        scope="main",
        incoming=("start_t",),
        outgoing=("t_end",),
        form="f",
        assignment=Assignment(
            assignee="unit",
            candidate_groups='["kasse", "poststelle"]',
            due_date='"2026-12-31"',
            priority="70",
        ),
        duty="sachlich,rechnerisch",
        properties={"laufzettel:duty": "sachlich, rechnerisch"},
    )
    assert made.forms == {"f": {"id": "f", "components": []}}


def test_a_service_task_keeps_its_handler_and_mappings(lint: Lint) -> None:
    """The bundle keeps the contract of each handler it names."""
    nodes = """<serviceTask id="t"><ext><handler type="invoice.validate" retries="3"/><io>
      <in source="=order_id" target="document"/><out source="=verdict" target="result.verdict"/>
      </io></ext></serviceTask>"""
    made = compiled(lint, nodes=nodes, flows="start>t t>end")
    task = elements(made)["t"]

    assert (task.kind, task.handler, task.retries) == (Kind.SERVICE, "invoice.validate", "3")
    assert task.inputs == (Mapping(source="order_id", target="document"),)
    assert task.outputs == (Mapping(source="verdict", target="result.verdict"),)
    assert made.handlers == {
        "invoice.validate": {
            "name": "invoice.validate",
            "kind": "work",
            "parameters": {
                "document": {"type": "str", "required": True},
                "deep": {"type": "bool", "required": False},
            },
            "results": ["verdict"],
            "has_query": False,
            "requires_duties": [],
            "version": 1,
        }
    }


@pytest.mark.parametrize(
    ("tag", "inner", "event"),
    [
        (
            "intermediateCatchEvent",
            "<timerEventDefinition><timeDuration>P3D</timeDuration></timerEventDefinition>",
            Event(kind=EventKind.TIMER_DURATION, expression='"P3D"'),
        ),
        (
            "intermediateCatchEvent",
            "<timerEventDefinition><timeDate>=order_id</timeDate></timerEventDefinition>",
            Event(kind=EventKind.TIMER_DATE, expression="order_id"),
        ),
        (
            "intermediateCatchEvent",
            '<messageEventDefinition messageRef="m"/>',
            Event(kind=EventKind.MESSAGE, name="hkr.quittung", correlation_key="order_id"),
        ),
    ],
    ids=["duration", "date", "message"],
)
def test_a_catching_event_waits_for_what_it_says(
    lint: Lint, tag: str, inner: str, event: Event
) -> None:
    """Timers are FEEL, messages carry their key."""
    nodes = f'<{tag} id="c">{inner}</{tag}>'
    made = compiled(lint, nodes=nodes, flows="start>c c>end", root=MESSAGE)

    assert elements(made)["c"].kind is Kind.RECEIVE
    assert elements(made)["c"].event == event


def test_a_boundary_event_names_its_host_and_whether_it_interrupts(lint: Lint) -> None:
    """An error boundary keeps the code it catches."""
    nodes = """<serviceTask id="t"><ext><handler type="ledger.deliver"/></ext></serviceTask>
      <boundaryEvent id="b" attachedToRef="t"><errorEventDefinition errorRef="x"/></boundaryEvent>"""
    root = '<error id="x" name="Abgelehnt" errorCode="REFUSED"/>'
    boundary = elements(compiled(lint, nodes=nodes, flows="start>t t>end b>end", root=root))["b"]

    assert (boundary.kind, boundary.attached_to, boundary.interrupting) == (
        Kind.BOUNDARY,
        "t",
        True,
    )
    assert boundary.event == Event(kind=EventKind.ERROR, name="REFUSED")


def test_several_flows_from_a_task_become_a_parallel_gateway(lint: Lint) -> None:
    """BPMN takes all of them at once."""
    made = compiled(
        lint,
        nodes='<task id="t"/><task id="u"/>',
        flows="start>t t>end t>u u>end",
    ).processes["main"]

    assert made.elements["t__split"].kind is Kind.PARALLEL
    assert made.elements["t__split"].outgoing == ("t_end", "t_u")
    assert made.elements["t"].outgoing == ("t__split_flow",)
    assert made.flows["t_u"] == Flow(id="t_u", source="t__split", target="u")


def test_conditions_on_flows_from_a_task_become_an_inclusive_gateway(lint: Lint) -> None:
    """A flow without a condition is always taken."""
    made = compiled(
        lint,
        nodes='<task id="t"/><task id="u"/>',
        flows="start>t t>end t>u[=amount > 1] u>end",
    ).processes["main"]

    assert made.elements["t__split"].kind is Kind.INCLUSIVE
    assert made.flows["t_end"].condition == "true"
    assert made.flows["t_u"].condition == "amount > 1"


def test_a_pair_of_links_becomes_a_flow(lint: Lint) -> None:
    """Both ends are passed through."""
    nodes = """<intermediateThrowEvent id="l"><linkEventDefinition name="A"/></intermediateThrowEvent>
      <intermediateCatchEvent id="m"><linkEventDefinition name="A"/></intermediateCatchEvent>"""
    made = compiled(lint, nodes=nodes, flows="start>l m>end").processes["main"]

    assert (made.elements["l"].kind, made.elements["m"].kind) == (Kind.PASS, Kind.PASS)
    assert made.flows["l__link"] == Flow(id="l__link", source="l", target="m")


def test_a_sending_end_becomes_a_step_before_a_plain_end(lint: Lint) -> None:
    """So the message is sent before the case ends."""
    nodes = """<startEvent id="s"/><endEvent id="e"><ext><handler type="note.write"/></ext>
      <messageEventDefinition/></endEvent>"""
    made = elements(compiled(lint, bare=True, nodes=nodes, flows="s>e"))

    assert (made["e"].kind, made["e"].handler) == (Kind.SEND, "note.write")
    assert made["e__end"].kind is Kind.END


def test_a_message_to_another_case_keeps_its_name_and_key(lint: Lint) -> None:
    """Without a handler the engine itself delivers it."""
    nodes = """<intermediateThrowEvent id="t"><messageEventDefinition messageRef="m"/>
      </intermediateThrowEvent>"""
    thrown = elements(compiled(lint, nodes=nodes, flows="start>t t>end", root=MESSAGE))["t"]

    assert thrown.kind is Kind.THROW
    assert thrown.event == Event(
        kind=EventKind.MESSAGE, name="hkr.quittung", correlation_key="order_id"
    )


def test_a_default_flow_has_no_condition(lint: Lint) -> None:
    """What is drawn on it is a warning and never evaluated."""
    nodes = '<exclusiveGateway id="g" default="g_t"/><task id="t"/>'
    flows = "start>g g>end[=amount > 1] g>t[=amount > 2] t>end"
    made = compiled(lint, nodes=nodes, flows=flows).processes["main"]

    assert (made.flows["g_end"].condition, made.flows["g_t"].condition) == ("amount > 1", "")


def test_only_processes_that_are_called_are_in_the_definition(lint: Lint) -> None:
    """A called process may lie in another file of the folder."""
    call = """<callActivity id="c"><ext><zeebe:calledElement processId="inner"
      propagateAllParentVariables="false" propagateAllChildVariables="true"/></ext></callActivity>"""
    inner = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
      xmlns:modeler="http://camunda.org/schema/modeler/1.0" modeler:executionPlatform="Camunda Cloud">
      <process id="inner" isExecutable="true"><startEvent id="s"/><endEvent id="e"/>
      <sequenceFlow id="f" sourceRef="s" targetRef="e"/></process></definitions>"""
    files = {
        "inner.bpmn": inner,
        "unused.bpmn": inner.replace('"inner"', '"other"')
        .replace('id="s"', 'id="s2"')
        .replace('id="e"', 'id="e2"')
        .replace('id="f"', 'id="f2"')
        .replace('"s"', '"s2"')
        .replace('"e"', '"e2"'),
    }
    made = compiled(lint, nodes=call, flows="start>c c>end", files=files)

    assert (made.main, sorted(made.processes)) == ("main", ["inner", "main"])
    assert elements(made)["c"].called == "inner"
    assert (elements(made)["c"].propagate_parent, elements(made)["c"].propagate_child) == (
        False,
        True,
    )


def test_the_main_process_stays_main_when_an_unused_file_calls_it(lint: Lint) -> None:
    """The first file decides where a case begins."""
    caller = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
      xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
      xmlns:modeler="http://camunda.org/schema/modeler/1.0" modeler:executionPlatform="Camunda Cloud">
      <process id="outer" isExecutable="true"><startEvent id="s"/><endEvent id="e"/>
      <callActivity id="c"><extensionElements><zeebe:calledElement processId="main"
      propagateAllParentVariables="false" propagateAllChildVariables="false"/></extensionElements>
      </callActivity><sequenceFlow id="f" sourceRef="s" targetRef="c"/>
      <sequenceFlow id="g" sourceRef="c" targetRef="e"/></process></definitions>"""
    made = compiled(lint, files={"caller.bpmn": caller})

    assert (made.main, list(made.processes)) == ("main", ["main"])


def test_a_definition_is_the_same_bytes_every_time(lint: Lint) -> None:
    """What is stored can be read again, and hashes alike."""
    made = compiled(
        lint,
        nodes='<userTask id="t"><ext><offered/></ext></userTask><receiveTask id="r" messageRef="m"/>',
        flows="start>t t>r r>end",
        root=MESSAGE,
    )

    assert from_json(to_json(made)) == made
    assert to_json(from_json(to_json(made))) == to_json(made)


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        (b"", "nicht lesbar"),
        (b"[]", "nicht lesbar"),
        (b'{"compiler": 1, "main": "p", "surprise": 1}', "nicht lesbar"),
        (b'{"compiler": 99, "main": "p", "processes": {}, "stripped": {}}', "Version 99"),
    ],
)
def test_a_definition_of_something_else_is_refused(stored: bytes, reason: str) -> None:
    """A later compiler's work is not guessed at."""
    with pytest.raises((DefinitionError, TooNewError), match=reason):
        from_json(stored)
