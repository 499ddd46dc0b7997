"""The bench of the engine under load runs tiny and prints what it promises."""

from __future__ import annotations

import itertools
import json
from time import process_time

import pytest
from bench import engine
from bench._load import ballast
from bench._phases import phases

from laufzettel.engine.feel import parse_expression


def test_a_tiny_run_of_some_parts_ends_with_one_json_object(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = engine.main(["age", "starts", "many", "own", "--quick", "--json"])

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert code == 0
    assert (figures["items"], figures["own_cases"]) == (20, 20)
    promised = {"step_growth_10", "step_growth_100", "starts_per_s", "items_task_p50_ms"}
    promised |= {"own_cases_per_s"}
    assert all(figures[name] > 0 for name in promised)


def test_a_tiny_write_gets_its_turn_beside_two_busy_threads(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """However busy the others are, it is served in the order of its coming."""
    engine.main(["crowd", "--quick", "--json"])

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["tiny_writes"] >= 5
    assert figures["crowd_lives_per_s"] > 0
    assert figures["tiny_max_ms"] < 2_000  # the goal is a twentieth; this machine may be busy


def test_data_of_a_case_is_no_variable_above_the_limit() -> None:
    found = ballast(50)

    assert sum(map(len, found.values())) == 50_000
    assert max(map(len, found.values())) < 16 * 1024


def test_a_missed_goal_is_named() -> None:
    assert engine._goal("tiny_max_ms", 120) == "   (goal: <= 100, missed)"
    assert engine._goal("tiny_max_ms", 20) == "   (goal: <= 100)"
    assert engine._goal("items", 20) == ""


def test_the_time_of_a_life_is_given_to_the_innermost_place_that_is_known() -> None:
    """What a library does inside belongs to who called it."""

    numbers = itertools.count()

    def busy() -> None:
        end = process_time() + 0.05
        while process_time() < end:  # another text each time, for a parsed one is kept
            parse_expression(f"1 + {next(numbers)} * (2 + 3) - (4 + 5) / 6")

    found = phases(busy, 2)

    assert max(found, key=lambda name: found[name]) == "FEEL"
    assert 40 <= sum(found.values()) <= 2000  # milliseconds, on however busy a machine
