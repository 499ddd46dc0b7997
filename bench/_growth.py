"""A case that goes round a loop: what its 1,000th activation costs against its 10th."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from time import perf_counter
from typing import Final

import sqlalchemy as sa

from bench._engine import FIRST, OPERATOR, SECOND, Town
from laufzettel.cli.demo import town
from laufzettel.engine.handler import Start
from laufzettel.engine.model.sources import Sources
from laufzettel.engine.tables import user_task
from laufzettel.identity import Actor

YOUNG: Final = 10
OLD: Final = 1000
CLERK: Final = Actor(tenant=town.TENANT, person="yilmaz", groups=frozenset({"bauamt"}))
_MODEL: Final = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
    xmlns:modeler="http://camunda.org/schema/modeler/1.0"
    id="loop_definitions" targetNamespace="urn:laufzettel:bench"
    modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.8.0">
  <bpmn:process id="schleife" name="Schleife" isExecutable="true">
    <bpmn:extensionElements>
      <zeebe:versionTag value="1.0" />
      <zeebe:properties>
        <zeebe:property name="laufzettel:variables" value="again" />
      </zeebe:properties>
    </bpmn:extensionElements>
    <bpmn:startEvent id="begun" name="Begonnen" />
    <bpmn:sequenceFlow id="to_join" sourceRef="begun" targetRef="join" />
    <bpmn:exclusiveGateway id="join" />
    <bpmn:sequenceFlow id="to_look" sourceRef="join" targetRef="look" />
    <bpmn:userTask id="look" name="Nachsehen">
      <bpmn:extensionElements>
        <zeebe:userTask />
        <zeebe:assignmentDefinition candidateGroups="=&#34;bauamt&#34;" />
        <zeebe:properties>
          <zeebe:property name="laufzettel:duty" value="keine" />
        </zeebe:properties>
      </bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="to_again" sourceRef="look" targetRef="is_again" />
    <bpmn:exclusiveGateway id="is_again" name="Noch einmal?" default="no" />
    <bpmn:sequenceFlow id="no" name="nein" sourceRef="is_again" targetRef="done" />
    <bpmn:sequenceFlow id="yes" name="ja" sourceRef="is_again" targetRef="join">
      <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">=again</bpmn:conditionExpression>
    </bpmn:sequenceFlow>
    <bpmn:endEvent id="done" name="Fertig" />
  </bpmn:process>
</bpmn:definitions>
"""
_OPEN: Final = (
    sa.select(user_task.c.id)
    .where(
        user_task.c.case_id == sa.bindparam("of"), user_task.c.status == sa.literal_column("'open'")
    )
    .limit(1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Milliseconds of one step, everything written, in two ages of a case."""

    young_ms: float
    old_ms: float

    @property
    def ratio(self) -> float:
        """Return how much dearer the old one is."""
        return self.old_ms / self.young_ms


def measure(installation: Town, *, old: int = OLD, pairs: int = 40) -> Growth:
    """Return what a step costs young and old, both measured in turns."""
    loop = Loop(installation)
    aged = loop.begin()
    for _ in range(old - pairs // 2):
        aged.step()
    young: list[float] = []
    late: list[float] = []
    for _ in range(-(-pairs // YOUNG)):
        fresh = loop.begin()
        for _ in range(YOUNG // 2):
            fresh.step()
        for _ in range(YOUNG):  # around its 10th activation
            young.append(fresh.step())
            late.append(aged.step())
    return Growth(young_ms=statistics.median(young) * 1000, old_ms=statistics.median(late) * 1000)


class Loop:
    """The process that goes round, deployed."""

    def __init__(self, installation: Town) -> None:
        self._installation = installation
        sources = Sources(files={"model.bpmn": _MODEL.encode()})
        installation.engine.deploy(SECOND, sources, tenant=town.TENANT, wanted_by=FIRST)

    def begin(self) -> _Case:
        """Begin a case."""
        return _Case(self._installation)


class _Case:
    """One case of the loop."""

    def __init__(self, installation: Town) -> None:
        self._installation = installation
        self._engine = installation.engine
        start = Start(process_id="schleife", business_key="bench:loop", variables={"again": True})
        self._id = self._engine.start(OPERATOR, start)

    def step(self) -> float:
        """Complete the open task once and return the seconds that took."""
        with self._installation.db.read() as connection:
            task_id: str = connection.execute(_OPEN, {"of": self._id}).scalar_one()
        begin = perf_counter()
        self._engine.complete(CLERK, task_id, {})
        return perf_counter() - begin
