"""``laufzettel separators``: a PDF to print, and nothing written over."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Run

from laufzettel.cli import separators


class Blank:
    """Draws at once what looks like a PDF; how the sheets look is tested with the real one."""

    def print(self, html: str, css: str, attachments: object = ()) -> bytes:
        return b"%PDF-1.7 " + str(html.count("<section>")).encode()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(separators, "ProcessPrinter", Blank)


def test_it_writes_so_many_sheets_and_says_so(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "trennblatt.pdf"

    outcome = run("separators", str(target), "--sheets", "3")

    assert (outcome.code, target.read_bytes()) == (0, b"%PDF-1.7 3")
    assert "3 Trennblätter" in outcome.out


def test_a_file_that_is_there_stays_and_a_wrong_number_is_refused(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "trennblatt.pdf"
    target.write_bytes(b"alt")

    assert "gibt es schon" in run("separators", str(target)).err
    assert target.read_bytes() == b"alt"
    assert "1 bis 200" in run("separators", str(tmp_path / "x.pdf"), "--sheets", "0").err
    assert "lässt sich nicht schreiben" in run("separators", str(tmp_path / "x" / "y.pdf")).err
