"""The shapes of JSON: one dataclass says what is read, what is written, and (``schemas``) how.

What comes in is read strictly: unknown fields, missing ones and wrong types are all named at
once, by JSON pointer. Money, decimals, days and moments are texts in both directions.

>>> @dataclass(frozen=True, kw_only=True)
... class Wish:
...     '''A wish.'''
...     reason: Annotated[str, Text("Why.", most=10)]
...     often: int | None = None
>>> read(Wish, {"reason": "so"})
Wish(reason='so', often=None)
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Final, TypeVar

from laufzettel.engine.api import NotAValueError, from_wire
from laufzettel.errors import InputError

T = TypeVar("T")

#: Largest whole number that is read: what a column of the database can hold.
INTEGER_MAX: Final = 2**31 - 1
_DECIMAL: Final = re.compile(r"-?[0-9]{1,18}([.][0-9]{1,9})?", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
#: Most entries of an object whose names are free.
ENTRIES_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Text:
    """What a text or a free-named object means, and its limits."""

    doc: str
    least: int = 1
    most: int = 200
    pattern: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """What a whole number means, and its limits."""

    doc: str
    least: int = 0
    most: int = INTEGER_MAX


@dataclass(frozen=True, slots=True)
class Note:
    """What a value of any other type means."""

    doc: str


class Value:
    """A typed value of the process, as ``engine.wire`` writes it."""


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one place of the body or the query."""

    pointer: str
    detail: str


class ShapeError(InputError):
    """Die Anfrage hat nicht die erwartete Form."""

    def __init__(self, faults: list[FieldFault]) -> None:
        self.faults = tuple(faults)
        super().__init__()


def read(shape: type[T], raw: Any) -> T:
    """Return the dataclass that the JSON stands for; raises ShapeError with every fault."""
    faults: list[FieldFault] = []
    found = _read(shape, raw, "", faults)
    if faults:
        raise ShapeError(faults)
    return typing.cast(T, found)


def write(value: Any) -> Any:
    """Return plain JSON data: amounts and moments as texts, moments in UTC.

    >>> write(Decimal("1E+2")), write(datetime(2026, 11, 23, 8, tzinfo=__import__("datetime").UTC))
    ('100', '2026-11-23T08:00:00+00:00')
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: write(getattr(value, field.name)) for field in fields}
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: write(one) for key, one in value.items()}
    if isinstance(value, list | tuple | frozenset):
        return [write(one) for one in value]
    return value


def fill(shape: Callable[..., T], source: Any, **given: Any) -> T:
    """Return the dataclass with what ``source`` has under the same names, and ``given``."""
    names = {field.name for field in dataclasses.fields(typing.cast(Any, shape))} - set(given)
    return shape(**{name: getattr(source, name) for name in names}, **given)


# --- reading -----------------------------------------------------------------------------------


@cache
def hints(shape: type) -> Mapping[str, Any]:
    """Return the annotations of a dataclass with what stands beside the types."""
    return typing.get_type_hints(shape, include_extras=True)


def unwrapped(hint: Any) -> tuple[Any, Any, bool]:
    """Return type, note and whether null is possible."""
    note = None
    if typing.get_origin(hint) is Annotated:
        hint, note = typing.get_args(hint)[:2]
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) in (types.UnionType, typing.Union) and type(None) in arguments:
        (hint,) = [one for one in arguments if one is not type(None)]
        inner, inner_note, _ = unwrapped(hint)
        return inner, note or inner_note, True
    return hint, note, False


def _read(hint: Any, raw: Any, at: str, faults: list[FieldFault]) -> Any:
    kind, note, is_nullable = unwrapped(hint)
    if raw is None and is_nullable:
        return None
    origin = typing.get_origin(kind)
    try:
        if dataclasses.is_dataclass(kind):
            return _read_object(kind, raw, at, faults)
        if origin is tuple:
            return _read_list(typing.get_args(kind)[0], raw, at, faults)
        if origin is not None and issubclass(origin, Mapping):
            return _read_entries(typing.get_args(kind)[1], note, raw, at, faults)
        return _READERS[_reader(kind)](kind, note, raw)
    except NotAValueError as error:
        faults.append(FieldFault(at + error.path, str(error)))
    except InputError as error:
        faults.append(FieldFault(at, str(error)))
    return None


def _read_object(shape: Any, raw: Any, at: str, faults: list[FieldFault]) -> Any:
    if not isinstance(raw, dict):
        raise InputError("Erwartet wird ein Objekt.")
    fields = {field.name: field for field in dataclasses.fields(shape)}
    for name in raw:
        if name not in fields:
            faults.append(FieldFault(f"{at}/{_escaped(name)}", "Dieses Feld gibt es hier nicht."))
    values, before = {}, len(faults)
    for name, field in fields.items():
        place = f"{at}/{name}"
        if name in raw:
            values[name] = _read(hints(shape)[name], raw[name], place, faults)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            faults.append(FieldFault(place, "Dieses Feld fehlt."))
    return shape(**values) if len(faults) == before else None


def _read_list(inner: Any, raw: Any, at: str, faults: list[FieldFault]) -> tuple[Any, ...]:
    if not isinstance(raw, list) or len(raw) > ENTRIES_MAX:
        raise InputError(f"Erwartet wird eine Liste mit höchstens {ENTRIES_MAX} Einträgen.")
    return tuple(_read(inner, one, f"{at}/{place}", faults) for place, one in enumerate(raw))


def _read_entries(
    inner: Any, note: Any, raw: Any, at: str, faults: list[FieldFault]
) -> dict[str, Any]:
    most = note.most if isinstance(note, Text) else ENTRIES_MAX
    if not isinstance(raw, dict) or len(raw) > most:
        raise InputError(f"Erwartet wird ein Objekt mit höchstens {most} Einträgen.")
    pattern = note.pattern if isinstance(note, Text) else ""
    for name in raw:
        if pattern and not re.fullmatch(pattern, name, re.ASCII):
            faults.append(FieldFault(f"{at}/{_escaped(name)}", "Dieser Name ist nicht möglich."))
    return {name: _read(inner, one, f"{at}/{_escaped(name)}", faults) for name, one in raw.items()}


def _escaped(name: str) -> str:
    """Return the name as RFC 6901 writes it, cut where it is longer than anybody reads."""
    return name[:100].replace("~", "~0").replace("/", "~1")


def _read_text(kind: Any, note: Any, raw: Any) -> str:
    limits = note if isinstance(note, Text) else Text("")
    if not isinstance(raw, str):
        raise InputError("Erwartet wird ein Text.")
    if not limits.least <= len(raw) <= limits.most:
        raise InputError(f"Möglich sind {limits.least} bis {limits.most} Zeichen.")
    if "\x00" in raw:
        raise InputError("Das Zeichen mit der Nummer 0 ist nicht möglich.")
    if limits.pattern and not re.fullmatch(limits.pattern, raw, re.ASCII):
        raise InputError(f"Der Text hat nicht die Form {limits.pattern}.")
    return raw


def _read_bool(kind: Any, note: Any, raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise InputError("Erwartet wird true oder false.")
    return raw


def _read_number(kind: Any, note: Any, raw: Any) -> int:
    limits = note if isinstance(note, Number) else Number("")
    # A JSON number arrives as Decimal, so that nothing is ever rounded.
    if not isinstance(raw, Decimal) or raw != raw.to_integral_value():
        raise InputError("Erwartet wird eine ganze Zahl.")
    if not limits.least <= raw <= limits.most:
        raise InputError(f"Möglich sind {limits.least} bis {limits.most}.")
    return int(raw)


def _read_choice(kind: Any, note: Any, raw: Any) -> StrEnum:
    known = [one.value for one in kind]
    if not isinstance(raw, str) or raw not in known:
        raise InputError(f"Möglich sind: {', '.join(known)}.")
    return typing.cast(StrEnum, kind(raw))


def _read_value(kind: Any, note: Any, raw: Any) -> Any:
    return from_wire(raw)


def _read_decimal(kind: Any, note: Any, raw: Any) -> Decimal:
    # A text as everywhere: other programs would make a float of a number.
    if not isinstance(raw, str) or not _DECIMAL.fullmatch(raw):
        raise InputError("Erwartet wird eine Zahl als Text, etwa „12.50“.")
    return Decimal(raw)


def _read_day(kind: Any, note: Any, raw: Any) -> date:
    try:
        if isinstance(raw, str) and _DAY.fullmatch(raw):
            return date.fromisoformat(raw)
    except ValueError:
        pass  # as 2026-02-30
    raise InputError("Erwartet wird ein Tag, etwa „2026-12-31“.")


def _reader(kind: Any) -> Any:
    return StrEnum if isinstance(kind, type) and issubclass(kind, StrEnum) else kind


_READERS: Final[dict[Any, Callable[[Any, Any, Any], Any]]] = {
    Decimal: _read_decimal,
    date: _read_day,
    str: _read_text,
    bool: _read_bool,
    int: _read_number,
    StrEnum: _read_choice,
    Value: _read_value,
}
