"""Every scenario of the post that comes and goes: straight and restarted, on SQLite and PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from laufzettel.cli.scenarios import read_scenarios
from laufzettel.scenarios.report import coverage, result_lines
from laufzettel.scenarios.run import Bench, Course

FOLDERS = [
    Path(__file__).resolve().parents[2] / "bpmn" / name
    for name in ("posteingang", "lieferantenantwort")
]
SCENARIOS = {each.title: (folder, each) for folder in FOLDERS for each in read_scenarios(folder)}


@pytest.mark.parametrize("title", SCENARIOS)
def test_the_scenario_holds(title: str, bench: Bench) -> None:
    folder, scenario = SCENARIOS[title]

    result = Course(folder, bench).run(scenario)

    assert result.is_ok, "\n".join(result_lines(result))


def test_the_scenarios_of_what_comes_take_every_element_and_every_flow(
    sqlite_bench: Bench,
) -> None:
    """But the end of a sent answer: a scenario has no master data (``test_paper_dunning``)."""
    course, scenarios = Course(FOLDERS[0], sqlite_bench), read_scenarios(FOLDERS[0])
    results = [course.run(each) for each in scenarios]

    found = coverage(course.definition(scenarios[0]), results)

    assert found.missed_elements == ("dunning_sent",)
    assert found.missed_flows == ("to_dunning_sent",)
