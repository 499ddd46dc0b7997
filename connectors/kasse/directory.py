"""The HKR behind a folder of files: the channel that every ledger can be connected with."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from laufzettel import logs
from laufzettel.connectors.kasse import lines, neutral
from laufzettel.connectors.kasse.acknowledgement import AckFile
from laufzettel.connectors.kasse.admission import admit
from laufzettel.connectors.kasse.booking import Batch, HeldBatch, require_channel
from laufzettel.connectors.kasse.exchange import (
    Box,
    ExchangeFolder,
    FileKind,
    file_name,
    number_of,
    reachable,
)
from laufzettel.connectors.kasse.port import (
    DocumentMissingError,
    NumberTakenError,
    UnknownOutcomeError,
    UnreachableError,
)
from laufzettel.connectors.kasse.reading import already_settled, defective, parse_ack_file
from laufzettel.documents.write_once import (
    MaybeWrittenError,
    NotWrittenError,
    OtherContentError,
    make_folders,
    read_regular,
    write_once,
)
from laufzettel.errors import InputError, StorageError

log = logging.getLogger(__name__)


class DirectoryLedger:
    """A LedgerPort over an exchange folder that ``create`` has set up once.

    The constructor touches nothing; every call first checks that the folder is there and
    belongs to the channel.
    """

    def __init__(self, root: Path, channel: str) -> None:
        require_channel(channel)
        self._root = root
        self._channel = channel

    @classmethod
    def create(cls, root: Path, channel: str, *, takes_documents: bool = False) -> DirectoryLedger:
        """Return the ledger, whose folder is set up now; the same again is a no-op."""
        ExchangeFolder.create(root, channel, takes_documents=takes_documents)
        return cls(root, channel)

    @property
    def channel(self) -> str:
        """The name of the channel, which every file carries."""
        return self._channel

    @property
    def takes_documents(self) -> bool:
        """Whether ``attach`` is expected for every document before its batch."""
        return self._open().takes_documents

    def pack(self, batch: Batch) -> bytes:
        """Return the bytes of the batch, the same ones every time."""
        if batch.channel != self._channel:
            raise InputError(f"Die Übergabe gehört nicht zum Kanal „{self._channel}“.")
        return neutral.pack_batch(batch)

    def attach(self, sha256: str, data: bytes) -> None:
        """The ledger holds the document; again changes nothing."""
        folder = self._open()
        if not folder.takes_documents:
            raise InputError(f"Der Kanal „{self._channel}“ nimmt keine Belege an.")
        if hashlib.sha256(data).hexdigest() != sha256:
            raise InputError("Der Beleg passt nicht zu seiner Prüfsumme; er wird nicht übergeben.")
        path = folder.document_path(sha256)
        try:
            with reachable():
                make_folders(path.parent)
            write_once(path, data, mode=0o440)
        except (NotWrittenError, MaybeWrittenError) as error:
            # Doing it again does no harm, so what is unknown need not be told apart.
            raise UnreachableError(str(error)) from error

    def forget(self, sha256: str) -> bool:
        """Return whether the document lay there; it is gone now.

        Only for the deletion after the retention period.
        """
        path = self._open().document_path(sha256)
        with reachable():
            was_there = path.is_file()
            path.unlink(missing_ok=True)
        return was_there

    def deliver(self, number: int, data: bytes) -> None:
        """The file of the batch lies in ``an/``, whole and with its marker."""
        folder = self._open()
        with reachable():
            batch = admit(
                data,
                channel=self._channel,
                number=number,
                last_number=_last_number(folder),
                held=lambda wanted: _held(folder, wanted),
            )
            _require_documents(folder, batch)
            if _is_delivered(folder, number):
                return
        _publish(folder, file_name(FileKind.BATCH, number), data)
        logs.event(log, "hkr.delivered", number=number, orders=len(batch.orders))

    def delivered(self, number: int) -> str | None:
        """Return the SHA-256 of the file that lies there with its marker, or None."""
        folder = self._open()
        with reachable():
            held = _held(folder, number) if _is_delivered(folder, number) else None
        return None if held is None else lines.digest(held)

    def last_number(self) -> int:
        """Return the highest number that lies there with its marker, 0 for none."""
        folder = self._open()
        with reachable():
            return _last_number(folder)

    def held(self, number: int) -> HeldBatch | None:
        """Return the batch that lies there with its marker, or None."""
        folder = self._open()
        with reachable():
            data = _held(folder, number) if _is_delivered(folder, number) else None
        if data is None:
            return None
        return HeldBatch(batch=neutral.read_batch(data, channel=self._channel), data=data)

    def acknowledgements(self) -> list[AckFile]:
        """Return the files in ``von/`` that are not settled, by number."""
        folder = self._open()
        with reachable():
            folder.sweep()
            read = [_read_fresh(folder, name) for name in folder.finished(Box.FROM_LEDGER)]
        files = [file for file in read if file is not None]
        return sorted(files, key=lambda file: (file.number or 0, file.name))

    def settle(self, ack_file: AckFile) -> None:
        """The file lies in ``archiv/``, or in ``fehler/`` with its reason beside it."""
        folder = self._open()
        with reachable():
            name = _name_on_disk(folder, ack_file)
            if name is None:
                return  # settled before, or replaced: then it is returned again
            if ack_file.is_good:
                folder.put_away(name, Box.ARCHIVE, folder.free_name(Box.ARCHIVE, name))
            else:
                _set_aside(folder, name, ack_file.defect_de)

    def settled_after(self, number: int) -> list[AckFile]:
        """Return the files in ``archiv/`` above ``number`` once more."""
        folder = self._open()
        with reachable():
            return [
                _read(folder, Box.ARCHIVE, file_name(FileKind.ACKNOWLEDGEMENTS, found))
                for found in _settled_numbers(folder)
                if found > number
            ]

    def missing_acknowledgements(self) -> list[int]:
        """Return the numbers below the highest in ``archiv/`` that are not there."""
        folder = self._open()
        with reachable():
            settled = _settled_numbers(folder)
        return sorted(set(range(1, max(settled, default=0))) - set(settled))

    def _open(self) -> ExchangeFolder:
        return ExchangeFolder.open(self._root, self._channel)


def _publish(folder: ExchangeFolder, name: str, data: bytes) -> None:
    try:
        write_once(folder.path(Box.TO_LEDGER, name), data, mode=0o660)
    except NotWrittenError as error:
        raise UnreachableError(str(error)) from error
    except MaybeWrittenError as error:
        raise UnknownOutcomeError(str(error)) from error
    except OtherContentError as error:  # another process took the number just now
        raise NumberTakenError from error
    try:
        folder.mark(Box.TO_LEDGER, name, data)
    except (StorageError, OSError) as error:
        # The batch is visible; a reader that does not wait for markers may have it.
        raise UnknownOutcomeError from error


def _held(folder: ExchangeFolder, number: int) -> bytes | None:
    """Return the bytes of the batch, marker or not, from where the ledger may have put them."""
    name = file_name(FileKind.BATCH, number)
    for box in (Box.TO_LEDGER, Box.ARCHIVE):  # in the direction in which a file moves
        try:
            return read_regular(folder.path(box, name), size_max=lines.FILE_MAX)
        except FileNotFoundError:
            continue
        except StorageError as error:  # neither a batch of ours nor the absence of one
            raise NumberTakenError from error
    return None


def _is_delivered(folder: ExchangeFolder, number: int) -> bool:
    name = file_name(FileKind.BATCH, number)
    return any(folder.is_finished(box, name) for box in (Box.TO_LEDGER, Box.ARCHIVE))


def _last_number(folder: ExchangeFolder) -> int:
    names = [*folder.finished(Box.TO_LEDGER), *folder.finished(Box.ARCHIVE)]
    return max((number_of(FileKind.BATCH, name) or 0 for name in names), default=0)


def _require_documents(folder: ExchangeFolder, batch: Batch) -> None:
    if not folder.takes_documents:
        return
    for order in batch.orders:
        for sha256 in order.documents:
            if not folder.document_path(sha256).is_file():
                raise DocumentMissingError(
                    f"Der Beleg {sha256[:12]}… der Anordnung {order.order_number} "
                    "liegt dem HKR noch nicht vor. Er muss vor der Übergabe bereitgestellt werden."
                )


def _settled_numbers(folder: ExchangeFolder) -> list[int]:
    names = [entry.name for entry in (folder.root / Box.ARCHIVE).iterdir()]
    numbers = (number_of(FileKind.ACKNOWLEDGEMENTS, name) for name in names)
    return sorted(number for number in numbers if number is not None)


def _read_fresh(folder: ExchangeFolder, name: str) -> AckFile | None:
    """Return the file, or None where it is a repetition or was taken away just now."""
    try:
        file = _read(folder, Box.FROM_LEDGER, name)
        settled = _settled_sha256(folder, name)
    except FileNotFoundError:
        return None
    if settled is None or not file.sha256:
        return file
    if settled == file.sha256:
        again = folder.free_name(Box.ARCHIVE, f"{name}.wiederholung")
        folder.put_away(name, Box.ARCHIVE, again)
        return None
    return already_settled(file)


def _settled_sha256(folder: ExchangeFolder, name: str) -> str | None:
    try:
        data = read_regular(folder.path(Box.ARCHIVE, name), size_max=lines.FILE_MAX)
    except FileNotFoundError:
        return None
    return lines.digest(data)


def _read(folder: ExchangeFolder, box: Box, name: str) -> AckFile:
    number = number_of(FileKind.ACKNOWLEDGEMENTS, name)
    if number is None:
        return defective(
            _shown(name), None, "Der Dateiname muss wie rueckmeldung-000001.jsonl lauten."
        )
    try:
        data = read_regular(folder.path(box, name), size_max=lines.FILE_MAX)
    except (StorageError, PermissionError) as error:
        return defective(name, number, f"Die Datei ist nicht lesbar: {error}")
    return parse_ack_file(data, channel=folder.channel, number=number, name=name)


def _name_on_disk(folder: ExchangeFolder, ack_file: AckFile) -> str | None:
    """Return the name of the file in ``von/`` that still is what was read, or None."""
    for name in folder.finished(Box.FROM_LEDGER):
        if _shown(name) == ack_file.name and _is_unchanged(folder, name, ack_file.sha256):
            return name
    return None


def _is_unchanged(folder: ExchangeFolder, name: str, sha256: str) -> bool:
    if not sha256:  # could not be read then, so there is nothing to compare
        return True
    try:
        data = read_regular(folder.path(Box.FROM_LEDGER, name), size_max=lines.FILE_MAX)
    except (FileNotFoundError, StorageError):
        return False
    return lines.digest(data) == sha256


def _shown(name: str) -> str:
    """Return the name as text that every database and screen takes.

    A foreign system may write names that are no UTF-8; Python hands them on as half
    characters, which cannot be stored.
    """
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _set_aside(folder: ExchangeFolder, name: str, reason_de: str) -> None:
    # Cut, so that the endings still fit where a name is as long as a name can be.
    target = folder.free_name(Box.DEFECTIVE, _shown(name)[:50])
    reason = f"{_shown(name)}: {reason_de}\n".encode()
    write_once(folder.path(Box.DEFECTIVE, f"{target}.grund.txt"), reason, mode=0o660)
    folder.put_away(name, Box.DEFECTIVE, target)
