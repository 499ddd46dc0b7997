"""The bench of the tests beside a model runs tiny and prints what it promises."""

from __future__ import annotations

import json

import pytest
from bench import scenarios


def test_a_tiny_run_holds_and_ends_with_one_json_object(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = scenarios.main(["--tests", "2", "--processes", "1", "--json"])

    out = capsys.readouterr().out
    figures = json.loads(out.splitlines()[-1])
    assert code == 0
    assert "2 Szenarien: 2 ok, 0 fehlgeschlagen, 0 ausgelassen" in out
    assert figures["tests"] == 2
    assert figures["wall_s"] > 0 and figures["cpu_s"] > 0
