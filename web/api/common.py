"""Shapes that several resources share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from laufzettel.web.api.shapes import Text

#: Kennungen, wie sie der Server vergibt.
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
