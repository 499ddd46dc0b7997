"""The simulated HKR's own durable memory: one SQLite file that survives a kill at any point.

Two constraints carry the promise of every ledger: a number of a channel is taken once
(PRIMARY KEY of ``batch``) and an order_id is decided once (PRIMARY KEY of ``decision``).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from laufzettel.connectors.kasse import lines, neutral
from laufzettel.connectors.kasse.acknowledgement import Acknowledgement, AckStatus, ReasonCode
from laufzettel.connectors.kasse.behaviour import Reply
from laufzettel.connectors.kasse.booking import BookingOrder
from laufzettel.money import Money

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS batch (
    channel TEXT NOT NULL,
    number INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    taken_at TEXT NOT NULL,
    PRIMARY KEY (channel, number)
);
-- every line of every batch that was taken, also repetitions: what was *sent* how often
CREATE TABLE IF NOT EXISTS received (
    id INTEGER PRIMARY KEY,
    batch_number INTEGER NOT NULL,
    order_id TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS decision (
    order_id TEXT PRIMARY KEY,
    digest TEXT NOT NULL,        -- of the order's line: same id, other content is refused
    batch_number INTEGER NOT NULL,
    document_no TEXT UNIQUE,     -- NULL: refused
    reason_code TEXT,
    reason_text TEXT NOT NULL,
    amount_cents INTEGER NOT NULL,
    currency TEXT NOT NULL,
    decided_on TEXT NOT NULL
);
-- whom a booked order pays what: each position once
CREATE TABLE IF NOT EXISTS position (
    order_id TEXT NOT NULL,
    number INTEGER NOT NULL,     -- 1 the payee, 2 the Finanzamt (§ 48 EStG)
    payee_iban TEXT,
    amount_cents INTEGER NOT NULL,
    currency TEXT NOT NULL,
    PRIMARY KEY (order_id, number)
);
CREATE TABLE IF NOT EXISTS reply (
    id INTEGER PRIMARY KEY,
    batch_number INTEGER NOT NULL,
    order_id TEXT,
    status TEXT NOT NULL,
    document_no TEXT,
    reason_code TEXT,
    reason_text TEXT NOT NULL,
    date TEXT NOT NULL,
    amount_cents INTEGER,
    currency TEXT,
    due TEXT NOT NULL,           -- not written before this moment
    part INTEGER NOT NULL,       -- replies of different parts go into different files
    is_lost INTEGER NOT NULL,
    file_number INTEGER          -- NULL: not in a file yet
);
CREATE TABLE IF NOT EXISTS file (
    number INTEGER PRIMARY KEY,
    data BLOB NOT NULL,
    is_lost INTEGER NOT NULL,
    is_held INTEGER NOT NULL,    -- written in a later run, so that others overtake it
    is_written INTEGER NOT NULL
);
-- batches that could not be taken; each is answered once
CREATE TABLE IF NOT EXISTS problem (
    number INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    text_de TEXT NOT NULL,
    PRIMARY KEY (number, sha256)
);
"""


@contextmanager
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection whose transactions are on disk when they are committed."""
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connected:
        connected.row_factory = sqlite3.Row
        connected.execute("PRAGMA synchronous = FULL")
        connected.executescript(SCHEMA)
        yield connected


@contextmanager
def transaction(connected: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, also when the process dies inside."""
    connected.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connected.execute("ROLLBACK")
        raise
    connected.execute("COMMIT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """One booking in the simulated ledger."""

    order_id: str
    document_no: str
    batch_number: int
    amount: Money
    booked_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What one payee of a booked order gets, without a discount."""

    order_id: str
    payee_iban: str | None
    amount: Money


def positions(db: sqlite3.Connection) -> list[Position]:
    """Return the positions of every booked order, in the order of booking."""
    rows = db.execute("SELECT * FROM position ORDER BY rowid")
    return [
        Position(
            order_id=row["order_id"],
            payee_iban=row["payee_iban"],
            amount=Money.from_cents(row["amount_cents"], row["currency"]),
        )
        for row in rows
    ]


def bookings(db: sqlite3.Connection) -> list[Booking]:
    """Return what was booked, in the order of booking."""
    rows = db.execute("SELECT * FROM decision WHERE document_no IS NOT NULL ORDER BY rowid")
    return [
        Booking(
            order_id=row["order_id"],
            document_no=row["document_no"],
            batch_number=row["batch_number"],
            amount=Money.from_cents(row["amount_cents"], row["currency"]),
            booked_on=date.fromisoformat(row["decided_on"]),
        )
        for row in rows
    ]


def decide(
    db: sqlite3.Connection,
    batch_number: int,
    order: BookingOrder,
    refusal: tuple[ReasonCode, str] | None,
    on: date,
) -> Acknowledgement:
    """Return the answer; the order is decided now, or was before and stays so."""
    row = db.execute("SELECT * FROM decision WHERE order_id = ?", (order.order_id,)).fetchone()
    if row is not None:
        return _repeat(row, batch_number, order, on)
    answer = _answer(batch_number, order, refusal, document_no=_next_document_no(db, on), on=on)
    db.execute(
        "INSERT INTO decision VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            order.order_id,
            lines.digest(neutral.order_line(order)),
            batch_number,
            answer.document_no,
            answer.reason_code,
            answer.reason_text,
            order.amount.cents,
            order.amount.currency,
            on.isoformat(),
        ),
    )
    if answer.status is AckStatus.ACCEPTED:
        _post(db, order)
    return answer


def _post(db: sqlite3.Connection, order: BookingOrder) -> None:
    """Write whom the order pays what; all of it or, with the booking, nothing."""
    held = order.withholding
    parts = [(order.payee_iban, order.amount - held.amount if held else order.amount)]
    if held is not None:
        parts.append((held.payee_iban, held.amount))
    db.executemany(
        "INSERT INTO position VALUES (?, ?, ?, ?, ?)",
        [
            (order.order_id, number, iban, amount.cents, amount.currency)
            for number, (iban, amount) in enumerate(parts, start=1)
        ],
    )


def note_reply(db: sqlite3.Connection, ack: Acknowledgement, reply: Reply, due: datetime) -> None:
    """The acknowledgement waits to be written, as often as the reply says."""
    row = (
        ack.batch_number,
        ack.order_id,
        ack.status,
        ack.document_no,
        ack.reason_code,
        ack.reason_text,
        ack.date.isoformat(),
        ack.amount.cents if ack.amount else None,
        ack.amount.currency if ack.amount else None,
        due.isoformat(),
        reply.is_lost,
    )
    db.executemany(
        "INSERT INTO reply (batch_number, order_id, status, document_no, reason_code, reason_text,"
        " date, amount_cents, currency, due, is_lost, part)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(*row, part) for part in range(reply.times)],
    )


def reply_of(row: sqlite3.Row) -> Acknowledgement:
    """Return the acknowledgement that ``note_reply`` kept."""
    has_amount = row["amount_cents"] is not None
    return Acknowledgement(
        batch_number=row["batch_number"],
        order_id=row["order_id"],
        status=AckStatus(row["status"]),
        document_no=row["document_no"],
        reason_code=ReasonCode(row["reason_code"]) if row["reason_code"] else None,
        reason_text=row["reason_text"],
        date=date.fromisoformat(row["date"]),
        amount=Money.from_cents(row["amount_cents"], row["currency"]) if has_amount else None,
    )


def _answer(
    batch_number: int,
    order: BookingOrder,
    refusal: tuple[ReasonCode, str] | None,
    *,
    document_no: str,
    on: date,
) -> Acknowledgement:
    code, text = refusal or (None, "")
    return Acknowledgement(
        batch_number=batch_number,
        order_id=order.order_id,
        status=AckStatus.REJECTED if refusal else AckStatus.ACCEPTED,
        document_no=None if refusal else document_no,
        reason_code=code,
        reason_text=text,
        date=on,
        amount=None if refusal else order.amount,
    )


def _repeat(row: sqlite3.Row, batch_number: int, order: BookingOrder, on: date) -> Acknowledgement:
    """Return the first decision once more, or a refusal where the content is another."""
    if row["digest"] != lines.digest(neutral.order_line(order)):
        refusal = (ReasonCode.OTHER, "order_id wurde schon mit anderem Inhalt verwendet")
        return _answer(batch_number, order, refusal, document_no="", on=on)
    if row["document_no"] is None:
        first = (ReasonCode(row["reason_code"]), row["reason_text"])
        return _answer(batch_number, order, first, document_no="", on=on)
    return Acknowledgement(
        batch_number=batch_number,
        order_id=order.order_id,
        status=AckStatus.DUPLICATE,
        document_no=row["document_no"],
        date=date.fromisoformat(row["decided_on"]),
        amount=order.amount,
    )


def _next_document_no(db: sqlite3.Connection, on: date) -> str:
    row = db.execute("SELECT coalesce(max(rowid), 0) + 1 AS next FROM decision").fetchone()
    return f"{on.year}-{row['next']:06d}"
