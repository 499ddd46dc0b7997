"""Stacks of scanned paper: each invoice in one gets an entry of its own in the Eingangsbuch.

The stack is an entry itself, for its bytes came in as one file. What it is divided into is written
down first, in one transaction with the end of what was divided; then each part is received under
a key of its own. Dying anywhere in between, the same job goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.documents.store import DocumentStore
from laufzettel.einvoice import separator
from laufzettel.einvoice.cutting import cut
from laufzettel.einvoice.pages import Look, look
from laufzettel.einvoice.pdf import PdfError
from laufzettel.errors import ConflictError
from laufzettel.ids import new_id
from laufzettel.records.delivery import Delivery, Receipt, Receive
from laufzettel.records.invoice import Stage
from laufzettel.records.stack_parts import Part, Stack, stack_of
from laufzettel.records.stack_tables import stack_part
from laufzettel.records.stacks import Span, StackError, divide, parse_cuts
from laufzettel.records.tables import document, invoice
from laufzettel.spool import OversizeError

#: Ends the open case of a business object with a reason; nothing where there is none.
Withdraw = Callable[[str, str, str], None]

# Built once: building a statement costs more than running it.
_INVOICE: Final = sa.select(invoice).where(
    invoice.c.tenant == sa.bindparam("of_tenant"), invoice.c.id == sa.bindparam("of_id")
)
_ORIGINAL: Final = sa.select(document.c.file_name, document.c.size).where(
    document.c.tenant == sa.bindparam("of_tenant"),
    document.c.invoice_id == sa.bindparam("of_id"),
    document.c.kind == "original",
)
_MADE: Final = (
    sa.select(stack_part)
    .where(
        stack_part.c.tenant == sa.bindparam("of_tenant"),
        stack_part.c.made_by == sa.bindparam("of_id"),
    )
    .order_by(stack_part.c.first_page)
)
_GONE: Final = sa.select(stack_part.c.invoice_id).where(
    stack_part.c.tenant == sa.bindparam("of_tenant"),
    stack_part.c.replaced_by == sa.bindparam("of_id"),
)
_PLAN: Final = sa.insert(stack_part)
_REPLACE: Final = sa.update(stack_part).where(
    stack_part.c.tenant == sa.bindparam("of_tenant"), stack_part.c.id == sa.bindparam("of_part")
)
_LINK: Final = sa.update(stack_part).where(
    stack_part.c.tenant == sa.bindparam("of_tenant"), stack_part.c.id == sa.bindparam("of_part")
)
_END: Final = (
    sa.update(invoice)
    .where(
        invoice.c.tenant == sa.bindparam("of_tenant"),
        invoice.c.id == sa.bindparam("of_id"),
        invoice.c.stage == Stage.RECEIVED,
    )
    .values(stage=Stage.SPLIT)
)
_KEEP: Final = sa.insert(document)


class Stacks:
    """Divides stacks."""

    def __init__(
        self, db: Database, store: DocumentStore, receive: Receive, withdraw: Withdraw
    ) -> None:
        self._db = db
        self._store = store
        self._receive = receive
        self._withdraw = withdraw

    def divide(self, tenant: str, invoice_id: str, cuts: str | None) -> Sequence[str]:
        """Return the receipt numbers of what the stack was divided into, its pages in order.

        ``cuts`` says the pages of each; without it the separator sheets do. ``invoice_id`` is the
        stack, or the part of one from whose task it is divided anew. The same again goes on where
        it stopped. Raises StackError, with nothing changed.
        """
        which = {"of_tenant": tenant, "of_id": invoice_id}
        with self._db.read() as connection:
            is_planned = connection.execute(_MADE, which).first() is not None
            stack = stack_of(connection, tenant, invoice_id)
        data = self._whole(tenant, stack)
        pages = _pages(data)
        if not is_planned:
            self._plan(tenant, invoice_id, stack, cuts, pages)
        numbers = self._receive_parts(which, data, pages)
        with self._db.read() as connection:
            gone = connection.execute(_GONE, which).scalars().all()
        for other in gone:
            if other != invoice_id:
                reason = f"Der Stapel ist neu aufgeteilt: {', '.join(numbers)}."
                self._withdraw(tenant, f"invoice:{other}", reason)
        return numbers

    def _whole(self, tenant: str, stack: Stack) -> bytes:
        try:
            return self._store.get(stack.sha256, tenant=tenant)
        except OversizeError as error:
            raise StackError(str(error)) from error

    def _plan(
        self, tenant: str, invoice_id: str, stack: Stack, cuts: str | None, pages: Sequence[Look]
    ) -> None:
        """What comes and what goes is written down; raises StackError and writes nothing."""
        wanted = _wanted(cuts, pages)
        with self._db.write() as connection:
            # Under the lock once more: a colleague may have captured a part a moment ago.
            now = self._db.now(connection)
            parts = stack_of(connection, tenant, invoice_id).parts or (
                Part(
                    id="",
                    span=Span(1, len(pages)),
                    invoice_id=invoice_id,
                    receipt_no="",
                    is_free=True,
                ),
            )
            own = next(one for one in parts if one.invoice_id == invoice_id)
            change = divide(
                wanted,
                own=own.span,
                free=[one.span for one in parts if one.is_free],
                fixed=[one.span for one in parts if not one.is_free],
                content=separator.content_of(pages),
                pages=len(pages),
            )
            for one in parts:
                if one.span in change.gone:
                    _end(connection, tenant, one, invoice_id)
            for span in change.made:
                new = {
                    "id": new_id(),
                    "tenant": tenant,
                    "stack_id": stack.id,
                    "first_page": span.first,
                    "last_page": span.last,
                    "made_by": invoice_id,
                    "made_at": now,
                }
                connection.execute(_PLAN, new)

    def _receive_parts(
        self, which: dict[str, Any], data: bytes, pages: Sequence[Look]
    ) -> Sequence[str]:
        with self._db.read() as connection:
            made = connection.execute(_MADE, which).all()
            whole = connection.execute(
                _INVOICE, {"of_tenant": which["of_tenant"], "of_id": made[0].stack_id}
            ).one()
            original = connection.execute(
                _ORIGINAL, {"of_tenant": which["of_tenant"], "of_id": whole.id}
            ).one()
        return [self._receive_part(row, whole, original, data, pages).receipt_no for row in made]

    def _receive_part(
        self, row: Any, whole: Any, original: Any, data: bytes, pages: Sequence[Look]
    ) -> Receipt:
        """The part has its receipt; under its key the same again changes nothing."""
        span = Span(row.first_page, row.last_page)
        wanted = [
            page.number
            for page in pages
            if page.number in span and not separator.is_separator(page)
        ]
        # The part's own id in its bytes: what is divided anew must not be taken for a repeat of
        # an entry that has ended.
        pages_told = f"Seite {span}" if span.first == span.last else f"Seiten {span}"
        mark = f"Stapel {whole.receipt_no}, {pages_told}, Teil {row.id}"
        name = PurePath(original.file_name).stem[:120]
        delivery = Delivery(
            tenant=whole.tenant,
            channel=whole.channel,
            sender=whole.sender,
            file_name=f"{name}, {pages_told}.pdf",
            data=cut(data, wanted, mark=mark),
            key=f"stack:{row.id}",
            received_at=whole.received_at,
        )

        def within(connection: sa.Connection, receipt: Receipt) -> None:
            if row.invoice_id is not None:
                return
            link = {"of_tenant": whole.tenant, "of_part": row.id}
            connection.execute(_LINK, link | {"invoice_id": receipt.invoice_id})
            kept = {
                "tenant": whole.tenant,
                "sha256": whole.sha256,
                "invoice_id": receipt.invoice_id,
                "kind": "stack",
                "media_type": "application/pdf",
                "file_name": original.file_name,
                "size": original.size,
                "stored_at": receipt.received_at,
            }
            connection.execute(_KEEP, kept)

        return self._receive(delivery, within=within)


def _pages(data: bytes) -> Sequence[Look]:
    try:
        return look(data)
    except PdfError as error:
        raise StackError(str(error)) from error


def _wanted(cuts: str | None, pages: Sequence[Look]) -> Sequence[Span]:
    if cuts is not None:
        return parse_cuts(cuts)
    spans = [Span(*one) for one in separator.divide(pages)]
    if not spans:
        raise StackError("Zwischen den Trennblättern liegt keine Rechnung.")
    return spans


def _end(connection: sa.Connection, tenant: str, part: Part, by: str) -> None:
    """The part stands no more; its invoice ends, unless somebody has just gone on with it."""
    ended = connection.execute(_END, {"of_tenant": tenant, "of_id": part.invoice_id})
    if ended.rowcount != 1:
        raise ConflictError(f"Die Rechnung {part.receipt_no} ist inzwischen weitergegangen.")
    if part.id:
        replaced = {"of_tenant": tenant, "of_part": part.id, "replaced_by": by}
        connection.execute(_REPLACE, replaced)
