"""A watched folder: the drop of an SFTP server, the inbox of a Peppol access point.

A file is picked up by renaming it into ``.work`` under a name of its own, which only one
process can do. It is read, taken at the desk, and only then moved to ``.done``, or to
``.error`` with a note that says what to do. Whatever lies in ``.work`` after a crash is handed
over again under the same key. Nothing is ever deleted.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Final

from laufzettel.connectors.intake.port import (
    PER_RUN,
    SIZE_MAX,
    Arrival,
    Desk,
    InletUnreachableError,
    Taken,
    shown,
)
from laufzettel.documents.write_once import make_folders, move, open_regular, write_once
from laufzettel.errors import InputError, LaufzettelError, StorageError
from laufzettel.failpoints import failpoint
from laufzettel.ids import age_of, new_id
from laufzettel.spool import Spool, spooled

#: How long a file must have been left alone before it counts as complete, in seconds.
SETTLE_S: Final = 15
#: After how long an upload that does not end is somebody's business, in seconds.
STALE_S: Final = 24 * 3600
#: What programs call a file that they are still writing.
UNFINISHED: Final = (".part", ".tmp", ".filepart", ".partial", ".crdownload", ".swp", "~")

_CLAIM: Final = re.compile(r"([0-9a-hjkmnp-tv-z]{26})~(.+)", re.DOTALL)
_NAME_BYTES_MAX: Final = 160


class Box(StrEnum):
    """The sub-folders, hidden from most programs that upload."""

    WORK = ".work"  # picked up, not yet put away
    DONE = ".done"  # taken; the original is in the document store
    ERROR = ".error"  # not taken, a note beside it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """A file that was picked up: ``.work/<token>~<name>``; the token tells when it came."""

    token: str
    name: str

    @property
    def file_name(self) -> str:
        return f"{self.token}~{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedFolder:
    """An Inlet over a folder that ``create`` has set up."""

    root: Path
    name: str  # of the channel
    sender: str = ""
    settle_s: float = SETTLE_S
    size_max: int = SIZE_MAX

    def create(self) -> None:
        """The folder and its boxes are there; the same again is a no-op."""
        for box in Box:
            make_folders(self.root / box)

    def check(self) -> None:
        """Raise InletUnreachableError when the folder cannot be looked into or written."""
        with _reachable(self.root):
            self._check()
            self._now()

    def collect(self, desk: Desk) -> int:
        """Hand over what was left from a crash, then what is complete, the oldest first."""
        with _reachable(self.root):
            self._check()
            failures: list[LaufzettelError] = []
            number = 0
            for claim in islice(self._claims(desk), PER_RUN):
                number += 1
                desk.alive()
                try:
                    self._hand_over(claim, desk)
                except LaufzettelError as error:  # one file holds up no other
                    failures.append(error)
        if failures:
            raise failures[0]
        return number

    def forget(self, receipt_no: str) -> int:
        """Delete what was handed over under the number, and return how many files that were.

        Only for the deletion after the retention period.
        """
        with _reachable(self.root):
            found = [one for one in os.scandir(self.root / Box.DONE) if one.is_file()]
            theirs = [one.path for one in found if one.name.startswith(f"{receipt_no}_")]
            for path in theirs:
                os.unlink(path)
        return len(theirs)

    def _check(self) -> None:
        """Raise where a box is missing: the share is not mounted, or nobody set it up."""
        for box in Box:
            if not stat.S_ISDIR((self.root / box).lstat().st_mode):
                raise NotADirectoryError(f"„{box}“ ist kein Ordner")

    def _claims(self, desk: Desk) -> Iterator[_Claim]:
        left = (_CLAIM.fullmatch(name) for name in sorted(os.listdir(self.root / Box.WORK)))
        yield from (_Claim(token=one[1], name=one[2]) for one in left if one is not None)
        for name, age_s in self._complete(desk):
            claim = _Claim(token=new_id(age_s=age_s), name=_cut(name))
            try:
                move(self.root / name, self._path(Box.WORK, claim.file_name))
            except FileNotFoundError:
                continue  # another process was faster, or the sender took it back
            failpoint("intake.claimed")
            yield claim

    def _complete(self, desk: Desk) -> list[tuple[str, float]]:
        """Return the names of complete files and their ages in seconds, the oldest first."""
        waiting = [one for one in os.scandir(self.root) if not one.name.startswith(".")]
        if not waiting:
            return []
        now, found = self._now(), []
        for entry in waiting:
            age_s = self._age_s(entry, desk, now)
            if age_s is not None:
                found.append((-age_s, entry.name))
        return [(name, -younger) for younger, name in sorted(found)]

    def _age_s(self, entry: os.DirEntry[str], desk: Desk, now: float) -> float | None:
        """Return for how long the file has been left alone; None for what is not picked up."""
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(status.st_mode):
            self._complain(desk, entry.name, "ist keine gewöhnliche Datei", _NO_FILE)
            return None
        # The change time, which a sender cannot set and every write moves; Windows has none.
        age_s = now - max(status.st_ctime, min(status.st_mtime, now))
        if entry.name.lower().endswith(UNFINISHED):
            if age_s > STALE_S:
                self._complain(desk, entry.name, "ist seit über einem Tag unfertig", _UNFINISHED)
            return None
        return age_s if age_s >= self.settle_s else None

    def _now(self) -> float:
        """Return the time by the clock that also stamps the files, which may be a server's."""
        with tempfile.NamedTemporaryFile(dir=self.root / Box.WORK, prefix=".uhr-") as probe:
            return os.fstat(probe.fileno()).st_mtime

    def _hand_over(self, claim: _Claim, desk: Desk) -> None:
        path = self._path(Box.WORK, claim.file_name)
        try:
            before = path.lstat()
            taken = self._take(claim, path, before.st_size, desk)
            after = path.lstat()
        except FileNotFoundError:
            return  # another process has put it away
        except (InputError, _UnreadableError) as error:
            self._put_aside(claim, str(error), desk)
            return
        failpoint("intake.taken")
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            # Somebody was still writing: what has come since is an arrival of its own.
            self._rename(path, self.root / claim.file_name)
            return
        self._rename(path, self._path(Box.DONE, f"{taken.receipt_no}_{claim.file_name}"))

    def _take(self, claim: _Claim, path: Path, size: int, desk: Desk) -> Taken:
        if size == 0:
            raise InputError("Die Datei ist leer.")
        if size > self.size_max:
            raise InputError(
                f"Die Datei ist {size // 1048576} MB groß; angenommen werden höchstens "
                f"{self.size_max // 1048576} MB."
            )
        with _copied(path, self.size_max) as data:
            return desk.take(
                Arrival(
                    key=f"{self.name}:{claim.token}",
                    channel=self.name,
                    sender=self.sender,
                    file_name=shown(claim.name),
                    data=data,
                    waited_s=age_of(claim.token),
                )
            )

    def _put_aside(self, claim: _Claim, reason: str, desk: Desk) -> None:
        """The file lies in ``.error`` with its note; people have been told."""
        name = shown(claim.name)
        note = (
            f"Die Datei „{name}“ wurde nicht als Rechnung angenommen.\n\n{reason}\n\n"
            "Bitte mit dem Absender klären, was gemeint war. Soll sie doch angenommen werden: "
            "den Mangel beheben und die Datei noch einmal in den Eingangsordner legen.\n"
        )
        desk.complain(
            f"{self.name}:{claim.token}",
            f"Im Eingangsordner „{self.name}“ wurde die Datei „{name}“ nicht angenommen: {reason} "
            "Sie liegt im Ordner „.error“, mit einem Hinweis daneben.",
        )
        write_once(self._path(Box.ERROR, f"{claim.file_name}.txt"), note.encode(), mode=0o660)
        self._rename(self._path(Box.WORK, claim.file_name), self._path(Box.ERROR, claim.file_name))

    def _complain(self, desk: Desk, name: str, what: str, remedy: str) -> None:
        text = f"Im Eingangsordner „{self.name}“: „{shown(name)}“ {what}. {remedy}"
        desk.complain(f"{self.name}:{shown(name)}", text)

    def _rename(self, source: Path, target: Path) -> None:
        try:
            move(source, target)
        except FileNotFoundError:
            return  # another process has put it away

    def _path(self, box: Box, name: str) -> Path:
        return self.root / box / name


_NO_FILE: Final = "Nur Dateien werden abgeholt; bitte entfernen oder den Inhalt einzeln ablegen."
_UNFINISHED: Final = "Bitte mit dem Absender klären und unter dem richtigen Namen neu ablegen."


class _UnreadableError(StorageError):
    """Die Datei lässt sich nicht lesen."""


@contextmanager
def _copied(path: Path, size_max: int) -> Iterator[Spool]:
    """Yield the file as it is now: whoever still writes it changes the copy no more."""
    with ExitStack() as stack:
        try:
            file = stack.enter_context(open_regular(path))
            arrived = stack.enter_context(spooled(file, size_max=size_max))
        except StorageError as error:
            raise _UnreadableError(str(error)) from error
        except FileNotFoundError:
            raise
        except OSError as error:
            raise _UnreadableError(
                f"Die Datei lässt sich nicht lesen: {error.strerror or error}."
            ) from error
        yield arrived


@contextmanager
def _reachable(root: Path) -> Iterator[None]:
    """What the file system refuses in here is an outage of the folder."""
    try:
        yield
    except OSError as error:
        raise InletUnreachableError(
            f"Der Eingangsordner {root} ist nicht eingerichtet, nicht eingehängt oder gesperrt: "
            f"{error.strerror or error}. „laufzettel intake --create“ richtet ihn ein."
        ) from error


def _cut(name: str) -> str:
    """Return the name without an earlier token, short enough to get a token in front.

    >>> len(_cut("ü" * 120 + ".xml").encode()) <= 160
    True
    """
    earlier = _CLAIM.fullmatch(name)
    name = earlier[2] if earlier else name
    stem, dot, ending = name.rpartition(".")
    while len(os.fsencode(name)) > _NAME_BYTES_MAX and stem:
        stem = stem[:-1]
        name = f"{stem}{dot}{ending}"
    return name if len(os.fsencode(name)) <= _NAME_BYTES_MAX else "datei"
