"""What makes a case dear: data it carries, its age, how many begin, how many items it has."""

from __future__ import annotations

import random
import statistics
import string
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Final, Protocol

import sqlalchemy as sa

from bench._engine import FIRST, OPERATOR, SECOND, Town
from bench._growth import CLERK, Loop
from bench._rival import Rival, python_conditions
from bench._state import Port
from laufzettel.cli.demo import town
from laufzettel.engine.handler import Start
from laufzettel.engine.model.sources import Sources
from laufzettel.engine.tables import user_task

#: Largest variable that a case may have is 16 KB, so more is several.
_VARIABLE_BYTES: Final = 12_500
#: Activations at which a step is measured, and how many of them are taken.
AGES: Final = (10, 100, 1_000, 5_000)
_STEPS: Final = 20
_ITEMS: Final = 200  # most that one case holds; more are cases of their own

_OPEN: Final = sa.select(user_task.c.id).where(
    user_task.c.case_id == sa.bindparam("of"), user_task.c.status == sa.literal_column("'open'")
)


class Side(Protocol):
    """Somebody who can run one case from its start to its end."""

    def live(self) -> None:
        """Run one case."""
        ...

    def close(self) -> None:
        """Close its database."""
        ...


def ballast(kilobytes: int) -> dict[str, str]:
    """Return variables of so many KB in all, such that they cannot be compressed well.

    >>> sum(map(len, ballast(50).values()))
    50000
    """
    dice = random.Random(4711)
    letters = string.ascii_letters + string.digits
    left = kilobytes * 1000
    found: dict[str, str] = {}
    while left > 0:
        size = min(left, _VARIABLE_BYTES)
        found[f"ballast_{len(found)}"] = "".join(dice.choices(letters, k=size))
        left -= size
    return found


def with_data(folder: Path, kilobytes: int, rounds: int) -> dict[str, float]:
    """Return how many times the rival costs what we do, for cases that carry so much."""
    load = ballast(kilobytes)
    folder.mkdir()
    ours = Town(folder / "ours", ballast=load)
    port = Port(f"{folder}/port", python_conditions(), ballast=load)
    rival = Rival(f"{folder}/rival", ballast=load)
    sides: dict[str, Side] = {"ours": ours, "port": port, "rival": rival}
    wall: dict[str, list[float]] = {name: [] for name in sides}
    used: dict[str, list[float]] = {name: [] for name in sides}
    for side in sides.values():
        side.live()
    for _ in range(rounds):
        for name, side in sides.items():
            begin, processor = perf_counter(), process_time()
            side.live()
            wall[name].append(perf_counter() - begin)
            used[name].append(process_time() - processor)
    for side in sides.values():
        side.close()
    took = {name: statistics.median(each) for name, each in wall.items()}
    busy = {name: statistics.median(each) for name, each in used.items()}
    return {
        f"ratio_{kilobytes}_kb": round(took["rival"] / took["ours"], 2),
        f"ratio_{kilobytes}_kb_processor": round(busy["rival"] / busy["ours"], 2),
        f"ratio_state_{kilobytes}_kb": round(took["rival"] / took["port"], 2),
    }


def by_age(folder: Path, ages: tuple[int, ...] = AGES) -> dict[str, float]:
    """Return the milliseconds of a step around each age of one case, and how they grow."""
    installation = Town(folder)
    loop = Loop(installation)
    aged = loop.begin()
    found: dict[str, float] = {}
    age = 0
    for wanted in ages:
        while age < wanted - _STEPS // 2:
            aged.step()
            age += 1
        # Beside it a young one, for the machine is not the same from minute to minute.
        young, late = [], []
        fresh = loop.begin()
        for _ in range(_STEPS):
            young.append(fresh.step())
            late.append(aged.step())
        age += _STEPS
        found[f"step_ms_{wanted}"] = round(statistics.median(late) * 1000, 2)
        found[f"step_growth_{wanted}"] = round(
            statistics.median(late) / statistics.median(young), 2
        )
    installation.close()
    return found


def starts(folder: Path, number: int) -> dict[str, float]:
    """Return how many invoices a second are received: document, record, number, case."""
    installation = Town(folder)
    installation.receive()
    begin = perf_counter()
    for _ in range(number):
        installation.receive()
    took = perf_counter() - begin
    installation.close()
    return {"starts_per_s": round(number / took, 1)}


def many_items(folder: Path, items: int = _ITEMS) -> dict[str, float]:
    """Return what a case with so many tasks at once costs: to begin, and for each task."""
    installation = Town(folder)
    engine = installation.engine
    engine.deploy(
        SECOND, Sources(files={"model.bpmn": _MANY.encode()}), tenant=town.TENANT, wanted_by=FIRST
    )
    variables = {"items": [str(number) for number in range(items)]}
    start = Start(process_id="viele", business_key="bench:many", variables=variables)
    begin = perf_counter()
    case_id = engine.start(OPERATOR, start)
    begun_ms = (perf_counter() - begin) * 1000
    with installation.db.read() as connection:
        open_tasks = connection.execute(_OPEN, {"of": case_id}).scalars().all()
    assert len(open_tasks) == items, len(open_tasks)
    took = [_timed(partial(engine.complete, CLERK, task, {})) for task in open_tasks]
    ended = engine.case(OPERATOR, case_id).end
    assert ended == "done", ended
    installation.close()
    return {
        "items": items,
        "items_begin_ms": round(begun_ms, 1),
        "items_task_p50_ms": round(statistics.median(took) * 1000, 2),
        "items_task_max_ms": round(max(took) * 1000, 2),
        "items_s": round(sum(took), 2),
    }


def own_cases(folder: Path, items: int) -> dict[str, float]:
    """Return what so many called cases of their own cost, from the call to the caller's end."""
    installation = Town(folder)
    engine = installation.engine
    files = {"model.bpmn": _CALLER.encode(), "called.bpmn": _CALLED.encode()}
    engine.deploy(SECOND, Sources(files=files), tenant=town.TENANT, wanted_by=FIRST)
    variables = {"items": [str(number) for number in range(items)]}
    start = Start(process_id="viele_vorgaenge", business_key="bench:own", variables=variables)
    begin = perf_counter()
    case_id = engine.start(OPERATOR, start)
    begun = perf_counter()
    while installation.app.jobs.run_due():
        pass
    took = perf_counter() - begin
    ended = engine.case(OPERATOR, case_id).end
    assert ended == "done", ended
    installation.close()
    return {
        "own_cases": items,
        "own_begin_ms": round((begun - begin) * 1000, 1),
        "own_cases_per_s": round(items / took, 1),
    }


def _timed(call: Callable[[], object]) -> float:
    begin = perf_counter()
    call()
    return perf_counter() - begin


_MANY: Final = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
    xmlns:modeler="http://camunda.org/schema/modeler/1.0"
    id="many_definitions" targetNamespace="urn:laufzettel:bench"
    modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.8.0">
  <bpmn:process id="viele" name="Viele" isExecutable="true">
    <bpmn:extensionElements>
      <zeebe:versionTag value="1.0" />
      <zeebe:properties>
        <zeebe:property name="laufzettel:variables" value="items" />
      </zeebe:properties>
    </bpmn:extensionElements>
    <bpmn:startEvent id="begun" name="Begonnen" />
    <bpmn:sequenceFlow id="to_look" sourceRef="begun" targetRef="look" />
    <bpmn:userTask id="look" name="Nachsehen">
      <bpmn:extensionElements>
        <zeebe:userTask />
        <zeebe:assignmentDefinition candidateGroups="=&#34;bauamt&#34;" />
        <zeebe:properties>
          <zeebe:property name="laufzettel:duty" value="keine" />
        </zeebe:properties>
      </bpmn:extensionElements>
      <bpmn:multiInstanceLoopCharacteristics>
        <bpmn:extensionElements>
          <zeebe:loopCharacteristics inputCollection="=items" inputElement="item" />
        </bpmn:extensionElements>
      </bpmn:multiInstanceLoopCharacteristics>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="to_done" sourceRef="look" targetRef="done" />
    <bpmn:endEvent id="done" name="Fertig" />
  </bpmn:process>
</bpmn:definitions>
"""

_CALLER: Final = (
    _MANY.replace('id="viele" name="Viele"', 'id="viele_vorgaenge" name="Viele Vorgänge"')
    .replace("bpmn:userTask", "bpmn:callActivity")
    .replace(
        """        <zeebe:userTask />
        <zeebe:assignmentDefinition candidateGroups="=&#34;bauamt&#34;" />
        <zeebe:properties>
          <zeebe:property name="laufzettel:duty" value="keine" />
        </zeebe:properties>
""",
        """        <zeebe:calledElement processId="einer" propagateAllParentVariables="false"
            propagateAllChildVariables="false" />
""",
    )
)
_CALLED: Final = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
    xmlns:modeler="http://camunda.org/schema/modeler/1.0"
    id="one_definitions" targetNamespace="urn:laufzettel:bench"
    modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.8.0">
  <bpmn:process id="einer" name="Einer" isExecutable="true">
    <bpmn:extensionElements>
      <zeebe:versionTag value="1.0" />
      <zeebe:properties>
        <zeebe:property name="laufzettel:case" value="own" />
      </zeebe:properties>
    </bpmn:extensionElements>
    <bpmn:startEvent id="one_begun" name="Begonnen" />
    <bpmn:sequenceFlow id="one_to_end" sourceRef="one_begun" targetRef="one_done" />
    <bpmn:endEvent id="one_done" name="Fertig" />
  </bpmn:process>
</bpmn:definitions>
"""
