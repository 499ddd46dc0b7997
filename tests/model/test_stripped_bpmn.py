"""The stripped documents do in SpiffWorkflow what the executor relies on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import SignalEventDefinition
from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from laufzettel.engine.model.check import Checked

TIMER = "<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>"
ASKED = '<userTask id="{0}"><ext><offered/></ext></userTask>'
MESSAGE = '<message id="m" name="da"><ext><zeebe:subscription correlationKey="=1"/></ext></message>'
Start = Callable[..., "Run"]


class Run:
    """One case of a stripped process, driven as the executor drives it."""

    def __init__(self, checked: Checked, taken: Iterable[str]) -> None:
        assert checked.definition is not None, checked.findings
        self.definition = checked.definition
        parser = BpmnParser()
        for document in self.definition.stripped.values():
            parser.add_bpmn_xml(etree.fromstring(document))
        specs = {key: parser.get_spec(key) for key in self.definition.processes}
        self.specs = [*specs.values(), *parser.get_subprocess_specs("main").values()]
        known = {flow for each in self.definition.processes.values() for flow in each.flows}
        names = dict.fromkeys(known, False) | dict.fromkeys(taken, True)
        engine = PythonScriptEngine(environment=TaskDataEnvironment(names))
        subprocesses = parser.get_subprocess_specs("main")
        self.workflow = BpmnWorkflow(specs["main"], subprocesses, script_engine=engine)
        self.workflow.do_engine_steps()

    def waiting(self) -> list[str]:
        """Return the ids of what waits to be completed from outside."""
        return sorted(
            t.task_spec.name
            for t in self.workflow.get_tasks(state=TaskState.STARTED)
            if not t.task_spec.name.endswith("sub") and t.task_spec.name != "c"
        )

    def complete(self, name: str) -> Run:
        """Complete one waiting step."""
        tasks = self.workflow.get_tasks(state=TaskState.STARTED, spec_name=name)
        tasks[0].complete()
        self.workflow.do_engine_steps()
        return self

    def raised(self, name: str) -> Run:
        """Let the event of an element happen."""
        self.workflow.catch(BpmnEvent(SignalEventDefinition(name), None))
        self.workflow.do_engine_steps()
        return self


@pytest.fixture
def start(lint: Callable[..., Checked]) -> Start:
    """Return the starter of built models; ``taken`` names the flows whose condition holds."""

    def run(*, taken: Iterable[str] = (), **spec: Any) -> Run:
        return Run(lint(spec), taken)

    return run


ALL_KINDS = {
    "nodes": f"""{ASKED.format("u")}
      <serviceTask id="w"><ext><handler type="note.write"/></ext></serviceTask>
      <sendTask id="send"><ext><handler type="note.write"/></ext></sendTask>
      <scriptTask id="sum"><ext><zeebe:script expression="=1" resultVariable="x"/></ext></scriptTask>
      <manualTask id="hand"/><task id="plain"/><receiveTask id="r" messageRef="m"/>
      <intermediateCatchEvent id="wait">{TIMER}</intermediateCatchEvent>
      <intermediateThrowEvent id="pass"/>""",
    "flows": "start>u u>w w>send send>sum sum>hand hand>plain plain>r r>wait wait>pass pass>end",
    "root": MESSAGE,
}


def test_everything_that_works_waits_until_it_is_completed(start: Start) -> None:
    """A plain service task stays STARTED: that is the contract of a job."""
    run = start(**ALL_KINDS)

    for name in ("u", "w", "send", "sum", "hand", "plain", "r", "wait", "pass"):
        assert run.waiting() == [name]
        run.complete(name)
    assert run.workflow.is_completed()


def test_every_element_has_a_task_spec_of_its_id(start: Start) -> None:
    """The executor finds the definition's element by the name of the spec."""
    run = start(**ALL_KINDS)
    names = {name for spec in run.specs for name in spec.task_specs}

    assert set(run.definition.processes["main"].elements) <= names


def test_a_condition_is_the_id_of_its_flow(start: Start) -> None:
    """The executor answers with its own evaluation of the FEEL condition."""
    spec = {
        "nodes": '<exclusiveGateway id="g" default="g_a"/>' + ASKED.format("a") + ASKED.format("b"),
        "flows": "start>g g>a g>b[=1 = 1] a>end b>end",
    }

    assert start(**spec).waiting() == ["a"]
    assert start(**spec, taken=["g_b"]).waiting() == ["b"]


def test_a_parallel_join_waits_for_all_and_an_inclusive_one_for_what_was_taken(
    start: Start,
) -> None:
    """Two of three inclusive paths are taken, and the join waits for these."""
    nodes = "".join(ASKED.format(each) for each in ("a", "b", "c1", "last"))
    spec = {
        "nodes": nodes + '<inclusiveGateway id="g" default="g_c1"/><inclusiveGateway id="j"/>',
        "flows": "start>g g>a[=1 = 1] g>b[=1 = 1] g>c1 a>j b>j c1>j j>last last>end",
    }
    run = start(**spec, taken=["g_a", "g_b"])

    assert run.waiting() == ["a", "b"]
    assert run.complete("a").waiting() == ["b"]
    assert run.complete("b").waiting() == ["last"]


def test_two_timers_race_behind_an_event_based_gateway(start: Start) -> None:
    """Each event is a signal of its own, so that two timers do not share one value."""
    spec = {
        "nodes": f"""<eventBasedGateway id="g"/>
          <intermediateCatchEvent id="first">{TIMER}</intermediateCatchEvent>
          <intermediateCatchEvent id="second">{TIMER}</intermediateCatchEvent>
          <receiveTask id="r" messageRef="m"/>
          {ASKED.format("a")}{ASKED.format("b")}{ASKED.format("d")}""",
        "flows": "start>g g>first g>second g>r first>a second>b r>d a>end b>end d>end",
        "root": MESSAGE,
    }

    assert start(**spec).raised("second").waiting() == ["b"]
    assert start(**spec).raised("first").waiting() == ["a"]
    assert start(**spec).raised("r").waiting() == ["d"]


@pytest.mark.parametrize(
    ("interrupting", "waiting"), [("true", ["late"]), ("false", ["late", "u"])]
)
def test_a_boundary_event_interrupts_or_runs_beside(
    start: Start, interrupting: str, waiting: list[str]
) -> None:
    """The boundary is raised by the element's id."""
    run = start(
        nodes=f"""{ASKED.format("u")}{ASKED.format("late")}
          <boundaryEvent id="b" attachedToRef="u" cancelActivity="{interrupting}">{TIMER}</boundaryEvent>""",
        flows="start>u u>end b>late late>end",
    )

    assert run.raised("b").waiting() == waiting


def test_a_subprocess_and_a_called_process_are_left_when_they_end(start: Start) -> None:
    """Both run inside the same case."""
    call = """<callActivity id="c"><ext><zeebe:calledElement processId="inner"
      propagateAllParentVariables="true" propagateAllChildVariables="false"/></ext></callActivity>"""
    run = start(
        nodes=f"""<subProcess id="sub"><startEvent id="s"/>{ASKED.format("a")}<endEvent id="e"/>
          <sequenceFlow id="f1" sourceRef="s" targetRef="a"/>
          <sequenceFlow id="f2" sourceRef="a" targetRef="e"/></subProcess>{call}""",
        flows="start>sub sub>c c>end",
        root=f"""<process id="inner" isExecutable="true"><startEvent id="s2"/>{ASKED.format("b")}
          <endEvent id="e2"/><sequenceFlow id="f3" sourceRef="s2" targetRef="b"/>
          <sequenceFlow id="f4" sourceRef="b" targetRef="e2"/></process>""",
    )

    assert run.waiting() == ["a"]
    assert run.complete("a").waiting() == ["b"]
    assert run.complete("b").workflow.is_completed()


def test_a_boundary_event_leaves_a_subprocess(start: Start) -> None:
    """What runs inside is cancelled."""
    run = start(
        nodes=f"""<subProcess id="sub"><startEvent id="s"/>{ASKED.format("a")}<endEvent id="e"/>
          <sequenceFlow id="f1" sourceRef="s" targetRef="a"/>
          <sequenceFlow id="f2" sourceRef="a" targetRef="e"/></subProcess>{ASKED.format("late")}
          <boundaryEvent id="b" attachedToRef="sub">{TIMER}</boundaryEvent>""",
        flows="start>sub sub>end b>late late>end",
    )

    assert run.waiting() == ["a"]
    assert run.raised("b").waiting() == ["late"]
    assert run.complete("late").workflow.is_completed()


def test_a_loop_comes_back_to_the_same_step(start: Start) -> None:
    """A step may be reached again and again."""
    run = start(
        nodes=f'{ASKED.format("a")}<exclusiveGateway id="g" default="g_end"/>',
        flows="start>a a>g g>end g>a[=1 = 1]",
        taken=["g_a"],
    )

    for _ in range(3):
        assert run.complete("a").waiting() == ["a"]


def test_an_error_end_stays_an_error_end(start: Start) -> None:
    """The executor reads the code from the definition and raises the boundary itself."""
    run = start(
        nodes="""<subProcess id="sub"><startEvent id="s"/>
          <endEvent id="e"><errorEventDefinition errorRef="x"/></endEvent>
          <sequenceFlow id="f1" sourceRef="s" targetRef="e"/></subProcess>
          <boundaryEvent id="b" attachedToRef="sub"><errorEventDefinition errorRef="x"/></boundaryEvent>""",
        flows="start>sub sub>end b>end",
        root='<error id="x" name="Abgelehnt" errorCode="REFUSED"/>',
    )
    end = run.workflow.get_tasks(spec_name="e")[0].task_spec

    assert end.event_definition.code == "REFUSED"


def test_a_terminate_end_ends_the_other_branch(start: Start) -> None:
    """The end event keeps its meaning."""
    run = start(
        nodes=f"""{ASKED.format("a")}{ASKED.format("b")}<parallelGateway id="g"/>
          <endEvent id="stop"><terminateEventDefinition/></endEvent>""",
        flows="start>g g>a g>b a>stop b>end",
    )

    assert run.complete("a").workflow.is_completed()


def test_an_implicit_split_runs_both_paths(start: Start) -> None:
    """Stock SpiffWorkflow refuses several flows from a task."""
    run = start(
        nodes=f'<task id="t"/>{ASKED.format("a")}{ASKED.format("b")}',
        flows="start>t t>a t>b a>end b>end",
    )

    assert run.complete("t").waiting() == ["a", "b"]


def test_a_message_starts_like_a_plain_start(start: Start) -> None:
    """The engine starts the case; the start event must not wait for the message again."""
    run = start(
        bare=True,
        nodes=f"""<startEvent id="s"><messageEventDefinition messageRef="m"/></startEvent>
          {ASKED.format("a")}<endEvent id="e"/>""",
        flows="s>a a>e",
        root='<message id="m" name="rechnung.eingegangen"/>',
    )

    assert run.waiting() == ["a"]


def test_nothing_but_the_skeleton_is_left(start: Start) -> None:
    """No extension, lane, documentation, script or name reaches the executor."""
    documents = start(**ALL_KINDS).definition.stripped.values()
    tags = {
        str(each.tag).rpartition("}")[2]
        for document in documents
        for each in etree.fromstring(document).iter()
    }

    assert tags == {
        "definitions",
        "process",
        "startEvent",
        "serviceTask",
        "endEvent",
        "sequenceFlow",
    }


def test_the_longest_allowed_path_can_be_parsed(start: Start) -> None:
    """SpiffWorkflow's parser is recursive; the size rule keeps a path inside its stack."""
    nodes = "".join(f'<task id="t{number}"/>' for number in range(298))
    flows = " ".join(f"t{number}>t{number + 1}" for number in range(297))

    assert start(nodes=nodes, flows=f"start>t0 {flows} t297>end").waiting() == ["t0"]
