"""The JSON schema (draft 2020-12) of each shape, as OpenAPI 3.1 refers to it.

>>> from laufzettel.web.api.common import Because
>>> schema_of(Because, {})["required"]
['reason']
"""

from __future__ import annotations

import dataclasses
import typing
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from laufzettel.engine.api import WIRE_TYPES
from laufzettel.web.api.shapes import Number, Text, Value, hints, unwrapped

_TIME: Final = {"type": "string", "format": "date-time"}
_PLAIN: Final[dict[Any, dict[str, Any]]] = {
    Any: {},
    bool: {"type": "boolean"},
    datetime: _TIME,
    date: {"type": "string", "format": "date"},
    Decimal: {"type": "string", "pattern": "^-?[0-9]+([.][0-9]+)?$"},
}
#: Schema of a typed value; lists and contexts hold such values.
VALUE_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "description": "Ein Wert mit seiner Art; Zahlen, Tage und Zeiten sind Texte.",
    "required": ["type", "value"],
    "additionalProperties": False,
    "properties": {
        "type": {
            "type": "string",
            "enum": [*WIRE_TYPES, "range"],
        },
        "value": {"description": "Passend zur Art; in list und context stehen wieder Werte."},
    },
}


def schema_of(shape: type, components: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of a dataclass; what it refers to is added to ``components``."""
    required = [
        field.name
        for field in dataclasses.fields(typing.cast(Any, shape))
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    properties = {name: _schema(hint, components) for name, hint in hints(shape).items()}
    schema: dict[str, Any] = {
        "type": "object",
        "description": " ".join((shape.__doc__ or "").split()),
        "additionalProperties": False,
        "properties": properties,
    }
    return {**schema, "required": required} if required else schema


def reference(shape: type, components: dict[str, Any]) -> dict[str, Any]:
    """Return a reference to the schema of the dataclass, which is then among the components."""
    name = shape.__name__
    if name not in components:
        components[name] = {}
        components[name] = VALUE_SCHEMA if shape is Value else schema_of(shape, components)
    return {"$ref": f"#/components/schemas/{name}"}


def parameter_schema(hint: Any) -> dict[str, Any]:
    """Return the schema of a query parameter, which is never null."""
    kind, note, _ = unwrapped(hint)
    return _bare(kind, note, {})


def _schema(hint: Any, components: dict[str, Any]) -> dict[str, Any]:
    kind, note, is_nullable = unwrapped(hint)
    schema = _bare(kind, note, components)
    if not is_nullable:
        return schema
    if "type" in schema and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def _bare(kind: Any, note: Any, components: dict[str, Any]) -> dict[str, Any]:
    about = {"description": note.doc} if note is not None and note.doc else {}
    if kind is Value or dataclasses.is_dataclass(kind):
        return {**reference(typing.cast(type, kind), components), **about}
    if typing.get_origin(kind) is tuple:
        return {"type": "array", "items": _schema(typing.get_args(kind)[0], components), **about}
    if typing.get_origin(kind) is not None:
        return {**_entries_schema(kind, note, components), **about}
    if kind is str:
        return {**_text_schema(note), **about}
    if kind is int:
        limits = note if isinstance(note, Number) else Number("")
        return {"type": "integer", "minimum": limits.least, "maximum": limits.most, **about}
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {"type": "string", "enum": [one.value for one in kind], **about}
    return {**_PLAIN[kind], **about}


def _entries_schema(kind: Any, note: Any, components: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "additionalProperties": _schema(typing.get_args(kind)[1], components),
    }
    if isinstance(note, Text):
        schema["maxProperties"] = note.most
        if note.pattern:
            schema["propertyNames"] = {"pattern": f"^{note.pattern}$"}
    return schema


def _text_schema(note: Any) -> dict[str, Any]:
    if not isinstance(note, Text):
        return {"type": "string"}
    schema: dict[str, Any] = {"type": "string", "minLength": note.least, "maxLength": note.most}
    if note.pattern:
        schema["pattern"] = f"^{note.pattern}$"
    if note.example:
        schema["examples"] = [note.example]
    return schema
