"""Built-in functions on numbers; all in Decimal, none by way of a float."""

from __future__ import annotations

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
    DecimalException,
)
from typing import Final

from laufzettel.engine.feel import operators
from laufzettel.engine.feel.runtime import Code, Refusal, Runtime
from laufzettel.engine.feel.signatures import builtin
from laufzettel.engine.feel.values import NUMBERS, DaysTimeDuration, Value, YearsMonthsDuration

#: The scales that decimal128 has.
_SCALE_MIN: Final = -6111
_SCALE_MAX: Final = 6176


def rounded(number: Decimal, scale: Decimal, rounding: str) -> Decimal:
    """Return the number with at most ``scale`` places. Raises Refusal for an absurd scale.

    >>> rounded(Decimal("1.121"), Decimal(2), ROUND_UP)
    Decimal('1.13')
    """
    if not _SCALE_MIN <= scale <= _SCALE_MAX:
        raise Refusal(Code.BAD_ARGUMENT, f"So viele Stellen gibt es nicht: {scale}.")
    places = int(scale)
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= places:
        return number
    return number.quantize(Decimal(1).scaleb(-places, NUMBERS), rounding=rounding, context=NUMBERS)


@builtin("decimal", "n: number, scale: number")
def _decimal(runtime: Runtime, n: Decimal, scale: Decimal) -> Decimal:
    return rounded(n, scale, ROUND_HALF_EVEN)


@builtin("round up", "n: number, scale: number")
def _round_up(runtime: Runtime, n: Decimal, scale: Decimal) -> Decimal:
    return rounded(n, scale, ROUND_UP)


@builtin("round down", "n: number, scale: number")
def _round_down(runtime: Runtime, n: Decimal, scale: Decimal) -> Decimal:
    return rounded(n, scale, ROUND_DOWN)


@builtin("round half up", "n: number, scale: number")
def _round_half_up(runtime: Runtime, n: Decimal, scale: Decimal) -> Decimal:
    return rounded(n, scale, ROUND_HALF_UP)


@builtin("round half down", "n: number, scale: number")
def _round_half_down(runtime: Runtime, n: Decimal, scale: Decimal) -> Decimal:
    return rounded(n, scale, ROUND_HALF_DOWN)


@builtin("floor", "n: number")
@builtin("floor", "n: number, scale: number")
def _floor(runtime: Runtime, n: Decimal, scale: Decimal | None = None) -> Decimal:
    return rounded(n, scale or Decimal(0), ROUND_FLOOR)


@builtin("ceiling", "n: number")
@builtin("ceiling", "n: number, scale: number")
def _ceiling(runtime: Runtime, n: Decimal, scale: Decimal | None = None) -> Decimal:
    return rounded(n, scale or Decimal(0), ROUND_CEILING)


@builtin("abs", "n: number|days and time duration|years and months duration")
def _abs(runtime: Runtime, n: Value) -> Value:
    if isinstance(n, DaysTimeDuration):
        return DaysTimeDuration(abs(n.nanoseconds))
    return (
        YearsMonthsDuration(abs(n.months)) if isinstance(n, YearsMonthsDuration) else n.copy_abs()
    )


@builtin("modulo", "dividend: number, divisor: number")
def _modulo(runtime: Runtime, dividend: Decimal, divisor: Decimal) -> Value:
    if not divisor:
        raise Refusal(Code.ARITHMETIC, "Teilung durch null.")
    try:
        rest = NUMBERS.remainder(dividend, divisor)
    except DecimalException:
        raise Refusal(Code.ARITHMETIC, "Der Rest ist nicht mehr genau.") from None
    # Decimal's rest has the sign of the dividend, FEEL's that of the divisor.
    opposite = bool(rest) and (rest < 0) != (divisor < 0)
    return operators.calculate("+", rest, divisor) if opposite else rest


@builtin("sqrt", "number: number")
def _sqrt(runtime: Runtime, number: Decimal) -> Decimal:
    if number < 0:
        raise Refusal(Code.ARITHMETIC, "Aus einer negativen Zahl gibt es keine Wurzel.")
    return NUMBERS.sqrt(number)


@builtin("log", "number: number")
def _log(runtime: Runtime, number: Decimal) -> Decimal:
    if number <= 0:
        raise Refusal(Code.ARITHMETIC, "Einen Logarithmus haben nur Zahlen über null.")
    return NUMBERS.ln(number)


@builtin("exp", "number: number")
def _exp(runtime: Runtime, number: Decimal) -> Decimal:
    try:
        return NUMBERS.exp(number)
    except DecimalException:
        raise Refusal(Code.ARITHMETIC, "Das Ergebnis ist zu groß.") from None


def _is_multiple(number: Decimal) -> bool:
    if number.adjusted() >= 34:
        raise Refusal(Code.ARITHMETIC, "Die Zahl ist zu groß, um gerade oder ungerade zu sein.")
    return NUMBERS.remainder(number, Decimal(2)) == 0


@builtin("even", "number: number")
def _even(runtime: Runtime, number: Decimal) -> bool:
    return _is_multiple(number)


@builtin("odd", "number: number")
def _odd(runtime: Runtime, number: Decimal) -> bool:
    return number == number.to_integral_value() and not _is_multiple(number)


def whole(number: Decimal, what: str) -> int:
    """Return the number without its fraction, as positions and lengths are meant."""
    if number.adjusted() >= 12:
        raise Refusal(Code.BAD_ARGUMENT, f"„{what}“ ist zu groß.")
    return int(number)
