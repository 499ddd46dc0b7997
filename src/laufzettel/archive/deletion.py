"""Deleting after the retention period: proposed by one person, approved by another, protocolled.

An item is judged again in the moment of its deletion. Its records, the content of its cases and
the audit's texts go in one transaction, which also notes which bytes go with them; then the bytes
go. Whatever dies in between, the same order goes on where it stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.archive import personal, terms
from laufzettel.archive.tables import retention_item, retention_run
from laufzettel.archive.terms import Due, Kept
from laufzettel.clock import OFFICE_ZONE
from laufzettel.db import Database
from laufzettel.documents.store import DocumentStore
from laufzettel.engine.api import Engine
from laufzettel.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from laufzettel.identity import Actor
from laufzettel.ids import new_id
from laufzettel.records import search

#: The audit's stream of everything about retention.
STREAM: Final = "retention"
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
_ITEMS: Final = (
    sa.select(retention_item)
    .where(retention_item.c.run_id == sa.bindparam("of_id"))
    .order_by(retention_item.c.receipt_no, retention_item.c.invoice_id)
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

    def __init__(self, db: Database, engine: Engine, store: DocumentStore) -> None:
        self._db = db
        self._engine = engine
        self._store = store

    def due(self, tenant: str, on: date | None = None) -> Outlook:
        """Return what may be erased on that day (today), and why other old ones may not."""
        with self._db.read() as connection:
            day = on or self._today(connection)
            noted = terms.facts(connection, tenant)
            rows = [row for page in terms.old(connection, tenant, day) for row in page]
        judged = [terms.judge(self._engine, tenant, row, noted, day) for row in rows]
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
        self._approve(actor, run_id, _reason(reason))
        for row in self._items(run_id):
            if row.status == PENDING:
                self._erase(actor, run_id, row)
        for row in self._items(run_id):
            if row.status == ERASING:
                self._erase_bytes(actor.tenant, run_id, row)
        with self._db.write() as connection:
            search.forget_for_good(connection)
            connection.execute(_END, {"of_id": run_id, "ended_at": self._db.now(connection)})
        return self.protocol(actor.tenant, run_id)

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
        entries = [
            Entry(**{name: one[name] for name in Entry.__dataclass_fields__}) for one in items
        ]
        own = [name for name in Protocol.__dataclass_fields__ if name != "entries"]
        return Protocol(**{name: getattr(row, name) for name in own}, entries=entries)

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
        """Erase records and contents of one invoice, or note why it stays."""
        judged = self._judge(actor.tenant, row)
        if isinstance(judged, Kept):
            self._keep(run_id, row, judged.why_de)
            return

        def also(connection: sa.Connection) -> None:
            # Under the write lock once more: a hold placed a moment ago must win.
            noted = terms.facts(connection, actor.tenant)
            if row.invoice_id in noted.held:
                raise ConflictError(terms.HELD_DE)
            number = len(personal.documents(connection, actor.tenant, row.invoice_id))
            today = self._today(connection)
            hashes = personal.erase(connection, actor.tenant, row.invoice_id, on=today)
            done = {"status": ERASING, "documents": number, "hashes": list(hashes)}
            done |= {"at": self._db.now(connection)}
            which = {"of_id": run_id, "of_invoice": row.invoice_id, "of_status": PENDING}
            if connection.execute(_ITEM, which | done).rowcount != 1:
                raise ConflictError  # another process was faster
            data = {**_data(run_id, judged), "documents": number}
            self._note(connection, actor, "retention.erased", data, None)

        try:
            with self._db.read() as connection:
                mails = personal.mails(connection, actor.tenant, row.invoice_id)
            # What the supplier was told about it, and what came about it: cases of their own.
            more = [f"answer:{row.invoice_id}:{occasion}" for occasion in ("received", "paid")]
            for other in (*more, *(f"mail:{one}" for one in mails)):
                self._engine.erase(actor, other, _data(run_id, judged))
            key = f"invoice:{row.invoice_id}"
            self._engine.erase(actor, key, _data(run_id, judged), also)
        except ConflictError as error:
            self._keep(run_id, row, str(error))

    def _judge(self, tenant: str, row: Any) -> Due | Kept:
        with self._db.read() as connection:
            today, noted = self._today(connection), terms.facts(connection, tenant)
            found = terms.one(connection, tenant, row.invoice_id)
        if found is None:
            return Kept(receipt_no=row.receipt_no, why_de="der Inhalt ist schon gelöscht")
        return terms.judge(self._engine, tenant, found, noted, today)

    def _erase_bytes(self, tenant: str, run_id: str, row: Any) -> None:
        for sha256 in row.hashes:
            self._store.erase(sha256, tenant=tenant)
        which = {"of_id": run_id, "of_invoice": row.invoice_id, "of_status": ERASING}
        with self._db.write() as connection:
            done = {"status": ERASED, "hashes": [], "at": self._db.now(connection)}
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
