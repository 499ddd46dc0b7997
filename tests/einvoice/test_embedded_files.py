"""Files inside an original: listed, typed by a short list, and never named as they want."""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfWriter

from laufzettel.einvoice.embedded import clean_name, embedded_files, media_type
from laufzettel.einvoice.read import read_invoice

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def with_document(samples: dict[str, Path], name: str, mime: str, data: bytes) -> bytes:
    """Return the good sample with another embedded document."""
    xml = samples["gut.xml"].read_text("utf-8")
    begin = xml.index("<cbc:EmbeddedDocumentBinaryObject")
    end = xml.index("</cbc:EmbeddedDocumentBinaryObject>")
    element = (
        f'<cbc:EmbeddedDocumentBinaryObject mimeCode="{mime}" filename="{name}">'
        f"{base64.b64encode(data).decode()}"
    )
    return (xml[:begin] + element + xml[end:]).encode()


def pdf_with(*files: tuple[str, bytes]) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(72, 72)
    for name, content in files:
        writer.add_attachment(name, content)
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


@pytest.mark.parametrize("sample", ["gut.xml", "gut_cii.xml"])
def test_an_embedded_document_has_name_type_size_and_bytes(
    samples: dict[str, Path], sample: str
) -> None:
    (found,) = embedded_files(samples[sample].read_bytes())

    assert (found.index, found.name, found.media_type) == (
        0,
        "aufmass_schulstrasse.csv",
        "text/csv",
    )
    assert found.data.startswith(b"Position;L\xc3\xa4nge m;")
    assert found.size == 59
    attachment = read_invoice(samples[sample].read_bytes()).attachments[found.index]
    assert found.sha256 == attachment.sha256


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("Aufmaß Schulstraße.pdf", "Aufmaß Schulstraße.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\system32\\cmd.exe", "cmd.exe"),
        ("/absolut.pdf", "absolut.pdf"),
        (".htaccess", "htaccess"),
        ("...", ""),
        ("", ""),
        ("   ", ""),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie_ x.pdf"),
        ("nul\x00l.pdf", "null.pdf"),
        ("rechnung\u202efdp.exe", "rechnungfdp.exe"),
        ('a";x="b.pdf', "a__x=_b.pdf"),
        ("a%2f..%2fb.pdf", "a_2f.._2fb.pdf"),
        ("<script>.html", "_script_.html"),
        ("x" * 300 + ".pdf", "x" * 96 + ".pdf"),
        ("a." + "x" * 300, "a." + "x" * 98),
        ("name. . .", "name"),
    ],
)
def test_nothing_of_a_path_or_of_a_header_stays_in_a_name(name: str, clean: str) -> None:
    assert clean_name(name) == clean


@pytest.mark.parametrize(
    ("name", "declared", "data", "expected"),
    [
        ("a.pdf", "application/pdf", b"%PDF-1.7", "application/pdf"),
        ("a.pdf", "", b"%PDF-1.7", "application/pdf"),
        ("a.PNG", "", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("a.jpg", "image/jpg", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("a.csv", "text/csv", b"a;b\n", "text/csv"),
        ("a.txt", "", b"Hallo", "text/plain"),
        ("a.xlsx", XLSX, b"PK\x03\x04", XLSX),
        ("a.xml", "text/xml", b"<?xml version='1.0'?><a/>", "application/xml"),
        ("a.pdf", "application/pdf", b"<html>", "application/octet-stream"),
        ("a.csv", "text/csv", b"<script>alert(1)</script>", "application/octet-stream"),
        ("a.txt", "text/plain", b"MZ\x90", "application/octet-stream"),
        ("a.svg", "image/svg+xml", b"<svg/>", "application/octet-stream"),
        ("a.html", "text/html", b"<html>", "application/octet-stream"),
        ("a.xlsx", XLSX, b"%PDF-1.7", "application/octet-stream"),
        ("a", "", b"x", "application/octet-stream"),
    ],
)
def test_a_type_is_of_the_list_and_fits_the_first_bytes(
    name: str, declared: str, data: bytes, expected: str
) -> None:
    assert media_type(name, declared, data) == expected


def test_a_hostile_document_is_handed_out_under_a_name_of_ours(samples: dict[str, Path]) -> None:
    (found,) = embedded_files(
        with_document(samples, "../..", "text/html", b"<script>alert(1)</script>")
    )

    assert (found.name, found.media_type) == ("anlage-1", "application/octet-stream")
    assert found.data == b"<script>alert(1)</script>"


def test_files_of_a_pdf_follow_those_of_its_invoice(samples: dict[str, Path]) -> None:
    xml = samples["gut_cii.xml"].read_bytes()

    found = embedded_files(
        pdf_with(
            ("factur-x.xml", xml),
            ("../plan.pdf", b"%PDF-1.4 plan"),
            ("foto.png", b"\x89PNG\r\n\x1a\n"),
        )
    )

    assert [(one.index, one.name, one.media_type) for one in found] == [
        (0, "aufmass_schulstrasse.csv", "text/csv"),
        (1, "plan.pdf", "application/pdf"),
        (2, "foto.png", "image/png"),
    ]


def test_a_file_that_is_in_the_invoice_and_in_the_pdf_is_one(samples: dict[str, Path]) -> None:
    xml = samples["gut_cii.xml"].read_bytes()
    (csv,) = embedded_files(xml)

    found = embedded_files(pdf_with(("factur-x.xml", xml), ("noch_einmal.csv", csv.data)))

    assert [one.name for one in found] == ["aufmass_schulstrasse.csv"]


def test_a_plain_pdf_gives_out_its_files_too() -> None:
    (found,) = embedded_files(pdf_with(("liste.txt", b"eins\nzwei\n")))

    assert (found.index, found.name, found.data) == (0, "liste.txt", b"eins\nzwei\n")


def test_no_attack_makes_it_raise_or_hang(shared_dir: Path) -> None:
    corpus = shared_dir / "attack-corpus"
    for path in sorted([*(corpus / "pdf").iterdir(), *(corpus / "xml").iterdir()]):
        for found in embedded_files(path.read_bytes()):
            assert "/" not in found.name and not found.name.startswith("."), path.name


def test_what_is_no_invoice_has_no_files() -> None:
    assert embedded_files(b"") == ()
    assert embedded_files(b"<Order/>") == ()
    assert embedded_files(b"%PDF-1.7 abgeschnitten") == ()
