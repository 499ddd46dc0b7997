"""A process that no handler exists for yet: stubs by name, start variables, any BPMN."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from laufzettel.scenarios.report import result_lines
from laufzettel.scenarios.run import Result

Play = Callable[..., Result]

MODEL = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  xmlns:modeler="http://camunda.org/schema/modeler/1.0" targetNamespace="urn:x"
  modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.8.0">
<process id="gebuehr" name="Gebühr" isExecutable="true">
  <extensionElements><zeebe:properties>
    <zeebe:property name="laufzettel:variables" value="fee, applicant"/>
  </zeebe:properties></extensionElements>
  <startEvent id="start"/>
  <sequenceFlow id="f1" sourceRef="start" targetRef="split"/>
  <parallelGateway id="split"/>
  <sequenceFlow id="f2" sourceRef="split" targetRef="charge"/>
  <sequenceFlow id="f3" sourceRef="split" targetRef="issue"/>
  <subProcess id="charge">
    <startEvent id="begin"/>
    <sequenceFlow id="g1" sourceRef="begin" targetRef="capture"/>
    <serviceTask id="capture"><extensionElements>
      <zeebe:taskDefinition type="card.capture"/>
      <zeebe:ioMapping><zeebe:input source="=fee" target="amount"/>
        <zeebe:output source="=receipt" target="receipt"/></zeebe:ioMapping>
    </extensionElements></serviceTask>
    <sequenceFlow id="g2" sourceRef="capture" targetRef="charged"/>
    <endEvent id="charged"/>
  </subProcess>
  <boundaryEvent id="declined" attachedToRef="charge"><errorEventDefinition errorRef="e1"/></boundaryEvent>
  <sequenceFlow id="f4" sourceRef="declined" targetRef="refused"/>
  <endEvent id="refused"><terminateEventDefinition/></endEvent>
  <userTask id="issue" name="Bescheid ausstellen"><extensionElements><zeebe:userTask/>
    <zeebe:assignmentDefinition candidateGroups="=&quot;stadtkasse&quot;"/>
  </extensionElements></userTask>
  <sequenceFlow id="f5" sourceRef="charge" targetRef="join"/>
  <sequenceFlow id="f6" sourceRef="issue" targetRef="join"/>
  <parallelGateway id="join"/>
  <sequenceFlow id="f7" sourceRef="join" targetRef="confirm"/>
  <intermediateCatchEvent id="confirm"><messageEventDefinition messageRef="m1"/></intermediateCatchEvent>
  <sequenceFlow id="f8" sourceRef="confirm" targetRef="served"/>
  <endEvent id="served"/>
</process>
<message id="m1" name="card.settled"><extensionElements>
  <zeebe:subscription correlationKey="=receipt"/></extensionElements></message>
<error id="e1" errorCode="DECLINED"/>
</definitions>"""
GIVEN = """
scenario: Gebühr
given:
  start: {process: gebuehr, business_key: "antrag:7", variables: {fee: 25.00, applicant: K}}
  stubs:
    card.capture: {kind: effect, %s}
steps:
"""


def test_a_missing_handler_is_played_by_its_stub(play: Play) -> None:
    result = play(
        GIVEN % "returns: {receipt: B-1}"
        + """
  - expect:
      tasks: [{element: issue, groups: [stadtkasse]}]
      variables: {receipt: B-1, fee: 25.00}
      calls: {card.capture: 1}
  - complete: issue
    by: wiebusch
    expect: {tasks: [], status: open}
  - message: card.settled
    key: "=receipt"
    id: once
    expect:
      end: served
      path: [start, split, charge, begin, capture, charged, join, confirm, served]
      audit: [case.started, effect.done, task.completed issue, message.consumed, case.ended]
""",
        MODEL,
    )

    assert result.is_ok, "\n".join(result_lines(result))
    assert result.flows == {"f1", "f2", "f3", "f5", "f6", "f7", "f8", "g1", "g2"}


def test_a_step_that_stops_at_its_bound_loses_nothing_of_the_way(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a slow machine does at two seconds: the step ends early and a job goes on."""
    monkeypatch.setattr("laufzettel.engine.execution.case_run.STEP_S_MAX", -1.0)
    script = """<scriptTask id="begin"><extensionElements>
      <zeebe:script expression="=fee + 1" resultVariable="fee"/></extensionElements></scriptTask>"""
    model = MODEL.replace('<startEvent id="begin"/>', '<startEvent id="begun"/>' + script).replace(
        'sourceRef="begin" targetRef="capture"/>',
        'sourceRef="begin" targetRef="capture"/>'
        '<sequenceFlow id="g0" sourceRef="begun" targetRef="begin"/>',
    )

    result = play(
        GIVEN % "returns: {receipt: B-1}"
        + """
  - expect:
      path: [start, split, charge, begun, begin, capture, charged]
""",
        model,
    )

    assert result.is_ok, "\n".join(result_lines(result))
    assert "g1" in result.flows


def test_a_peer_that_declines_takes_the_error_path(play: Play) -> None:
    result = play(
        GIVEN % "raises: DECLINED, results: receipt"
        + """
  - expect:
      end: refused
      tasks: []
      path: [charge, capture, declined, refused]
      avoids: [charged, join]
""",
        MODEL,
    )

    assert result.is_ok, "\n".join(result_lines(result))


def test_an_answer_that_was_lost_is_asked_for_and_not_sent_again(play: Play) -> None:
    """The second attempt asks the peer, which has it: one call, no incident."""
    result = play(
        GIVEN % "unknown: true, results: receipt, returns: {receipt: B-1}"
        + """
  - expect: {calls: {card.capture: 1}, tasks: [issue]}
  - advance: PT1M
    expect: {calls: {card.capture: 1}, variables: {receipt: B-1}}
""",
        MODEL,
    )

    assert result.is_ok, "\n".join(result_lines(result))


def test_a_failure_that_passes_is_overcome_without_a_person(play: Play) -> None:
    result = play(
        GIVEN % "fails: Netz weg, times: 2, returns: {receipt: B-1}"
        + """
  - advance: PT1M
    expect: {calls: {card.capture: 3}, variables: {receipt: B-1}, incidents: []}
""",
        MODEL,
    )

    assert result.is_ok, "\n".join(result_lines(result))


def test_a_peer_that_stays_away_becomes_an_incident_and_is_retried(play: Play) -> None:
    result = play(
        GIVEN % "fails: Netz weg, results: receipt"
        + """
  - advance: P1D
    expect: {incidents: [{code: versand_unbekannt, cause: Netz weg}]}
  - handler: card.capture
    returns: {receipt: B-2}
  - retry: versand_unbekannt
    expect: {incidents: [], variables: {receipt: B-2}}
""",
        MODEL,
    )

    assert result.is_ok, "\n".join(result_lines(result))


def test_an_open_case_can_be_ended_by_the_operator(play: Play) -> None:
    result = play(
        GIVEN % "returns: {receipt: B-1}"
        + """
  - cancel: Antrag zurückgezogen
    expect: {status: cancelled, tasks: [], audit: [case.cancelled]}
""",
        MODEL,
    )

    assert result.is_ok, "\n".join(result_lines(result))


def test_a_handler_that_nobody_plays_is_told_as_the_lint_does(play: Play) -> None:
    text = (GIVEN % "returns: {receipt: B-1}").replace("card.capture", "card.catch")

    result = play(text + "  - expect: {tasks: []}\n", MODEL)

    assert [failure.difference.what for failure in result.failures] == ["Modell"]
    assert "card.capture" in result.failures[0].difference.found


STARTED = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  xmlns:modeler="http://camunda.org/schema/modeler/1.0" targetNamespace="urn:x"
  modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.8.0">
<process id="hinweis" isExecutable="true">
  <startEvent id="asked"><extensionElements><zeebe:properties>
    <zeebe:property name="laufzettel:variables" value="text"/></zeebe:properties>
  </extensionElements><messageEventDefinition messageRef="m1"/></startEvent>
  <sequenceFlow id="f1" sourceRef="asked" targetRef="closing"/>
  <intermediateCatchEvent id="closing"><signalEventDefinition signalRef="s1"/>
  </intermediateCatchEvent>
  <sequenceFlow id="f2" sourceRef="closing" targetRef="closed"/>
  <endEvent id="closed"/>
</process>
<message id="m1" name="hinweis.eingegangen"/><signal id="s1" name="jahresabschluss"/>
</definitions>"""


def test_a_case_that_a_message_starts_goes_on_by_a_signal(play: Play) -> None:
    """Nobody says „start“: the message brings the case, and the signal reaches it."""
    result = play(
        """
scenario: Hinweis
steps:
  - message: hinweis.eingegangen
    key: "h:1"
    with: {text: Laterne defekt}
    expect: {status: open, variables: {text: Laterne defekt}}
  - signal: andere
    expect: {status: open}
  - signal: jahresabschluss
    expect: {end: closed, path: [asked, closing, closed]}
""",
        STARTED,
    )

    assert result.is_ok, "\n".join(result_lines(result))
