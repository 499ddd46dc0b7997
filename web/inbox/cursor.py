"""Where a page of the inbox begins: behind a row or before it, as a short text for the URL.

Pages are found by the row they follow and never by counting, so that the thousandth costs
what the first does, and none shows a row twice because another one was done meanwhile.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from laufzettel.errors import InputError
from laufzettel.web.i18n import gettext as _

_TEXT: Final = re.compile(r"([nv])(0|[1-9][0-9]{0,17})-([0-9a-z]{1,26})", re.ASCII)
_BEGIN: Final = datetime(1, 1, 1, tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC) - _BEGIN
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A row's place in its basket; the page holds what comes after it, or before it.

    >>> cursor = Cursor(sort_at=datetime(2026, 11, 23, 8, tzinfo=UTC), id="01hf")
    >>> cursor.encode()
    'n63931017600000000-01hf'
    >>> Cursor.decode(cursor.encode()) == cursor
    True
    """

    sort_at: datetime
    id: str
    is_backward: bool = False

    def encode(self) -> str:
        """Return the text for the URL."""
        direction = "v" if self.is_backward else "n"
        return f"{direction}{(self.sort_at - _BEGIN) // _MICROSECOND}-{self.id}"

    @classmethod
    def decode(cls, text: str) -> Self:
        """Return the cursor; raises InputError for what ``encode`` has not made."""
        match = _TEXT.fullmatch(text)
        since = timedelta(microseconds=int(match[2])) if match else timedelta(0)
        if match is None or since > _LAST:
            raise InputError(
                _("Diese Seite des Eingangskorbs gibt es nicht. Bitte den Korb neu öffnen.")
            )
        return cls(sort_at=_BEGIN + since, id=match[3], is_backward=match[1] == "v")
