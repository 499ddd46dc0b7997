"""The state blob of a case: compressed JSON with a version, no specs, no documents.

Large variables lie behind the rest, each by itself: what a step has not changed is written
again as it was read, without packing it anew.
"""

from __future__ import annotations

import zlib
from typing import Any, Final, NamedTuple

import orjson

from laufzettel.engine import feel
from laufzettel.errors import StorageError, TooNewError
from laufzettel.packing import WORTH, packed

#: Version of the blob's layout; older ones are read for ever, newer ones refused.
#: 2 has repetitions and repeating timers behind, 3 large variables; a case is written in the
#: lowest that holds it. Programs before 3 read the version of a 3, for zlib leaves the rest alone.
VERSION = 3
#: Largest case, in bytes of JSON before compression.
CASE_BYTES_MAX = 256 * 1024
#: From so many bytes of JSON on a variable lies behind the rest.
LARGE: Final = 2048


class Large(NamedTuple):
    """A large variable and its bytes in the blob."""

    value: Any
    size: int  # of its JSON
    is_packed: bool
    data: bytes


def encode(state: dict[str, Any]) -> bytes:
    """Return the blob of ``{"run", "scopes", "seen", "loops", "cycles"}``.

    ``"large"`` may hold what ``decode`` found: what still is the same object is not packed again.
    Values are never changed in place, only replaced.

    >>> state = {"run": [], "scopes": {"": {"a": "x"}}, "seen": {}, "loops": {}, "cycles": {}}
    >>> blob = encode(state)
    >>> decode(blob)["scopes"]
    {'': {'a': 'x'}}
    """
    scopes, large = _parted(state["scopes"], state.get("large", {}))
    loops = {
        scope: [
            [feel.to_json(item) for item in items],
            [feel.to_json(one) for one in outputs],
            *rest,
        ]
        for scope, (items, outputs, *rest) in state["loops"].items()
    }
    version, parts = 1, [state["run"], scopes, state["seen"]]
    if loops or state["cycles"] or large:
        version, parts = 2, [*parts, loops, state["cycles"]]
    if large:
        places = [[*of, one.size, one.is_packed, len(one.data)] for of, one in large.items()]
        version, parts = 3, [*parts, places]
    text = orjson.dumps([version, *parts])
    size = len(text) + sum(one.size for one in large.values())
    if size > CASE_BYTES_MAX:
        raise StorageError(_too_large(size, scopes, large))
    return b"".join([zlib.compress(text, 1), *(one.data for one in large.values())])


def _parted(
    scopes: dict[str, dict[str, Any]], known: dict[tuple[str, str], Large]
) -> tuple[dict[str, dict[str, Any]], dict[tuple[str, str], Large]]:
    """Return the JSON of the variables by scope, and apart from them the large ones."""
    small: dict[str, dict[str, Any]] = {}
    large: dict[tuple[str, str], Large] = {}
    for scope, values in scopes.items():
        forms = small[scope] = {}
        for name, value in values.items():
            before = known.get((scope, name))
            if before is not None and before.value is value:
                large[scope, name] = before
                continue
            form = feel.to_json(value)
            found = _large(value, form)
            if found is None:
                forms[name] = form
            else:
                large[scope, name] = found
    return small, large


def _large(value: Any, form: Any) -> Large | None:
    is_short = type(form) is str and len(form) * 6 < LARGE  # six bytes are most that a letter takes
    if is_short or type(form) not in (str, list, dict):
        return None
    text = orjson.dumps(form)
    if len(text) < LARGE:
        return None
    found = packed(text, level=1)
    if found is not None and len(found) <= len(text) * (1 - WORTH):
        return Large(value, len(text), True, found)
    return Large(value, len(text), False, text)  # so it need not be unpacked at every step


def _too_large(
    size: int, scopes: dict[str, dict[str, Any]], large: dict[tuple[str, str], Large]
) -> str:
    sizes = {
        len(orjson.dumps(value)): name
        for values in scopes.values()
        for name, value in values.items()
    } | {one.size: name for (_, name), one in large.items()}
    largest = f" Die größte Variable ist „{sizes[max(sizes)]}“." if sizes else ""
    return f"Der Vorgang ist {size} Bytes groß, erlaubt sind {CASE_BYTES_MAX}.{largest}"


def decode(blob: bytes) -> dict[str, Any]:
    """Return what ``encode`` was given, and ``"large"``; raises TooNewError for a newer layout."""
    unpacker = zlib.decompressobj()
    version, *parts = orjson.loads(unpacker.decompress(blob))
    if version > VERSION:
        raise TooNewError(
            f"Der Vorgang wurde von einer neueren Programmversion gespeichert (Format {version})."
        )
    run, scopes, seen, loops, cycles, places = (*parts, {}, {}, [])[:6]
    values = {
        scope: {name: feel.from_json(value) for name, value in kept.items()}
        for scope, kept in scopes.items()
    }
    large = _placed(places, unpacker.unused_data)
    for (scope, name), one in large.items():
        values[scope][name] = one.value
    loops = {
        scope: [
            [feel.from_json(item) for item in items],
            [feel.from_json(one) for one in outputs],
            *rest,
        ]
        for scope, (items, outputs, *rest) in loops.items()
    }
    return {
        "run": run,
        "scopes": values,
        "seen": seen,
        "loops": loops,
        "cycles": cycles,
        "large": large,
    }


def _placed(places: list[list[Any]], data: bytes) -> dict[tuple[str, str], Large]:
    if sum(length for *_, length in places) != len(data):
        raise StorageError("Der Stand des Vorgangs ist beschädigt: Er hat nicht seine Länge.")
    found, begin = {}, 0
    for scope, name, size, is_packed, length in places:
        one = data[begin : begin + length]
        begin += length
        value = feel.from_json(orjson.loads(zlib.decompress(one) if is_packed else one))
        found[scope, name] = Large(value, size, is_packed, one)
    return found
