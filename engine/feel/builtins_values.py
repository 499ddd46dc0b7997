"""Built-in functions that turn one kind of value into another, and ``not`` and ``is``."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal, DecimalException
from typing import Final

from laufzettel.engine.feel import operators, temporal
from laufzettel.engine.feel.runtime import Code, Refusal, Runtime
from laufzettel.engine.feel.signatures import builtin
from laufzettel.engine.feel.texts import text_of
from laufzettel.engine.feel.values import (
    NUMBERS,
    DaysTimeDuration,
    Value,
    YearsMonthsDuration,
    kind,
)

_NUMBER: Final = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,5})?", re.ASCII)
_NUMBER_LENGTH_MAX: Final = 100
# „1.234,50“, „1234,5“ and plain „1234.50“. A single point before three digits could mean
# thousands or three places, so it is nobody's amount.
_GERMAN: Final = re.compile(
    r"(-?)([0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,15})(?:,([0-9]{1,2}))?", re.ASCII
)
_PLAIN: Final = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]{1,2}))?", re.ASCII)
_GERMAN_MARKS: Final = str.maketrans(",.", ".,")
_CURRENCY: Final = re.compile(r"\s*(?:€|EUR)\s*$")


@builtin("not", "negand: boolean|null")
def _not(runtime: Runtime, negand: bool | None) -> bool | None:
    return None if negand is None else not negand


@builtin("is", "value1: any, value2: any")
def _is(runtime: Runtime, left: Value, right: Value) -> bool:
    if kind(left) != kind(right):
        return False
    if kind(left) in ("time", "date and time"):
        return temporal.temporal_text(left) == temporal.temporal_text(right)
    return operators.equal(left, right, runtime) is True


@builtin("string", "from: any")
def _string(runtime: Runtime, value: Value) -> str | None:
    return None if value is None else text_of(value, runtime)


def _failed(text: str, what: str) -> Refusal:
    return Refusal(Code.FAILED_CONVERSION, f"„{text[:40]}“ ist {what}.")


@builtin("number", "from: string|number")
def _number(runtime: Runtime, value: Value) -> Decimal:
    return value if type(value) is Decimal else _read_number(value, value)


@builtin("number", "from: string, grouping separator: string|null, decimal separator: string|null")
def _number_with_separators(
    runtime: Runtime, text: str, grouping: str | None, point: str | None
) -> Decimal:
    if grouping not in (None, " ", ",", ".") or point not in (None, ",", "."):
        raise Refusal(Code.BAD_ARGUMENT, "Als Trennzeichen gibt es Leerzeichen, Komma und Punkt.")
    if grouping is not None and grouping == (point or "."):
        raise Refusal(Code.BAD_ARGUMENT, "Beide Trennzeichen sind gleich.")
    plain = text.replace(grouping, "") if grouping else text
    if point == ",":
        plain = "?" if "." in plain else plain.replace(",", ".")
    return _read_number(plain, text)


def _read_number(plain: str, text: str) -> Decimal:
    if len(plain) > _NUMBER_LENGTH_MAX or not _NUMBER.fullmatch(plain):
        raise _failed(text, "keine Zahl")
    try:
        return NUMBERS.create_decimal(plain)
    except DecimalException:
        raise _failed(text, "eine zu große Zahl") from None


@builtin("amount", "text: string")
def _amount(runtime: Runtime, text: str) -> Decimal:
    """Extension: the amount of money that a German text writes, with two places."""
    plain = _CURRENCY.sub("", text.strip())
    found = _GERMAN.fullmatch(plain) or _PLAIN.fullmatch(plain)
    is_ambiguous = plain.count(".") == 1 and "," not in plain and not _PLAIN.fullmatch(plain)
    if not found or is_ambiguous:
        raise _failed(text, "kein eindeutiger Betrag. Richtig sind etwa „1.234,50“ oder „1234.50“")
    sign, whole, cents = found.groups()
    digits = whole.replace(".", "")
    if len(digits) > 15:
        raise _failed(text, "ein zu großer Betrag")
    return Decimal(f"{sign}{digits}.{(cents or '').ljust(2, '0')}")


@builtin("amount text", "amount: number")
def _amount_text(runtime: Runtime, amount: Decimal) -> str:
    """Extension: the amount as a German reader writes it, with two places."""
    if amount.adjusted() > 15:
        raise Refusal(Code.BAD_ARGUMENT, "Das ist ein zu großer Betrag.")
    cents = amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP, context=NUMBERS)
    return f"{cents or abs(cents):,.2f}".translate(_GERMAN_MARKS)


@builtin("duration", "from: string")
def _duration(runtime: Runtime, text: str) -> DaysTimeDuration | YearsMonthsDuration:
    duration = temporal.parse_duration(text)
    if duration is None:
        raise _failed(text, "keine Dauer. Richtig ist etwa „P14D“ oder „PT2H“")
    return duration
