"""The bench of repetitions: drawn the same each time, and no worse than promised."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bench import duplicates
from bench._duplicate_cases import arrivals

from laufzettel.db import Database, schema


def test_a_seed_draws_the_same_town_and_repetitions_come_after_what_they_repeat() -> None:
    drawn = list(arrivals(500, seed=7))
    seen: set[str] = set()
    for one in drawn:
        assert not one.repeats or one.repeats in seen
        seen.add(one.head.id)

    assert drawn == list(arrivals(500, seed=7))
    assert drawn != list(arrivals(500, seed=8))
    assert 20 < sum(bool(one.repeats) for one in drawn) < 80


def test_of_a_thousand_invoices_few_are_missed_and_few_asked_about_in_vain(tmp_path: Path) -> None:
    """Deterministic: the same seed gives the same figures on every machine."""
    url = f"sqlite:///{tmp_path / 'laufzettel.db'}"
    schema.upgrade(url)
    db = Database(url)

    figures = duplicates.measure(db, list(arrivals(1000, seed=1)))

    db.close()
    assert figures["precision"] >= 0.97
    assert figures["recall"] >= 0.95
    assert figures["recall"] > figures["exact_recall"] + 0.4
    assert figures["asked_in_vain"] <= 2


def test_a_tiny_run_ends_with_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    code = duplicates.main(["--json", "--count", "60"])

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert code == 0
    assert figures["count"] == 60
    assert {"precision", "recall", "per_second", "median_ms", "p99_ms"} <= figures.keys()
