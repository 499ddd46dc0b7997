"""What the program and its printing server say to each other about one page.

The page itself does not go this way: its process gets a socket to the program of its own.
"""

from __future__ import annotations

import json
import socket
import struct
from dataclasses import asdict, dataclass
from typing import Final, NamedTuple, Self

_CODE: Final = struct.Struct(">i")
#: Longest message: a path and three numbers, or a sentence of ``child``.
_MESSAGE_MAX: Final = 16 * 1024


class Ended(NamedTuple):
    """How a page ended: an exit code of ``child`` or minus a signal, and what was said."""

    code: int
    output: bytes  # the PDF, or why there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """The limits of a page and the folder that goes away after it.

    >>> errand = Errand(cpu_s=20, memory=1 << 30, deadline=7.5, folder="/tmp/x")
    >>> Errand.from_bytes(errand.to_bytes()) == errand
    True
    """

    cpu_s: int
    memory: int
    deadline: float  # of time.monotonic, which is one clock for all processes of a machine
    folder: str

    def to_bytes(self) -> bytes:
        """Return the errand as it goes through the door."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return the errand that came through the door."""
        return cls(**json.loads(data))


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An errand on the server's side."""

    errand: Errand
    page: socket.socket  # for the process of the page: job in, PDF out
    verdict: socket.socket  # for the server alone: how it ended


def send(door: socket.socket, errand: Errand, page: socket.socket, verdict: socket.socket) -> None:
    """Hand an errand over; afterwards the server has its own ends of both sockets."""
    socket.send_fds(door, [errand.to_bytes()], [page.fileno(), verdict.fileno()])


def receive(door: socket.socket) -> Received | None:
    """Return the next errand, None where the program has closed the door."""
    data, numbers, _, _ = socket.recv_fds(door, _MESSAGE_MAX, 2)
    if not data:
        return None
    page, verdict = (socket.socket(fileno=number) for number in numbers)
    return Received(errand=Errand.from_bytes(data), page=page, verdict=verdict)


def send_verdict(verdict: socket.socket, ended: Ended) -> None:
    """Say how a page ended; nobody may be listening any more."""
    try:
        verdict.sendall(_CODE.pack(ended.code) + ended.output)
    except OSError:
        return


def receive_verdict(verdict: socket.socket) -> Ended | None:
    """Return how a page ended, None where the server died before it said so.

    >>> ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
    >>> send_verdict(theirs, Ended(-9, b"")); theirs.close()
    >>> receive_verdict(ours), receive_verdict(ours)
    (Ended(code=-9, output=b''), None)
    >>> ours.close()
    """
    data = verdict.recv(_MESSAGE_MAX)
    if not data:
        return None
    (code,) = _CODE.unpack(data[: _CODE.size])
    return Ended(code, data[_CODE.size :])
