"""Mails that never came to belong to an invoice: until when they are kept, and how they go.

A mail that lies with an invoice goes with the last of its invoices. What is left (advertising,
questions, a Mahnung about an invoice that never came, what a machine sent) is a letter that was
received: its term begins when its case has ended, and is that of letters in the rule table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.archive import personal
from laufzettel.archive.terms import Due, Facts, Kept, ended_on, pages, within_term
from laufzettel.clock import OFFICE_ZONE
from laufzettel.documents.retention import DocumentKind
from laufzettel.engine.api import Engine
from laufzettel.records.tables import dunning, mail

#: Mails read at once.
PAGE: Final = 500

# Built once: building a statement costs more than running it.
_MAILS: Final = sa.select(*mail.c["id", "number", "received_at", "sha256"]).where(
    mail.c.tenant == sa.bindparam("of_tenant"),
    mail.c.settled_at.is_not(None),
    mail.c.files.is_not(None),  # else its content is gone
    ~personal.LIES_WITH_AN_INVOICE,
)
_OLD: Final = (
    _MAILS.where(mail.c.id > sa.bindparam("behind"), mail.c.received_at < sa.bindparam("before"))
    .order_by(mail.c.id)
    .limit(PAGE)
)
_ONE: Final = _MAILS.where(mail.c.id == sa.bindparam("of_id"))
_FORGET_DUNNING: Final = (
    sa.update(dunning)
    .where(dunning.c.tenant == sa.bindparam("of_tenant"), dunning.c.id == sa.bindparam("of_mail"))
    .values(invoice_number="", supplier=None, text=None)
)


def old(connection: sa.Connection, tenant: str, on: date) -> Iterator[Sequence[Any]]:
    """Yield the tenant's mails that may be due on that day, a page at a time."""
    return pages(connection, _OLD, tenant, on)


def one(connection: sa.Connection, tenant: str, mail_id: str) -> Any:
    """Return the row of a mail that lies with no invoice and is not erased; None else."""
    return connection.execute(_ONE, {"of_tenant": tenant, "of_id": mail_id}).one_or_none()


def judge(engine: Engine, tenant: str, row: Any, noted: Facts, on: date) -> Due | Kept:
    """Say whether the term of a mail is over on that day, and why not.

    A mail that came a second time began no case: its term begins with its receipt.
    """
    closed_on = ended_on(engine, tenant, f"mail:{row.id}")
    if isinstance(closed_on, str):
        return Kept(receipt_no=row.number, why_de=closed_on)
    day = closed_on or row.received_at.astimezone(OFFICE_ZONE).date()
    return within_term(
        row.id, row.number, DocumentKind.CORRESPONDENCE, day, day.year, noted=noted, on=on
    )


def erase(connection: sa.Connection, tenant: str, mail_id: str) -> tuple[int, Sequence[str]]:
    """Erase what the records hold of the mail; its number stays.

    Returns how many documents it had, and the hashes that no other document has.
    """
    found = personal.documents(connection, tenant, mail_id)
    which = {"of_tenant": tenant, "of_mail": mail_id}
    connection.execute(_FORGET_DUNNING, which)
    personal.erase_mail(connection, tenant, mail_id)
    return len(found), personal.alone(connection, tenant, found)
