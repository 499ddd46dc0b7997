"""Printing values: as a line for people or as a JSON object a line."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Iterable
from typing import Any, Final

import orjson

_REASONS: Final[dict[type[OSError], str]] = {
    FileNotFoundError: "Datei oder Ordner gibt es nicht",
    IsADirectoryError: "das ist ein Ordner",
    NotADirectoryError: "das liegt nicht in einem Ordner",
    PermissionError: "die Berechtigung fehlt",
}


def objects(values: Iterable[Any]) -> None:
    """Print every dataclass as one JSON object; amounts and times as strings."""
    data(dataclasses.asdict(value) for value in values)


def data(values: Iterable[Any]) -> None:
    """Print every value as one line of JSON; sets as sorted lists."""
    lines(orjson.dumps(value, default=_plain).decode() for value in values)


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set | frozenset) else str(value)


def lines(texts: Iterable[str]) -> None:
    """Print every text as a line; end the program quietly when nobody reads any more."""
    try:
        for text in texts:
            sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:  # as in „… | head“
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None


def reason(error: OSError) -> str:
    """Return in German why a file cannot be used.

    >>> reason(FileNotFoundError())
    'Datei oder Ordner gibt es nicht'
    """
    return _REASONS.get(type(error), f"{error.strerror}")
