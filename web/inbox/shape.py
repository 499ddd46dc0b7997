"""A question to the inbox, parted into its shape and its values.

Questions of one shape are one SQL statement: it is built once, for building it costs more than
running it. The names of the values are those of the statement's parameters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from laufzettel.errors import InputError
from laufzettel.web.i18n import gettext as _
from laufzettel.web.inbox.baskets import Basket, Due, Filters, Reader, Remarked, days, morning

#: Longest search text, and most words of it.
TEXT_MAX: Final = 200
WORDS_MAX: Final = 8
_AMOUNT: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{3})*,[0-9]{2}|[0-9]{1,12},[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """How one word is searched for: in how many forms, and as an amount or not."""

    forms: int
    is_amount: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What decides about the statement, whoever asks."""

    basket: Basket
    groups: int
    due: Due | None = None
    has_min: bool = False
    has_max: bool = False
    has_unit: bool = False
    has_task_name: bool = False
    remarks: Remarked | None = None
    words: tuple[Word, ...] = ()


def shape_of(reader: Reader, basket: Basket, filters: Filters) -> Shape:
    """Return the shape of a question; raises InputError for a text that cannot be searched."""
    return Shape(
        basket=basket,
        groups=len(reader.groups),
        due=filters.due,
        has_min=filters.amount_min is not None,
        has_max=filters.amount_max is not None,
        has_unit=bool(filters.unit),
        has_task_name=bool(filters.task_name),
        remarks=filters.remarks,
        words=tuple(
            Word(forms=len(_forms(word)), is_amount=bool(_AMOUNT.fullmatch(word)))
            for word in _words(filters.text)
        ),
    )


def values_of(reader: Reader, filters: Filters) -> dict[str, Any]:
    """Return the values of a question by the names that its shape gives them."""
    values: dict[str, Any] = {
        **values_of_reader(reader),
        "amount_min": filters.amount_min,
        "amount_max": filters.amount_max,
        "unit": filters.unit,
        "task_name": filters.task_name,
    }
    for place, word in enumerate(_words(filters.text)):
        for number, form in enumerate(_forms(word)):
            values[f"word_{place}_{number}"] = f"%{_escaped(form)}%"
        if _AMOUNT.fullmatch(word):
            values[f"word_{place}_amount"] = Decimal(word.replace(".", "").replace(",", "."))
    return values | (dict(values_of_due(filters.due, reader)) if filters.due else {})


def values_of_reader(reader: Reader) -> dict[str, Any]:
    """Return the values that say who asks, and when."""
    groups = sorted(reader.groups)
    recipients = [f"person:{reader.person}", *(f"group:{group}" for group in groups)]
    return {
        "tenant": reader.tenant,
        "person": reader.person,
        "now": reader.now,
        **{f"group_{place}": group for place, group in enumerate(groups)},
        **{f"recipient_{place}": one for place, one in enumerate(recipients)},
    }


def values_of_due(due: Due, reader: Reader) -> Iterator[tuple[str, Any]]:
    """Yield the bounds that an urgency has today."""
    first, behind = days(due, reader.today)
    if first is not None:
        yield f"{due}_first", morning(first)
    if behind is not None:
        yield f"{due}_behind", morning(behind)


def _words(text: str) -> list[str]:
    if len(text) > TEXT_MAX or "\0" in text:
        raise InputError(
            _("Der Suchtext ist nicht lesbar oder länger als %(n)d Zeichen.") % {"n": TEXT_MAX}
        )
    return text.split()[:WORDS_MAX]


def _forms(word: str) -> list[str]:
    """Return the word as it may be written: SQLite knows no small and great umlauts."""
    if word.isascii():
        return [word]
    return list(dict.fromkeys((word, word.lower(), word.upper(), word.capitalize())))


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
