"""The EPC-QR code: read as EPC069-12 writes it, everything else refused with a sentence."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban as ibans

from laufzettel.einvoice.giro_code import GiroCode, GiroCodeError, claims_to_be, parse

#: As a supplier of the region prints it: version 002, UTF-8, with BIC.
FULL = (
    "BCD\n002\n1\nSCT\nCOBADEFFXXX\nMalerbetrieb Öztürk\nDE89370400440532013000\nEUR761.60\n"
    "SUPP\n\nRechnung 2026-77\nVielen Dank"
)


def changed(number: int, line: str) -> bytes:
    """Return the usual code with another line, counted from 1."""
    lines = FULL.split("\n")
    lines[number - 1] = line
    return "\n".join(lines).encode()


def test_every_element_is_read() -> None:
    assert parse(FULL.encode()) == GiroCode(
        version="002",
        bic="COBADEFFXXX",
        name="Malerbetrieb Öztürk",
        iban="DE89370400440532013000",
        amount=Decimal("761.60"),
        purpose="SUPP",
        remittance="Rechnung 2026-77",
        information="Vielen Dank",
    )


def test_what_stands_at_the_end_may_be_left_out_and_lines_may_end_with_crlf() -> None:
    shortest = "BCD\r\n002\r\n1\r\nSCT\r\n\r\nStadtwerke\r\nDE89 3704 0044 0532 0130 00"

    found = parse(shortest.encode())

    assert (found.iban, found.amount, found.remittance) == ("DE89370400440532013000", None, "")


def test_a_reference_of_iso_11649_proves_itself() -> None:
    code = FULL.replace("\n\nRechnung 2026-77", "\nRF18539007547034\n")

    assert parse(code.encode()).has_sound_reference
    assert not parse(code.replace("RF18", "RF19").encode()).has_sound_reference


@pytest.mark.parametrize(
    ("number", "charset"),
    [("1", "utf-8"), ("2", "iso-8859-1"), ("3", "iso-8859-2"), ("8", "iso-8859-15")],
)
def test_the_named_character_set_is_the_one_that_is_read(number: str, charset: str) -> None:
    data = FULL.replace("002\n1\n", f"002\n{number}\n").encode(charset)

    assert parse(data).name == "Malerbetrieb Öztürk"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "beginnt nicht mit „BCD“"),
        (b"https://example.org", "beginnt nicht mit „BCD“"),
        (changed(2, "003"), "Fassung „003“"),
        (changed(2, ""), "Fassung „“"),
        (changed(3, "9"), "Zeichentabelle gibt es nicht"),
        (changed(3, "1 "), "Zeichentabelle gibt es nicht"),
        (changed(4, "SDD"), "keine Überweisung"),
        (changed(5, "COBADEFF1"), "ist kein BIC"),
        (changed(5, "cobadeffxxx"), "ist kein BIC"),
        (changed(6, "  "), "Name des Empfängers fehlt"),
        (changed(6, "A" * 71), "71 Zeichen"),
        (changed(6, "Maler\x00GmbH"), "unsichtbare Zeichen"),
        (changed(6, "Maler\u202eGmbH"), "unsichtbare Zeichen"),
        (changed(7, "DE89370400440532013001"), "Prüfziffern der IBAN"),
        (changed(7, "de89370400440532013000"), "nicht so geschrieben"),
        (changed(7, "DE89-3704-0044-0532-0130-00"), "nicht so geschrieben"),
        (changed(7, ""), "Prüfziffern der IBAN"),
        (changed(8, "761.60"), "kein Betrag in Euro"),
        (changed(8, "USD761.60"), "kein Betrag in Euro"),
        (changed(8, "EUR761,60"), "kein Betrag in Euro"),
        (changed(8, "EUR7.616"), "kein Betrag in Euro"),
        (changed(8, "EUR-1"), "kein Betrag in Euro"),
        (changed(8, "EUR01.00"), "kein Betrag in Euro"),
        (changed(8, "EUR1234567890"), "kein Betrag in Euro"),
        (changed(8, "EUR٣"), "kein Betrag in Euro"),
        (changed(8, "EUR0.00"), "Der Betrag ist 0"),
        (changed(9, "SUPPL"), "„Zweck“ hat 5 Zeichen"),
        (changed(10, "RF18539007547034"), "zugleich eine Referenz und einen Verwendungszweck"),
        (changed(11, "x" * 141), "141 Zeichen"),
        (changed(12, "a\nb"), "13 Zeilen"),
        (b"\n".join(FULL.encode().split(b"\n")[:6]), "6 Zeilen"),
        (FULL.replace("\n", "\r\n", 1).encode(), "beginnt nicht|verschiedene Weise"),
        (FULL.replace("\n", "\r").encode(), "verschiedene Weise"),
        (FULL.encode("iso-8859-1"), "passen nicht zu seiner Zeichentabelle"),
        (FULL.encode() + b" " * 331, "erlaubt sind 331"),
    ],
)
def test_what_the_guidelines_do_not_allow_is_refused(data: bytes, text: str) -> None:
    with pytest.raises(GiroCodeError, match=text):
        parse(data)


def test_version_001_needs_a_bic() -> None:
    old = FULL.replace("002\n", "001\n", 1)

    assert parse(old.encode()).version == "001"
    with pytest.raises(GiroCodeError, match="Der BIC fehlt"):
        parse(old.replace("COBADEFFXXX", "").encode())


@given(st.binary(max_size=400))
def test_no_bytes_make_it_fall_over(data: bytes) -> None:
    for content in (data, b"BCD\n" + data, b"BCD\n002\n1\nSCT\n" + data):
        try:
            code = parse(content)
        except GiroCodeError as error:
            assert str(error)
        else:
            assert claims_to_be(content)
            assert ibans.is_valid(code.iban)


_text = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), max_size=30)
_names = _text.filter(lambda text: text.strip() != "")


@given(
    name=_names,
    cents=st.one_of(st.none(), st.integers(1, 99_999_999_999)),
    remittance=_text,
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_is_written_by_the_guidelines_is_read_back(
    name: str, cents: int | None, remittance: str, end: str
) -> None:
    amount = None if cents is None else Decimal(cents) / 100
    written = "" if amount is None else f"EUR{amount:.2f}"
    lines = ["BCD", "002", "1", "SCT", "", name, "DE89370400440532013000", written, "", ""]
    data = end.join([*lines, remittance]).encode()

    if len(data) <= 331:
        found = parse(data)
        assert (found.name, found.amount, found.remittance) == (
            " ".join(name.split()),
            amount,
            remittance,
        )
