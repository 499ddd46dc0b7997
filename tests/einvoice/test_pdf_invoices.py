"""The invoice in a PDF is found by name, only when there is exactly one, and only bounded."""

from __future__ import annotations

import zlib
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, StreamObject, TextStringObject

from laufzettel.einvoice import pdf
from laufzettel.einvoice.detect import Kind, detect
from laufzettel.einvoice.examine import examine
from laufzettel.einvoice.report import Own, Verdict
from laufzettel.einvoice.validator import Validator

CORPUS = "data/zugferd-corpus"
#: The outcome of each file today; ZUGFeRD 1.0, XRechnung 1.2, MINIMUM and BASIC WL are refused.
ACCEPTED = {
    "EN16931_Innergemeinschaftliche_Lieferungen.pdf",
    "EN16931_Miete.pdf",
    "MustangGnuaccountingBeispielRE-20201121_508.pdf",
    "MustangGnuaccountingBeispielRE-20201121_508_withBOM.pdf",
    "zugferd_2p0_BASIC_Einfach.pdf",
    "zugferd_2p0_BASIC_Taxifahrt.pdf",
    "zugferd_2p0_EN16931_Gutschrift.pdf",
    "zugferd_2p0_EN16931_Rabatte.pdf",
    "zugferd_2p1_BASIC_Taxifahrt.pdf",
    "zugferd_2p1_EN16931_Reisekostenabrechnung.pdf",
    "zugferd_2p1_EN16931_Sachversicherung_berechneter_Steuersatz.pdf",
}


def _pdf(*attachments: tuple[str, bytes]) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(72, 72)
    for name, content in attachments:
        writer.add_attachment(name, content)
    return _bytes(writer)


def _bytes(writer: PdfWriter) -> bytes:
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def test_the_corpus_is_read_and_judged(shared_dir: Path, validator: Validator) -> None:
    files = sorted((shared_dir / CORPUS).rglob("*.pdf"))

    found = {file: examine(file.read_bytes(), validator) for file in files}

    assert len(found) == 26
    assert {examination.kind for examination in found.values()} == {Kind.PDF_WITH_XML}
    accepted = {f.name for f, e in found.items() if e.report.verdict is Verdict.ACCEPTED}
    assert accepted == ACCEPTED
    for file, examination in found.items():
        if file.name not in ACCEPTED:
            assert examination.report.verdict is Verdict.REJECTED, file.name
            assert examination.report.summary.count(" ") > 3, file.name
        assert "fail" not in file.parts or examination.report.verdict is Verdict.REJECTED


def test_our_pdf_sample_is_accepted_and_its_invoice_read(
    validator: Validator, samples: dict[str, Path]
) -> None:
    examination = examine(samples["zugferd.pdf"].read_bytes(), validator)

    assert examination.report.verdict is Verdict.ACCEPTED
    assert examination.report.findings == ()
    assert examination.invoice is not None
    assert examination.invoice.number == "NL-88213"
    assert examination.xml is not None and examination.xml.startswith(b"<?xml")


@pytest.mark.parametrize("name", ["factur-x.xml", "xrechnung.xml", "ZUGFeRD-invoice.xml"])
def test_every_prescribed_name_is_known(samples: dict[str, Path], name: str) -> None:
    xml = samples["gut_cii.xml"].read_bytes()

    assert pdf.extract_xml(_pdf(("aufmass.pdf", b"%PDF-"), (name, xml))) == xml


def test_two_invoices_in_one_pdf_are_refused(samples: dict[str, Path]) -> None:
    good, small = samples["gut_cii.xml"].read_bytes(), samples["klein.xml"].read_bytes()

    for attachments in (
        [("a.xml", small), ("factur-x.xml", good)],
        [("factur-x.xml", good), ("factur-x.xml", small)],
        [("factur-x.xml", good), ("xrechnung.xml", small)],
    ):
        with pytest.raises(pdf.AmbiguousPdfError, match="mehr als eine Rechnung"):
            pdf.extract_xml(_pdf(*attachments))


def test_another_xml_that_is_no_invoice_does_no_harm(samples: dict[str, Path]) -> None:
    xml = samples["gut_cii.xml"].read_bytes()

    assert pdf.extract_xml(_pdf(("order.xml", b"<Order/>"), ("factur-x.xml", xml))) == xml


def test_an_invoice_under_another_name_is_not_taken(samples: dict[str, Path]) -> None:
    with pytest.raises(pdf.PdfWithoutInvoiceError, match=r"unter dem Namen „rechnung\.xml“"):
        pdf.extract_xml(_pdf(("rechnung.xml", samples["gut_cii.xml"].read_bytes())))


def _specification(**streams: bytes) -> DictionaryObject:
    files = DictionaryObject()
    for key, content in streams.items():
        stream = StreamObject()
        stream.set_data(content)
        files[NameObject(f"/{key}")] = stream
    return DictionaryObject({NameObject("/EF"): files})


def test_one_attachment_with_two_contents_is_refused(samples: dict[str, Path]) -> None:
    """Programs differ in whether they take /F or /UF."""
    writer = PdfWriter()
    writer.add_blank_page(72, 72)
    attached = writer.add_attachment("factur-x.xml", samples["gut_cii.xml"].read_bytes())
    other = _specification(UF=samples["klein.xml"].read_bytes())
    attached.pdf_object["/EF"][NameObject("/UF")] = other["/EF"]["/UF"]  # type: ignore[index]

    with pytest.raises(pdf.AmbiguousPdfError):
        pdf.extract_xml(_bytes(writer))


def test_an_associated_file_beside_the_name_tree_is_seen(samples: dict[str, Path]) -> None:
    writer = PdfWriter()
    writer.add_blank_page(72, 72)
    writer.add_attachment("factur-x.xml", samples["gut_cii.xml"].read_bytes())
    hidden = _specification(F=samples["klein.xml"].read_bytes())
    hidden[NameObject("/UF")] = TextStringObject("other.xml")
    writer.root_object[NameObject("/AF")] = ArrayObject([hidden])

    with pytest.raises(pdf.AmbiguousPdfError):
        pdf.extract_xml(_bytes(writer))


def test_attachments_share_one_budget(samples: dict[str, Path]) -> None:
    """Ten files of 20 MB each keep every single limit of pypdf."""
    attachments = [(f"{number}.xml", b"<a>" + b" " * 20_000_000) for number in range(10)]
    writer = PdfWriter()
    writer.add_blank_page(72, 72)
    for name, content in attachments:
        stream = writer.add_attachment(name, b"x").pdf_object["/EF"]["/F"]  # type: ignore[index]
        stream._data = zlib.compress(content)
        stream[NameObject("/Filter")] = NameObject("/FlateDecode")

    with pytest.raises(pdf.PdfError, match="beschädigt oder nicht lesbar"):
        pdf.extract_xml(_bytes(writer))


def test_a_pdf_without_invoice_waits_for_a_person(validator: Validator) -> None:
    examination = examine(_pdf(), validator)

    assert examination.kind is Kind.PDF
    assert examination.report.verdict is Verdict.UNCHECKED
    assert examination.report.findings[0].id == Own.PDF_ONLY
    assert examination.report.summary == "Die PDF-Datei enthält keine E-Rechnung."


def test_a_pdf_without_a_page_to_read_is_broken(shared_dir: Path, validator: Validator) -> None:
    """Nobody could capture it: its tree of pages has no end, or it has none at all."""
    endless = (shared_dir / "attack-corpus" / "pdf" / "page_tree_loop.pdf").read_bytes()

    for data in (endless, _bytes(PdfWriter())):
        report = examine(data, validator).report
        assert report.verdict is Verdict.REJECTED
        assert [finding.id for finding in report.findings] == [Own.PDF_BROKEN]
        assert report.summary == "Die PDF-Datei ist beschädigt oder nicht lesbar."


def test_an_encrypted_pdf_is_refused_with_its_reason() -> None:
    writer = PdfWriter()
    writer.add_blank_page(72, 72)
    writer.encrypt("kennwort", algorithm="RC4-128")

    with pytest.raises(pdf.PdfError, match="verschlüsselt oder mit einem Kennwort geschützt"):
        pdf.extract_xml(_bytes(writer))


def test_a_pdf_that_takes_too_long_is_given_up(
    samples: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "TIMEOUT_S", 0.01)

    report = detect(samples["zugferd.pdf"].read_bytes()).problem

    assert report is not None
    assert (report.verdict, report.findings[0].id) == (Verdict.TECHNICAL_ERROR, Own.TIMEOUT)


def test_scripts_in_a_pdf_are_flagged(validator: Validator, samples: dict[str, Path]) -> None:
    writer = PdfWriter()
    writer.add_blank_page(72, 72)
    writer.add_attachment("factur-x.xml", samples["gut_cii.xml"].read_bytes())
    script = {
        NameObject("/S"): NameObject("/JavaScript"),
        NameObject("/JS"): TextStringObject("app.alert(1)"),
    }
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(script)

    report = examine(_bytes(writer), validator).report

    assert report.verdict is Verdict.ACCEPTED
    # A page without text cannot be compared with the data, and says so.
    assert [finding.id for finding in report.findings] == [Own.PDF_ACTIVE, Own.PDF_SILENT]
