"""Waiting at a mailbox until a mail has come (IDLE, RFC 2177).

A watch takes nothing and changes nothing: it says that there is something to collect. So it
may be lost, doubled or late without any harm; polling finds whatever it did not tell.
"""

from __future__ import annotations

import contextlib
import imaplib
import re
import selectors
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Final, Self

from laufzettel.connectors.intake.imap import TIMEOUT_S, Account, Session, session
from laufzettel.errors import LaufzettelError

#: How long one IDLE lasts, in seconds. RFC 2177 asks for less than 29 minutes; what stands
#: between two machines forgets a silent connection sooner.
IDLE_S: Final = 600
#: Longest line that is read while waiting, in bytes.
LINE_MAX: Final = 65_536

_CAME: Final = re.compile(rb"\* \d+ EXISTS\b", re.IGNORECASE)
_BYE: Final = re.compile(rb"\* BYE\b", re.IGNORECASE)


class IdleMissingError(LaufzettelError):
    """Dieser Mailserver kann IDLE nicht; das Postfach wird weiter regelmäßig abgefragt."""


class Halt:
    """Tells any number of waiting threads at once that they are to end.

    >>> halt = Halt()
    >>> halt.wait(0), halt.set(), halt.wait(60)
    (False, None, True)
    >>> halt.close()
    """

    def __init__(self) -> None:
        # Whoever waits at a connection wakes at a second one; what is closed stays readable.
        self._ear, self._mouth = socket.socketpair()

    def set(self) -> None:
        """Wake everybody for good."""
        self._mouth.close()

    def wait(self, seconds: float) -> bool:
        """Sleep so long, or until it is set; return whether it is."""
        with selectors.DefaultSelector() as selector:
            selector.register(self, selectors.EVENT_READ)
            return bool(selector.select(max(seconds, 0)))

    def fileno(self) -> int:
        """Return the handle that becomes readable when it is set."""
        return self._ear.fileno()

    def close(self) -> None:
        """Give the handles back; nobody may be waiting any more."""
        self._mouth.close()
        self._ear.close()


def watch(
    account: Account, halt: Halt, on_news: Callable[[], None], *, idle_s: float = IDLE_S
) -> None:
    """Call ``on_news`` when the watch stands, and whenever a mail has come, until ``halt``.

    Raises InletUnreachableError when the mailbox cannot be opened or the connection is lost,
    IdleMissingError for a server without IDLE.
    """
    with session(account) as opened:
        if not opened.can("IDLE"):
            raise IdleMissingError
        with _Waiting(opened, halt) as waiting:
            is_first = True
            while not halt.wait(0):
                waiting.begin()
                if is_first:  # for what came before anybody listened
                    on_news()
                    is_first = False
                waiting.hear(on_news, idle_s)
                waiting.end(on_news)


class _Waiting:
    """A selected folder at which somebody waits, one IDLE after the other.

    It reads the connection itself, past imaplib's buffer, in which a line could lie unseen.
    """

    def __init__(self, opened: Session, halt: Halt) -> None:
        self._socket, self._halt = opened.socket, halt
        self._buffer = bytearray()
        self._number = 0

    def __enter__(self) -> Self:
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.settimeout(TIMEOUT_S)

    def begin(self) -> None:
        """The server has agreed to tell."""
        self._number += 1
        self._send(b"%s IDLE\r\n" % self._tag)
        for line in self._lines(TIMEOUT_S, heeds_halt=False):
            if line.startswith(b"+"):
                return
            self._refuse(line)
        raise TimeoutError("keine Antwort auf IDLE")

    def hear(self, on_news: Callable[[], None], seconds: float) -> None:
        """Tell of every mail that comes within so many seconds, or until the halt."""
        for line in self._lines(seconds, heeds_halt=True):
            if _CAME.match(line):
                on_news()
            elif line.startswith(self._tag):  # nobody has said DONE
                raise imaplib.IMAP4.error(f"IDLE beendet: {line[:100].decode('ascii', 'replace')}")
            self._refuse(line)

    def end(self, on_news: Callable[[], None]) -> None:
        """The server takes commands again; it may tell of a mail before it says so."""
        self._send(b"DONE\r\n")
        for line in self._lines(TIMEOUT_S, heeds_halt=False):
            if line.startswith(self._tag):
                return
            if _CAME.match(line):
                on_news()
        raise TimeoutError("keine Antwort auf das Ende von IDLE")

    @property
    def _tag(self) -> bytes:
        return b"WAIT%d" % self._number

    def _refuse(self, line: bytes) -> None:
        """Raise where the server says that it will tell no more."""
        if _BYE.match(line) or line.startswith(self._tag):
            raise imaplib.IMAP4.error(line[:100].decode("ascii", "replace"))

    def _send(self, data: bytes) -> None:
        self._socket.settimeout(TIMEOUT_S)
        self._socket.sendall(data)

    def _lines(self, seconds: float, *, heeds_halt: bool) -> Iterator[bytes]:
        """Yield the lines of the server until time is up, or the halt comes."""
        until = time.monotonic() + seconds
        while True:
            while (end := self._buffer.find(b"\n")) >= 0:
                line = bytes(self._buffer[:end])
                del self._buffer[: end + 1]
                yield line
            if len(self._buffer) > LINE_MAX:
                raise imaplib.IMAP4.error("eine Zeile ohne Ende")
            if not self._may_read(until - time.monotonic(), heeds_halt):
                return
            self._buffer += self._read()

    def _may_read(self, seconds: float, heeds_halt: bool) -> bool:
        """Sleep until there is something to read; False when time is up or the halt has come."""
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return True  # already decrypted: the connection itself would stay silent
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            if heeds_halt:
                selector.register(self._halt, selectors.EVENT_READ)
            ready = [key.fileobj for key, _ in selector.select(max(seconds, 0))]
        return bool(ready) and self._halt not in ready

    def _read(self) -> bytes:
        """Return what there is; nothing where it is not a whole record of TLS yet."""
        self._socket.settimeout(0)
        with contextlib.suppress(ssl.SSLWantReadError, BlockingIOError):
            data = self._socket.recv(4096)
            if not data:
                raise ConnectionResetError("der Server hat die Verbindung beendet")
            return data
        return b""
