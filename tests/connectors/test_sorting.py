"""Which files of a mail are invoices is decided by what they hold."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfWriter
from tests.connectors.mails import invoice

from laufzettel.connectors.intake.mime import Mail, Part
from laufzettel.connectors.intake.sorting import Sorted, sort


def pdf(*, xml: bytes | None = None) -> bytes:
    """Return a PDF of one empty page, with an E-invoice in it if one is given."""
    writer, made = PdfWriter(), io.BytesIO()
    writer.add_blank_page(72, 72)
    if xml is not None:
        writer.add_attachment("factur-x.xml", xml)
    writer.write(made)
    return made.getvalue()


XML = Part(name="RE-1.xml", media_type="application/xml", data=invoice(1))
PLAIN = Part(name="RE-1.pdf", media_type="application/pdf", data=pdf())
HYBRID = Part(name="RE-2.pdf", media_type="application/pdf", data=pdf(xml=invoice(2)))
LOGO = Part(name="logo.png", media_type="image/png", data=b"\x89PNG\r\n")
ZIP = Part(name="RE.zip", media_type="application/zip", data=b"PK\x03\x04")
DAMAGED = Part(name="RE.xml", media_type="application/xml", data=b"<Invoice><ID>")
ENTITY = Part(name="RE.xml", media_type="a/b", data=b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")
ORDER = Part(name="Bestellung.xml", media_type="application/xml", data=b"<Order/>")
PAGE = Part(name="", media_type="text/html", data=b"<p>Guten Tag<br>")


def told(*parts: Part) -> tuple[list[str], dict[str, str], str]:
    """Return the invoices, what else there is, and why a person must look."""
    found: Sorted = sort(Mail(digest="", parts=parts))
    return (
        [one.name for one in found.invoices],
        {one.part.name: one.what for one in found.noted},
        found.problem,
    )


def test_beside_an_e_invoice_a_plain_pdf_is_an_enclosure() -> None:
    """The copy for the eye, or the terms of delivery; both stay with the mail."""
    noted = {"RE-1.pdf": "PDF ohne E-Rechnung", "logo.png": "Beilage"}

    assert told(XML, PLAIN, LOGO) == (["RE-1.xml"], noted, "")
    assert told(HYBRID, PLAIN)[0] == ["RE-2.pdf"]


def test_an_e_invoice_inside_a_pdf_is_one_of_its_own() -> None:
    """Whether it is the twin of the XML is for the search for Doppelrechnungen to say."""
    assert told(XML, HYBRID) == (["RE-1.xml", "RE-2.pdf"], {}, "")


def test_a_plain_pdf_alone_is_the_invoice() -> None:
    assert told(PLAIN, LOGO) == (["RE-1.pdf"], {"logo.png": "Beilage"}, "")


def test_of_several_plain_pdfs_a_person_says_which_is_the_invoice() -> None:
    names, noted, problem = told(PLAIN, Part(name="AGB.pdf", media_type="", data=pdf()))

    assert (names, sorted(noted)) == ([], ["AGB.pdf", "RE-1.pdf"])
    assert problem == "Die Mail enthält 2 PDF-Dateien ohne E-Rechnung; offen ist, welche gilt."


@pytest.mark.parametrize("part", [DAMAGED, ENTITY], ids=["damaged", "entity"])
def test_what_is_called_xml_and_cannot_be_read_goes_back_with_reasons(part: Part) -> None:
    """The supplier meant an invoice and must hear that it did not arrive whole."""
    assert told(part) == (["RE.xml"], {}, "")


def test_nothing_else_is_opened() -> None:
    """Another document, a web page, a packed file."""
    assert told(ORDER, PAGE) == (
        [],
        {"Bestellung.xml": "Beilage", "": "Beilage"},
        "Die Mail enthält keine Rechnung.",
    )
    assert told(ZIP, LOGO)[2] == (
        "Die Mail enthält nur eine gepackte Datei; sie wird nicht von selbst geöffnet."
    )
