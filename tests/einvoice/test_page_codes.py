"""What is seen on pages, and what an EPC-QR code on them proposes beside their text."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.einvoice.scans import code, giro, paper, scan
from tests.einvoice.test_fulltext import pdf_saying
from tests.einvoice.test_page_pictures import blank, encrypted

from laufzettel.einvoice import code_proposals
from laufzettel.einvoice.pages import Look, look
from laufzettel.einvoice.pdf import PdfError
from laufzettel.einvoice.proposals import Proposal, Proposals, propose


def seen(*contents: bytes) -> list[Look]:
    """Return a page for each content, as if its code had been seen."""
    return [
        Look(number=number, codes=(content,), is_blank=False)
        for number, content in enumerate(contents, 1)
    ]


def together(text: str, *contents: bytes) -> Proposals:
    """Return what text and codes propose."""
    return code_proposals.with_codes(propose(text), code_proposals.read(seen(*contents)))


def test_a_code_on_scanned_paper_is_found_upright_and_turned() -> None:
    pages = look(
        scan(
            paper("Rechnung", codes=[giro()]),
            paper("Seite 2"),
            paper(codes=[giro()], turned=180),
            paper(codes=[giro(remittance="x" * 140)], code_mm=22, turned=3),
        )
    )

    found = code_proposals.read(pages)
    assert [len(page.codes) for page in pages] == [1, 0, 1, 1]
    assert [(page, one.name) for page, one in found.codes] == [
        (1, "Malerbetrieb Öztürk"),
        (4, "Malerbetrieb Öztürk"),
    ]


def test_pages_with_nothing_on_them_are_blank_and_others_are_not() -> None:
    punched = paper()
    for y in (1000, 1340):
        punched.paste(0, (60, y, 110, y + 50))

    pages = look(scan(paper("x"), paper(), punched, paper("2"), paper("Summe 1,00")))

    assert [page.is_blank for page in pages] == [False, True, True, False, False]


def test_a_page_drawn_from_text_is_seen_too_and_many_pages_come_in_portions() -> None:
    pages = look(pdf_saying(*(f"Seite {number}" for number in range(1, 33))))

    assert [page.number for page in pages] == list(range(1, 33))
    assert not any(page.is_blank for page in pages)
    assert len(look(pdf_saying("a", "b", "c"), most=2)) == 2


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.7 kaputt", encrypted(), b"<Invoice/>"], ids=["", "broken", "key", "xml"]
)
def test_what_cannot_be_drawn_is_refused(data: bytes) -> None:
    with pytest.raises(PdfError):
        look(data)


def test_a_page_without_height_or_of_absurd_size_hurts_nobody() -> None:
    assert look(blank(14_400, 14_400))[0].is_blank
    assert look(blank(3, 14_400))[0].is_blank


def test_a_code_alone_proposes_what_it_says_and_where() -> None:
    found = together("", giro())

    assert found == Proposals(
        supplier=Proposal(
            value="Malerbetrieb Öztürk", source="EPC-QR-Code auf Seite 1, Empfänger der Zahlung"
        ),
        number=Proposal(value="2026-77", source="EPC-QR-Code auf Seite 1, Verwendungszweck"),
        gross=Proposal(value=Decimal("761.60"), source="EPC-QR-Code auf Seite 1"),
        iban=Proposal(
            value="DE89370400440532013000", source="EPC-QR-Code auf Seite 1, Prüfziffer stimmt"
        ),
        notes=(
            "BIC im QR-Code: COBADEFFXXX",
            "Verwendungszweck im QR-Code: „Rechnung 2026-77“",
        ),
    )


def test_where_text_and_code_agree_both_places_are_named() -> None:
    found = together("Gesamtbetrag 761,60", giro())

    assert found.gross == Proposal(
        value=Decimal("761.60"),
        source="EPC-QR-Code auf Seite 1; ebenso Textebene, „Gesamtbetrag 761,60“",
    )


def test_where_they_differ_nothing_is_proposed_and_both_are_told() -> None:
    """A sticker with another account over the printed one is an old fraud."""
    found = together("IBAN DE02 1203 0000 0000 2020 51", giro())

    assert found.iban is None
    assert found.notes[0] == (
        "IBAN: DE89370400440532013000 (EPC-QR-Code auf Seite 1, Prüfziffer stimmt) gegen "
        "DE02120300000000202051 (Textebene, „DE02 1203 0000 0000 2020 51“, Prüfziffer stimmt). "
        "Nichts ist übernommen, bitte klären."
    )


def test_two_different_codes_are_no_proposal() -> None:
    found = together("", giro(), giro(remittance="etwas anderes"))

    assert found.iban is None and found.supplier is None
    assert found.notes == (
        "Auf den Seiten (1, 2) stehen verschiedene EPC-QR-Codes; keiner ist übernommen.",
    )
    assert together("", giro(), giro()).iban is not None, "the same twice is one"


def test_a_malformed_code_is_a_note_and_one_of_another_kind_is_none() -> None:
    found = together("", giro().replace(b"DE89", b"DE88"), b"https://example.org/zahlen")

    assert found == Proposals(
        notes=("EPC-QR-Code auf Seite 1 ist nicht gültig: Die Prüfziffern der IBAN stimmen nicht.",)
    )


@pytest.mark.parametrize(
    ("text", "remittance", "number"),
    [
        ("Rechnung Nr. A-17", "Kd 4711 A-17", "A-17"),
        ("Rechnung Nr. A-17", "Kd 4711 A-171", None),
        ("", "Rechnungsnr. 2026/0815", "2026/0815"),
        ("", "RE 4711 Kunde 12", "4711"),
        ("", "Kundennummer 12", None),
        ("", "Rechnung 1 und Rechnung 2", None),
        ("", "", None),
    ],
)
def test_the_purpose_of_use_names_a_number_only_where_it_is_clear(
    text: str, remittance: str, number: str | None
) -> None:
    found = code_proposals.read(seen(giro(remittance=remittance)))

    proposed = code_proposals._of_code(found.codes[0][1], 1, propose(text)).number
    assert (proposed.value if proposed else None) == number


def test_a_bic_of_another_country_than_the_iban_is_said() -> None:
    found = together("", giro().replace(b"COBADEFFXXX", b"BNPAFRPP"))

    assert "BIC im QR-Code: BNPAFRPP, anderes Land als die IBAN" in found.notes


def test_the_picture_of_a_code_can_be_small() -> None:
    assert code(giro(), 240).size == (240, 240)
