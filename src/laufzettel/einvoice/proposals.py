"""What the text layer of a plain PDF seems to say: proposals, each with the place it comes from.

Nothing here decides. A value is proposed only where it is written behind its name or proves itself
by check digits, and only where the text names exactly one; everything else is left to the person
who captures the invoice and confirms every proposal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final, Generic, TypeVar

from stdnum.de import vat as vat_ids
from stdnum.exceptions import ValidationError

from laufzettel.einvoice import ibans
from laufzettel.einvoice.vat_words import vat_word

T = TypeVar("T")

#: So much of a text is looked at; a longer one is no invoice's first pages.
TEXT_MAX: Final = 100_000
QUOTE_MAX: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal(Generic[T]):
    """A value that the text names, and where."""

    value: T
    source: str  # as people read it: „Textebene: „Rechnungs-Nr. 4711““


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """What may stand on the form when it is opened; None where nothing is certain enough."""

    number: Proposal[str] | None = None
    issued_on: Proposal[date] | None = None
    due_on: Proposal[date] | None = None
    gross: Proposal[Decimal] | None = None
    iban: Proposal[str] | None = None
    vat_id: Proposal[str] | None = None
    vat_kind: Proposal[str] | None = None  # how VAT is shown (vat_words)
    vat_rates: Proposal[str] | None = None
    country: Proposal[str] | None = None  # where the seller sits
    supplier: Proposal[str] | None = None  # from the house's own records, or an EPC-QR code
    notes: tuple[str, ...] = ()  # what else the person should know, German

    def sources(self) -> str:
        """Return where each comes from and what else is known, a line each; empty without any."""
        found = ((label, getattr(self, name)) for name, label in LABELS.items())
        lines = [f"{label}: {one.source}" for label, one in found if one is not None]
        return "\n".join(f"- {line}" for line in (*lines, *self.notes))


#: What the fields are called, in the order of the form.
LABELS: Final = {
    "supplier": "Rechnungssteller",
    "vat_id": "USt-IdNr.",
    "number": "Rechnungsnummer",
    "issued_on": "Rechnungsdatum",
    "due_on": "fällig am",
    "gross": "Zahlbetrag",
    "iban": "IBAN",
    "vat_kind": "Umsatzsteuer",
    "vat_rates": "Steuersatz in %",
    "country": "Land",
}
_MONTHS: Final = (
    *("januar", "februar", "märz", "april", "mai", "juni", "juli", "august"),
    *("september", "oktober", "november", "dezember"),
)
_DAY: Final = (
    r"(?P<day>\d{1,2}\.[ ]?\d{1,2}\.[ ]?(?:\d{4}|\d{2})(?!\d)|\d{4}-\d{2}-\d{2}(?!\d)"
    rf"|\d{{1,2}}\.[ ]?(?:{'|'.join(_MONTHS)})[ ]\d{{4}}(?!\d))"
)
_NUMBER: Final = re.compile(
    r"(?:rechnungs?[- ]?(?:nummer|nr\.?|no\.?)|rechnung[ ](?:nr\.?|nummer)|beleg[- ]?(?:nr\.?|nummer)"
    r"|invoice[ ](?:no\.?|number))[ \t]*[:#]?[ \t]*\n?[ \t]*"
    r"(?P<number>[A-Z0-9](?:[A-Z0-9./_-]{0,28}[A-Z0-9])?)(?![A-Z0-9])",
    re.IGNORECASE,
)
#: The heading of an invoice, alone in its line: asked only where no number stands behind its name.
_HEADED: Final = re.compile(
    r"^[ \t]*(?:rechnung|gutschrift|invoice)[ \t]+(?P<number>[A-Z0-9](?:[A-Z0-9./_-]{0,28}[A-Z0-9])?)"
    r"(?=[ \t]*$|[ \t]+vom[ ])",
    re.IGNORECASE | re.MULTILINE,
)
#: The day under the heading, or of the letter: asked only where none stands behind its name.
_DATED: Final = re.compile(
    r"(?:^[ \t]*(?:(?:rechnung|gutschrift)[ ]\S{1,30}[ ])?vom[ ]|^[^\n\d]{2,60}, (?:den[ ])?)"
    rf"{_DAY}(?![ ]*(?:bis|-|–))",
    re.IGNORECASE | re.MULTILINE,
)
_ISSUED: Final = re.compile(
    rf"(?:rechnungsdatum|belegdatum|ausstellungsdatum|\bdatum)[ \t]*:?[ \t]*\n?[ \t]*{_DAY}",
    re.IGNORECASE,
)
_DUE: Final = re.compile(
    rf"(?:fällig|fälligkeit|fälligkeitsdatum|zahlbar|zahlungsziel)[ \t]*(?:am|bis|zum|:)?"
    rf"(?:[ ](?:spätestens|zum|bis|am))?[ \t]*:?[ \t]*{_DAY}",
    re.IGNORECASE,
)
_GROSS: Final = re.compile(
    r"(?:gesamtbetrag|rechnungsbetrag|endbetrag|zahlbetrag|bruttobetrag|gesamtsumme|rechnungssumme"
    r"|summe[ ]brutto|zu[ ]zahlen(?:der[ ]betrag)?)(?P<between>[^\n\d]{0,30}?)\n?[ \t]*"
    r"(?P<amount>\d{1,3}(?:\.\d{3})+,\d{2}|\d{1,9},\d{2})(?![\d,.]\d)",
    re.IGNORECASE,
)
_VAT_ID: Final = re.compile(r"(?<![A-Z0-9])DE[ ]?\d{3}[ ]?\d{3}[ ]?\d{3}(?!\d)")


def propose(text: str) -> Proposals:
    """Return what the text names once and for certain. Never raises.

    >>> found = propose("Rechnungs-Nr. RE-4711 Rechnungsdatum: 3.12.2026 Gesamtbetrag 1.190,00 EUR")
    >>> found.number.value, found.issued_on.value.isoformat(), str(found.gross.value)
    ('RE-4711', '2026-12-03', '1190.00')
    >>> propose("Gesamtbetrag 10,00 Gesamtbetrag 20,00").gross is None
    True
    """
    shown = text[:TEXT_MAX]
    vat_id = _one(_tax_ids(shown))
    vat = vat_word(shown)
    said = _quoted(vat.text) if vat else ""
    return Proposals(
        number=_one(list(_numbers(_NUMBER, shown)) or _numbers(_HEADED, shown)),
        issued_on=_one(list(_days(_ISSUED, shown)) or _days(_DATED, shown)),
        due_on=_one(_days(_DUE, shown)),
        gross=_one(_amounts(shown)),
        iban=_one(_ibans(shown)),
        vat_id=vat_id,
        vat_kind=Proposal(value=vat.kind, source=said) if vat else None,
        vat_rates=Proposal(value=vat.rate, source=said) if vat and vat.rate else None,
        country=Proposal(value="DE", source=vat_id.source) if vat_id else None,
    )


def recognised(found: Proposals) -> Proposals:
    """Return the proposals as those of a text that a machine has read off pictures.

    >>> found = recognised(propose("Gesamtbetrag 10,00"))
    >>> found.gross.source
    'Texterkennung (weniger sicher), „Gesamtbetrag 10,00“'
    """
    sure = {name: one for name in LABELS if (one := getattr(found, name)) is not None}
    read = {
        name: replace(one, source=one.source.replace("Textebene", "Texterkennung (weniger sicher)"))
        for name, one in sure.items()
    }
    return replace(found, **read)


def shown(value: object) -> str:
    """Return a proposed value as people read it.

    >>> shown(Decimal("1190.00")), shown(date(2026, 12, 3)), shown("M-311")
    ('1190,00', '03.12.2026', 'M-311')
    """
    if isinstance(value, Decimal):
        return f"{value:.2f}".replace(".", ",")
    return f"{value:%d.%m.%Y}" if isinstance(value, date) else str(value)


def parse_day(text: str) -> date | None:
    """Return the day that is written, None where there is no such day.

    >>> parse_day("3. Dezember 2026"), parse_day("31.02.2026"), parse_day("01.12.26")
    (datetime.date(2026, 12, 3), None, datetime.date(2026, 12, 1))
    """
    try:
        if "-" in text:
            return date.fromisoformat(text)
        day, month, year = re.split(r"[. ]+", text.strip().casefold())
        number = _MONTHS.index(month) + 1 if month in _MONTHS else int(month)
        return date(int(year) + 2000 if len(year) == 2 else int(year), number, int(day))
    except ValueError:
        return None


def _one(found: Iterable[Proposal[T]]) -> Proposal[T] | None:
    """Return the proposal where all are of one value, the first place that names it."""
    by_value: dict[T, Proposal[T]] = {}
    for one in found:
        by_value.setdefault(one.value, one)
    return next(iter(by_value.values())) if len(by_value) == 1 else None


def _numbers(pattern: re.Pattern[str], text: str) -> Iterator[Proposal[str]]:
    for match in pattern.finditer(text):
        if any(char.isdigit() for char in match["number"]):
            yield Proposal(value=match["number"], source=_quote(match))


def _days(pattern: re.Pattern[str], text: str) -> Iterator[Proposal[date]]:
    for match in pattern.finditer(text):
        if (day := parse_day(match["day"])) is not None:
            yield Proposal(value=day, source=_quote(match))


def _amounts(text: str) -> Iterator[Proposal[Decimal]]:
    for match in _GROSS.finditer(text):
        if "netto" not in match["between"].casefold():
            amount = Decimal(match["amount"].replace(".", "").replace(",", "."))
            yield Proposal(value=amount, source=_quote(match))


def _ibans(text: str) -> Iterator[Proposal[str]]:
    for found in ibans.in_text(text):
        yield Proposal(value=found.iban, source=_proven(found.written))


def _tax_ids(text: str) -> Iterator[Proposal[str]]:
    for match in _VAT_ID.finditer(text):
        if (value := _vat_id(match[0])) is not None:
            yield Proposal(value=value, source=_proven(match[0]))


def _vat_id(written: str) -> str | None:
    try:
        return f"DE{vat_ids.validate(written)}"
    except ValidationError:
        return None


def _quote(match: re.Match[str]) -> str:
    return _quoted(match[0])


def _quoted(written: str) -> str:
    return f"Textebene, „{' '.join(written.split())[:QUOTE_MAX]}“"


def _proven(written: str) -> str:
    return f"{_quoted(written)}, Prüfziffer stimmt"
