"""Variables on the command line: a JSON object, its numbers read exactly."""

from __future__ import annotations

import argparse
import json
from decimal import Decimal
from typing import Any

from laufzettel.errors import InputError
from laufzettel.ids import new_id


def add_payload(parser: argparse.ArgumentParser) -> None:
    """Let the command take ``--payload`` and ``--id``."""
    parser.add_argument(
        "--payload", default="{}", metavar="JSON", help="Variablen, z. B. '{\"betrag\": 12.50}'"
    )
    parser.add_argument(
        "--id",
        metavar="KENNUNG",
        help="Kennung des Absenders; noch einmal dieselbe bewirkt nichts (sonst eine neue)",
    )


def payload(text: str) -> dict[str, Any]:
    """Return the variables of a JSON object; raises InputError in German.

    >>> payload('{"betrag": 12.50, "tage": 3}')
    {'betrag': Decimal('12.50'), 'tage': Decimal('3')}
    """
    try:
        found = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse)
    except ValueError as error:
        raise InputError(f"„--payload“ ist kein JSON: {error}") from error
    if not isinstance(found, dict):
        raise InputError('„--payload“ muss ein JSON-Objekt sein, zum Beispiel {"betrag": 12.50}.')
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} ist keine Zahl")


def message_id(given: str | None) -> str:
    """Return the sender's id, a new one where none was given."""
    return given or new_id()
