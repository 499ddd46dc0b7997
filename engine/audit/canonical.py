"""Canonical JSON (RFC 8785): one value, one text, so that it can be hashed.

Numbers are whole; amounts and times are strings, so nothing is ever rounded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring
from typing import Final, TypeAlias

from laufzettel.errors import InputError

JSON: TypeAlias = "bool | int | str | Sequence[JSON] | Mapping[str, JSON] | None"

#: Beyond it a reader that computes in doubles, as JavaScript does, sees another number.
LARGEST_INT: Final = 2**53 - 1


def canonical(value: JSON) -> str:
    """Return the value as RFC 8785 writes it.

    Raises ValueError for floats, for whole numbers that need more than 53 bits, and for
    anything that is not JSON; InputError for half a surrogate pair.

    >>> canonical({"b": [1, True, None], "a": "ä\\n"})
    '{"a":"ä\\\\n","b":[1,true,null]}'
    >>> canonical({"amount": 1.5})
    Traceback (most recent call last):
    ...
    ValueError: not canonical JSON: 1.5 (amounts are strings)
    """
    if isinstance(value, str):
        return _string(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(canonical, value)) + "]"
    raise ValueError(f"not canonical JSON: {value!r} (amounts are strings)")


def _string(value: str) -> str:
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise InputError("Der Text enthält ein Zeichen, das es nicht gibt.") from error
    return encode_basestring(value)


def _integer(value: int) -> str:
    if abs(value) > LARGEST_INT:
        raise ValueError(f"not canonical JSON: {value} (write it as a string)")
    return str(int(value))


def _mapping(value: Mapping[str, JSON]) -> str:
    if not all(isinstance(key, str) for key in value):
        raise ValueError(f"not canonical JSON: a key of {value!r} is no string")
    keys = sorted(value, key=_utf16)
    return "{" + ",".join(f"{_string(key)}:{canonical(value[key])}" for key in keys) + "}"


def _utf16(key: str) -> bytes:
    # RFC 8785, 3.2.3: by UTF-16 code units, which is not the order of the code points.
    return key.encode("utf-16-be", "surrogatepass")
