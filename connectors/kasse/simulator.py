"""A simulated HKR at the other end of the exchange folder, with a durable ledger of its own.

It reads ``an/`` strictly and in sequence, decides every order once for ever, and answers in
``von/``. It can be late, forgetful, confused or killed, but it never books twice; what it
booked can be counted from outside the system under test.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from stdnum import iban

from laufzettel.connectors.kasse import lines, neutral
from laufzettel.connectors.kasse.acknowledgement import Acknowledgement, AckStatus, ReasonCode
from laufzettel.connectors.kasse.behaviour import (
    Behaviour,
    CrashPoint,
    Failpoint,
    Reply,
    no_crash,
)
from laufzettel.connectors.kasse.booking import Batch, BookingOrder, require_channel
from laufzettel.connectors.kasse.exchange import (
    Box,
    ExchangeFolder,
    FileKind,
    file_name,
    number_of,
)
from laufzettel.connectors.kasse.simulator_answers import Answers
from laufzettel.connectors.kasse.simulator_ledger import (
    Booking,
    Position,
    bookings,
    connection,
    decide,
    note_reply,
    positions,
    transaction,
)
from laufzettel.documents.store import SIZE_MAX
from laufzettel.documents.write_once import read_regular
from laufzettel.errors import NotFoundError, StorageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run did."""

    batches: int  # taken
    files: int  # of acknowledgements written


class LedgerSimulator:
    """The HKR of a channel. Any number of objects may share the folder and the ledger file.

    ``failpoint`` is called at every CrashPoint and may raise SimulatedCrash or kill the
    process; the next run, of this or another object, goes on where it was.
    """

    def __init__(
        self,
        root: Path,
        ledger_file: Path,
        behaviour: Behaviour | None = None,
        *,
        channel: str,
        failpoint: Failpoint = no_crash,
    ) -> None:
        require_channel(channel)
        self._root = root
        self._file = ledger_file
        self._behaviour = behaviour or Behaviour()
        self._channel = channel
        self._failpoint = failpoint

    def run_once(self, now: datetime) -> Run:
        """Every batch whose turn it is was taken, every acknowledgement due is written."""
        folder = ExchangeFolder.open(self._root, self._channel)
        moment = now.astimezone(UTC).replace(microsecond=0)
        with connection(self._file) as db:
            taken = [self._take(db, folder, number, moment) for number in _waiting(folder)]
            answers = Answers(
                db=db,
                folder=folder,
                behaviour=self._behaviour,
                failpoint=self._failpoint,
                now=moment,
            )
            return Run(batches=sum(taken), files=answers.write())

    def bookings(self) -> list[Booking]:
        """Return what was booked, in the order of booking."""
        with connection(self._file) as db:
            return bookings(db)

    def positions(self) -> list[Position]:
        """Return whom the booked orders pay what."""
        with connection(self._file) as db:
            return positions(db)

    def received(self) -> Counter[str]:
        """Return how often each order_id came in, in whatever batch."""
        with connection(self._file) as db:
            return Counter(row["order_id"] for row in db.execute("SELECT order_id FROM received"))

    def problems(self) -> list[str]:
        """Return why batches could not be taken, in German."""
        with connection(self._file) as db:
            rows = db.execute("SELECT text_de FROM problem ORDER BY number")
            return [row["text_de"] for row in rows]

    def resend(self, number: int) -> None:
        """The acknowledgement file with that number, lost or not, lies in ``von/`` again."""
        folder = ExchangeFolder.open(self._root, self._channel)
        with connection(self._file) as db:
            row = db.execute("SELECT data FROM file WHERE number = ?", (number,)).fetchone()
            if row is None:
                raise NotFoundError(f"Rückmeldung {number} gibt es nicht.")
            name = file_name(FileKind.ACKNOWLEDGEMENTS, number)
            folder.publish(Box.FROM_LEDGER, name, row["data"])
            db.execute("UPDATE file SET is_written = 1, is_lost = 0 WHERE number = ?", (number,))

    def _take(
        self, db: sqlite3.Connection, folder: ExchangeFolder, number: int, now: datetime
    ) -> bool:
        """Return whether the batch is booked now and was not before."""
        path = folder.path(Box.TO_LEDGER, file_name(FileKind.BATCH, number))
        sha256 = ""
        try:
            data = read_regular(path, size_max=lines.FILE_MAX)
            sha256 = lines.digest(data)
            if not self._is_next(db, number, sha256):
                return False
            batch = self._read(db, data, number)
        except (lines.FormatError, StorageError) as error:
            _refuse_batch(db, number, sha256, str(error), now)
            return False
        self._failpoint(CrashPoint.BEFORE_BOOKING)
        is_booked = self._book(db, folder, batch, sha256, now)
        self._failpoint(CrashPoint.AFTER_BOOKING)
        return is_booked

    def _is_next(self, db: sqlite3.Connection, number: int, sha256: str) -> bool:
        """Return False for what was taken before and for what must wait for an earlier one."""
        row = db.execute(
            "SELECT sha256 FROM batch WHERE channel = ? AND number = ?", (self._channel, number)
        ).fetchone()
        if row is not None and row["sha256"] != sha256:
            raise lines.FormatError(f"Übergabe {number} wurde schon mit anderem Inhalt gelesen.")
        return row is None and number == self._last(db)[0] + 1

    def _last(self, db: sqlite3.Connection) -> tuple[int, str | None]:
        row = db.execute(
            "SELECT number, sha256 FROM batch WHERE channel = ? ORDER BY number DESC LIMIT 1",
            (self._channel,),
        ).fetchone()
        return (row["number"], row["sha256"]) if row else (0, None)

    def _read(self, db: sqlite3.Connection, data: bytes, number: int) -> Batch:
        batch = neutral.read_batch(data, channel=self._channel)
        if batch.number != number:
            raise lines.FormatError(f"Der Dateiname sagt {number}, die Datei {batch.number}.", 1)
        last_number, last_sha256 = self._last(db)
        neutral.require_successor(batch, last_number=last_number, last_sha256=last_sha256)
        return batch

    def _book(
        self,
        db: sqlite3.Connection,
        folder: ExchangeFolder,
        batch: Batch,
        sha256: str,
        now: datetime,
    ) -> bool:
        with transaction(db):
            if not self._is_next(db, batch.number, sha256):  # another object was faster
                return False
            db.execute(
                "INSERT INTO batch VALUES (?, ?, ?, ?)",
                (self._channel, batch.number, sha256, now.isoformat()),
            )
            for order in batch.orders:
                db.execute(
                    "INSERT INTO received (batch_number, order_id) VALUES (?, ?)",
                    (batch.number, order.order_id),
                )
                reply = self._behaviour.reply_to(order)
                refusal = self._refusal(folder, order, reply)
                answer = decide(db, batch.number, order, refusal, now.date())
                _note(db, answer, order, reply, now)
                self._failpoint(CrashPoint.INSIDE_BOOKING)
        return True

    def _refusal(
        self, folder: ExchangeFolder, order: BookingOrder, reply: Reply
    ) -> tuple[ReasonCode, str] | None:
        if reply.refuse is not None:
            return reply.refuse, reply.reason_text
        held = order.withholding
        accounts = [order.payee_iban, held.payee_iban if held else None]
        has_bad_iban = any(one is not None and not iban.is_valid(one) for one in accounts)
        if self._behaviour.checks_iban and has_bad_iban:
            return ReasonCode.IBAN_INVALID, "Die Prüfziffer stimmt nicht."
        missing = [sha256 for sha256 in order.documents if not _has_document(folder, sha256)]
        if folder.takes_documents and missing:
            return ReasonCode.ATTACHMENT_MISSING, f"Beleg {missing[0]}"
        return None


def _waiting(folder: ExchangeFolder) -> list[int]:
    numbers = (number_of(FileKind.BATCH, name) for name in folder.finished(Box.TO_LEDGER))
    return sorted(number for number in numbers if number is not None)


def _note(
    db: sqlite3.Connection,
    answer: Acknowledgement,
    order: BookingOrder,
    reply: Reply,
    now: datetime,
) -> None:
    due = now + timedelta(days=reply.late_days, seconds=reply.late_seconds)
    note_reply(db, answer, reply, due)
    if answer.status is AckStatus.ACCEPTED and reply.pays_after_days is not None:
        paid_at = now + timedelta(days=reply.pays_after_days, seconds=reply.pays_after_seconds)
        payment = _payment(answer, order, paid_at.date())
        note_reply(db, payment, Reply(times=reply.times), max(paid_at, due))


def _payment(booked: Acknowledgement, order: BookingOrder, on: date) -> Acknowledgement:
    return Acknowledgement(
        batch_number=booked.batch_number,
        order_id=order.order_id,
        status=AckStatus.PAID,
        document_no=booked.document_no,
        date=on,
        amount=order.payable(on),
    )


def _refuse_batch(
    db: sqlite3.Connection, number: int, sha256: str, reason_de: str, now: datetime
) -> None:
    """The whole batch is answered as refused, once for each content."""
    with transaction(db):
        row = (number, sha256, reason_de)
        noted = db.execute("INSERT OR IGNORE INTO problem VALUES (?, ?, ?)", row)
        if noted.rowcount:
            answer = Acknowledgement(
                batch_number=number,
                order_id=None,
                status=AckStatus.REJECTED,
                reason_code=ReasonCode.OTHER,
                reason_text=reason_de[:500],
                date=now.date(),
            )
            note_reply(db, answer, Reply(), now)


def _has_document(folder: ExchangeFolder, sha256: str) -> bool:
    try:
        data = read_regular(folder.document_path(sha256), size_max=SIZE_MAX)
    except (FileNotFoundError, StorageError):
        return False
    return hashlib.sha256(data).hexdigest() == sha256
