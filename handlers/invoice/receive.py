"""Receive an invoice: document stored, record written, case started, in one transaction.

Nothing is parsed here. Whatever the bytes are, they have a number in the Eingangsbuch and
an open case before anybody looks into them.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from laufzettel.clock import OFFICE_ZONE, office_minute
from laufzettel.db import Database
from laufzettel.documents.store import DocumentStore, addressed
from laufzettel.engine.handler import Facets, Start, StartCase, next_number
from laufzettel.errors import ForbiddenError, LaufzettelError
from laufzettel.failpoints import failpoint
from laufzettel.identity import Actor, system
from laufzettel.ids import new_id
from laufzettel.records import settings
from laufzettel.records.delivery import Delivery, Receipt, WithReceipt
from laufzettel.records.invoice import Stage
from laufzettel.records.tables import document, invoice, receipt_repeat
from laufzettel.spool import head_of, size_of

__all__ = ["PROCESS", "Delivery", "Receipt", "Receiving"]

PROCESS = "eingangsrechnung"

# Built once: building a statement costs more than running it.
_KNOWN = sa.select(
    invoice.c.id, invoice.c.receipt_no, invoice.c.received_at, invoice.c.delivery
).where(
    invoice.c.tenant == sa.bindparam("of_tenant"), invoice.c.sha256 == sa.bindparam("of_sha256")
)
_ERASED = sa.select(invoice.c.id).where(
    invoice.c.tenant == sa.bindparam("of_tenant"),
    invoice.c.sha256 == sa.bindparam("of_sha256"),
    invoice.c.erased_on.is_not(None),
)
_REPEAT = sa.insert(receipt_repeat)
_NOTED = sa.select(receipt_repeat.c.received_at).where(
    receipt_repeat.c.tenant == sa.bindparam("of_tenant"),
    receipt_repeat.c.invoice_id == sa.bindparam("of_invoice"),
    receipt_repeat.c.delivery == sa.bindparam("of_delivery"),
)
_INVOICE = sa.insert(invoice)
_DOCUMENT = sa.insert(document)


class Receiving:
    """Takes deliveries of every channel."""

    def __init__(self, db: Database, store: DocumentStore, start: StartCase) -> None:
        self._db = db
        self._store = store
        self._start = start

    def __call__(
        self, delivery: Delivery, *, by: Actor | None = None, within: WithReceipt | None = None
    ) -> Receipt:
        """Store the document and open its case; the same bytes again are only noted.

        What was erased after its term is not stored anew: nothing would ever erase it again.

        The same delivery again, by its key, is not even noted: its channel had not heard.
        ``by`` is who hands it in and must hold START; without one the system does. ``within``
        writes more in the transaction of the receipt, also of a repeated one.
        """
        actor, within = by or system(delivery.tenant), within or _nothing
        if actor.tenant != delivery.tenant:
            raise ForbiddenError("Angenommen wird nur für den eigenen Mandanten.")
        stored = addressed(delivery.data)
        if not self._is_erased(delivery.tenant, stored.sha256):
            self._store.put(delivery.data, tenant=delivery.tenant)
        failpoint("receive.stored")
        known = self._repeat(delivery, stored.sha256, within)
        if known is not None:
            return known
        try:
            return self._open(delivery, stored.sha256, actor, within)
        except sa.exc.IntegrityError:
            # The same file over two channels at the same moment: the key let one in.
            known = self._repeat(delivery, stored.sha256, within)
            if known is None:
                raise
            return known

    def _open(self, delivery: Delivery, sha256: str, actor: Actor, within: WithReceipt) -> Receipt:
        invoice_id = new_id()
        with self._db.read() as connection:
            entered = self._db.now(connection)
            is_neutral = may_be_confidential(connection, delivery.tenant)
        now = delivery.received_at or entered
        receipts: list[Receipt] = []

        def record(connection: sa.Connection) -> None:
            year = entered.astimezone(OFFICE_ZONE).year
            serial = next_number(connection, delivery.tenant, f"receipt:{year}")
            number = f"E-{year}-{serial:06d}"
            _write(connection, delivery, invoice_id, number, sha256, now)
            receipts.append(_receipt(delivery, sha256, invoice_id, number, now, is_repeat=False))
            within(connection, receipts[-1])

        self._start(
            actor,
            Start(
                process_id=PROCESS,
                business_key=f"invoice:{invoice_id}",
                variables={
                    "invoice_id": invoice_id,
                    "document": sha256,
                    "channel": delivery.channel,
                    "received_at": now,
                },
                facets=_first_facets(delivery, now, is_neutral),
            ),
            record,
        )
        return receipts[-1]

    def _repeat(self, delivery: Delivery, sha256: str, within: WithReceipt) -> Receipt | None:
        with self._db.read() as connection:
            which = {"of_tenant": delivery.tenant, "of_sha256": sha256}
            row = connection.execute(_KNOWN, which).one_or_none()
        if row is None:
            return None
        is_repeat = delivery.key is None or delivery.key != row.delivery
        with self._db.write() as connection:
            now = self._note(connection, delivery, row.id) if is_repeat else row.received_at
            receipt = _receipt(delivery, sha256, row.id, row.receipt_no, now, is_repeat=is_repeat)
            within(connection, receipt)
        return receipt

    def _is_erased(self, tenant: str, sha256: str) -> bool:
        with self._db.read() as connection:
            which = {"of_tenant": tenant, "of_sha256": sha256}
            return connection.execute(_ERASED, which).first() is not None

    def _note(self, connection: sa.Connection, delivery: Delivery, invoice_id: str) -> datetime:
        """Note a repeat, one delivery once; return when it came."""
        which = {
            "of_tenant": delivery.tenant,
            "of_invoice": invoice_id,
            "of_delivery": delivery.key,
        }
        noted: datetime | None = connection.execute(_NOTED, which).scalar()
        if noted is not None:
            return noted
        now = delivery.received_at or self._db.now(connection)
        repeat = {
            "id": new_id(),
            "tenant": delivery.tenant,
            "invoice_id": invoice_id,
            "channel": delivery.channel,
            "received_at": now,
            "delivery": delivery.key,
        }
        connection.execute(_REPEAT, repeat)
        return now


def _receipt(
    delivery: Delivery,
    sha256: str,
    invoice_id: str,
    receipt_no: str,
    received_at: datetime,
    *,
    is_repeat: bool,
) -> Receipt:
    return Receipt(
        invoice_id=invoice_id,
        receipt_no=receipt_no,
        is_repeat=is_repeat,
        channel=delivery.channel,
        sender=delivery.sender,
        received_at=received_at,
        sha256=sha256,
    )


def _nothing(connection: sa.Connection, receipt: Receipt) -> None:
    """Write nothing beside a receipt."""


def may_be_confidential(connection: sa.Connection, tenant: str) -> bool:
    """Say whether the tenant has confidential units; settings that cannot be read may hide one."""
    try:
        return bool(settings.load(connection, tenant).confidential_units)
    except LaufzettelError:
        return True


def _first_facets(delivery: Delivery, now: datetime, is_neutral: bool) -> Facets:
    """Return what lists show until the file was read: nothing of it where it may name a child."""
    if is_neutral:
        return Facets(subject=f"Eingang vom {office_minute(now)}")
    return Facets(subject=delivery.file_name, party=delivery.sender)


def _write(
    connection: sa.Connection,
    delivery: Delivery,
    invoice_id: str,
    receipt_no: str,
    sha256: str,
    now: datetime,
) -> None:
    entered = {
        "id": invoice_id,
        "tenant": delivery.tenant,
        "receipt_no": receipt_no,
        "channel": delivery.channel,
        "sender": delivery.sender[:200],
        "received_at": now,
        "delivery": delivery.key,
        "sha256": sha256,
        "stage": Stage.RECEIVED,
    }
    connection.execute(_INVOICE, entered)
    is_pdf = head_of(delivery.data).startswith(b"%PDF")
    original = {
        "tenant": delivery.tenant,
        "sha256": sha256,
        "invoice_id": invoice_id,
        "kind": "original",
        "media_type": "application/pdf" if is_pdf else "application/xml",
        "file_name": delivery.file_name[:200],
        "size": size_of(delivery.data),
        "stored_at": now,
    }
    connection.execute(_DOCUMENT, original)
