"""Taking a file of a mail over as an invoice because a person said so.

The file goes the way of every other: through the one door, with a receipt, its mail beside it.
The same again, also at the same moment, changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import sqlalchemy as sa

from laufzettel.connectors.intake.mime import Mail, Part, read_mail
from laufzettel.connectors.intake.sorting import sort
from laufzettel.connectors.intake.unpacking import is_zip, unpack
from laufzettel.documents.store import DocumentStore
from laufzettel.einvoice.admission import obstacle
from laufzettel.engine.api import Engine
from laufzettel.errors import InputError, NotFoundError
from laufzettel.handlers.invoice.receive import Delivery, Receiving
from laufzettel.handlers.mail.book import Entered, MailBook
from laufzettel.identity import Actor
from laufzettel.records.delivery import Receipt, WithReceipt


class Enclosures:
    """The files of mails that people take over."""

    def __init__(
        self,
        store: DocumentStore,
        engine: Engine,
        receive: Receiving,
        book: MailBook,
        *,
        size_max: int,
    ) -> None:
        self._store = store
        self._engine = engine
        self._receive = receive
        self._book = book
        self._size_max = size_max

    def __call__(self, actor: Actor, mail_id: str, sha256: str) -> Sequence[Receipt]:
        """Receive the file of the mail, of an archive the invoices in it; return their receipts.

        Raises InputError with what to do for a file that can be no invoice, ForbiddenError for
        who may hand in none, NotFoundError for a mail or a file that is not there.
        """
        entered = self._book.entered(actor.tenant, mail_id)
        mail = read_mail(self._store.get(entered.sha256, tenant=actor.tenant))
        part = next((one for one in mail.parts if _digest(one) == sha256), None)
        if part is None:
            raise NotFoundError("Diese Datei gibt es in der Mail nicht.")
        wanted = _in_archive(part) if is_zip(part.data) else (part,)
        for one in wanted:
            self._refuse(one)
        return [self._take(actor, entered, sha256, one) for one in wanted]

    def _refuse(self, part: Part) -> None:
        found = obstacle(part.data, size_max=self._size_max)
        if found is not None:
            raise InputError(f"{found.why_de} {found.remedy_de}")

    def _take(self, actor: Actor, entered: Entered, enclosure: str, part: Part) -> Receipt:
        delivery = Delivery(
            tenant=actor.tenant,
            channel=entered.channel,
            sender=entered.sender,
            file_name=part.name or "Anhang",
            data=part.data,
            key=f"{entered.delivery}:{_digest(part)[:16]}",
            received_at=entered.received_at,
        )
        return self._receive(delivery, by=actor, within=self._noted(actor, entered, enclosure))

    def _noted(self, actor: Actor, entered: Entered, enclosure: str) -> WithReceipt:
        """Return what keeps the mail with the invoice and says so in the mail's case, once."""

        def note(connection: sa.Connection, receipt: Receipt) -> None:
            if not self._book.hand_over(connection, actor.tenant, entered, enclosure, receipt):
                return
            data = {"receipt_no": receipt.receipt_no, "document": receipt.sha256}
            key = f"mail:{entered.id}"
            self._engine.tell(connection, actor, key, kind="mail.file_taken", data=data)

        return note


def _in_archive(part: Part) -> tuple[Part, ...]:
    """Return the invoices of an archive, chosen as those of a mail are."""
    found = sort(Mail(digest="", parts=unpack(part.data)))
    if not found.invoices:
        told = found.problem.replace("Die Mail", "Das Archiv")
        raise InputError(f"{told} Bitte auspacken und die Rechnung hochladen.")
    return found.invoices


def _digest(part: Part) -> str:
    return hashlib.sha256(part.data).hexdigest()
