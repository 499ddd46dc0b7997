"""The defects of SpiffWorkflow 3.2 that would hit us, each beside our mended behaviour.

The numbers are those of reference spiffworkflow.md, section 3; 13 is ours. Where the first half of a
test begins to fail, SpiffWorkflow has mended the defect and a fix of ours may go.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.serializer.workflow import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs.event_definitions import timer
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.util import BpmnEvent, diff
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState
from tests.engine.execution import stock
from tests.engine.execution.draw import compiled, drawn
from tests.engine.execution.lab import Lab
from tests.engine.execution.lab_handlers import behaviour

from laufzettel.engine.execution import timing
from laufzettel.engine.execution.spiff import SpiffExecutor
from laufzettel.engine.model.check import check
from laufzettel.engine.model.definition import EventKind
from laufzettel.engine.model.sources import Sources

ENDS = '<startEvent id="s"/><endEvent id="e"/>'


def test_1_stock_loses_the_task_of_a_loop_at_depth_1000() -> None:
    """A reminder loop ends silently after 333 rounds."""
    workflow = stock.run(
        f'{ENDS}<scriptTask id="n"><script>n = 1</script></scriptTask><userTask id="a"/>'
        '<exclusiveGateway id="g" default="g_n"/>'
        + stock.flows("s>n n>a a>g g>n")
        + '<sequenceFlow id="stop" sourceRef="g" targetRef="e">'
        "<conditionExpression>False</conditionExpression></sequenceFlow>"
    )

    rounds = 0
    while not workflow.is_completed() and rounds < 340:
        workflow.get_next_task(state=TaskState.READY, manual=True).run()
        workflow.do_engine_steps()
        rounds += 1

    assert workflow.is_completed()
    assert rounds < 340


LOOP = """
script n round = 1
user a
asks ok
xor g
start>n n>a a>g g>end[ok = "ja"] g>n*
"""


def test_1_a_loop_goes_on_for_more_than_1000_rounds_in_a_state_that_does_not_grow() -> None:
    case = Lab(LOOP)
    for _ in range(10):
        case.complete("a", ok="nein")
    early = case.kept_tasks()

    for _ in range(1000):
        case.complete("a", ok="nein")

    assert case.waits == ["a"]
    assert case.kept_tasks() <= early + 12
    assert case.complete("a", ok="ja").ended


def test_1_neither_does_it_grow_with_a_boundary_event_or_inside_a_subprocess() -> None:
    case = Lab(
        """
        sub s
        user a
        asks ok
        boundary b a timer P3D
        xor g
        s.start>a a>g b>g g>s.end[ok = "ja"] g>a*
        close
        start>s s>end
        """
    )
    counts = []
    for _ in range(40):
        case.complete("a", ok="nein").fire("b")
        counts.append(case.kept_tasks())

    assert max(counts[20:]) <= max(counts[:20])


def test_1_neither_does_it_grow_while_another_token_waits_beside_the_loop() -> None:
    case = Lab(
        """
        knows order
        and split
        receive r paid order
        xor m
        user a
        asks again checkbox
        boundary b a timer P3D calm
        xor g
        and join
        start>split split>r split>m m>a b>end a>g g>m[again] g>join* r>join join>end
        """,
        order="4711",
    )
    counts = []
    for _ in range(60):
        case.fire("b").complete("a", again=True)
        counts.append(case.kept_tasks())

    assert max(counts[30:]) <= max(counts[:30]) <= 30
    assert case.complete("a", again=False).waits == ["r"]
    assert case.fire("r").ended


def test_2_stock_never_fires_the_shorter_of_two_timers() -> None:
    def timed(name: str, length: str) -> str:
        inner = f"<timeDuration>'{length}'</timeDuration>"
        return (
            f'<intermediateCatchEvent id="{name}"><timerEventDefinition>{inner}'
            "</timerEventDefinition></intermediateCatchEvent>"
        )

    workflow = stock.run(
        f'{ENDS}<eventBasedGateway id="g"/>{timed("late", "P30D")}{timed("soon", "PT0.01S")}'
        + stock.flows("s>g g>late g>soon late>e soon>e")
    )
    time.sleep(0.05)
    workflow.do_engine_steps()

    assert not workflow.is_completed()
    assert [event.value for event in workflow.waiting_events()] == [None]


def test_2_both_timers_have_their_own_due_time_and_fire() -> None:
    case = Lab(
        "race g\ncatch late timer P30D\ncatch soon timer PT1M\n"
        "start>g g>late g>soon late>end soon>end"
    )

    assert [each.due.isoformat() for each in case.changes.timers] == [
        "2026-12-23T08:00:00+00:00",
        "2026-11-23T08:01:00+00:00",
    ]
    assert case.fire("soon").ended


EVENT_SUBPROCESS = (
    f'{ENDS}<userTask id="a"/>{stock.flows("s>a a>e")}'
    '<subProcess id="sub" triggeredByEvent="true">'
    '<startEvent id="ss"><messageEventDefinition messageRef="m"/></startEvent>'
    f'<userTask id="u"/><endEvent id="se"/>{stock.flows("ss>u u>se")}</subProcess>'
)


MESSAGE = (
    b'<message id="m" name="m"><extensionElements>'
    b'<zeebe:subscription correlationKey="=order"/></extensionElements></message>'
)


def test_3_and_4_stock_pollutes_the_specs_that_cases_share() -> None:
    """A message to one case lets every later case begin inside the subprocess."""
    specs = stock.spec(EVENT_SUBPROCESS, '<message id="m" name="m"/>')
    first = BpmnWorkflow(*specs)
    first.do_engine_steps()
    before = len(specs[0].start.outputs)

    first.catch(BpmnEvent(MessageEventDefinition("m")))

    assert "a" in stock.ready(first)  # 4: it should have interrupted
    assert len(specs[0].start.outputs) == before + 1


def test_3_and_4_an_event_subprocess_interrupts_and_leaves_no_trace_in_later_cases() -> None:
    files = drawn("knows order\nuser a\nsub s\nuser u\ns.start>u u>s.end\nclose\nstart>a a>end")
    model = files["model.bpmn"].replace(b"<subProcess ", b'<subProcess triggeredByEvent="true" ')
    start = b'<startEvent id="s.start"><messageEventDefinition messageRef="m"/></startEvent>'
    model = model.replace(b'<startEvent id="s.start"></startEvent>', start)
    files["model.bpmn"] = model.replace(b"</definitions>", MESSAGE + b"</definitions>")
    checked = check(Sources(files=files), handlers=None)
    assert checked.definition is not None, checked.findings

    first = Lab(checked.definition, order="1").fire("s.start")

    assert first.waits == ["u"]
    assert Lab(checked.definition, order="2").waits == ["s.start", "a"]


def test_3_specs_are_the_same_after_a_case_as_before() -> None:
    model = """
        and split
        user a
        boundary b a timer P3D calm
        sub s
        user inner
        s.start>inner inner>s.end
        close
        or join
        start>split split>a split>s a>join s>join b>join join>end
        """
    case = Lab(model)
    before = _links(case._executor)

    case.fire("b").complete("a").complete("inner")

    assert case.ended
    assert _links(case._executor) == before


def _links(executor: SpiffExecutor) -> Any:
    return {
        (spec.name, name): ([one.name for one in task.inputs], [one.name for one in task.outputs])
        for spec in (executor._spec, *executor._subprocesses.values())
        for name, task in spec.task_specs.items()
    }


def test_5_stock_masks_the_error_of_a_handler() -> None:
    class Engine(PythonScriptEngine):  # type: ignore[misc]
        pass

    with pytest.raises(NameError, match="script"):
        Engine().call_service(None, operation_name="a", operation_params={})


def test_5_the_error_of_a_handler_is_kept_as_it_was() -> None:
    behaviour["fail"] = ZeroDivisionError("by design")
    case = Lab("service s lab.fail\nstart>s s>end")
    behaviour.clear()

    assert case.changes.troubles[0].detail == "ZeroDivisionError('by design')"


def test_6_stock_lets_an_exception_pass_by_the_boundary_event() -> None:
    with pytest.raises(WorkflowTaskException):
        stock.run(
            f'{ENDS}<scriptTask id="a"><script>1/0</script></scriptTask>'
            '<boundaryEvent id="b" attachedToRef="a"><errorEventDefinition/></boundaryEvent>'
            + stock.flows("s>a a>e b>e")
        )


@pytest.mark.parametrize(
    ("event", "reached"),
    [("error KEIN_KONTO", "late"), ("error", "late"), ("error SONST", "s")],
    ids=["own code", "any code", "other code"],
)
def test_6_a_handlers_error_reaches_the_boundary_event_of_its_code(
    event: str, reached: str
) -> None:
    case = Lab(
        f"""
        service s lab.raise
        in code = "KEIN_KONTO"
        boundary b s {event}
        user late
        start>s s>end b>late late>end
        """
    )

    assert reached in case.waits


ALIAS = (
    f'{ENDS}<scriptTask id="d"><script>d = {{"n": {{}}}}</script></scriptTask>'
    '<parallelGateway id="split"/><parallelGateway id="join"/>'
    """<scriptTask id="a"><script>d["n"]["a"] = 1</script></scriptTask>"""
    """<scriptTask id="b"><script>saw = list(d["n"])</script></scriptTask>"""
    + stock.flows("s>d d>split split>a split>b a>join b>join join>e")
)


def test_7_stock_lets_parallel_branches_see_each_others_writes() -> None:
    workflow = stock.run(ALIAS)

    assert workflow.get_next_task(spec_name="b").data["saw"] == ["a"]


def test_7_what_a_branch_writes_in_place_stays_its_own() -> None:
    """Values are never changed in place: a write makes a new context."""
    case = Lab(
        """
        knows d
        and split
        script a first = 1
        out d.a = 1
        user b
        and join
        start>split split>a split>b a>join b>join join>end
        """,
        d={"n": []},
    )
    given = case.variables["d"]

    case.complete("b")

    assert given == {"n": [], "a": Decimal(1)}
    assert case.variables == {"d": {"n": [], "a": Decimal(1)}}


def test_8_stock_takes_an_extension_for_the_task_of_the_same_id() -> None:
    with pytest.raises(Exception, match="no support implemented"):
        stock.run(
            f'{ENDS}<task id="a"><extensionElements><x:operator id="a"/></extensionElements>'
            f"</task>{stock.flows('s>a a>e')}"
        )


def test_8_no_extension_reaches_the_executor() -> None:
    definition = compiled("user a\nstart>a a>end")

    assert "zeebe" not in definition.stripped["main"]
    assert "extensionElements" not in definition.stripped["main"]


TWO_WAIT = (
    '<startEvent id="s"/><parallelGateway id="split"/>'
    '<receiveTask id="a" messageRef="m"/><receiveTask id="b" messageRef="m"/>'
    '<parallelGateway id="join"/><endEvent id="e"/>'
    f"{stock.flows('s>split split>a split>b a>join b>join join>e')}"
)


def test_9_stock_gives_one_message_to_every_task_that_waits_for_its_name() -> None:
    """Whatever keys it carries, and however many wait."""
    workflow = stock.run(TWO_WAIT, '<message id="m" name="m"/>')

    workflow.catch(BpmnEvent(MessageEventDefinition("m"), {"order": "of somebody else"}))
    workflow.do_engine_steps()

    assert workflow.is_completed()


def test_9_a_message_moves_the_one_token_that_it_is_for() -> None:
    case = Lab(
        "knows one, other\nand split\nreceive a m one\nreceive b m other\nand join\n"
        "start>split split>a split>b a>join b>join join>end",
        one="4711",
        other="4712",
    )

    assert [(new.name, new.key) for new in case.changes.subscriptions] == [
        ("m", "4711"),
        ("m", "4712"),
    ]
    assert case.fire("a").waits == ["b"]


def test_10_stock_knows_one_offset_for_the_whole_year() -> None:
    assert isinstance(timer.LOCALTZ, timezone)


@pytest.mark.parametrize(
    ("value", "due"),
    [
        ("2026-07-01T12:00:00", "2026-07-01T10:00:00+00:00"),
        ("2026-12-01T12:00:00", "2026-12-01T11:00:00+00:00"),
        ("2026-12-01T12:00:00Z", "2026-12-01T12:00:00+00:00"),
        ("2026-10-25", "2026-10-24T22:00:00+00:00"),
        ("2026-10-26", "2026-10-25T23:00:00+00:00"),
    ],
)
def test_10_a_date_without_zone_is_meant_in_the_office(value: str, due: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)

    assert timing.due(EventKind.TIMER_DATE, value, now=now, element="a").isoformat() == due


@pytest.mark.parametrize(
    ("now", "length", "due"),
    [
        ("2026-10-24T12:00:00+02:00", "P1D", "2026-10-25T12:00:00+01:00"),
        ("2026-10-24T12:00:00+02:00", "P14D", "2026-11-07T12:00:00+01:00"),
        ("2026-10-24T12:00:00+02:00", "P1M", "2026-11-24T12:00:00+01:00"),
        ("2026-10-25T02:30:00+02:00", "PT1H", "2026-10-25T02:30:00+01:00"),
        ("2026-03-28T12:00:00+01:00", "P1DT2H", "2026-03-29T14:00:00+02:00"),
        ("2026-03-28T02:30:00+01:00", "P1D", "2026-03-29T03:30:00+02:00"),
        ("2026-03-29T01:30:00+01:00", "PT1H", "2026-03-29T03:30:00+02:00"),
    ],
)
def test_10_days_keep_the_hour_over_a_change_of_the_clocks_and_hours_are_exact(
    now: str, length: str, due: str
) -> None:
    begun = datetime.fromisoformat(now)

    found = timing.due(EventKind.TIMER_DURATION, length, now=begun, element="a")

    assert found == datetime.fromisoformat(due)


ROUNDS = (
    f'{ENDS}<exclusiveGateway id="m"/><parallelGateway id="split"/><userTask id="a"/>'
    '<userTask id="b"/><parallelGateway id="join"/><userTask id="ask"/>'
    + stock.flows("s>m m>split split>a split>b a>join b>join join>ask ask>g g>e")
    + '<exclusiveGateway id="g" default="g_e"/><sequenceFlow id="again" sourceRef="g" '
    'targetRef="m"><conditionExpression>True</conditionExpression></sequenceFlow>'
)


def test_11_stock_loses_what_was_written_into_a_task_when_it_migrates() -> None:
    """Ours keeps drafts beside the task: tests/engine/operations/test_migrating.py."""
    task = '<startEvent id="s"/><userTask id="a"/>{}<endEvent id="e"/>'
    old = stock.spec(task.format("") + stock.flows("s>a a>e"))
    new = stock.spec(task.format('<userTask id="c"/>') + stock.flows("s>a a>c c>e"))
    workflow = BpmnWorkflow(*old)
    workflow.do_engine_steps()
    [waiting] = workflow.get_tasks(state=TaskState.READY)
    waiting.data["note"] = "half written"

    difference, _ = diff.diff_workflow(BpmnWorkflowSerializer().configure(), workflow, *new)
    diff.migrate_workflow(difference, workflow, new[0])

    [kept] = workflow.get_tasks(state=TaskState.READY)
    assert kept.id == waiting.id
    assert kept.data == {}


def test_13_stock_joins_with_a_branch_of_the_round_before() -> None:
    """In the second round one signature is enough where two are asked for."""
    workflow = stock.run(ROUNDS)
    for name in ("a", "b", "ask", "b"):
        workflow.get_next_task(spec_name=name, state=TaskState.READY).run()
        workflow.do_engine_steps()

    assert "ask" in stock.ready(workflow)


@pytest.mark.parametrize("order", ["ab", "ba"])
@pytest.mark.parametrize("kind", ["and", "or"])
def test_13_each_round_asks_for_every_branch_again(kind: str, order: str) -> None:
    always = "[1 = 1]" if kind == "or" else ""
    case = Lab(
        f"""
        xor m
        {kind} split
        user a
        user b
        {kind} join
        user ask
        asks again checkbox
        xor g
        start>m m>split split>a{always} split>b{always} {"split>end*" if kind == "or" else ""}
        a>join b>join join>ask ask>g g>m[again] g>end*
        """
    )

    for _ in range(3):
        assert case.complete(order[0]).waits == [order[1]]
        assert case.complete(order[1]).waits == ["ask"]
        case.complete("ask", again=True)
    assert sorted(case.waits) == ["a", "b"]
