"""The bench of the life-cycle runs tiny and prints what it promises."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from bench import _rows, lifecycle
from bench._count import Tally
from bench._rival import plain_bpmn, python_conditions

PROMISED = {
    "ratio",
    "ratio_state",
    "lock_p99_ms",
    "bytes_per_case",
    "step_growth",
    "cases_per_s",
    "machine",
}


def test_a_tiny_run_ends_with_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    """The last line holds every promised figure, each of them measured."""
    code = lifecycle.main(["--json", "--seconds", "0", "--activations", "20"])

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert code == 0
    assert figures.keys() >= PROMISED
    assert all(figures[name] > 0 for name in PROMISED - {"machine"})


def test_the_rival_gets_a_model_without_our_extensions() -> None:
    """Its user and receive tasks are native, its conditions Python."""
    model = plain_bpmn()

    assert b"zeebe" not in model
    assert model.count(b"receiveTask ") == 1
    assert python_conditions()["formal_yes"] == 'verdict == "accepted"'


def test_whoever_writes_state_alone_has_the_settings_of_our_database(tmp_path: Path) -> None:
    """Both sides pay for the same durability."""
    connection = _rows.connect(str(tmp_path / "state"))

    found = [
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys")
    ]
    connection.close()
    assert found == ["wal", 2, 1]


def test_the_same_rows_are_spread_over_the_commits_without_loss() -> None:
    """What the rival writes besides its state adds up to what we write."""
    tally = Tally()
    tally.rows.update({"INSERT": 36, "UPDATE": 33, "DELETE": 11})

    commits = tally.per_commit(8)

    sums = [sum(getattr(c, n) for c in commits) for n in ("inserted", "updated", "deleted")]
    assert sums == [36, 33, 11]


def test_a_lost_compare_and_set_is_noticed(tmp_path: Path) -> None:
    """The row of a case is changed by its version only."""
    rows = _rows.StateRows(str(tmp_path / "state"))
    number = rows.insert("a")
    rows.update(number, 0, "b")

    with pytest.raises(AssertionError):
        rows.update(number, 0, "c")
    with pytest.raises(sqlite3.OperationalError):  # the lost transaction is still open
        rows.update(number, 1, "c")
    rows.close()
