"""The bench of the watched folder runs tiny and prints what it promises."""

from __future__ import annotations

import json

import pytest
from bench import intake


def test_a_tiny_run_takes_every_invoice_into_a_task(capsys: pytest.CaptureFixture[str]) -> None:
    """The last line holds every promised figure; no copy is taken for another's repeat."""
    code = intake.main(["--json", "--count", "3"])

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert code == 0
    assert (figures["invoices"], figures["open_tasks"]) == (3, 3)
    assert figures.keys() >= {"taken_each_ms", "checked_each_ms", "memory_mb", "memory_of_rules_mb"}
