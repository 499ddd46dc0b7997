"""The state blob of a case: compressed JSON with a version, no specs, no documents."""

from __future__ import annotations

import zlib
from typing import Any

import orjson

from laufzettel.engine import feel
from laufzettel.errors import StorageError, TooNewError

#: Version of the blob's layout; older ones are read for ever, newer ones refused.
#: 2 has repetitions and repeating timers behind; a case without any is still written as 1.
VERSION = 2
#: Largest case, in bytes of JSON before compression.
CASE_BYTES_MAX = 256 * 1024


def encode(state: dict[str, Any]) -> bytes:
    """Return the blob of ``{"run", "scopes", "seen", "loops", "cycles"}``.

    >>> state = {"run": [], "scopes": {"": {"a": "x"}}, "seen": {}, "loops": {}, "cycles": {}}
    >>> blob = encode(state)
    >>> decode(blob)["scopes"]
    {'': {'a': 'x'}}
    """
    scopes = {
        scope: {name: feel.to_json(value) for name, value in values.items()}
        for scope, values in state["scopes"].items()
    }
    loops = {
        scope: [
            [feel.to_json(item) for item in items],
            [feel.to_json(one) for one in outputs],
            *rest,
        ]
        for scope, (items, outputs, *rest) in state["loops"].items()
    }
    more = [loops, state["cycles"]] if loops or state["cycles"] else []
    text = orjson.dumps([VERSION if more else 1, state["run"], scopes, state["seen"], *more])
    if len(text) > CASE_BYTES_MAX:
        sizes = {
            len(orjson.dumps(value)): name
            for values in scopes.values()
            for name, value in values.items()
        }
        largest = f" Die größte Variable ist „{sizes[max(sizes)]}“." if sizes else ""
        raise StorageError(
            f"Der Vorgang ist {len(text)} Bytes groß, erlaubt sind {CASE_BYTES_MAX}.{largest}"
        )
    return zlib.compress(text, 1)


def decode(blob: bytes) -> dict[str, Any]:
    """Return what ``encode`` was given; raises TooNewError for a newer layout."""
    version, *parts = orjson.loads(zlib.decompress(blob))
    if version > VERSION:
        raise TooNewError(
            f"Der Vorgang wurde von einer neueren Programmversion gespeichert (Format {version})."
        )
    run, scopes, seen, loops, cycles = (*parts, {}, {})[:5]
    values = {
        scope: {name: feel.from_json(value) for name, value in kept.items()}
        for scope, kept in scopes.items()
    }
    loops = {
        scope: [
            [feel.from_json(item) for item in items],
            [feel.from_json(one) for one in outputs],
            *rest,
        ]
        for scope, (items, outputs, *rest) in loops.items()
    }
    return {"run": run, "scopes": values, "seen": seen, "loops": loops, "cycles": cycles}
