"""Two people complete the same task at the same moment: one of them did it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from textwrap import dedent

import pytest
import sqlalchemy as sa
from tests.second_person import deployed
from tests.simulation.world import OPERATOR, TENANT, World

from laufzettel.engine.handler import Start
from laufzettel.engine.model.sources import Sources
from laufzettel.engine.tables import audit_event, case, user_task
from laufzettel.errors import ConflictError, LaufzettelError

NewWorld = Callable[[], World]
RACES = 300

#: One task for the Bauamt, and nothing else.
ONE_TASK = dedent(
    """\
    <?xml version="1.0" encoding="UTF-8"?>
    <bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
        xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
        xmlns:modeler="http://camunda.org/schema/modeler/1.0"
        id="rennen_definitions" targetNamespace="urn:laufzettel:test"
        modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.8.0">
      <bpmn:process id="rennen" name="Rennen" isExecutable="true">
        <bpmn:startEvent id="begin" name="Los"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
        <bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="check" />
        <bpmn:userTask id="check" name="Prüfen">
          <bpmn:extensionElements>
            <zeebe:userTask />
            <zeebe:assignmentDefinition candidateGroups="=&quot;bauamt&quot;" />
          </bpmn:extensionElements>
          <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing>
        </bpmn:userTask>
        <bpmn:sequenceFlow id="f2" sourceRef="check" targetRef="over" />
        <bpmn:endEvent id="over" name="Fertig"><bpmn:incoming>f2</bpmn:incoming></bpmn:endEvent>
      </bpmn:process>
    </bpmn:definitions>
    """
)
NAMES = {"yilmaz": "M. Yılmaz", "brandt": "K. Brandt"}


def started(world: World, number: int) -> list[str]:
    """Start so many cases and return their tasks."""
    sources = Sources(files={"model.bpmn": ONE_TASK.encode()})
    deployed(world.app.engine, OPERATOR, sources)
    for index in range(number):
        world.app.engine.start(
            OPERATOR, Start(process_id="rennen", business_key=f"rennen:{index}", variables={})
        )
    query = sa.select(user_task.c.id).where(user_task.c.element == "check")
    return [row[0] for row in world.rows(query)]


def race(world: World, tasks: list[str]) -> dict[str, dict[str, LaufzettelError | None]]:
    """Let both complete every task, each pair at once; return task -> person -> error."""
    barrier = threading.Barrier(2)
    results: dict[str, dict[str, LaufzettelError | None]] = {task: {} for task in tasks}

    def run(person: str) -> None:
        actor = world.actor(person)
        for task in tasks:
            barrier.wait()
            try:
                world.app.engine.complete(actor, task, {})
                results[task][person] = None
            except LaufzettelError as error:
                results[task][person] = error

    threads = [threading.Thread(target=run, args=(person,)) for person in NAMES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_two_who_complete_a_task_at_once_one_wins_and_the_other_learns_who(
    new_world: NewWorld,
) -> None:
    """R14: 300 races; the loser reads the winner's name and the moment."""
    world = new_world()
    tasks = started(world, RACES)

    results = race(world, tasks)

    ended_by = dict(world.rows(sa.select(user_task.c.id, user_task.c.ended_by)))
    for task, outcome in results.items():
        (winner,) = [person for person, error in outcome.items() if error is None]
        (lost,) = [error for error in outcome.values() if error is not None]
        assert ended_by[task] == winner
        assert isinstance(lost, ConflictError)
        said = rf"„Prüfen“ hat {NAMES[winner]} am \d\d\.\d\d\.2026 um \d\d:\d\d schon erledigt\."
        assert re.fullmatch(said, str(lost))
    completed = sa.select(sa.func.count()).where(audit_event.c.kind == "task.completed")
    assert world.rows(completed) == [(RACES,)]
    open_cases = sa.select(case.c.id).where(case.c.tenant == TENANT, case.c.status == "open")
    assert world.rows(open_cases) == []
    assert world.breaches() == []


@pytest.mark.parametrize("person", NAMES)
def test_who_has_claimed_a_task_is_named_to_whoever_completes_it(
    person: str, new_sqlite: NewWorld
) -> None:
    """A claim is exclusive; the refusal says whose it is."""
    world = new_sqlite()
    (task,) = started(world, 1)
    (other,) = set(NAMES) - {person}

    world.app.engine.claim(world.actor(person), task)

    with pytest.raises(LaufzettelError, match=f"„Prüfen“ hat {NAMES[person]} übernommen"):
        world.app.engine.complete(world.actor(other), task, {})


#: Two tasks side by side; the case ends when both are done.
TWO_TASKS = dedent(
    """\
    <?xml version="1.0" encoding="UTF-8"?>
    <bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
        xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
        xmlns:modeler="http://camunda.org/schema/modeler/1.0"
        id="zu_zweit_definitions" targetNamespace="urn:laufzettel:test"
        modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.8.0">
      <bpmn:process id="zu_zweit" name="Zu zweit" isExecutable="true">
        <bpmn:startEvent id="begin" name="Los"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
        <bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="split" />
        <bpmn:parallelGateway id="split" name="Beide">
          <bpmn:incoming>f1</bpmn:incoming>
          <bpmn:outgoing>f2</bpmn:outgoing><bpmn:outgoing>f3</bpmn:outgoing>
        </bpmn:parallelGateway>
        <bpmn:sequenceFlow id="f2" sourceRef="split" targetRef="check" />
        <bpmn:sequenceFlow id="f3" sourceRef="split" targetRef="other" />
        <bpmn:userTask id="check" name="Prüfen">
          <bpmn:extensionElements>
            <zeebe:userTask />
            <zeebe:assignmentDefinition candidateGroups="=&quot;bauamt&quot;" />
          </bpmn:extensionElements>
          <bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f4</bpmn:outgoing>
        </bpmn:userTask>
        <bpmn:userTask id="other" name="Auch prüfen">
          <bpmn:extensionElements>
            <zeebe:userTask />
            <zeebe:assignmentDefinition candidateGroups="=&quot;bauamt&quot;" />
          </bpmn:extensionElements>
          <bpmn:incoming>f3</bpmn:incoming><bpmn:outgoing>f5</bpmn:outgoing>
        </bpmn:userTask>
        <bpmn:sequenceFlow id="f4" sourceRef="check" targetRef="join" />
        <bpmn:sequenceFlow id="f5" sourceRef="other" targetRef="join" />
        <bpmn:parallelGateway id="join" name="Alle">
          <bpmn:incoming>f4</bpmn:incoming><bpmn:incoming>f5</bpmn:incoming>
          <bpmn:outgoing>f6</bpmn:outgoing>
        </bpmn:parallelGateway>
        <bpmn:sequenceFlow id="f6" sourceRef="join" targetRef="over" />
        <bpmn:endEvent id="over" name="Fertig"><bpmn:incoming>f6</bpmn:incoming></bpmn:endEvent>
      </bpmn:process>
    </bpmn:definitions>
    """
)
PAIRS = 60


def test_two_who_complete_two_tasks_of_a_case_at_once_both_succeed(new_world: NewWorld) -> None:
    """R14: the slower step is computed again; neither of the two acts is lost."""
    world = new_world()
    deployed(world.app.engine, OPERATOR, Sources(files={"model.bpmn": TWO_TASKS.encode()}))
    for index in range(PAIRS):
        world.app.engine.start(
            OPERATOR, Start(process_id="zu_zweit", business_key=f"paar:{index}", variables={})
        )
    columns = (user_task.c.case_id, user_task.c.element, user_task.c.id)
    tasks = {(case_id, element): task for case_id, element, task in world.rows(sa.select(*columns))}
    cases = sorted({case_id for case_id, _ in tasks})
    parts = {"yilmaz": "check", "brandt": "other"}
    barrier = threading.Barrier(2)
    errors: list[Exception] = []

    def run(person: str) -> None:
        actor = world.actor(person)
        for case_id in cases:
            barrier.wait()
            try:
                world.app.engine.complete(actor, tasks[case_id, parts[person]], {})
            except Exception as error:  # noqa: BLE001 - shown by the test
                errors.append(error)

    threads = [threading.Thread(target=run, args=(person,)) for person in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert world.open_cases() == 0
    assert world.breaches() == []
