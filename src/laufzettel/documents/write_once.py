"""Files that appear whole or not at all, and never change afterwards.

A file is written under a hidden temporary name, forced to disk, and only then given its
name, without replacing anything that has the name already. Whoever looks at the folder
sees either nothing or the whole file. The three errors tell a sender what it needs to
know after a failure: nothing happened, something else is there, or nobody can say.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from laufzettel.errors import StorageError
from laufzettel.spool import Content, portions_of, size_of

#: Hidden names with this ending are unfinished; nobody reads them.
TEMPORARY_SUFFIX: Final = ".tmp"
# File systems without hard links (SMB shares, FAT) answer with one of these.
_NO_HARD_LINKS: Final = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}

_NOT_REGULAR: Final = "Das ist keine gewöhnliche Datei; sie wird nicht gelesen."


class NotWrittenError(StorageError):
    """Die Datei konnte nicht geschrieben werden; sie ist nirgends sichtbar geworden."""

    retryable = True


class MaybeWrittenError(StorageError):
    """Ob die Datei angekommen ist, steht nicht fest; bitte nachsehen, nicht erneut schreiben."""


class OtherContentError(StorageError):
    """Unter diesem Namen liegt schon eine Datei mit anderem Inhalt; sie wird nicht ersetzt."""


def write_once(path: Path, data: Content, *, mode: int = 0o640) -> bool:
    """Return whether ``path`` is new; it now holds ``data``, durably, in either case.

    What has arrived as a file is written portion by portion.

    The same bytes again change nothing. Raises OtherContentError when the name holds other
    bytes, NotWrittenError when nothing became visible, MaybeWrittenError when a failure
    came at or after the moment of becoming visible.
    """
    if _holds(path, data):
        _sync_folder(path.parent)  # an earlier writer may have died before this
        return False
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}{TEMPORARY_SUFFIX}")
    try:
        _write_durably(temporary, data, mode)
    except OSError as error:
        _discard(temporary)
        raise NotWrittenError(_because(NotWrittenError, error)) from error
    except BaseException:  # what had arrived could not be read again
        _discard(temporary)
        raise
    return _publish(temporary, path, data)


def read_regular(path: Path, *, size_max: int) -> bytes:
    """Return the bytes of a regular file of at most ``size_max`` bytes.

    Links, pipes and folders are never opened. Raises StorageError for them and for what
    is too large, OSError (FileNotFoundError among them) when the file cannot be read.
    """
    with open_regular(path) as file:
        data = file.read(size_max + 1)
    if len(data) > size_max:
        raise StorageError(
            f"Die Datei ist zu groß; gelesen werden höchstens {size_max // 1024:,} KB.".replace(
                ",", "."
            )
        )
    return data


@contextmanager
def open_regular(path: Path) -> Iterator[IO[bytes]]:
    """Yield a regular file, open to be read.

    Raises StorageError for links, pipes and folders, OSError where it cannot be opened.
    """
    handle = _open_to_read(path)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise StorageError(_NOT_REGULAR)
        with os.fdopen(handle, "rb", closefd=False) as file:
            yield file
    finally:
        os.close(handle)


def make_folders(folder: Path) -> None:
    """``folder`` exists and so do its parents, durably."""
    missing = [path for path in (folder, *folder.parents) if not path.is_dir()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in missing:
        _sync_folder(path.parent)


def move(source: Path, target: Path) -> None:
    """``source`` is now ``target``, durably; both lie in one file system."""
    os.rename(source, target)
    _sync_folder(target.parent)
    _sync_folder(source.parent)


def _publish(temporary: Path, path: Path, data: Content) -> bool:
    try:
        is_new = _take_name(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise MaybeWrittenError(_because(MaybeWrittenError, error)) from error
    finally:
        _discard(temporary)
    if not is_new and not _holds(path, data):  # another writer was faster
        raise OtherContentError
    return is_new


def _take_name(temporary: Path, path: Path) -> bool:
    """Return whether ``path`` is now the file, and False where the name was taken."""
    try:
        os.link(temporary, path)  # unlike rename, a link never replaces
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        if path.exists():
            return False
        os.rename(temporary, path)
    return True


def _holds(path: Path, data: Content) -> bool:
    """Return whether ``path`` holds ``data``; other content is an error."""
    try:
        with open_regular(path) as file:
            is_same = _is_same(file, data)
    except FileNotFoundError:
        return False
    except StorageError as error:
        raise OtherContentError from error
    except OSError as error:
        raise NotWrittenError(_because(NotWrittenError, error)) from error
    if not is_same:
        raise OtherContentError
    return True


def _is_same(file: IO[bytes], data: Content) -> bool:
    """Compare byte by byte, a portion at a time."""
    if os.fstat(file.fileno()).st_size != size_of(data):
        return False
    return all(file.read(len(portion)) == portion for portion in portions_of(data))


def _open_to_read(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | _flag("O_NOFOLLOW") | _flag("O_NONBLOCK"))
    except OSError as error:
        if error.errno == errno.ELOOP:  # what O_NOFOLLOW says of a link
            raise StorageError(_NOT_REGULAR) from error
        raise


def _write_durably(path: Path, data: Content, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        for portion in portions_of(data):
            file.write(portion)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder; its rename is written through
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _discard(temporary: Path) -> None:
    # Only ever our own unfinished name; where even that fails it stays hidden and harmless.
    try:
        temporary.unlink(missing_ok=True)
    except OSError:
        return


def _because(kind: type[StorageError], error: OSError) -> str:
    return f"{(kind.__doc__ or '').strip()} Ursache: {error.strerror or error}."


def _flag(name: str) -> int:
    return int(getattr(os, name, 0))  # both flags are missing on Windows
