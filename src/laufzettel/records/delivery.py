"""What arrives over a channel, the receipt for it, and how every channel hands it in.

Pages, programs, folders and mailboxes know no more than this: ``compose`` gives them the one
way in (``handlers.invoice.receive``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from laufzettel.identity import Actor
from laufzettel.spool import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Something that arrived over a channel."""

    tenant: str
    channel: str  # upload, folder, mail …
    sender: str
    file_name: str
    data: Content
    #: Of this one delivery, where the channel may hand it over again after a crash.
    key: str | None = None
    #: When it came, where that was earlier than now: taken out of what had come.
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The answer to a delivery."""

    invoice_id: str
    receipt_no: str  # of the Eingangsbuch
    is_repeat: bool  # the same bytes were received before; no second case
    channel: str
    sender: str
    received_at: datetime  # of this delivery, in UTC
    sha256: str  # of the original bytes

    @property
    def business_key(self) -> str:
        """The business object of the case that the delivery has."""
        return f"invoice:{self.invoice_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """The answer to a Mahnung on paper."""

    mail_id: str
    number: str  # of the Posteingangsbuch
    is_repeat: bool  # the same bytes were here before; no second case


class TakePaper(Protocol):
    """Taking a file in that is a Mahnung and no invoice."""

    def __call__(self, delivery: Delivery, *, by: Actor) -> Posted:
        """Enter the file and begin its case; the same file again has both already.

        ``by`` must hold START.
        """
        ...


#: Writes more in the transaction of a receipt, such as the answer to a program.
WithReceipt = Callable[[sa.Connection, Receipt], None]


class TakeEnclosure(Protocol):
    """Taking a file of a mail over as an invoice."""

    def __call__(self, actor: Actor, mail_id: str, sha256: str) -> Sequence[Receipt]:
        """Receive the file, of an archive the invoices in it; the same again changes nothing.

        Raises InputError with what to do for a file that can be no invoice, NotFoundError for a
        mail or a file that is not there.
        """
        ...


class Receive(Protocol):
    """The one way in of every channel."""

    def __call__(
        self, delivery: Delivery, *, by: Actor | None = None, within: WithReceipt | None = None
    ) -> Receipt:
        """Store the document and open its case; the same bytes again are only noted.

        ``by`` is who hands it in and must hold START; without one the system does.
        """
        ...
