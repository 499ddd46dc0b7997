"""The store of original bytes: written once, named by their SHA-256, re-checked on reading.

A document lies at ``<root>/<tenant>/<ab>/<cd>/<sha256>``. Every tenant has its own tree, so
that what one tenant must erase never hangs on what another must keep, and a hash learned
from elsewhere opens nothing (DESIGN decisions 18 and 20).
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from laufzettel.documents.write_once import (
    OtherContentError,
    make_folders,
    read_regular,
    write_once,
)
from laufzettel.errors import InputError, NotFoundError, StorageError

#: Largest document, in bytes. The ways in (mail, upload) set lower limits of their own.
SIZE_MAX: Final = 256 * 1024 * 1024

# Lower case only: two names that differ in case are one folder on some file systems.
_TENANT: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.ASCII)
_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_READ_ONLY: Final = 0o440


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


class DocumentStore:
    """Keeps documents below ``root``, which must be a folder on the data disk.

    >>> import tempfile
    >>> store = DocumentStore(Path(tempfile.mkdtemp()))
    >>> document = store.put(b"<Invoice/>", tenant="musterstadt")
    >>> store.get(document.sha256, tenant="musterstadt")
    b'<Invoice/>'
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, data: bytes, *, tenant: str) -> Document:
        """Return the address of ``data``, which is now on disk for good.

        The same bytes again change nothing. Raises StorageError when the address holds
        other bytes (damage) or the disk refuses, InputError for what is too large.
        """
        if len(data) > SIZE_MAX:
            raise InputError(
                f"Das Dokument ist {len(data) // 1048576} MB groß; "
                f"gespeichert werden höchstens {SIZE_MAX // 1048576} MB."
            )
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256, tenant)
        try:
            make_folders(path.parent)
            write_once(path, data, mode=_READ_ONLY)
        except OtherContentError as error:
            raise _damaged(sha256) from error
        except OSError as error:
            raise _unusable(error) from error
        return Document(sha256=sha256, size=len(data))

    def get(self, sha256: str, *, tenant: str) -> bytes:
        """Return the bytes, having hashed them again.

        Raises NotFoundError where the tenant has no such document, StorageError when
        what lies there is not what was stored.
        """
        try:
            data = read_regular(self._path(sha256, tenant), size_max=SIZE_MAX)
        except FileNotFoundError as error:
            raise NotFoundError(
                f"Das Dokument {sha256[:12]}… gibt es bei diesem Mandanten nicht."
            ) from error
        except OSError as error:
            raise _unusable(error) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise _damaged(sha256)
        return data

    def erase(self, sha256: str, *, tenant: str) -> bool:
        """Return whether a document was there; it is gone now.

        Only for the deletion after the retention period: whether the period is over, no
        hold stands and nothing else refers to the document is the caller's to prove and
        to record first.
        """
        path = self._path(sha256, tenant)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise _unusable(error) from error
        return True

    def verify(self) -> list[StoreProblem]:
        """Return every file that is not what its name promises; an empty list is good.

        Reads every byte of the store. A missing document cannot be seen from here: compare
        ``sizes()`` with the table of documents for that.
        """
        return [problem for path in self._files() if (problem := self._examine(path))]

    def sizes(self, *, tenant: str) -> Iterator[Document]:
        """Yield what the tenant has, without reading the content."""
        for path in self._files(_checked_tenant(tenant)):
            if self._is_address(path):
                yield Document(sha256=path.name, size=path.lstat().st_size)

    def _path(self, sha256: str, tenant: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise InputError("Ein Dokument wird mit 64 kleinen Hexadezimalziffern benannt.")
        return self._root / _checked_tenant(tenant) / sha256[:2] / sha256[2:4] / sha256

    def _files(self, below: str = ".") -> Iterator[Path]:
        for folder, folders, names in os.walk(self._root / below):
            folders.sort()
            # A link to a folder is not walked; it is listed as what it is.
            links = [name for name in folders if (Path(folder) / name).is_symlink()]
            yield from (Path(folder) / name for name in sorted(names + links))

    def _is_address(self, path: Path) -> bool:
        parts = path.relative_to(self._root).parts
        return len(parts) == 4 and path == self._expected(parts[0], path.name)

    def _expected(self, tenant: str, name: str) -> Path | None:
        if not (_SHA256.fullmatch(name) and _TENANT.fullmatch(tenant)):
            return None
        return self._path(name, tenant)

    def _examine(self, path: Path) -> StoreProblem | None:
        text = self._complaint(path)
        where = path.relative_to(self._root).as_posix()
        return StoreProblem(path=where, text_de=text) if text else None

    def _complaint(self, path: Path) -> str:
        if not self._is_address(path):
            return "Diese Datei gehört nicht in den Speicher. Bitte klären, woher sie kommt."
        try:
            data = read_regular(path, size_max=SIZE_MAX)
        except (StorageError, OSError) as error:
            return f"Das Dokument ist nicht lesbar ({error}). Bitte aus der Sicherung holen."
        if hashlib.sha256(data).hexdigest() != path.name:
            return "Der Inhalt wurde verändert. Bitte das Dokument aus der Sicherung holen."
        return ""


def _checked_tenant(tenant: str) -> str:
    if not _TENANT.fullmatch(tenant):
        raise InputError(
            "Die Kennung eines Mandanten besteht aus kleinen Buchstaben, Ziffern, - und _ "
            "und beginnt mit einem Buchstaben oder einer Ziffer."
        )
    return tenant


def _damaged(sha256: str) -> StorageError:
    return StorageError(
        f"Das Dokument {sha256[:12]}… ist beschädigt: Der Inhalt passt nicht mehr zu seiner "
        "Prüfsumme. Es wird nicht verwendet; bitte aus der Sicherung wiederherstellen."
    )


def _unusable(error: OSError) -> StorageError:
    return StorageError(
        f"Der Dokumentenspeicher ist nicht benutzbar: {error.strerror or error}. "
        "Bitte freien Platz und Rechte prüfen."
    )
