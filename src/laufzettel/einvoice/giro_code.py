"""The EPC-QR code („GiroCode“) on an invoice, read strictly as EPC069-12 writes it.

European Payments Council, EPC069-12 „Quick Response Code: Guidelines to Enable Data Capture for the
Initiation of a SEPA Credit Transfer“, versions 001 and 002. What the code says is what the sender of
the invoice printed: as good as the printed invoice, and no better.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from stdnum import iban as ibans
from stdnum import iso11649
from stdnum.exceptions import ValidationError

from laufzettel.errors import InputError

#: The service tag: what begins so claims to be such a code.
TAG: Final = "BCD"
#: A QR code of version 13 with error correction M holds no more bytes (section 2).
BYTES_MAX: Final = 331

#: Character sets by their number (section 2).
_CHARSETS: Final = {
    "1": "utf-8",
    "2": "iso-8859-1",
    "3": "iso-8859-2",
    "4": "iso-8859-4",
    "5": "iso-8859-5",
    "6": "iso-8859-7",
    "7": "iso-8859-10",
    "8": "iso-8859-15",
}
_BIC: Final = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", re.ASCII)
_AMOUNT: Final = re.compile(r"EUR(?P<euros>0|[1-9]\d{0,8})(?:\.(?P<cents>\d{1,2}))?", re.ASCII)
_PURPOSE: Final = re.compile(r"[A-Z0-9]{1,4}", re.ASCII)
#: The lines behind the four that say what this is, with the most characters each may have.
_LINES: Final = (
    ("BIC", 11),
    ("Name", 70),
    ("IBAN", 34),
    ("Betrag", 15),
    ("Zweck", 4),
    ("Referenz", 35),
    ("Verwendungszweck", 140),
    ("Hinweis", 70),
)
#: The lines that no code may leave out: up to the IBAN.
_NEEDED: Final = 7


class GiroCodeError(InputError):
    """Der QR-Code ist kein gültiger EPC-QR-Code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GiroCode:
    """What an EPC-QR code asks to be transferred; empty where it says nothing."""

    version: str  # 001 or 002
    name: str  # AT-21, of the beneficiary
    iban: str  # AT-20, without spaces, its check digits are right
    bic: str = ""  # AT-23
    amount: Decimal | None = None  # AT-04, in euros, two places
    purpose: str = ""  # AT-44
    reference: str = ""  # AT-05 structured, a creditor reference by ISO 11649 or another
    remittance: str = ""  # AT-05 unstructured
    information: str = ""  # from beneficiary to originator

    @property
    def has_sound_reference(self) -> bool:
        """Whether the reference is one of ISO 11649 and its check digits are right."""
        return iso11649.is_valid(self.reference)


def claims_to_be(data: bytes) -> bool:
    r"""Say whether the content of a QR code says of itself that it is an EPC-QR code.

    >>> claims_to_be(b"BCD\n002"), claims_to_be(b"https://example.org"), claims_to_be(b"BCDE")
    (True, False, False)
    """
    return re.match(rb"BCD\r?\n", data) is not None


def parse(data: bytes) -> GiroCode:
    r"""Return what the code says. Raises GiroCodeError with a German sentence.

    >>> code = parse(b"BCD\n002\n1\nSCT\n\nMaler GmbH\nDE89370400440532013000\nEUR12.3\n\n\nM-311")
    >>> code.name, str(code.amount), code.remittance
    ('Maler GmbH', '12.30', 'M-311')
    >>> parse(b"BCD\n003\n1\nSCT\n\nMaler GmbH\nDE89370400440532013000")
    Traceback (most recent call last):
    ...
    laufzettel.einvoice.giro_code.GiroCodeError: Die Fassung „003“ gibt es nicht.
    """
    if len(data) > BYTES_MAX:
        raise GiroCodeError(f"Er ist {len(data)} Bytes lang; erlaubt sind {BYTES_MAX}.")
    lines = _lines(data)
    version = lines[1]
    if version not in ("001", "002"):
        raise GiroCodeError(f"Die Fassung „{version[:10]}“ gibt es nicht.")
    if lines[3] != "SCT":
        raise GiroCodeError(f"„{lines[3][:10]}“ ist keine Überweisung (SCT).")
    bic, name, iban, amount, purpose, reference, remittance, information = _fields(lines[4:])
    if reference and remittance:
        # AT-05 is either structured or unstructured.
        raise GiroCodeError("Er nennt zugleich eine Referenz und einen Verwendungszweck.")
    return GiroCode(
        version=version,
        bic=_bic(bic, version),
        name=_name(name),
        iban=_iban(iban),
        amount=_amount(amount),
        purpose=_purpose(purpose),
        reference=reference,
        remittance=remittance,
        information=information,
    )


def _lines(data: bytes) -> list[str]:
    """Return the lines; they end with LF or CRLF, in one code always the same."""
    end = b"\r\n" if b"\r\n" in data else b"\n"
    raw = data.split(end)
    if any(b"\r" in line or b"\n" in line for line in raw):
        raise GiroCodeError("Seine Zeilen enden auf verschiedene Weise.")
    if raw[0] != TAG.encode():
        raise GiroCodeError("Er beginnt nicht mit „BCD“.")
    if len(raw) > 4 + len(_LINES) and raw[-1] == b"":
        raw.pop()  # an end behind the last line, which the standard forbids and many write
    if not _NEEDED <= len(raw) <= 4 + len(_LINES):
        raise GiroCodeError(f"Er hat {len(raw)} Zeilen; erwartet werden 7 bis 12.")
    charset = _CHARSETS.get(raw[2].decode("ascii", "replace"))
    if charset is None:
        raise GiroCodeError("Seine Zeichentabelle gibt es nicht.")
    try:
        return [line.decode(charset) for line in raw]
    except UnicodeDecodeError as error:
        raise GiroCodeError("Seine Zeichen passen nicht zu seiner Zeichentabelle.") from error


def _fields(given: Sequence[str]) -> list[str]:
    """Return the eight fields, those that were left out at the end as empty."""
    fields = [*given, *[""] * (len(_LINES) - len(given))]
    for (label, most), text in zip(_LINES, fields, strict=True):
        if len(text) > most:
            raise GiroCodeError(f"„{label}“ hat {len(text)} Zeichen; erlaubt sind {most}.")
        if not text.isprintable():
            raise GiroCodeError(f"„{label}“ enthält unsichtbare Zeichen.")
    return fields


def _bic(text: str, version: str) -> str:
    if not text and version == "001":
        raise GiroCodeError("Der BIC fehlt; die Fassung 001 verlangt ihn.")
    if text and not _BIC.fullmatch(text):
        raise GiroCodeError(f"„{text}“ ist kein BIC.")
    return text


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise GiroCodeError("Der Name des Empfängers fehlt.")
    return name


def _iban(text: str) -> str:
    try:
        valid = str(ibans.validate(text))
    except ValidationError as error:
        raise GiroCodeError("Die Prüfziffern der IBAN stimmen nicht.") from error
    if valid != text.replace(" ", ""):  # other characters than spaces are none of an IBAN
        raise GiroCodeError("Die IBAN ist nicht so geschrieben, wie es vorgeschrieben ist.")
    return valid


def _amount(text: str) -> Decimal | None:
    if not text:
        return None
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise GiroCodeError(f"„{text}“ ist kein Betrag in Euro.")
    amount = Decimal(f"{match['euros']}.{(match['cents'] or '0').ljust(2, '0')}")
    if not amount:
        raise GiroCodeError("Der Betrag ist 0.")
    return amount


def _purpose(text: str) -> str:
    if text and not _PURPOSE.fullmatch(text):
        raise GiroCodeError(f"„{text}“ ist kein Zweck aus bis zu vier Zeichen.")
    return text
