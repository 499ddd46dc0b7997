"""Text recognition: the real tesseract where it is installed, and what is said where it is not."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from PIL import Image
from tests.einvoice.scans import paper

from laufzettel.connectors.ocr.port import NoOcr, OcrUnavailableError
from laufzettel.connectors.ocr.tesseract import Tesseract

INSTALL = "apt-get install -y tesseract-ocr tesseract-ocr-deu"


def png(picture: Image.Image) -> bytes:
    target = io.BytesIO()
    picture.save(target, "PNG")
    return target.getvalue()


def program(folder: Path, text: str) -> str:
    """Return a tool that is not tesseract."""
    path = folder / "werkzeug"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def tesseract() -> Tesseract:
    """The real tool; without it the test skips with the reason."""
    tool = Tesseract()
    if shutil.which(tool.program) is None:
        pytest.skip(f"tesseract fehlt: {INSTALL}")
    return tool


def test_the_tool_says_its_version_and_reads_german(tesseract: Tesseract) -> None:
    sheet = paper("Malerbetrieb Oeztuerk", "Rechnungs-Nr. 2026-77", "Gesamtbetrag 761,60 EUR")

    text = tesseract.read(png(sheet))

    assert tesseract.check().startswith("tesseract ")
    assert "Rechnungs-Nr. 2026-77" in text and "761,60" in text


@pytest.mark.parametrize("data", [b"", b"kein Bild", png(paper())], ids=["", "other", "blank"])
def test_what_is_no_picture_of_text_is_read_as_nothing(tesseract: Tesseract, data: bytes) -> None:
    assert tesseract.read(data) == ""


def test_a_language_that_is_not_installed_is_named(tesseract: Tesseract) -> None:
    with pytest.raises(OcrUnavailableError, match="kann die Sprache „xyz“ nicht"):
        Tesseract(language="xyz").read(png(paper("Rechnung")))


def test_a_tool_that_is_not_there_is_named_with_what_to_install() -> None:
    missing = Tesseract(program="gibt-es-nicht")

    for ask in (missing.check, lambda: missing.read(b"")):
        with pytest.raises(OcrUnavailableError, match=r"„gibt-es-nicht“ .* nicht installiert"):
            ask()


def test_a_tool_that_fails_or_says_too_much_harms_nobody(tmp_path: Path) -> None:
    chatty = program(tmp_path, "yes Rechnung | head -c 300000; exit 0")
    assert len(Tesseract(program=chatty).read(b"")) <= 100_000
    broken = program(
        tmp_path, 'case "$1" in --list-langs) echo deu;; --version) echo 1;; *) exit 1;; esac'
    )
    assert Tesseract(program=broken).read(b"") == ""


def test_the_tool_may_write_no_file(tmp_path: Path) -> None:
    spoils = tmp_path / "verraten"

    Tesseract(program=program(tmp_path, f"cat > {spoils}; echo fertig")).read(b"geheim")

    assert not spoils.exists() or spoils.read_bytes() == b""


def test_without_the_setting_nothing_reads() -> None:
    assert (NoOcr().is_on, NoOcr().check(), NoOcr().read(b"x")) == (False, "ausgeschaltet", "")
