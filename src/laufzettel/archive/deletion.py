"""Deleting after the retention period: proposed by one person, approved by another, protocolled.

An item is judged again in the moment of its deletion. Its records, the content of its cases and
the audit's texts go in one transaction, which also notes which bytes go with them; then the bytes
go. Whatever dies in between, the same order goes on where it stopped.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.archive import mails, personal, terms
from laufzettel.archive.copies import Copy, Gone, Place, handed_out_of
from laufzettel.archive.tables import retention_item, retention_run
from laufzettel.archive.terms import Due, Kept
from laufzettel.clock import OFFICE_ZONE
from laufzettel.db import Database
from laufzettel.documents.store import DocumentStore
from laufzettel.engine.api import Engine
from laufzettel.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from laufzettel.identity import Actor, system
from laufzettel.ids import new_id
from laufzettel.records import search

#: The audit's stream of everything about retention.
STREAM: Final = "retention"
#: How long one portion of a deletion takes, in seconds.
PORTION_S: Final = 10.0
PENDING, ERASING, ERASED, KEPT = "pending", "erasing", "erased", "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is due, and why the rest of what is old is not."""

    due: Sequence[Due]
    kept: Mapping[str, int]  # reason → how many


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the deletion protocol; it names nobody whose data is gone."""

    receipt_no: str
    closed_on: date
    retain_until: date
    rule: str
    status: str  # pending, erasing, erased, kept
    text: str  # why it was kept
    documents: int
    at: datetime | None
    copies: Sequence[Copy] = ()  # outside of the store


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A deletion in one line."""

    id: str
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None
    ended_at: datetime | None
    counts: Mapping[str, int]  # status → invoices


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """A deletion: who wanted it and why, who approved it, what became of each invoice."""

    id: str
    proposed_by: str
    proposed_at: datetime
    reason: str
    approved_by: str | None
    approved_at: datetime | None
    approved_reason: str | None
    ended_at: datetime | None
    entries: Sequence[Entry]


# Built once: building a statement costs more than running it.
_RUN: Final = sa.select(retention_run).where(
    retention_run.c.tenant == sa.bindparam("of_tenant"), retention_run.c.id == sa.bindparam("of_id")
)
_RUNS: Final = (
    sa.select(retention_run.c.id)
    .where(retention_run.c.tenant == sa.bindparam("of_tenant"))
    .order_by(retention_run.c.id)
)
_APPROVED: Final = (
    sa.select(retention_run.c.id)
    .where(
        retention_run.c.tenant == sa.bindparam("of_tenant"),
        retention_run.c.approved_by.is_not(None),
        retention_run.c.ended_at.is_(None),
    )
    .order_by(retention_run.c.id)
)
_ITEMS: Final = (
    sa.select(retention_item)
    .where(retention_item.c.run_id == sa.bindparam("of_id"))
    .order_by(retention_item.c.receipt_no, retention_item.c.invoice_id)
)
_COUNTS: Final = (
    sa.select(retention_item.c.status, sa.func.count().label("number"))
    .where(retention_item.c.run_id == sa.bindparam("of_id"))
    .group_by(retention_item.c.status)
)
_ITEM: Final = sa.update(retention_item).where(
    retention_item.c.run_id == sa.bindparam("of_id"),
    retention_item.c.invoice_id == sa.bindparam("of_invoice"),
    retention_item.c.status == sa.bindparam("of_status"),
)
_APPROVE: Final = sa.update(retention_run).where(
    retention_run.c.id == sa.bindparam("of_id"), retention_run.c.approved_by.is_(None)
)
_END: Final = sa.update(retention_run).where(retention_run.c.id == sa.bindparam("of_id"))
_NEW_RUN: Final = sa.insert(retention_run)
_NEW_ITEMS: Final = sa.insert(retention_item)


class Deletion:
    """Deletes what need not be kept any more."""

    def __init__(
        self, db: Database, engine: Engine, store: DocumentStore, places: Sequence[Place] = ()
    ) -> None:
        self._db = db
        self._engine = engine
        self._store = store
        self._places = places
        self._clock = time.monotonic

    def due(self, tenant: str, on: date | None = None) -> Outlook:
        """Return what may be erased on that day (today), and why other old ones may not."""
        with self._db.read() as connection:
            day = on or self._today(connection)
            noted = terms.facts(connection, tenant)
            rows = [row for page in terms.old(connection, tenant, day) for row in page]
            letters = [row for page in mails.old(connection, tenant, day) for row in page]
        judged = [terms.judge(self._engine, tenant, row, noted, day) for row in rows]
        judged += [mails.judge(self._engine, tenant, row, noted, day) for row in letters]
        kept = Counter(one.why_de for one in judged if isinstance(one, Kept))
        return Outlook(due=[one for one in judged if isinstance(one, Due)], kept=dict(kept))

    def propose(self, actor: Actor, reason: str) -> str:
        """Write down what is due today and return the number of the proposal.

        Raises InputError without a reason or where nothing is due.
        """
        person, why = _person(actor), _reason(reason)
        found = self.due(actor.tenant).due
        if not found:
            raise InputError("Heute ist nichts zu löschen.")
        run_id = new_id()
        with self._db.write() as connection:
            now = self._db.now(connection)
            run = {"id": run_id, "tenant": actor.tenant, "proposed_by": person}
            connection.execute(_NEW_RUN, run | {"proposed_at": now, "reason": why})
            connection.execute(_NEW_ITEMS, [_item(run_id, actor.tenant, one) for one in found])
            data = {"run": run_id, "invoices": len(found)}
            self._note(connection, actor, "retention.proposed", data, why)
        return run_id

    def delete(self, actor: Actor, run_id: str, reason: str) -> Protocol:
        """Approve the proposal and carry it out; one that was interrupted goes on.

        Raises ForbiddenError for the person who proposed it.
        """
        self.approve(actor, run_id, reason)
        self._carry_on(actor, run_id, math.inf)
        return self.protocol(actor.tenant, run_id)

    def approve(self, actor: Actor, run_id: str, reason: str) -> None:
        """Approve the proposal; what is approved is carried out by ``carry_on``.

        Raises ForbiddenError for the person who proposed it.
        """
        with self._db.read() as connection:
            self._run(connection, actor.tenant, run_id)
        self._approve(actor, run_id, _reason(reason))

    def carry_on(self, tenant: str, seconds: float = PORTION_S) -> bool:
        """Carry out what is approved, for so long; return whether all of it is done."""
        with self._db.read() as connection:
            approved = connection.execute(_APPROVED, {"of_tenant": tenant}).scalars().all()
        until = self._clock() + seconds
        ended = [self._carry_on(system(tenant), run_id, until) for run_id in approved]
        return all(ended)

    def _carry_on(self, actor: Actor, run_id: str, until: float) -> bool:
        for row in self._items(run_id):
            if row.status == PENDING and self._clock() < until:
                self._erase(actor, run_id, row)
        for row in self._items(run_id):
            if row.status == ERASING and self._clock() < until:
                self._erase_bytes(actor.tenant, run_id, row)
        if any(row.status in (PENDING, ERASING) for row in self._items(run_id)):
            return False
        with self._db.write() as connection:
            search.forget_for_good(connection)
            connection.execute(_END, {"of_id": run_id, "ended_at": self._db.now(connection)})
        return True

    def forecast(self, tenant: str, run_id: str) -> Protocol:
        """Return the protocol as it would become now: what is pending is judged, nothing changes."""
        standing = {row.receipt_no: row for row in self._items(run_id)}
        protocol = self.protocol(tenant, run_id)
        entries = [
            replace(one, status=KEPT, text=judged.why_de)
            if one.status == PENDING
            and isinstance(judged := self._judge(tenant, standing[one.receipt_no]), Kept)
            else one
            for one in protocol.entries
        ]
        return replace(protocol, entries=entries)

    def protocol(self, tenant: str, run_id: str) -> Protocol:
        """Return the deletion protocol; raises NotFoundError for a number that is none."""
        with self._db.read() as connection:
            row = self._run(connection, tenant, run_id)
            items = connection.execute(_ITEMS, {"of_id": run_id}).mappings().all()
        entries = [_entry(one) for one in items]
        own = [name for name in Protocol.__dataclass_fields__ if name != "entries"]
        return Protocol(**{name: getattr(row, name) for name in own}, entries=entries)

    def head(self, tenant: str, run_id: str) -> Head:
        """Return a deletion in one line."""
        with self._db.read() as connection:
            row = self._run(connection, tenant, run_id)
            counted = connection.execute(_COUNTS, {"of_id": run_id}).all()
        own = [name for name in Head.__dataclass_fields__ if name != "counts"]
        counts = {one.status: one.number for one in counted}
        return Head(**{name: getattr(row, name) for name in own}, counts=counts)

    def runs(self, tenant: str) -> Sequence[str]:
        """Return the numbers of all deletions, the oldest first."""
        with self._db.read() as connection:
            return connection.execute(_RUNS, {"of_tenant": tenant}).scalars().all()

    def _approve(self, actor: Actor, run_id: str, reason: str) -> None:
        person = _person(actor)
        with self._db.write() as connection:
            run = self._run(connection, actor.tenant, run_id)
            if run.proposed_by == person:
                raise ForbiddenError(
                    "Wer die Löschung vorschlägt, gibt sie nicht selbst frei. Bitte eine zweite "
                    "Person bitten."
                )
            if run.approved_by is not None:
                return  # it goes on
            now = self._db.now(connection)
            approved = {"approved_by": person, "approved_at": now, "approved_reason": reason}
            connection.execute(_APPROVE, {"of_id": run_id, **approved})
            self._note(connection, actor, "retention.approved", {"run": run_id}, reason)

    def _erase(self, actor: Actor, run_id: str, row: Any) -> None:
        """Erase records and contents of one invoice or mail, or note why it stays."""
        judged = self._judge(actor.tenant, row)
        if isinstance(judged, Kept):
            self._keep(run_id, row, judged.why_de)
            return

        cases = self._cases(actor.tenant, row)

        def also(connection: sa.Connection) -> None:
            number, hashes = self._erase_records(connection, actor.tenant, row)
            copies = [one.to_dict() for one in handed_out_of(connection, actor.tenant, cases)]
            done = {"status": ERASING, "documents": number, "hashes": list(hashes)}
            done |= {"copies": copies, "at": self._db.now(connection)}
            which = {"of_id": run_id, "of_invoice": row.invoice_id, "of_status": PENDING}
            if connection.execute(_ITEM, which | done).rowcount != 1:
                raise ConflictError  # another process was faster
            data = {**_data(run_id, judged), "documents": number}
            self._note(connection, actor, "retention.erased", data, None)

        try:
            self._engine.erase(actor, cases, _data(run_id, judged), also)
        except ConflictError as error:
            self._keep(run_id, row, str(error))

    def _cases(self, tenant: str, row: Any) -> Sequence[str]:
        """Return the business keys of what is erased."""
        if terms.is_of_mail(row.receipt_no):
            return [f"mail:{row.invoice_id}"]
        with self._db.read() as connection:
            found = personal.mails(connection, tenant, row.invoice_id)
        # What the supplier was told about it, and what came about it: cases of their own.
        told = [f"answer:{row.invoice_id}:{occasion}" for occasion in ("received", "paid")]
        return [*told, *(f"mail:{one}" for one in found), f"invoice:{row.invoice_id}"]

    def _erase_records(
        self, connection: sa.Connection, tenant: str, row: Any
    ) -> tuple[int, Sequence[str]]:
        """Erase the records; return how many documents there were, and whose bytes may go."""
        if terms.is_of_mail(row.receipt_no):
            if mails.one(connection, tenant, row.invoice_id) is None:
                raise ConflictError("die Mail liegt inzwischen bei einer Rechnung")
            return mails.erase(connection, tenant, row.invoice_id)
        # Under the write lock once more: a hold placed a moment ago must win.
        if row.invoice_id in terms.facts(connection, tenant).held:
            raise ConflictError(terms.HELD_DE)
        number = len(personal.documents(connection, tenant, row.invoice_id))
        on = self._today(connection)
        return number, personal.erase(connection, tenant, row.invoice_id, on=on)

    def _judge(self, tenant: str, row: Any) -> Due | Kept:
        with self._db.read() as connection:
            today, noted = self._today(connection), terms.facts(connection, tenant)
            which = mails if terms.is_of_mail(row.receipt_no) else terms
            found = which.one(connection, tenant, row.invoice_id)
        if found is None:
            return Kept(receipt_no=row.receipt_no, why_de="der Inhalt ist schon gelöscht")
        if terms.is_of_mail(row.receipt_no):
            return mails.judge(self._engine, tenant, found, noted, today)
        return terms.judge(self._engine, tenant, found, noted, today)

    def _erase_bytes(self, tenant: str, run_id: str, row: Any) -> None:
        with self._db.read() as connection:
            today = self._today(connection)
            # A process may have stopped before this: meanwhile another may need the same bytes.
            hashes = personal.unheld(connection, tenant, row.hashes)
        for sha256 in hashes:
            self._store.erase(sha256, tenant=tenant)
        gone = Gone(
            tenant=tenant,
            invoice_id=row.invoice_id,
            receipt_no=row.receipt_no,
            hashes=hashes,
            on=today,
        )
        cleared = [copy.to_dict() for place in self._places for copy in place.clear(gone)]
        which = {"of_id": run_id, "of_invoice": row.invoice_id, "of_status": ERASING}
        with self._db.write() as connection:
            done: dict[str, Any] = {
                "status": ERASED,
                "hashes": [],
                "copies": [*(row.copies or ()), *cleared],
            }
            done |= {"at": self._db.now(connection)}
            connection.execute(_ITEM, which | done)

    def _keep(self, run_id: str, row: Any, why: str) -> None:
        which = {"of_id": run_id, "of_invoice": row.invoice_id, "of_status": PENDING}
        with self._db.write() as connection:
            kept = {"status": KEPT, "text": why[:300], "at": self._db.now(connection)}
            connection.execute(_ITEM, which | kept)

    def _items(self, run_id: str) -> Sequence[Any]:
        with self._db.read() as connection:
            return connection.execute(_ITEMS, {"of_id": run_id}).all()

    def _run(self, connection: sa.Connection, tenant: str, run_id: str) -> Any:
        row = connection.execute(_RUN, {"of_tenant": tenant, "of_id": run_id}).one_or_none()
        if row is None:
            raise NotFoundError(
                f"Den Löschvorschlag „{run_id}“ gibt es bei diesem Mandanten nicht."
            )
        return row

    def _today(self, connection: sa.Connection) -> date:
        return self._db.now(connection).astimezone(OFFICE_ZONE).date()

    def _note(
        self,
        connection: sa.Connection,
        actor: Actor,
        kind: str,
        data: Mapping[str, Any],
        reason: str | None,
    ) -> None:
        self._engine.note(
            connection, actor, STREAM, kind, data, {"reason": reason} if reason else {}
        )


def _entry(row: Mapping[Any, Any]) -> Entry:
    kept = {name: row[name] for name in Entry.__dataclass_fields__ if name != "copies"}
    return Entry(**kept, copies=tuple(map(Copy.from_dict, row["copies"] or ())))


def _item(run_id: str, tenant: str, one: Due) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "tenant": tenant,
        "invoice_id": one.invoice_id,
        "receipt_no": one.receipt_no,
        "closed_on": one.closed_on,
        "retain_until": one.retain_until,
        "rule": one.rule[:300],
        "status": PENDING,
        "hashes": [],
    }


def _data(run_id: str, one: Due) -> dict[str, Any]:
    return {
        "run": run_id,
        "receipt_no": one.receipt_no,
        "rule": one.rule,
        "retain_until": one.retain_until.isoformat(),
    }


def _person(actor: Actor) -> str:
    if actor.person is None:
        raise ForbiddenError("Löschen wollen und freigeben können nur Personen.")
    return actor.person


def _reason(text: str) -> str:
    reason = " ".join(text.split())
    if not reason:
        raise InputError("Bitte geben Sie den Grund an; er steht im Löschprotokoll.")
    return reason[:1000]
