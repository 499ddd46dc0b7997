"""How amounts, days and moments are written on pages, and amounts read from them."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency
from flask import Flask

from laufzettel.clock import OFFICE_ZONE
from laufzettel.einvoice.view.texts import grouped
from laufzettel.web import i18n

#: Language of the page → customs of writing. English as in Britain: the day comes first.
_LOCALES: Final = {"de": "de_DE", "en": "en_GB"}
_DAYS: Final = {"de_DE": "dd.MM.yyyy", "en_GB": "d MMM yyyy"}
_SHORT: Final = {"de_DE": "dd.MM.", "en_GB": "d MMM"}
_AMOUNT: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{3})*,[0-9]{2}|[0-9]+([.,][0-9]{1,2})?", re.ASCII)
_WEEKDAYS: Final = {"de_DE": "EEE dd.MM.", "en_GB": "EEE d MMM"}


def _locale() -> str:
    return _LOCALES[i18n.language()]


def money(amount: Decimal | None, currency: str | None = "EUR") -> str:
    """Return the amount with its currency; nothing for no amount.

    >>> money(Decimal("18432.60")).replace("\\xa0", " ")
    '18.432,60 €'
    """
    if amount is None:
        return ""
    return format_currency(amount, currency or "EUR", locale=_locale())


def day(value: date | datetime | None) -> str:
    """Return the day as the office counts it.

    >>> day(date(2026, 11, 23))
    '23.11.2026'
    """
    return _written(value, _DAYS)


def weekday(value: date | datetime | None) -> str:
    """Return the day with its weekday, without the year.

    >>> weekday(date(2026, 12, 3)).replace("\\xa0", " ")
    'Do. 03.12.'
    """
    return _written(value, _WEEKDAYS)


def short_day(value: date | datetime | None) -> str:
    """Return the day without weekday and year, where the year is plain.

    >>> short_day(date(2026, 12, 3))
    '03.12.'
    """
    return _written(value, _SHORT)


def _written(value: date | datetime | None, patterns: dict[str, str]) -> str:
    if value is None:
        return ""
    locale = _locale()
    return format_date(office_day(value), patterns[locale], locale=locale)


def office_day(value: date | datetime) -> date:
    """Return the day on which the moment lies in the office.

    >>> from datetime import UTC
    >>> office_day(datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    datetime.date(2027, 1, 1)
    """
    return value.astimezone(OFFICE_ZONE).date() if isinstance(value, datetime) else value


def clock(value: datetime | None) -> str:
    """Return the time of day in the office.

    >>> from datetime import UTC
    >>> clock(datetime(2026, 12, 3, 9, 0, tzinfo=UTC))
    '10:00'
    """
    if value is None:
        return ""
    return format_time(value.astimezone(OFFICE_ZONE), "HH:mm", locale=_locale())


def moment(value: datetime | None) -> str:
    """Return day and time in the office.

    >>> from datetime import UTC
    >>> moment(datetime(2026, 12, 3, 9, 0, tzinfo=UTC))
    '03.12.2026 10:00'
    """
    if value is None:
        return ""
    locale = _locale()
    pattern = f"{_DAYS[locale]} HH:mm"
    return format_datetime(value.astimezone(OFFICE_ZONE), pattern, locale=locale)


def parse_amount(text: str) -> Decimal | None:
    """Return the amount that a text writes as people do, None when it is none.

    >>> parse_amount("2.780,44"), parse_amount("2780,44 €"), parse_amount("RE-7")
    (Decimal('2780.44'), Decimal('2780.44'), None)
    """
    plain = text.replace("€", "").replace("EUR", "").strip()
    if not _AMOUNT.fullmatch(plain) or len(plain) > 15:
        return None
    number = plain.replace(".", "").replace(",", ".") if "," in plain else plain
    return Decimal(number).quantize(Decimal("0.01"))


def size(count: int) -> str:
    """Return a number of bytes for people.

    >>> size(900), size(214_000), size(3_400_000)
    ('900 B', '214 kB', '3,4 MB')
    """
    if count < 1_000:
        return f"{count} B"
    if count < 1_000_000:
        return f"{round(Decimal(count) / 1_000)} kB"
    millions = f"{Decimal(count) / 1_000_000:.1f}"
    return f"{millions if i18n.language() == 'en' else millions.replace('.', ',')} MB"


def register(app: Flask) -> None:
    """Let templates write amounts, days and moments."""
    app.jinja_env.filters.update(
        money=money,
        day=day,
        weekday=weekday,
        short_day=short_day,
        clock=clock,
        moment=moment,
        iban=grouped,
        filesize=size,
    )
