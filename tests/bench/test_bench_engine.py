"""The bench of the engine under load runs tiny and prints what it promises."""

from __future__ import annotations

import json

import pytest
from bench import engine
from bench._load import ballast


def test_a_tiny_run_of_some_parts_ends_with_one_json_object(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = engine.main(["age", "starts", "many", "--quick", "--json"])

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert code == 0
    assert figures["items"] == 20
    promised = {"step_growth_10", "step_growth_100", "starts_per_s", "items_task_p50_ms"}
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
