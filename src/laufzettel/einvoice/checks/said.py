"""How the checks say a finding: numbers as a German reader writes them, one shape for all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from laufzettel.einvoice.report import Finding, Own, Severity
from laufzettel.einvoice.view.words import Words

_WORDS = Words("de")


def warning(
    rule: Own,
    text: str,
    remedy: str,
    term: str,
    *,
    location: str = "",
    values: Iterable[str] = (),
    twins: tuple[str, ...] = (),
) -> Finding:
    """Return a finding that a person should look at."""
    return Finding(
        id=rule,
        severity=Severity.WARNING,
        text_de=text,
        remedy_de=remedy,
        term=term,
        location=location,
        values=tuple(values),
        twins=twins,
    )


def note(rule: Own, text: str, remedy: str, term: str, values: Iterable[str] = ()) -> Finding:
    """Return a finding that is good to know and hurts nobody."""
    return Finding(
        id=rule,
        severity=Severity.INFORMATION,
        text_de=text,
        remedy_de=remedy,
        term=term,
        values=tuple(values),
    )


def money(value: Decimal, currency: str) -> str:
    """Return an amount.

    >>> money(Decimal("1234.5"), "EUR")
    '1.234,50 €'
    """
    return _WORDS.money(value, currency)


def number(value: Decimal) -> str:
    """Return a number with no more places than it needs.

    >>> number(Decimal("2.500"))
    '2,5'
    """
    return _WORDS.number(value)


def day(value: date) -> str:
    """Return a day.

    >>> day(date(2026, 11, 2))
    '02.11.2026'
    """
    return _WORDS.day(value)


def short(text: str) -> str:
    """Return a text of the invoice so that a sentence can carry it.

    >>> short("x" * 100)[-3:]
    'xx…'
    """
    return text if len(text) <= 60 else f"{text[:59]}…"
