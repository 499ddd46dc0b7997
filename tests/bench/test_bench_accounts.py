"""The bench of proposals: drawn the same each time, and right more often than a plain guess."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bench import accounts

from laufzettel.db import Database, schema


def test_most_proposals_of_the_month_held_back_are_what_people_chose(tmp_path: Path) -> None:
    """Deterministic: the same seed gives the same figures on every machine."""
    url = f"sqlite:///{tmp_path / 'laufzettel.db'}"
    schema.upgrade(url)
    db = Database(url)

    figures = accounts.measure(db, accounts.cases(120, seed=1))

    db.close()
    assert figures["held_back"] > 100
    assert figures["hit_rate"] >= 0.9
    assert figures["hits_of_all"] > figures["last_account_hits_of_all"] + 0.1


def test_a_tiny_run_ends_with_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    code = accounts.main(["--json", "--sellers", "5"])

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert code == 0
    assert {"hit_rate", "hits_of_all", "held_back", "by_kind"} <= figures.keys()
