"""A ledger in memory: the fake that ships with the package, for tests without a disk."""

from __future__ import annotations

import hashlib
from enum import StrEnum

from laufzettel.connectors.kasse import lines, neutral
from laufzettel.connectors.kasse.acknowledgement import AckFile
from laufzettel.connectors.kasse.admission import admit
from laufzettel.connectors.kasse.booking import Batch, HeldBatch, require_channel
from laufzettel.connectors.kasse.exchange import FileKind, file_name
from laufzettel.connectors.kasse.port import (
    DocumentMissingError,
    UnknownOutcomeError,
    UnreachableError,
)
from laufzettel.connectors.kasse.reading import already_settled, parse_ack_file
from laufzettel.errors import InputError


class Outage(StrEnum):
    """What the next delivery meets."""

    BEFORE = "before"  # the connection fails before anything was sent
    AFTER = "after"  # the answer is lost; the batch arrived


class MemoryLedger:
    """A LedgerPort that keeps all it is given in two dictionaries.

    ``fail_next`` makes the next delivery fail; ``receive`` is the ledger's side, which
    writes a file of acknowledgements.
    """

    def __init__(self, channel: str, *, takes_documents: bool = False) -> None:
        require_channel(channel)
        self._channel = channel
        self._takes_documents = takes_documents
        self._batches: dict[int, bytes] = {}
        self._documents: dict[str, bytes] = {}
        self._waiting: dict[int, bytes] = {}
        self._settled: dict[int, bytes] = {}
        self._outage: Outage | None = None

    @property
    def channel(self) -> str:
        """The name of the channel, which every file carries."""
        return self._channel

    @property
    def takes_documents(self) -> bool:
        """Whether ``attach`` is expected for every document before its batch."""
        return self._takes_documents

    @property
    def batches(self) -> dict[int, bytes]:
        """What the ledger holds, by number."""
        return dict(self._batches)

    def fail_next(self, outage: Outage) -> None:
        """The next delivery fails in that way."""
        self._outage = outage

    def receive(self, number: int, data: bytes) -> None:
        """The ledger has written a file of acknowledgements."""
        self._waiting[number] = data

    def pack(self, batch: Batch) -> bytes:
        """Return the bytes of the batch, the same ones every time."""
        if batch.channel != self._channel:
            raise InputError(f"Die Übergabe gehört nicht zum Kanal „{self._channel}“.")
        return neutral.pack_batch(batch)

    def attach(self, sha256: str, data: bytes) -> None:
        """The ledger holds the document; again changes nothing."""
        if not self._takes_documents:
            raise InputError(f"Der Kanal „{self._channel}“ nimmt keine Belege an.")
        if hashlib.sha256(data).hexdigest() != sha256:
            raise InputError("Der Beleg passt nicht zu seiner Prüfsumme; er wird nicht übergeben.")
        self._documents[sha256] = data

    def deliver(self, number: int, data: bytes) -> None:
        """The ledger holds the batch; the same bytes again change nothing."""
        outage, self._outage = self._outage, None
        if outage is Outage.BEFORE:
            raise UnreachableError
        batch = admit(
            data,
            channel=self._channel,
            number=number,
            last_number=self.last_number(),
            held=self._batches.get,
        )
        self._require_documents(batch)
        self._batches[number] = data
        if outage is Outage.AFTER:
            raise UnknownOutcomeError

    def delivered(self, number: int) -> str | None:
        """Return the SHA-256 of what is held under the number, or None."""
        held = self._batches.get(number)
        return None if held is None else lines.digest(held)

    def last_number(self) -> int:
        """Return the highest number held, 0 for none."""
        return max(self._batches, default=0)

    def held(self, number: int) -> HeldBatch | None:
        """Return the batch under the number, or None."""
        data = self._batches.get(number)
        if data is None:
            return None
        return HeldBatch(batch=neutral.read_batch(data, channel=self._channel), data=data)

    def acknowledgements(self) -> list[AckFile]:
        """Return the files that are not settled, by number."""
        for number, data in self._settled.items():
            if self._waiting.get(number) == data:
                del self._waiting[number]
        return [self._fresh(number, data) for number, data in sorted(self._waiting.items())]

    def settle(self, ack_file: AckFile) -> None:
        """The file will not be returned again; again is a no-op."""
        number = ack_file.number
        if number is None or number not in self._waiting:
            return
        if lines.digest(self._waiting[number]) == ack_file.sha256:
            data = self._waiting.pop(number)
            if ack_file.is_good:
                self._settled[number] = data

    def settled_after(self, number: int) -> list[AckFile]:
        """Return the settled files above ``number`` once more."""
        above = sorted(item for item in self._settled.items() if item[0] > number)
        return [self._parse(found, data) for found, data in above]

    def missing_acknowledgements(self) -> list[int]:
        """Return the numbers below the highest settled one that were never settled."""
        return sorted(set(range(1, max(self._settled, default=0))) - set(self._settled))

    def _fresh(self, number: int, data: bytes) -> AckFile:
        file = self._parse(number, data)
        return file if number not in self._settled else already_settled(file)

    def _parse(self, number: int, data: bytes) -> AckFile:
        name = file_name(FileKind.ACKNOWLEDGEMENTS, number)
        return parse_ack_file(data, channel=self._channel, number=number, name=name)

    def _require_documents(self, batch: Batch) -> None:
        wanted = [sha256 for order in batch.orders for sha256 in order.documents]
        if self._takes_documents and any(sha256 not in self._documents for sha256 in wanted):
            raise DocumentMissingError
