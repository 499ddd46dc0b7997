"""What the records hold about an invoice, and how it goes after the term.

The entry in the Eingangsbuch stays (a book, kept longer): number, channel, times, amounts, stage,
hash; so does the booking. Names, addresses, accounts, numbers and texts of others go.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import sqlalchemy as sa

from laufzettel.archive.tables import document_fault
from laufzettel.records import search
from laufzettel.records.heads.tables import duplicate_suspect, invoice_head, invoice_reference
from laufzettel.records.purchasing.tables import invoice_claim
from laufzettel.records.tables import (
    cash_order,
    document,
    dunning,
    invoice,
    invoice_identity,
    mail,
    routing_proposal,
    supplier_answer,
)
from laufzettel.records.tax.tables import captured_invoice, invoice_tax, tax_decision

# Built once: building a statement costs more than running it.
_OF: Final[sa.BindParameter[str]] = sa.bindparam("of_invoice")
_TENANT: Final[sa.BindParameter[str]] = sa.bindparam("of_tenant")
_DOCUMENTS: Final = (
    sa.select(document.c.sha256)
    .where(document.c.tenant == _TENANT, document.c.invoice_id == _OF)
    .distinct()
    .order_by(document.c.sha256)
)
_ELSEWHERE: Final = (
    sa.select(sa.func.count())
    .select_from(document)
    .where(document.c.tenant == _TENANT, document.c.sha256 == sa.bindparam("of_sha256"))
)
_FORGET_FAULT: Final = sa.delete(document_fault).where(
    document_fault.c.tenant == _TENANT, document_fault.c.sha256 == sa.bindparam("of_sha256")
)
_MARK: Final = (
    sa.update(invoice)
    .where(invoice.c.id == _OF)
    .values(
        sender="",
        supplier_name=None,
        supplier_vat_id=None,
        supplier_address=None,
        supplier_mail=None,
        number=None,
        payee_name=None,
        payee_iban=None,
        buyer_reference=None,
        rejection=None,
        skonto=None,
        remarks=None,
    )
)
#: Whether a mail lies with an invoice. The same mail again has the same bytes, and so has a scan
#: that was taken for an invoice; neither makes it belong to one.
LIES_WITH_AN_INVOICE: Final = (
    sa.select(document.c.sha256)
    .join(invoice, invoice.c.id == document.c.invoice_id)
    .where(
        document.c.tenant == mail.c.tenant,
        document.c.sha256 == mail.c.sha256,
        document.c.kind == "mail",
    )
    .exists()
)
#: A mail that only this invoice's documents still held, by its bytes.
_MAIL: Final = sa.select(mail.c.id).where(
    mail.c.tenant == _TENANT, mail.c.sha256 == sa.bindparam("of_sha256"), ~LIES_WITH_AN_INVOICE
)
_MAIL_HASHES: Final = sa.select(document.c.sha256).where(
    document.c.tenant == _TENANT, document.c.invoice_id == _OF, document.c.kind == "mail"
)
_ERASE_MAIL: Final = (
    sa.update(mail)
    .where(mail.c.id == sa.bindparam("of_mail"))
    .values(digest=None, message_id=None, sender=None, sender_name=None, subject=None, problem=None)
    .values(files=sa.null())
)
_ERASE_MAIL_DOCUMENT: Final = sa.delete(document).where(
    document.c.tenant == _TENANT, document.c.invoice_id == sa.bindparam("of_mail")
)
_ERASE: Final[tuple[sa.Executable, ...]] = (
    sa.delete(document).where(document.c.tenant == _TENANT, document.c.invoice_id == _OF),
    sa.delete(invoice_identity).where(
        invoice_identity.c.tenant == _TENANT, invoice_identity.c.invoice_id == _OF
    ),
    sa.update(dunning)
    .where(dunning.c.tenant == _TENANT, dunning.c.invoice_id == _OF)
    .values(invoice_number="", supplier=None, text=None),
    sa.delete(supplier_answer).where(
        supplier_answer.c.tenant == _TENANT, supplier_answer.c.invoice_id == _OF
    ),
    sa.delete(routing_proposal).where(
        routing_proposal.c.tenant == _TENANT, routing_proposal.c.invoice_id == _OF
    ),
    sa.delete(invoice_head).where(invoice_head.c.tenant == _TENANT, invoice_head.c.id == _OF),
    sa.delete(tax_decision).where(
        tax_decision.c.tenant == _TENANT, tax_decision.c.invoice_id == _OF
    ),
    sa.delete(captured_invoice).where(
        captured_invoice.c.tenant == _TENANT, captured_invoice.c.id == _OF
    ),
    sa.delete(invoice_tax).where(invoice_tax.c.tenant == _TENANT, invoice_tax.c.id == _OF),
    sa.delete(invoice_claim).where(invoice_claim.c.tenant == _TENANT, invoice_claim.c.id == _OF),
    sa.delete(invoice_reference).where(
        invoice_reference.c.tenant == _TENANT, invoice_reference.c.invoice_id == _OF
    ),
    sa.delete(duplicate_suspect).where(
        duplicate_suspect.c.tenant == _TENANT,
        sa.or_(duplicate_suspect.c.invoice_id == _OF, duplicate_suspect.c.other_id == _OF),
    ),
    sa.update(cash_order)
    .where(cash_order.c.tenant == _TENANT, cash_order.c.invoice_id == _OF)
    .values(payee_name="", payee_iban="", purpose="", withheld_purpose=None, refusal_text=None),
)


_other: Final = document.alias("other")
_MAILS: Final = (
    sa.select(mail.c.id)
    .join(
        document,
        sa.and_(document.c.tenant == mail.c.tenant, document.c.sha256 == mail.c.sha256),
    )
    .where(
        mail.c.tenant == _TENANT,
        document.c.invoice_id == _OF,
        document.c.kind == "mail",
        # With another invoice it lies as long as that one is kept.
        ~sa.select(_other.c.sha256)
        .join(invoice, invoice.c.id == _other.c.invoice_id)
        .where(
            _other.c.tenant == mail.c.tenant,
            _other.c.sha256 == mail.c.sha256,
            _other.c.kind == "mail",
            _other.c.invoice_id != _OF,
        )
        .exists(),
    )
)


def mails(connection: sa.Connection, tenant: str, invoice_id: str) -> Sequence[str]:
    """Return the mails that lie with this invoice alone: those that brought it, and Mahnungen."""
    which = {"of_tenant": tenant, "of_invoice": invoice_id}
    return connection.execute(_MAILS, which).scalars().all()


def documents(connection: sa.Connection, tenant: str, invoice_id: str) -> Sequence[str]:
    """Return the hashes of the invoice's documents."""
    which = {"of_tenant": tenant, "of_invoice": invoice_id}
    return connection.execute(_DOCUMENTS, which).scalars().all()


def erase(connection: sa.Connection, tenant: str, invoice_id: str, *, on: date) -> Sequence[str]:
    """Erase what the records hold; return the hashes that no other invoice's document has."""
    which = {"of_tenant": tenant, "of_invoice": invoice_id}
    found = documents(connection, tenant, invoice_id)
    letters = connection.execute(_MAIL_HASHES, which).scalars().all()
    for statement in _ERASE:
        connection.execute(statement, which)
    search.forget(connection, tenant, invoice_id)
    connection.execute(_MARK, {"of_invoice": invoice_id, "erased_on": on})
    for sha256 in letters:
        _erase_mail(connection, tenant, sha256)
    return alone(connection, tenant, found)


def alone(connection: sa.Connection, tenant: str, hashes: Sequence[str]) -> Sequence[str]:
    """Return those of the hashes that no document has any more; nobody looks for them there."""
    found = unheld(connection, tenant, hashes)
    for sha256 in found:
        connection.execute(_FORGET_FAULT, {"of_tenant": tenant, "of_sha256": sha256})
    return found


def unheld(connection: sa.Connection, tenant: str, hashes: Sequence[str]) -> Sequence[str]:
    """Return those of the hashes that no document has; their bytes may go."""
    return [sha256 for sha256 in hashes if not _is_elsewhere(connection, tenant, sha256)]


def _erase_mail(connection: sa.Connection, tenant: str, sha256: str) -> None:
    """The mail goes with the last invoice that it brought; its number stays."""
    which = {"of_tenant": tenant, "of_sha256": sha256}
    for mail_id in connection.execute(_MAIL, which).scalars().all():
        erase_mail(connection, tenant, mail_id)


def erase_mail(connection: sa.Connection, tenant: str, mail_id: str) -> None:
    """The content of the mail goes; its number stays."""
    connection.execute(_ERASE_MAIL, {"of_mail": mail_id})
    connection.execute(_ERASE_MAIL_DOCUMENT, {"of_tenant": tenant, "of_mail": mail_id})


def _is_elsewhere(connection: sa.Connection, tenant: str, sha256: str) -> bool:
    which = {"of_tenant": tenant, "of_sha256": sha256}
    return bool(connection.execute(_ELSEWHERE, which).scalar_one())
