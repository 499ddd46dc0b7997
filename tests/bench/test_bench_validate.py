"""The bench of the validation runs tiny and prints what it promises."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bench import validate
from bench._engine import sample_invoice

PROMISED = {"warm_median_ms", "warm_p95_ms", "floor_median_ms", "ratio", "cold_median_ms"}


def test_a_tiny_run_over_one_sample_ends_with_one_json_object(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The last line holds every promised figure."""
    file = tmp_path / "gut.xml"
    file.write_bytes(sample_invoice())
    monkeypatch.setattr(validate, "invoices", lambda folder: [file])
    monkeypatch.setattr(validate, "COLD_RUNS", 1)

    code = validate.main(["--json", "--repeat", "1"])

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert code == 0
    assert figures.keys() >= PROMISED
    assert (figures["files"], figures["accepted"]) == (1, 1)
