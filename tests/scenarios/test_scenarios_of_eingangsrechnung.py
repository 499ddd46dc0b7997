"""Every scenario of the invoice process: straight and restarted, on SQLite and PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from laufzettel.cli.scenarios import read_scenarios
from laufzettel.scenarios.report import coverage, result_lines
from laufzettel.scenarios.run import Bench, Course, Result
from laufzettel.scenarios.scenario import Scenario

FOLDER = Path(__file__).resolve().parents[2] / "bpmn" / "eingangsrechnung"
SCENARIOS = {each.title: each for each in read_scenarios(FOLDER)}


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    """What ran on SQLite, for the coverage."""
    return {}


@pytest.mark.parametrize("title", SCENARIOS)
def test_the_scenario_holds(title: str, bench: Bench, results: dict[str, Result]) -> None:
    scenario: Scenario = SCENARIOS[title]

    result = Course(FOLDER, bench).run(scenario)

    if result.left_out:
        pytest.skip(result.left_out)
    assert result.is_ok, "\n".join(result_lines(result))
    results[title] = result


def test_every_title_is_used_once() -> None:
    assert len(SCENARIOS) == len(read_scenarios(FOLDER))


def test_the_scenarios_take_every_element_and_every_flow(
    sqlite_bench: Bench, results: dict[str, Result]
) -> None:
    course = Course(FOLDER, sqlite_bench)
    for title, scenario in SCENARIOS.items():
        if title not in results:  # a run that was asked for this test alone
            results[title] = course.run(scenario)

    found = coverage(course.definition(next(iter(SCENARIOS.values()))), results.values())

    assert (found.missed_elements, found.missed_flows) == ((), ())
