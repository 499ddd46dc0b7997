"""Every scenario of the post: straight and restarted, on SQLite and PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from laufzettel.cli.scenarios import read_scenarios
from laufzettel.scenarios.report import coverage, result_lines
from laufzettel.scenarios.run import Bench, Course

FOLDER = Path(__file__).resolve().parents[2] / "bpmn" / "posteingang"
SCENARIOS = {each.title: each for each in read_scenarios(FOLDER)}


@pytest.mark.parametrize("title", SCENARIOS)
def test_the_scenario_holds(title: str, bench: Bench) -> None:
    result = Course(FOLDER, bench).run(SCENARIOS[title])

    assert result.is_ok, "\n".join(result_lines(result))


def test_the_scenarios_take_every_element_and_every_flow(sqlite_bench: Bench) -> None:
    course = Course(FOLDER, sqlite_bench)
    results = [course.run(each) for each in SCENARIOS.values()]

    found = coverage(course.definition(next(iter(SCENARIOS.values()))), results)

    assert (found.missed_elements, found.missed_flows) == ((), ())
