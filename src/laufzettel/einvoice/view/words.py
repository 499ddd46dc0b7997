"""Words, numbers and dates of the view in the language of its reader."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Final

#: The languages that the catalogue has, German first.
LANGUAGES: Final = ("de", "en")
_SEPARATORS: Final = str.maketrans(",.", ".,")


@cache
def _catalogue() -> Mapping[str, Mapping[str, Any]]:
    text = files("laufzettel.einvoice.view").joinpath("catalogue.json").read_text("utf-8")
    catalogue: dict[str, dict[str, Any]] = json.loads(text)
    return catalogue


@dataclass(frozen=True, slots=True)
class Words:
    """The catalogue in one language.

    >>> Words("de").term("BT-1"), Words("en").code("unit", "HUR")
    ('Rechnungsnummer', 'h')
    """

    language: str

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise ValueError(f"no such language: {self.language!r}")

    def __call__(self, key: str, **values: object) -> str:
        """Return the word or sentence of that key, with the values put in."""
        text = str(self._in("words", key))
        return text.format(**values) if values else text

    def term(self, term: str) -> str:
        """Return the label of a business term or group."""
        return str(self._in("terms", term))

    def known_term(self, term: str) -> str:
        """Return the label of a business term, ``""`` for one that the view does not show.

        >>> Words("de").known_term("BT-10"), Words("de").known_term("BT-999")
        ('Leitweg-ID', '')
        """
        return self.term(term) if term in _catalogue()["terms"] else ""

    def code(self, table: str, code: str) -> str:
        """Return what a code means; the code itself where the table does not know it.

        >>> Words("de").code("unit", "MTK"), Words("de").code("unit", "XYZ")
        ('m²', 'XYZ')
        """
        known = _catalogue()[table].get(code)
        return code if known is None else str(known[LANGUAGES.index(self.language)])

    def _in(self, table: str, key: str) -> str:
        return str(_catalogue()[table][key][LANGUAGES.index(self.language)])

    def number(self, value: Decimal, places_min: int = 0) -> str:
        """Return a number with no more places than it needs, but at least ``places_min``.

        >>> Words("de").number(Decimal("1250.500")), Words("en").number(Decimal("28.4"), 2)
        ('1.250,5', '28.40')
        """
        exact = f"{value:f}"
        whole, _, fraction = exact.partition(".")
        fraction = fraction.rstrip("0").ljust(places_min, "0")
        text = f"{Decimal(whole):,}"
        text = f"{text}.{fraction}" if fraction else text
        return text.translate(_SEPARATORS) if self.language == "de" else text

    def money(self, value: Decimal, currency: str) -> str:
        """Return an amount with its currency.

        >>> Words("de").money(Decimal("12345.6"), "EUR"), Words("en").money(Decimal(-5), "USD")
        ('12.345,60 €', '-5.00 USD')
        """
        return f"{self.number(value, 2)} {'€' if currency == 'EUR' else currency}"

    def percent(self, value: Decimal) -> str:
        """Return a rate in per cent.

        >>> Words("de").percent(Decimal("19.00")), Words("en").percent(Decimal("2.5"))
        ('19 %', '2.5%')
        """
        return f"{self.number(value)}{' %' if self.language == 'de' else '%'}"

    def day(self, value: date) -> str:
        """Return a day.

        >>> Words("de").day(date(2026, 11, 2)), Words("en").day(date(2026, 11, 2))
        ('02.11.2026', '2 Nov 2026')
        """
        if self.language == "de":
            return value.strftime("%d.%m.%Y")
        return f"{value.day} {self('months').split()[value.month - 1]} {value.year}"

    def quantity(self, value: Decimal, unit: str) -> str:
        """Return how much of what.

        >>> Words("de").quantity(Decimal("312.5"), "MTK")
        '312,5 m²'
        """
        return f"{self.number(value)} {self.code('unit', unit)}".rstrip()

    def size(self, count: int) -> str:
        """Return how large a file is.

        >>> Words("de").size(2_500_000), Words("de").size(214_000), Words("de").size(80)
        ('2,4 MB', '208 kB', '80 Byte')
        """
        if count < 1024:
            return f"{count} {self('byte')}"
        if count < 1024 * 1024:
            return f"{self.number(Decimal(count // 1024))} kB"
        return f"{self.number((Decimal(count) / 1048576).quantize(Decimal('0.1')))} MB"
