"""Packing bytes where it pays, without packing what does not.

Of something long a piece is tried first: dense data (pictures, ciphers, numbers by chance) would
take a millisecond of processor time for every 40 KB, each time anew, to save next to nothing.
"""

from __future__ import annotations

import zlib
from typing import Final

#: What must be saved of something long, as a part of it, so that it is packed at all.
WORTH: Final = 1 / 3
#: From so many bytes on a piece is tried first.
LONG: Final = 8192
_PIECE: Final = 1024


def packed(data: bytes, *, level: int = 9) -> bytes | None:
    """Return the data as zlib packs it, None where it does not pay.

    >>> len(packed(b"wie bestellt " * 1000)) < 100, packed(b"x7Qp")
    (True, None)
    """
    if len(data) >= LONG and not _seems_worth(data):
        return None
    found = zlib.compress(data, level)
    return found if len(found) < len(data) else None


def _seems_worth(data: bytes) -> bool:
    begin = len(data) // 2
    piece = data[begin : begin + _PIECE]
    return len(zlib.compress(piece, 1)) <= _PIECE * (1 - WORTH)
