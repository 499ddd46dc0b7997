"""A model says what is urgent: its jobs run before the others of its tenant."""

from __future__ import annotations

import pytest
from tests.engine.execution.desk import Desk

from laufzettel.engine.tables import job

URGENT = '<zeebe:jobPriorityDefinition priority="{}"/>'
MODEL = "knows how\nservice s lab.{}\nwith {}\nstart>s s>end"


@pytest.mark.parametrize(
    ("handler", "priority", "kind", "expected"),
    [
        ("slow", "90", "work", 40),
        ("slow", "=how", "work", -50),
        ("send", "51", "dispatch", 1),
    ],
)
def test_a_models_priority_is_that_of_the_job(
    desk: Desk, handler: str, priority: str, kind: str, expected: int
) -> None:
    desk.start(MODEL.format(handler, URGENT.format(priority)), how=0)

    (row,) = desk.rows(job, job.c.kind == kind)

    assert row.priority == expected


def test_without_one_all_are_alike(desk: Desk) -> None:
    desk.start("service s lab.slow\nstart>s s>end")

    assert [row.priority for row in desk.rows(job)] == [0]


def test_a_priority_out_of_range_is_an_incident(desk: Desk) -> None:
    desk.start(MODEL.format("slow", URGENT.format("=how")), how=101)

    assert desk.incidents[0].cause == (
        "Die Priorität des Auftrags „101“ ist keine ganze Zahl von 0 bis 100."
    )
