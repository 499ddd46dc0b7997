"""Keys under which the same thing is found again however somebody typed it. Pure rules.

A key is for looking up; whether two numbers that share one are the same is said by
``compare_numbers``, which also knows the dates.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Final

#: Words that stand before a number and are not part of it.
_PREFIXES: Final = frozenset(
    [
        "r",
        "ar",
        "re",
        "rg",
        "rn",
        "rnr",
        "renr",
        "rgnr",
        "rech",
        "rechn",
        "rechnr",
        "rechnung",
        "rechnungsnr",
        "rechnungsnummer",
        "rechnungs",
        "nr",
        "no",
        "num",
        "nummer",
        "number",
        "inv",
        "invoice",
        "faktura",
        "beleg",
        "belegnr",
    ]
)
#: Legal forms: the same firm is written with and without them.
_LEGAL_FORMS: Final = frozenset(
    [
        "gmbh",
        "mbh",
        "ug",
        "haftungsbeschraenkt",
        "ag",
        "kg",
        "kgaa",
        "ohg",
        "gbr",
        "partg",
        "partgmbb",
        "eg",
        "ev",
        "ek",
        "ekfr",
        "ekfm",
        "e",
        "k",
        "v",
        "co",
        "und",
        "u",
        "se",
        "inh",
        "inhaber",
        "firma",
        "fa",
        "ltd",
        "sarl",
        "bv",
        "gesellschaft",
        "mit",
        "beschraenkter",
        "haftung",
    ]
)
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_TOKEN: Final = re.compile(r"[a-z]+|[0-9]+")
#: A year that begins a row of digits: „2026“ alone, or written together with what follows.
_YEAR: Final = re.compile(r"20[1-3][0-9]")
#: Shorter numbers that nearly agree are two numbers.
SLIP_MIN: Final = 3
#: So few signs happen to be the same everywhere.
TELLING_MIN: Final = 3
#: The same number without a year this much later is that of the next year's book.
NEW_BOOK_DAYS: Final = 300
#: A year of two digits written together with what follows is only believed of so many digits.
GLUED_MIN: Final = 5
#: The end of a longer number is the same number only from this length on.
PART_MIN: Final = 4


def folded(text: str) -> str:
    """Return the text in small Latin letters without accents.

    >>> folded("Straßenbau MÜLLER & Café")
    'strassenbau mueller & cafe'
    """
    normal = unicodedata.normalize("NFKC", text).casefold().translate(_UMLAUTS)
    split = unicodedata.normalize("NFKD", normal)
    return "".join(char for char in split if not unicodedata.combining(char))


@lru_cache(maxsize=4_096)
def plain(text: str) -> str:
    """Return letters and digits alone, folded: the key of VAT ids, accounts and orders.

    >>> plain("DE 12-34"), plain("")
    ('de1234', '')
    """
    return "".join(char for char in folded(text) if char.isalnum())


@lru_cache(maxsize=4_096)
def name_key(name: str) -> str:
    """Return the words of a name without legal forms, sorted, at most 100 characters.

    >>> name_key("Müller Tiefbau GmbH & Co. KG") == name_key("TIEFBAU MUELLER")
    True
    >>> name_key("GmbH & Co. KG")
    'co gmbh kg'
    """
    words = re.findall(r"[^\W_]+", folded(name))
    telling = [word for word in words if word not in _LEGAL_FORMS]
    return " ".join(sorted(set(telling or words)))[:100]


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """The number of an invoice, taken apart."""

    plain: str  # letters and digits as written
    core: str  # without prefix, year and leading zeros
    year: int | None  # that it carries


@lru_cache(maxsize=4096)  # one is compared with many
def number_of(text: str) -> Number:
    """Take a number apart: „RE“ and „Nr.“, separators, leading zeros and the year are no part of it.

    >>> number_of("RE-2026/00417")
    Number(plain='re202600417', core='417', year=2026)
    >>> number_of("417").core, number_of("Rechnung Nr. 417").core, number_of("GS-17").core
    ('417', '417', 'gs17')
    >>> number_of("2026").core, number_of("RE").core
    ('2026', 're')
    """
    year, parts = _without_year(_tokens(text))
    core = _core(parts)
    return Number(plain=plain(text), core=(core or plain(text))[:100], year=year)


def _tokens(text: str) -> list[str]:
    """Return the rows of letters and of digits, without the words that only say „number“."""
    tokens = _TOKEN.findall(folded(text))
    while len(tokens) > 1 and tokens[0] in _PREFIXES:
        tokens.pop(0)
    return tokens


def _core(parts: Iterable[str]) -> str:
    return "".join(part.lstrip("0") if part.isdigit() else part for part in parts)


def _without_year(tokens: list[str]) -> tuple[int | None, list[str]]:
    """Return the first year among the rows of digits, and the rest, which is never empty."""
    for index, token in enumerate(tokens):
        if not token.isdigit() or not _YEAR.match(token):
            continue
        rest = [*tokens[:index], *([token[4:]] if token[4:] else []), *tokens[index + 1 :]]
        if any(part.isdigit() and part.strip("0") for part in rest):
            return int(token[:4]), rest
    return None, tokens


class Likeness(StrEnum):
    """How two numbers relate."""

    SAME = "same"  # letter by letter, but for separators
    RETYPED = "retyped"  # prefix, zeros or year apart
    SLIP = "slip"  # one sign swapped, wrong, missing or doubled
    PART = "part"  # one is the end of the other
    SUCCESSIVE = "successive"  # they differ in the last sign: counted on
    OTHER_YEAR = "other_year"  # the same but for the year: a new book
    DIFFERENT = "different"
    UNKNOWN = "unknown"  # one of them is missing


def compare_numbers(
    one: str, other: str, one_on: date | None = None, other_on: date | None = None
) -> Likeness:
    """Say how two numbers relate; the dates of the invoices tell the year that is not written.

    >>> compare_numbers("RE 2026-417", "0417", None, date(2026, 3, 1))
    <Likeness.RETYPED: 'retyped'>
    >>> compare_numbers("RE 2026-417", "417", None, date(2025, 3, 1))
    <Likeness.OTHER_YEAR: 'other_year'>
    >>> compare_numbers("4711-8", "4171-8"), compare_numbers("RE-1007", "RE-1008")
    (<Likeness.SLIP: 'slip'>, <Likeness.SUCCESSIVE: 'successive'>)
    """
    if not one.strip() or not other.strip():
        return Likeness.UNKNOWN
    a, b = number_of(one), number_of(other)
    if not _same_year(a, b, one_on, other_on):
        return Likeness.OTHER_YEAR if a.core == b.core else Likeness.DIFFERENT
    if a.plain == b.plain:
        return Likeness.SAME
    if (
        a.core == b.core
        or _is_short_year(one, a, b, one_on)
        or _is_short_year(other, b, a, other_on)
    ):
        return Likeness.RETYPED
    return _nearly(*sorted((a.core, b.core), key=len))


def _is_short_year(written: str, short: Number, long: Number, on: date | None) -> bool:
    """Say whether a number is the other with its year in two digits: „26-417“ for „2026-417“.

    The year must be that of the other number, or of the invoice itself where that has none.
    """
    year = long.year or (on and on.year)
    if short.year is not None or not year:
        return False
    # Written together with what follows it is believed only where the other number says it.
    return long.core in _cores_without(written, f"{year % 100:02d}", glued=long.year is not None)


def _cores_without(written: str, digits: str, *, glued: bool) -> Iterator[str]:
    """Yield the number without these two digits, where they stand alone or begin a long row.

    >>> list(_cores_without("RE 26-0417", "26", glued=False))
    ['417']
    >>> list(_cores_without("260417", "26", glued=True)), list(_cores_without("26", "26", glued=True))
    (['417'], [])
    """
    tokens = _tokens(written)
    for at, token in enumerate(tokens):
        if not token.isdigit() or not token.startswith(digits):
            continue
        if len(token) == 2 or (glued and len(token) >= GLUED_MIN):
            rest = [*tokens[:at], token[2:], *tokens[at + 1 :]]
            if any(part.isdigit() and part.strip("0") for part in rest):
                yield _core(rest)


def is_telling(one: str, other: str) -> bool:
    """Say whether two numbers that are the same have enough signs not to be so by chance.

    >>> is_telling("1", "1"), is_telling("2026-1", "2026-01"), is_telling("2026-1", "1")
    (False, True, False)
    """
    a, b = number_of(one), number_of(other)
    years = 4 if a.year and b.year else 0
    return len(a.core) + years >= TELLING_MIN


def _same_year(a: Number, b: Number, one_on: date | None, other_on: date | None) -> bool:
    """Say whether nothing speaks against one year: what is not written may be that of the date."""
    year_a = a.year or (one_on and one_on.year)
    year_b = b.year or (other_on and other_on.year)
    if a.year is None and b.year is None:  # many begin anew each January
        return one_on is None or other_on is None or abs((one_on - other_on).days) <= NEW_BOOK_DAYS
    return year_a is None or year_b is None or year_a == year_b


def _nearly(short: str, long: str) -> Likeness:
    if len(short) >= PART_MIN and len(long) > len(short) and long.endswith(short):
        return Likeness.PART
    if len(short) == len(long):
        return _of_one_length(short, long)
    if len(long) < SLIP_MIN or len(long) - len(short) > 1:
        return Likeness.DIFFERENT
    is_one_more = any(long[:at] + long[at + 1 :] == short for at in range(len(long)))
    return Likeness.SLIP if is_one_more else Likeness.DIFFERENT


def _of_one_length(one: str, other: str) -> Likeness:
    wrong = [at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(one) < SLIP_MIN:
        return Likeness.DIFFERENT
    if len(wrong) == 1:
        return Likeness.SUCCESSIVE if wrong[0] == len(one) - 1 else Likeness.SLIP
    if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
        first, second = wrong
        is_swap = (one[first], one[second]) == (other[second], other[first])
        return Likeness.SLIP if is_swap else Likeness.DIFFERENT
    return Likeness.DIFFERENT
