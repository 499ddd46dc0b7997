"""Where a mail to a supplier may go: never, about bank data, to an address of the invoice.

Whoever forges an invoice writes his own address on it. So what concerns bank data goes to the
address of the master data alone; without one it goes by letter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.connectors.post.port import is_mail_address, is_message_id
from laufzettel.records.tables import document, mail, supplier_contact

# Built once: building a statement costs more than running it.
_MASTER: Final = sa.select(supplier_contact.c.mail).where(
    supplier_contact.c.tenant == sa.bindparam("of_tenant"),
    supplier_contact.c.vat_id == sa.bindparam("of_vat_id"),
)
_BY_ADDRESS: Final = sa.select(supplier_contact.c.mail).where(
    supplier_contact.c.tenant == sa.bindparam("of_tenant"),
    sa.func.lower(supplier_contact.c.mail) == sa.bindparam("of_mail"),
)
_BY_NAME: Final = (
    sa.select(supplier_contact.c.mail)
    .where(
        supplier_contact.c.tenant == sa.bindparam("of_tenant"),
        supplier_contact.c.name == sa.bindparam("of_name"),
    )
    .distinct()
    .limit(2)
)
_CAME_BY: Final = (
    sa.select(mail.c.sender, mail.c.message_id)
    .join(
        document,
        sa.and_(document.c.tenant == mail.c.tenant, document.c.sha256 == mail.c.sha256),
    )
    .where(
        mail.c.tenant == sa.bindparam("of_tenant"),
        document.c.invoice_id == sa.bindparam("of_invoice"),
        document.c.kind == "mail",
        mail.c.is_automatic.is_(False),
        mail.c.repeat_of.is_(None),
    )
    .order_by(mail.c.number)
)
#: Words and terms of EN 16931 (BG-16 to BG-19) by which a text speaks of bank data.
_BANK: Final = re.compile(
    r"\b(IBAN|BIC|SWIFT|BT-8[1-9]|BT-9[01]|BG-1[6-9]|BR-DE-(13|19|20|23|24|25|30|31))\b"
    r"|Bank|Konto|\bKto\b|\bBLZ\b|Sparkasse|Kreditinstitut|Zahlungsverbindung|Lastschrift|Zahlungsempf"
    r"|\b[A-Z]{2}\d{2}(\s?[A-Z0-9]{4}){2,7}",  # an IBAN itself (ISO 13616), as it is written in fours
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailAddress:
    """Where a mail goes, and what it answers."""

    mail: str
    in_reply_to: str = ""


def speaks_of_bank_data(text: str) -> bool:
    """Say whether the text is about where money goes; in doubt it is.

    >>> speaks_of_bank_data("Die IBAN des Zahlungsempfängers ist nicht gültig.")
    True
    >>> speaks_of_bank_data("Die Leitweg-ID fehlt.")
    False
    """
    return bool(_BANK.search(text))


def mail_address(
    connection: sa.Connection, tenant: str, row: Mapping[str, Any], *, bank_data: bool
) -> MailAddress | None:
    """Return the address of the invoice's supplier; None where no mail may go.

    Master data first. Else, unless it is about bank data, whoever sent the mail that brought
    the invoice, if that was a person's mailbox (RFC 3834), or the address on the invoice.
    """
    which = {"of_tenant": tenant, "of_vat_id": row["supplier_vat_id"] or ""}
    master = connection.execute(_MASTER, which).scalar()
    came_by = _came_by(connection, tenant, row["id"])
    if master:
        return MailAddress(mail=master, in_reply_to=came_by.in_reply_to if came_by else "")
    if bank_data:
        return None
    if came_by is not None:
        return came_by
    named = row["supplier_mail"] or ""
    return MailAddress(mail=named) if is_mail_address(named) else None


def master_address(
    connection: sa.Connection, tenant: str, *, vat_id: str, name: str, sender: str
) -> str:
    """Return the address that the town itself knows of a supplier; empty where it knows none.

    By VAT id where there is one, and then by nothing else. Else who wrote, if that is an address
    of the master data, or the supplier of exactly that name, if there is one only.
    """
    if vat_id:
        which = {"of_tenant": tenant, "of_vat_id": vat_id}
        return str(connection.execute(_MASTER, which).scalar() or "")
    by_sender = {"of_tenant": tenant, "of_mail": sender.lower()}
    found = connection.execute(_BY_ADDRESS, by_sender).scalars().first() if sender else None
    if found:
        return str(found)
    by_name = {"of_tenant": tenant, "of_name": name}
    several = connection.execute(_BY_NAME, by_name).scalars().all() if name else ()
    return str(several[0]) if len(several) == 1 else ""


def _came_by(connection: sa.Connection, tenant: str, invoice_id: str) -> MailAddress | None:
    which = {"of_tenant": tenant, "of_invoice": invoice_id}
    for row in connection.execute(_CAME_BY, which):
        if is_mail_address(row.sender or ""):
            answered = row.message_id if is_message_id(row.message_id or "") else ""
            return MailAddress(mail=row.sender, in_reply_to=answered)
    return None
