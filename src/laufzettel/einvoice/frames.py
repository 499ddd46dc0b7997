"""Messages over a pipe: four bytes of length, then the bytes."""

from __future__ import annotations

import struct
from typing import IO, Final

_HEAD: Final = struct.Struct(">I")
#: Longest message; an invoice of safe_xml.SIZE_MAX and its report stay well below.
FRAME_MAX: Final = 64 * 1024 * 1024


def write_frame(stream: IO[bytes], data: bytes) -> None:
    """Send one message."""
    stream.write(_HEAD.pack(len(data)) + data)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes | None:
    """Return the next message, None where the other side has ended.

    >>> import io
    >>> pipe = io.BytesIO()
    >>> write_frame(pipe, b"Rechnung")
    >>> _ = pipe.seek(0)
    >>> read_frame(pipe), read_frame(pipe)
    (b'Rechnung', None)
    """
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    (length,) = _HEAD.unpack(head)
    if length > FRAME_MAX:
        return None
    data = stream.read(length)
    return data if len(data) == length else None
