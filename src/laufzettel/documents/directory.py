"""The store in a folder of the data disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from laufzettel.documents.store import (
    CHANGED,
    READ_MAX,
    STRAY,
    DamagedError,
    Document,
    StoreProblem,
    addressed,
    checked_tenant,
    damaged,
    exhaust,
    is_key,
    key,
    missing,
    rehashed,
    too_large,
    unchanged,
)
from laufzettel.documents.write_once import (
    OtherContentError,
    make_folders,
    open_regular,
    write_once,
)
from laufzettel.errors import StorageError
from laufzettel.spool import Content

_READ_ONLY: Final = 0o440


class DirectoryStore:
    """Keeps documents below ``root``, which must be a folder on the data disk.

    >>> import tempfile
    >>> store = DirectoryStore(Path(tempfile.mkdtemp()))
    >>> document = store.put(b"<Invoice/>", tenant="musterstadt")
    >>> store.get(document.sha256, tenant="musterstadt")
    b'<Invoice/>'
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, data: Content, *, tenant: str) -> Document:
        """Return the address of ``data``, which is now on disk for good."""
        document = addressed(data)
        path = self._path(document.sha256, tenant)
        try:
            make_folders(path.parent)
            write_once(path, data, mode=_READ_ONLY)
        except OtherContentError as error:
            raise damaged(document.sha256) from error
        except OSError as error:
            raise _unusable(error) from error
        return document

    def get(self, sha256: str, *, tenant: str, size_max: int = READ_MAX) -> bytes:
        """Return the bytes, having hashed them again."""
        with self._opened(sha256, tenant) as file:
            if os.fstat(file.fileno()).st_size > size_max:
                raise too_large(size_max)
            data = file.read(size_max + 1)
        return unchanged(data, sha256)

    def portions(self, sha256: str, *, tenant: str) -> Iterator[bytes]:
        """Yield the bytes however many they are, hashed again on the way."""
        with self._opened(sha256, tenant) as file:
            yield from rehashed(file, sha256)

    @contextmanager
    def _opened(self, sha256: str, tenant: str) -> Iterator[IO[bytes]]:
        try:
            with open_regular(self._path(sha256, tenant)) as file:
                yield file
        except FileNotFoundError as error:
            raise missing(sha256) from error
        except OSError as error:
            raise _unusable(error) from error

    def erase(self, sha256: str, *, tenant: str) -> bool:
        """Return whether a document was there; it is gone now."""
        try:
            self._path(sha256, tenant).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise _unusable(error) from error
        return True

    def verify(self) -> list[StoreProblem]:
        """Return every file that is not what its name promises; an empty list is good."""
        return [problem for path in self._files() if (problem := self._examine(path))]

    def sizes(self, *, tenant: str) -> Iterator[Document]:
        """Yield what the tenant has, without reading the content."""
        for path in self._files(checked_tenant(tenant)):
            if is_key(self._place(path)):
                yield Document(sha256=path.name, size=path.lstat().st_size)

    def _path(self, sha256: str, tenant: str) -> Path:
        return self._root / key(sha256, tenant)

    def _place(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()

    def _files(self, below: str = ".") -> Iterator[Path]:
        for folder, folders, names in os.walk(self._root / below):
            folders.sort()
            # A link to a folder is not walked; it is listed as what it is.
            links = [name for name in folders if (Path(folder) / name).is_symlink()]
            yield from (Path(folder) / name for name in sorted(names + links))

    def _examine(self, path: Path) -> StoreProblem | None:
        text = self._complaint(path)
        return StoreProblem(path=self._place(path), text_de=text) if text else None

    def _complaint(self, path: Path) -> str:
        if not is_key(self._place(path)):
            return STRAY
        try:
            with open_regular(path) as file:
                exhaust(rehashed(file, path.name))
        except DamagedError:
            return CHANGED
        except (StorageError, OSError) as error:
            return f"Das Dokument ist nicht lesbar ({error}). Bitte aus der Sicherung holen."
        return ""


def _unusable(error: OSError) -> StorageError:
    return StorageError(
        f"Der Dokumentenspeicher ist nicht benutzbar: {error.strerror or error}. "
        "Bitte freien Platz und Rechte prüfen."
    )
