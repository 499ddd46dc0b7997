"""The port to the HKR: what is handed over, what comes back, and what every ledger can do.

Orders travel in *batches* (Übergaben) with a gapless number per channel. An order is known
for ever by its ``order_id``, which is made from the business record; the ledger books an id
at most once, whatever is sent how often. Acknowledgements (Rückmeldungen) come in files with
a gapless number of their own, and may be late, doubled and out of order.

After a failure a sender knows one of three things, and each is its own exception:
``UnreachableError`` (nothing happened, try again), ``UnknownOutcomeError`` (ask
``delivered`` before anything else), ``NumberTakenError`` and the other refusals (a person).
"""

from __future__ import annotations

from typing import Protocol

from laufzettel.connectors.kasse.acknowledgement import (
    AckFile,
    Acknowledgement,
    AckStatus,
    ReasonCode,
)
from laufzettel.connectors.kasse.booking import (
    Batch,
    BookingOrder,
    HeldBatch,
    OrderType,
    Share,
    TaxMark,
    Withholding,
    order_key,
    require_channel,
)
from laufzettel.errors import ConflictError, LaufzettelError, NotFoundError, UnavailableError

__all__ = [
    "AckFile",
    "AckStatus",
    "Acknowledgement",
    "Batch",
    "BookingOrder",
    "DocumentMissingError",
    "HeldBatch",
    "LedgerPort",
    "NumberTakenError",
    "OrderType",
    "OutOfSequenceError",
    "ReasonCode",
    "Share",
    "TaxMark",
    "UnknownOutcomeError",
    "UnreachableError",
    "Withholding",
    "order_key",
    "require_channel",
]


class UnreachableError(UnavailableError):
    """Das HKR ist nicht erreichbar. Es wurde nichts übergeben."""


class UnknownOutcomeError(LaufzettelError):
    """Ob die Übergabe beim HKR angekommen ist, steht nicht fest. Bitte erst dort nachfragen."""


class NumberTakenError(ConflictError):
    """Unter dieser Nummer liegt beim HKR schon eine Übergabe mit anderem Inhalt."""


class OutOfSequenceError(ConflictError):
    """Diese Übergabe ist noch nicht an der Reihe; eine frühere fehlt beim HKR."""

    retryable = True  # it goes through as soon as the earlier one has


class DocumentMissingError(NotFoundError):
    """Ein Beleg der Übergabe liegt dem HKR noch nicht vor."""


class LedgerPort(Protocol):
    """One channel to an HKR. What every implementation must keep is its conformance suite."""

    @property
    def channel(self) -> str:
        """The name of the channel, which every file carries."""
        ...

    @property
    def takes_documents(self) -> bool:
        """Whether ``attach`` is expected for every document before its batch."""
        ...

    def pack(self, batch: Batch) -> bytes:
        """Return the bytes of the batch, the same ones every time."""
        ...

    def attach(self, sha256: str, data: bytes) -> None:
        """The ledger holds the document; again changes nothing.

        Only on a channel that takes documents, else InputError.
        """
        ...

    def deliver(self, number: int, data: bytes) -> None:
        """The ledger holds the batch, whole; the same bytes again change nothing.

        Raises UnreachableError (it holds nothing new), UnknownOutcomeError (ask
        ``delivered``), NumberTakenError, OutOfSequenceError, DocumentMissingError, or
        InputError for bytes that are no batch of this channel and number.
        """
        ...

    def delivered(self, number: int) -> str | None:
        """Return the SHA-256 of what the ledger holds under the number, or None.

        The query that resolves an unknown outcome. Raises UnreachableError.
        """
        ...

    def last_number(self) -> int:
        """Return the highest number the ledger holds, 0 for none."""
        ...

    def held(self, number: int) -> HeldBatch | None:
        """Return what the ledger holds under the number, or None: what an Abgleich takes over.

        Raises UnreachableError, or InputError for bytes that are no batch of this channel.
        """
        ...

    def acknowledgements(self) -> list[AckFile]:
        """Return the files that are not settled, by number, defective ones as values.

        A repetition of a settled file is put away and not returned.
        """
        ...

    def settle(self, ack_file: AckFile) -> None:
        """The file will not be returned again: call it after the commit; again is a no-op."""
        ...

    def settled_after(self, number: int) -> list[AckFile]:
        """Return the settled files above ``number`` once more, for the Abgleich."""
        ...

    def missing_acknowledgements(self) -> list[int]:
        """Return the numbers below the highest settled one that were never settled."""
        ...
