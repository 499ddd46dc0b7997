"""The folder in which two systems exchange files: ``an/`` to the HKR, ``von/`` from it.

A file counts once its marker, the same name with ``.done``, lies beside it. Nothing is ever
deleted: what is settled moves to ``archiv/``, what is defective to ``fehler/``. A folder is
only used where ``kanal.json`` names the channel, so that an unmounted share or a restored
empty disk is an outage, not an empty ledger.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from laufzettel.connectors.kasse import lines
from laufzettel.connectors.kasse.booking import require_channel
from laufzettel.connectors.kasse.port import UnreachableError
from laufzettel.documents.write_once import (
    OtherContentError,
    make_folders,
    move,
    read_regular,
    write_once,
)
from laufzettel.errors import InputError, StorageError

DONE: Final = ".done"
_SIGN: Final = "kanal.json"
_SIGN_MAX: Final = 4096
_NUMBERED: Final = re.compile(r"(uebergabe|rueckmeldung)-([0-9]{6,9})\.jsonl", re.ASCII)


class Box(StrEnum):
    """The sub-folders."""

    TO_LEDGER = "an"  # batches; the ledger may move what it has read to ARCHIVE
    FROM_LEDGER = "von"  # acknowledgements that are not settled
    ARCHIVE = "archiv"  # settled acknowledgements, batches that the ledger moved
    DEFECTIVE = "fehler"  # what could not be read, with the reason beside it
    DOCUMENTS = "belege"  # originals by SHA-256, only where the channel takes them


class FileKind(StrEnum):
    """The first word of a file name."""

    BATCH = "uebergabe"
    ACKNOWLEDGEMENTS = "rueckmeldung"


def file_name(kind: FileKind, number: int) -> str:
    """Return the name of the file with that number.

    >>> file_name(FileKind.BATCH, 17)
    'uebergabe-000017.jsonl'
    """
    return f"{kind}-{number:06d}.jsonl"


def number_of(kind: FileKind, name: str) -> int | None:
    """Return the number in the name, or None where it is no name of that kind.

    >>> number_of(FileKind.BATCH, "uebergabe-000017.jsonl")
    17
    >>> number_of(FileKind.BATCH, "uebergabe-17.jsonl") is None
    True
    """
    match = _NUMBERED.fullmatch(name)
    number = int(match.group(2)) if match else 0
    return number if number and name == file_name(kind, number) else None


@contextmanager
def reachable() -> Iterator[None]:
    """What the file system refuses in here is an outage of the exchange folder."""
    try:
        yield
    except OSError as error:
        raise UnreachableError(
            f"Der Austauschordner ist nicht erreichbar: {error.strerror or error}."
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeFolder:
    """An exchange folder that was found in order."""

    root: Path
    channel: str
    takes_documents: bool

    @classmethod
    def create(cls, root: Path, channel: str, *, takes_documents: bool) -> ExchangeFolder:
        """Return the folder, which is set up now; setting up the same again is a no-op."""
        require_channel(channel)
        sign = {
            "format": "laufzettel-kanal",
            "version": 1,
            "channel": channel,
            "takes_documents": takes_documents,
        }
        with reachable():
            for box in Box:
                make_folders(root / box)
            try:
                write_once(root / _SIGN, lines.encode(sign))
            except OtherContentError as error:
                raise InputError(
                    "Der Ordner ist schon für einen anderen Kanal oder mit anderen "
                    "Einstellungen eingerichtet. Bitte einen leeren Ordner nehmen."
                ) from error
        return cls(root=root, channel=channel, takes_documents=takes_documents)

    @classmethod
    def open(cls, root: Path, channel: str) -> ExchangeFolder:
        """Return the folder. Raises UnreachableError where it is not set up or not mounted.

        InputError where it belongs to another channel.
        """
        try:
            sign = json.loads(read_regular(root / _SIGN, size_max=_SIGN_MAX))
            found, takes_documents = sign["channel"], sign["takes_documents"]
        except (OSError, StorageError, ValueError, TypeError, KeyError) as error:
            raise UnreachableError(
                "Der Austauschordner ist nicht eingerichtet oder nicht eingehängt: "
                f"{_SIGN} ist nicht lesbar. Es wird nichts geschrieben."
            ) from error
        if found != channel:
            raise InputError(
                f"Der Austauschordner gehört zu einem anderen Kanal, nicht zu „{channel}“. "
                "Bitte die Einstellung prüfen."
            )
        return cls(root=root, channel=channel, takes_documents=takes_documents is True)

    def path(self, box: Box, name: str) -> Path:
        """Return where a file of that name lies."""
        return self.root / box / name

    def document_path(self, sha256: str) -> Path:
        """Return where a document lies."""
        return self.root / Box.DOCUMENTS / sha256[:2] / sha256

    def is_finished(self, box: Box, name: str) -> bool:
        """Return whether the marker lies in the folder."""
        return _exists(self.path(box, name + DONE))

    def finished(self, box: Box) -> list[str]:
        """Return the names of the files that have their marker, sorted."""
        marked = self._marked(box)
        return sorted(name for name in marked if _exists(self.path(box, name)))

    def orphaned(self, box: Box) -> list[str]:
        """Return the names of the files whose marker was left behind."""
        marked = self._marked(box)
        return sorted(name for name in marked if not _exists(self.path(box, name)))

    def publish(self, box: Box, name: str, data: bytes) -> None:
        """The file and then its marker lie in the folder; errors as of ``write_once``."""
        write_once(self.path(box, name), data, mode=0o660)
        self.mark(box, name, data)

    def mark(self, box: Box, name: str, data: bytes) -> None:
        """The marker lies in the folder; it reads like a line of ``sha256sum``."""
        if not self.is_finished(box, name):
            marker = self.path(box, name + DONE)
            write_once(marker, f"{lines.digest(data)}  {name}\n".encode(), mode=0o660)

    def put_away(self, name: str, box: Box, new_name: str) -> None:
        """The file and its marker have moved from ``von/`` to ``box``.

        The marker moves last: a crash in between leaves a marker alone, which
        ``sweep`` moves later, never a file that counts as unfinished.
        """
        try:
            move(self.path(Box.FROM_LEDGER, name), self.path(box, new_name))
            move(self.path(Box.FROM_LEDGER, name + DONE), self.path(box, new_name + DONE))
        except FileNotFoundError:
            return  # another process was faster

    def sweep(self) -> None:
        """No marker lies in ``von/`` without its file."""
        for name in self.orphaned(Box.FROM_LEDGER):
            target = self.free_name(Box.ARCHIVE, f"{name}.allein") + DONE
            try:
                move(self.path(Box.FROM_LEDGER, name + DONE), self.path(Box.ARCHIVE, target))
            except FileNotFoundError:
                continue

    def free_name(self, box: Box, name: str) -> str:
        """Return ``name``, or with a number where the folder has it already."""
        candidate, count = name, 1
        while _exists(self.path(box, candidate)) or self.is_finished(box, candidate):
            count += 1
            candidate = f"{name}.{count}"
        return candidate

    def _marked(self, box: Box) -> set[str]:
        # The marker is looked for first and the file by name afterwards: a file that is
        # written while the listing runs is either found whole or not counted yet.
        names = (entry.name for entry in (self.root / box).iterdir())
        return {
            name.removesuffix(DONE)
            for name in names
            if name.endswith(DONE) and not name.startswith(".")
        }


def _exists(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    return True
