"""The store of original bytes: written once, named by their SHA-256, re-checked on reading.

``DocumentStore`` is what every store promises; a folder (``directory``) and an S3-compatible
server (``s3``) keep it, and one conformance suite holds both to it. Every tenant has its own
tree ``<tenant>/<ab>/<cd>/<sha256>``, so that what one tenant must erase never hangs on what
another must keep, and a hash learned from elsewhere opens nothing (DESIGN decisions 18 and 20).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from laufzettel.errors import InputError, NotFoundError, StorageError
from laufzettel.spool import PORTION, Content, OversizeError, Readable, sha256_of, size_of

#: Largest document, in bytes. The ways in (mail, upload) set lower limits of their own.
SIZE_MAX: Final = 256 * 1024 * 1024

#: Largest document that is read whole, in bytes: no reader of ours opens a larger one.
READ_MAX: Final = 50 * 1024 * 1024

# Lower case only: two names that differ in case are one folder on some file systems.
_TENANT: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.ASCII)
_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)

STRAY: Final = "Diese Datei gehört nicht in den Speicher. Bitte klären, woher sie kommt."
CHANGED: Final = "Der Inhalt wurde verändert. Bitte das Dokument aus der Sicherung holen."


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The address of stored bytes."""

    sha256: str  # 64 lower case hex digits, the name of the document
    size: int  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreProblem:
    """Something in the store that is not as it was written."""

    path: str  # relative to the root of the store
    text_de: str  # what is wrong and what to do


class DamagedError(StorageError):
    """Das Dokument ist beschädigt: Der Inhalt passt nicht mehr zu seiner Prüfsumme."""


class DocumentStore(Protocol):
    """Keeps bytes under their hash, durably and unchanged, apart for each tenant."""

    def put(self, data: Content, *, tenant: str) -> Document:
        """Return the address of ``data``, which is now stored for good.

        What has arrived as a file is taken over portion by portion. The same bytes again change nothing, so whoever got an error may simply put them
        again. Raises DamagedError when the address holds other bytes, StorageError when the
        store refuses or cannot be reached, InputError for what is too large.
        """
        ...

    def get(self, sha256: str, *, tenant: str, size_max: int = READ_MAX) -> bytes:
        """Return the bytes, having hashed them again.

        Raises NotFoundError where the tenant has no such document, DamagedError when what
        lies there is not what was stored, StorageError where the store cannot be read,
        OversizeError for more than ``size_max`` bytes, of which none is read.
        """
        ...

    def portions(self, sha256: str, *, tenant: str) -> Iterator[bytes]:
        """Yield the bytes however many they are, hashed again on the way. Raises as ``get``.

        Only at the end is it known that they are those that were stored.
        """
        ...

    def erase(self, sha256: str, *, tenant: str) -> bool:
        """Return whether a document was there; it is gone now, with every version of it.

        Only for the deletion after the retention period: whether the period is over, no
        hold stands and nothing else refers to the document is the caller's to prove and
        to record first.
        """
        ...

    def verify(self) -> list[StoreProblem]:
        """Return everything that is not what its name promises; an empty list is good.

        Reads every byte of the store. A missing document cannot be seen from here: compare
        ``sizes()`` with the table of documents for that.
        """
        ...

    def sizes(self, *, tenant: str) -> Iterator[Document]:
        """Yield what the tenant has, without reading the content."""
        ...


def key(sha256: str, tenant: str) -> str:
    """Return the place of a document below the root of a store.

    Raises InputError for what is no hash and no name of a tenant.

    >>> key("ab" * 32, "musterstadt")[:24]
    'musterstadt/ab/ab/ababab'
    """
    if not _SHA256.fullmatch(sha256):
        raise InputError("Ein Dokument wird mit 64 kleinen Hexadezimalziffern benannt.")
    return f"{checked_tenant(tenant)}/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def is_key(place: str) -> bool:
    """Say whether a document may lie at this place.

    >>> is_key(key("ab" * 32, "musterstadt")), is_key("musterstadt/notiz.txt")
    (True, False)
    """
    tenant, name = place.partition("/")[0], place.rpartition("/")[2]
    if not (_SHA256.fullmatch(name) and _TENANT.fullmatch(tenant)):
        return False
    return place == key(name, tenant)


def checked_tenant(tenant: str) -> str:
    """Return the name; raises InputError where it could lead out of the tenant's tree."""
    if not _TENANT.fullmatch(tenant):
        raise InputError(
            "Die Kennung eines Mandanten besteht aus kleinen Buchstaben, Ziffern, - und _ "
            "und beginnt mit einem Buchstaben oder einer Ziffer."
        )
    return tenant


def addressed(data: Content) -> Document:
    """Return the address that the bytes will have; raises InputError for what is too large."""
    size = size_of(data)
    if size > SIZE_MAX:
        raise InputError(
            f"Das Dokument ist {size // 1048576} MB groß; "
            f"gespeichert werden höchstens {SIZE_MAX // 1048576} MB."
        )
    return Document(sha256=sha256_of(data), size=size)


def rehashed(file: Readable, sha256: str) -> Iterator[bytes]:
    """Yield what is read; raises DamagedError at the end where it is not that of the hash."""
    digest = hashlib.sha256()
    while portion := file.read(PORTION):
        digest.update(portion)
        yield portion
    if digest.hexdigest() != sha256:
        raise damaged(sha256)


def exhaust(portions: Iterable[bytes]) -> int:
    """Return how many bytes there were, once all have been seen."""
    return sum(map(len, portions))


def unchanged(data: bytes, sha256: str) -> bytes:
    """Return the bytes; raises DamagedError where they are not those of the hash."""
    if hashlib.sha256(data).hexdigest() != sha256:
        raise damaged(sha256)
    return data


def damaged(sha256: str) -> DamagedError:
    """Return the error about a document whose bytes are others than those stored."""
    return DamagedError(
        f"Das Dokument {sha256[:12]}… ist beschädigt: Der Inhalt passt nicht mehr zu seiner "
        "Prüfsumme. Es wird nicht verwendet; bitte aus der Sicherung wiederherstellen."
    )


def too_large(size_max: int) -> OversizeError:
    """Return the error about a document that is not read whole."""
    return OversizeError(
        f"Das Dokument ist größer als {size_max // 1048576} MB und wird nicht als Ganzes gelesen. "
        "Es liegt unverändert im Speicher und lässt sich herunterladen."
    )


def missing(sha256: str) -> NotFoundError:
    """Return the error about a document that the tenant does not have."""
    return NotFoundError(f"Das Dokument {sha256[:12]}… gibt es bei diesem Mandanten nicht.")
