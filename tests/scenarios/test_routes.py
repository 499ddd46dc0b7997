"""The ways through a model, and which of them were not taken."""

from __future__ import annotations

from pathlib import Path

import yaml
from tests.bpmn.behaviour_run import definition_of
from tests.engine.execution.draw import compiled

from laufzettel.scenarios.routes import ROUTES_MAX, described, routes

BEHAVIOUR = Path(__file__).resolve().parents[1] / "bpmn" / "behaviour"
MODEL = """
knows amount
user check
asks ok
boundary late check timer P3D calm
user remind
xor g
xor big
user sign
stop refused
stop reminded
start>check check>g g>big[ok = "ja"] g>check[ok = "zurueck"] g>refused*
big>sign[amount > 1000] big>end* sign>end late>remind remind>reminded
"""


def words(text: str) -> list[str]:
    definition = compiled(text)
    return [described(definition, route) for route in routes(definition).found]


def test_every_decision_loop_and_boundary_event_makes_a_way_the_shortest_first() -> None:
    assert words(MODEL) == [
        '„g“ [ok = "zurueck"] · zurück zu „check“',
        "„g“ [sonst] · Ende „refused“",
        '„g“ [ok = "ja"] · „big“ [sonst] · Ende „end“',
        "„check“: „late“ · Ende „reminded“",
        '„g“ [ok = "ja"] · „big“ [amount > 1000] · Ende „end“',
    ]


def test_a_way_is_taken_when_a_case_has_visited_its_elements_in_order() -> None:
    definition = compiled(MODEL)
    known = routes(definition)

    left = known.untaken([["start", "check", "g", "check", "g", "big", "end"]])

    assert [described(definition, route) for route in left] == [
        "„g“ [sonst] · Ende „refused“",
        "„check“: „late“ · Ende „reminded“",
        '„g“ [ok = "ja"] · „big“ [amount > 1000] · Ende „end“',
    ]


def test_a_way_leads_through_a_subprocess() -> None:
    text = """
    sub s
    user a
    boundary late a timer P1D
    stop gone
    s.start>a a>s.end late>gone
    close
    user b
    start>s s>b b>end
    """

    assert words(text) == ["Ende „end“", "„a“: „late“ · Ende „end“"]


def test_what_the_normaliser_adds_goes_by_the_name_of_what_is_drawn() -> None:
    """A repeated task has a subprocess around it, an event subprocess a gateway before it."""
    file = yaml.safe_load((BEHAVIOUR / "multi_instance_error.yaml").read_text("utf-8"))
    definition = definition_of(file)
    file = yaml.safe_load((BEHAVIOUR / "event_subprocess_interrupting.yaml").read_text("utf-8"))
    other = definition_of(file)

    assert [described(definition, route) for route in routes(definition).found] == [
        "„try“: „broken“ · Ende „end“",
        "Ende „end“",
    ]
    assert described(other, routes(other).found[-1]) == "wenn „stopped“ eintritt · Ende „told“"


def test_a_model_with_many_ways_shows_some_and_says_so() -> None:
    """Twelve decisions in a row are 4,096 ways."""
    lines, flows = ["knows n"], ["start>g0"]
    for number in range(12):
        lines += [f"xor g{number}", f"pass t{number}", f"xor j{number}"]
        after = f"g{number + 1}" if number < 11 else "end"
        flows += [
            f"g{number}>t{number}[n = {number}] g{number}>j{number}*",
            f"t{number}>j{number} j{number}>{after}",
        ]
    known = routes(compiled("\n".join([*lines, *flows])))

    assert not known.is_complete
    assert len(known.found) <= ROUTES_MAX
