"""Pages of lists: the cursor in the address names the last row of the page before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from laufzettel.engine.api import Place
from laufzettel.web.api.shapes import FieldFault, Number, ShapeError, Text

_BEGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_US: Final = (datetime.max.replace(tzinfo=UTC) - _BEGIN) // timedelta(microseconds=1)
_CURSOR: Final = re.compile(r"(?:([0-9]{1,18})-)?([0-9a-z]{26})", re.ASCII)
#: The same as JSON schema writes it; "" where a list has ended.
CURSOR_PATTERN: Final = r"([0-9]{1,18}-)?[0-9a-z]{26}"

Cursor = Annotated[
    str | None,
    Text("Fortsetzung: der Wert „next“ der vorigen Seite.", most=46, pattern=CURSOR_PATTERN),
]
Limit = Annotated[int, Number("Zeilen je Seite.", least=1, most=200)]
#: What every list answers as ``next``.
NEXT_DE: Final = "Hinter dieser Zeile geht es weiter; null am Ende der Liste."


@dataclass(frozen=True, slots=True, kw_only=True)
class PageQuery:
    """Which page of a list."""

    after: Cursor = None
    limit: Limit = 50


def encode(place: Place | None) -> str | None:
    """Return the cursor of a place.

    >>> encode(Place(id="01hf" + "0" * 22, at=datetime(2026, 11, 23, tzinfo=UTC)))
    '1795392000000000-01hf0000000000000000000000'
    """
    if place is None:
        return None
    if place.at is None:
        return place.id
    return f"{(place.at - _BEGIN) // timedelta(microseconds=1)}-{place.id}"


def decode(cursor: str | None, *, timed: bool) -> Place | None:
    """Return the place of a cursor; raises ShapeError for one of another list.

    ``timed`` says whether the list is ordered by time, else by age alone.
    """
    if cursor is None:
        return None
    match = _CURSOR.fullmatch(cursor)
    if match is None or (match[1] is not None) != timed or int(match[1] or 0) > _LAST_US:
        raise ShapeError([FieldFault("/after", "Diese Fortsetzung gehört nicht zu dieser Liste.")])
    moment = _BEGIN + timedelta(microseconds=int(match[1])) if match[1] is not None else None
    return Place(id=match[2], at=moment)


def shown(page: Any, items: Any) -> dict[str, Any]:
    """Return the fields of a page's shape."""
    return {"items": tuple(items), "next": encode(page.next)}
