"""A page becomes a PDF/A with everything that belongs to it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from laufzettel import pdf
from laufzettel.pdf import Attachment, Limits, Relationship, Variant

pytestmark = pytest.mark.usefixtures("can_render")

PAGE = """<html lang="de"><head><title>Auszahlungsanordnung A-2026-000017</title></head><body>
<img src="logo.svg" alt="Wappen"><h1>Auszahlungsanordnung</h1>
<p>Kämmerei Musterstadt, „Große Höhe“, § 104 GO</p><p>18.432,60 €</p>
<p><a href="https://musterstadt.example/">Stadt</a> <a href="#ende">Ende</a></p>
<p id="ende">Ende</p></body></html>"""
LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z"/></svg>'
AT = datetime(2026, 11, 23, 9, 30, tzinfo=timezone(timedelta(hours=1)))


def attachment(name: str, data: bytes, relationship: Relationship) -> Attachment:
    return Attachment(name=name, data=data, changed_at=AT, relationship=relationship)


@pytest.fixture(scope="module")
def rendered(can_render: None) -> PdfReader:
    """The page with a logo and two attachments."""
    data = pdf.render(
        PAGE,
        css="@page { size: A4 } body { font-family: 'DejaVu Sans', sans-serif }",
        assets={"logo.svg": LOGO},
        attachments=[
            attachment("order.xml", b"<order/>", Relationship.SOURCE),
            attachment("invoice.xml", b"<invoice/>", Relationship.SUPPLEMENT),
        ],
    )
    return PdfReader(BytesIO(data))


def test_the_text_of_a_page_is_in_it_with_umlauts_and_the_euro_sign(rendered: PdfReader) -> None:
    lines = rendered.pages[0].extract_text().splitlines()

    assert lines[:3] == [
        "Auszahlungsanordnung",
        "Kämmerei Musterstadt, „Große Höhe“, § 104 GO",
        "18.432,60 €",
    ]


def test_it_says_that_it_is_a_pdf_a_3b_and_what_its_title_is(rendered: PdfReader) -> None:
    catalog: Any = rendered.root_object
    metadata = catalog["/Metadata"].get_data().decode()

    assert 'pdfaid:part="3" pdfaid:conformance="B"' in metadata
    assert "Auszahlungsanordnung A-2026-000017" in metadata
    assert catalog["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert catalog["/Lang"] == "de"


def test_each_attachment_is_named_once_and_says_what_it_is(rendered: PdfReader) -> None:
    catalog: Any = rendered.root_object
    files = [each.get_object() for each in catalog["/AF"]]

    assert [(each["/UF"], each["/AFRelationship"]) for each in files] == [
        ("invoice.xml", "/Supplement"),
        ("order.xml", "/Source"),
    ]
    assert files[1]["/EF"]["/F"]["/Params"]["/ModDate"] == "D:20261123083000Z"
    assert {name: data for name, data in rendered.attachments.items()} == {
        "invoice.xml": [b"<invoice/>"],
        "order.xml": [b"<order/>"],
    }


def test_the_fonts_are_in_it(rendered: PdfReader) -> None:
    """Else it would look different in thirty years, and be no PDF/A."""
    page: Any = rendered.pages[0]
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    described = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"] for font in fonts]

    assert described
    assert all({"/FontFile2", "/FontFile3"} & set(each) for each in described)


def test_a_link_of_the_web_stays_a_link(rendered: PdfReader) -> None:
    annotations = [each.get_object() for each in rendered.pages[0]["/Annots"]]  # type: ignore[attr-defined]

    assert [each["/A"]["/URI"] for each in annotations if "/A" in each] == [
        "https://musterstadt.example/"
    ]


@pytest.mark.parametrize(
    "href", ["javascript:app.alert(1)", "JaVaScRiPt:app.alert(1)", "file:///etc/passwd", "x.html"]
)
def test_a_link_that_runs_or_opens_something_is_dropped(href: str) -> None:
    data = pdf.render(f'<p><a href="{href}">weiter</a></p>')

    page = PdfReader(BytesIO(data)).pages[0]
    assert page.extract_text() == "weiter"
    assert not page.get("/Annots")


def test_the_same_page_gives_the_same_bytes() -> None:
    again = [pdf.render(PAGE, assets={"logo.svg": LOGO}) for _ in range(2)]

    assert again[0] == again[1]


def test_a_tagged_variant_can_be_chosen() -> None:
    data = pdf.render("<html lang=de><h1>Anordnung</h1></html>", variant=Variant.A_3A)

    catalog: Any = PdfReader(BytesIO(data)).root_object
    assert catalog["/MarkInfo"]["/Marked"].value is True
    assert 'pdfaid:conformance="A"' in catalog["/Metadata"].get_data().decode()


def test_an_unknown_variant_is_refused() -> None:
    with pytest.raises(ValueError, match="pdf/x-4"):
        pdf.render("<p>x</p>", variant="pdf/x-4")


def test_a_font_among_the_assets_is_used() -> None:
    found = sorted(Path("/usr/share/fonts").rglob("*Serif*.ttf"))
    if not found:
        pytest.skip("no font file here to hand in")
    css = "@font-face { font-family: Haus; src: url(haus.ttf) } p { font-family: Haus }"

    data = pdf.render("<p>Musterstadt</p>", css=css, assets={"haus.ttf": found[0].read_bytes()})

    page: Any = PdfReader(BytesIO(data)).pages[0]
    (font,) = page["/Resources"]["/Font"].values()
    assert "Haus" in font.get_object()["/BaseFont"]


@pytest.mark.parametrize("name", ["", "../x", "a b", "a/b.xml", ".hidden", "x" * 101, "ä.xml"])
def test_a_name_that_could_be_a_path_is_no_name(name: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        attachment(name, b"", Relationship.DATA)
    with pytest.raises(ValueError, match="not a name"):
        pdf.render("<p>x</p>", assets={name: b""})


def test_two_attachments_with_one_name_are_refused() -> None:
    twice = [attachment("a.xml", data, Relationship.DATA) for data in (b"1", b"2")]

    with pytest.raises(ValueError, match="two attachments"):
        pdf.render("<p>x</p>", attachments=twice)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        Attachment(name="a.xml", data=b"", changed_at=datetime(2026, 1, 1))


def test_nothing_is_left_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pdf.render("<p>x</p>")  # the server is there, its folder elsewhere
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    pdf.render("<p>x</p>")
    with pytest.raises(pdf.PdfFailedError):
        pdf.render("<p>x</p>" * 2000, limits=Limits(wall_s=0.1))

    assert list(tmp_path.iterdir()) == []
