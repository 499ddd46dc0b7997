"""Bytes that arrive: counted and hashed while they come, in memory only while they are few.

Whatever a way in is sent, the process holds a portion of it at a time. What is over its cap is
refused while it is read, not after. A ``Spool`` is read again from the beginning as often as it
is needed, and always gives the bytes that its checksum names.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Final, Protocol

from laufzettel.errors import InputError, StorageError

#: Bytes that are held at a time.
PORTION: Final = 256 * 1024
#: Files up to this size stay in memory; larger ones lie in the folder for temporary files.
MEMORY_MAX: Final = 512 * 1024
#: So much of the beginning is kept at hand: enough to see what a file is.
HEAD: Final = 4 * 1024


class OversizeError(InputError):
    """Die Datei ist größer, als hier angenommen wird."""


class SpoiltError(StorageError):
    """Die Datei hat sich auf dem Weg in den Speicher verändert; nichts davon wurde abgelegt."""

    retryable = True


class Readable(Protocol):
    """What bytes are read from: a file, the body of a request."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most so many bytes, none at the end."""
        ...


class Spool:
    """A file that has arrived whole."""

    def __init__(self, file: IO[bytes], *, size: int, sha256: str, head: bytes) -> None:
        self._file = file
        self.size = size
        self.sha256 = sha256
        self.head = head

    def portions(self) -> Iterator[bytes]:
        """Yield the bytes from the beginning; one reader at a time.

        Raises SpoiltError at the end where the disk gave others than had arrived.
        """
        digest = hashlib.sha256()
        self._file.seek(0)
        while portion := self._file.read(PORTION):
            digest.update(portion)
            yield portion
        if digest.hexdigest() != self.sha256:
            raise SpoiltError

    def from_start(self) -> IO[bytes]:
        """Return the file itself, at its beginning, for who reads it and leaves it open."""
        self._file.seek(0)
        return self._file

    def whole(self) -> bytes:
        """Return all bytes, for who takes the file apart."""
        return b"".join(self.portions())


#: Bytes at hand, or a file that has arrived.
Content = bytes | Spool


def head_of(content: Content) -> bytes:
    """Return the beginning, at most HEAD bytes.

    >>> head_of(b"%PDF-1.7")
    b'%PDF-1.7'
    """
    return content.head if isinstance(content, Spool) else content[:HEAD]


def size_of(content: Content) -> int:
    """Return the size in bytes."""
    return content.size if isinstance(content, Spool) else len(content)


def sha256_of(content: Content) -> str:
    """Return the checksum in hexadecimal digits."""
    return content.sha256 if isinstance(content, Spool) else hashlib.sha256(content).hexdigest()


def portions_of(content: Content) -> Iterator[bytes]:
    """Yield the bytes from the beginning, a portion at a time."""
    if isinstance(content, Spool):
        yield from content.portions()
        return
    for start in range(0, len(content), PORTION):
        yield content[start : start + PORTION]


def whole(content: Content) -> bytes:
    """Return all bytes, for who takes the file apart."""
    return content.whole() if isinstance(content, Spool) else content


@contextmanager
def spooled(source: Readable, *, size_max: int) -> Iterator[Spool]:
    """Yield what ``source`` gives until its end; a copy, so that nobody changes it meanwhile.

    Raises OversizeError at the first portion beyond ``size_max`` bytes.

    >>> import io
    >>> with spooled(io.BytesIO(b"<Invoice/>"), size_max=100) as arrived:
    ...     arrived.size, arrived.whole()
    (10, b'<Invoice/>')
    """
    with tempfile.SpooledTemporaryFile(max_size=MEMORY_MAX) as file:
        yield _seen(_copied(_read(source), file), file, size_max)


@contextmanager
def gathered(portions: Iterable[bytes]) -> Iterator[Spool]:
    """Yield all of the portions as a file; what they raise is raised before anybody reads it."""
    with tempfile.SpooledTemporaryFile(max_size=MEMORY_MAX) as file:
        yield _seen(_copied(portions, file), file, None)


def scanned(file: IO[bytes], *, size_max: int) -> Spool:
    """Return a file that is ours alone already and stays open: hashed, not copied.

    Raises OversizeError at the first portion beyond ``size_max`` bytes.
    """
    file.seek(0)
    return _seen(_read(file), file, size_max)


def _read(source: Readable) -> Iterator[bytes]:
    while portion := source.read(PORTION):
        yield portion


def _copied(portions: Iterable[bytes], file: IO[bytes]) -> Iterator[bytes]:
    for portion in portions:
        yield portion  # first, so that what is too large is not written
        file.write(portion)


def _seen(portions: Iterable[bytes], file: IO[bytes], size_max: int | None) -> Spool:
    digest, size, head = hashlib.sha256(), 0, b""
    for portion in portions:
        size += len(portion)
        if size_max is not None and size > size_max:
            raise OversizeError
        digest.update(portion)
        if len(head) < HEAD:
            head = (head + portion)[:HEAD]
    return Spool(file, size=size, sha256=digest.hexdigest(), head=head)
