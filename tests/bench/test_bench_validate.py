"""The bench of the validation runs tiny and prints what it promises."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bench import validate

PROMISED = {"warm_median_ms", "warm_p95_ms", "floor_median_ms", "ratio", "cold_median_ms"}


def test_a_tiny_run_over_our_samples_ends_with_one_json_object(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last line holds every promised figure."""
    all_of_ours = validate.invoices

    def first_sample(folder: Path) -> list[Path]:
        return all_of_ours(folder)[:1]

    monkeypatch.setattr(validate, "invoices", first_sample)
    monkeypatch.setattr(validate, "COLD_RUNS", 1)

    code = validate.main(["--json", "--repeat", "1"])

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert code == 0
    assert figures.keys() >= PROMISED
    assert figures["files"] == 1
