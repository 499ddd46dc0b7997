"""Printing values: as a line for people or as a JSON object a line."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterable
from typing import Any

import orjson


def objects(values: Iterable[Any]) -> None:
    """Print every dataclass as one JSON object; amounts and times as strings."""
    for value in values:
        sys.stdout.write(orjson.dumps(dataclasses.asdict(value), default=str).decode() + "\n")


def lines(texts: Iterable[str]) -> None:
    """Print every text as a line."""
    for text in texts:
        sys.stdout.write(f"{text}\n")
