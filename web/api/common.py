"""Shapes that several resources share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from laufzettel.web.api.shapes import Text

#: A name without control characters, as models and senders write it.
NAME: Final = r"[^\x00-\x1f\x7f]+"
#: Name of a variable or of a field of a form.
VARIABLE: Final = r"[A-Za-z_][A-Za-z0-9_]{0,99}"

Reason = Annotated[
    str, Text("Der Grund; er steht im Protokoll des Vorgangs.", most=1000, pattern=r"(?s:.*\S.*)")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """Why something is done."""

    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was asked for is done; its state is read under the address of the thing."""

    id: str
