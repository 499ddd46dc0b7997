"""Definitions as stable JSON: the same definition always gives the same bytes.

Fields that have their default are left out, so that a later version may add fields
without changing what is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from functools import lru_cache
from typing import Any, Final

import orjson

from laufzettel.engine.model.compile import COMPILER_VERSION
from laufzettel.engine.model.definition import (
    Assignment,
    Definition,
    Element,
    Event,
    EventKind,
    Flow,
    Kind,
    Loop,
    Process,
)
from laufzettel.engine.model.definition import Mapping as IoMapping
from laufzettel.errors import LaufzettelError, TooNewError


class DefinitionError(LaufzettelError):
    """Die gespeicherte Definition ist nicht lesbar."""


def to_json(definition: Definition) -> bytes:
    """Return the definition as JSON, keys sorted, defaults left out."""
    return orjson.dumps(_plain(definition), option=orjson.OPT_SORT_KEYS)


@lru_cache(maxsize=8)
def from_json(data: bytes) -> Definition:
    """Return the definition that ``to_json`` wrote; the same object for the same bytes.

    Raises DefinitionError for anything else, TooNewError for one of a later compiler.

    >>> one = Definition(compiler=1, main="p", processes={}, stripped={})
    >>> from_json(to_json(one)) == one
    True
    """
    try:
        raw = orjson.loads(data)
        _refuse_newer(raw.get("compiler", 0))
        definition: Definition = _build(Definition, raw)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DefinitionError(f"Die gespeicherte Definition ist nicht lesbar: {error}") from error
    return definition


def _refuse_newer(compiler: int) -> None:
    """Raise TooNewError before anything is read that only the newer program knows."""
    if compiler > COMPILER_VERSION:
        raise TooNewError(
            f"Die Definition wurde mit der Compiler-Version {compiler} erstellt; "
            f"dieses Programm kennt Version {COMPILER_VERSION}. Bitte das Programm aktualisieren."
        )


def _plain(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return {
            each.name: _plain(getattr(value, each.name))
            for each in fields(value)
            if each.init and getattr(value, each.name) != _default(each)
        }
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


def _build(kind: type[Any], raw: Any) -> Any:
    """Return an instance of a definition class; an unknown key is an error."""
    values = {key: _READERS.get((kind, key), _same)(one) for key, one in raw.items()}
    return kind(**values)


def _same(raw: Any) -> Any:
    return raw


def _one(kind: type[Any]) -> Callable[[Any], Any]:
    return lambda raw: None if raw is None else _build(kind, raw)


def _each(kind: type[Any]) -> Callable[[Any], Any]:
    return lambda raw: tuple(_build(kind, one) for one in raw)


def _by_key(kind: type[Any]) -> Callable[[Any], Any]:
    return lambda raw: {key: _build(kind, one) for key, one in raw.items()}


#: (class, field) -> how its JSON is read; all other fields are read as they are.
_READERS: Final[dict[tuple[type[Any], str], Callable[[Any], Any]]] = {
    (Definition, "processes"): _by_key(Process),
    (Process, "elements"): _by_key(Element),
    (Process, "flows"): _by_key(Flow),
    (Element, "kind"): Kind,
    (Element, "incoming"): tuple,
    (Element, "outgoing"): tuple,
    (Element, "inputs"): _each(IoMapping),
    (Element, "outputs"): _each(IoMapping),
    (Element, "assignment"): _one(Assignment),
    (Element, "event"): _one(Event),
    (Element, "loop"): _one(Loop),
    (Event, "kind"): EventKind,
}
