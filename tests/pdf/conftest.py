"""What the tests of rendering share."""

from __future__ import annotations

from pathlib import Path

import pytest

from laufzettel import pdf

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def html_attacks() -> Path:
    """The folder of hostile pages beside the checkout; skips where it is absent."""
    folder = ROOT.parent / "shared" / "attack-corpus" / "html"
    if not folder.is_dir():
        pytest.skip("../shared with the attack corpus is not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def can_render() -> None:
    """Skips where the system libraries of WeasyPrint are missing."""
    try:
        pdf.render("<p>x</p>")
    except pdf.PdfUnavailableError as error:
        pytest.skip(str(error))
