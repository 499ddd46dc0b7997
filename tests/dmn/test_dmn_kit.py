"""The official DMN compatibility kit: level 2 complete, level 3 far above its goal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bench import dmn_tck as bench

#: Folder of level 3 -> cases that fail, and why. 0076: Java. 0100: moments before year 1.
KNOWN = {"0076-feel-external-java": 10, "0100-arithmetic": 48}


def test_level_2_is_complete_and_level_3_fails_only_where_we_know_why(dmn_tck: Path) -> None:
    """126 of 126 results, and a mean over the folders of level 3 above 98 %."""
    outcomes = bench.run_kit(dmn_tck)

    level_2, level_3 = (bench.rates(outcomes, level) for level in bench.LEVELS)
    failed = {name: cases - passed for name, (passed, cases) in level_3.items() if passed < cases}
    assert [each for each in level_2.items() if each[1][0] < each[1][1]] == []
    assert (len(level_2), sum(cases for _, cases in level_2.values())) == (28, 126)
    assert failed == KNOWN
    assert bench.mean(level_3) > 0.98


def test_every_folder_below_nine_tenths_has_a_reason(dmn_tck: Path) -> None:
    """Nothing is low without anybody knowing why."""
    figures = bench.summary(bench.run_kit(dmn_tck), 1.0)

    assert [
        name for name, (_, reason) in figures["below_90"].items() if "no reason" in reason
    ] == []


def test_the_bench_ends_with_one_json_object(
    dmn_tck: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every failing case is listed, and the exit says that the goals are met."""
    code = bench.main(["--json", "--kit", str(dmn_tck)])

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (code, figures["bench"], figures["level_2_mean"]) == (0, "dmn-tck", 1.0)
    assert len(figures["failed"]) == sum(KNOWN.values())


def test_without_the_kit_the_bench_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing folder is not a result."""
    assert bench.main(["--kit", str(tmp_path / "nowhere")]) == 2
    assert "not here" in capsys.readouterr().err
