"""The bench of the PDF files runs tiny and prints what it promises."""

from __future__ import annotations

import json
import sys

import pytest
from bench import pdf as bench

from laufzettel import pdf

PROMISED = {"pages_per_s", "rival_pages_per_s", "ratio", "ratio_cpu", "first_page_ms"}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each page is drawn alone")
def test_a_tiny_run_ends_with_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    """The last line holds every promised figure, each of them measured."""
    try:
        pdf.render("<p>x</p>")
    except pdf.PdfUnavailableError as error:
        pytest.skip(str(error))

    code = bench.main(["--json", "--quick"])

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert code == 0
    assert figures["pages"] == 2
    assert all(figures[name] > 0 for name in PROMISED)


def test_both_kinds_of_page_are_drawn() -> None:
    order, copy, again = bench.jobs(3)

    assert b"Anordnung" in order
    assert b"Sichtkopie" in copy
    assert again == order
