"""What is proposed for an invoice without data: from its text, and from the house's own records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.clock import OFFICE_ZONE
from laufzettel.einvoice import pdf
from laufzettel.einvoice.proposals import Proposal, Proposals, propose
from laufzettel.engine.handler import Work
from laufzettel.records.invoice import Stage
from laufzettel.records.tables import invoice

#: Who was refused is no supplier to propose.
_REFUSED: Final = (Stage.RECEIVED, Stage.REJECTED, Stage.DUPLICATE)


# Built once, for each of the two columns that name a seller for certain.
def _seller_by(column: sa.Column[Any]) -> sa.Select[Any]:
    return (
        sa.select(invoice.c.supplier_name, invoice.c.receipt_no, invoice.c.received_at)
        .where(
            invoice.c.tenant == sa.bindparam("of_tenant"),
            column == sa.bindparam("of_key"),
            invoice.c.supplier_name.is_not(None),
            *(invoice.c.stage != stage for stage in _REFUSED),
        )
        .order_by(invoice.c.id.desc())
        .limit(1)
    )


_BY_VAT_ID: Final = _seller_by(invoice.c.supplier_vat_id)
_BY_IBAN: Final = _seller_by(invoice.c.payee_iban)


def proposals_for(step: Work, data: bytes) -> Proposals:
    """Return what the pages of the PDF name, and whose VAT id or account that is."""
    found = propose(pdf.read_text(data))
    keys = ((_BY_VAT_ID, found.vat_id, "USt-IdNr."), (_BY_IBAN, found.iban, "IBAN"))
    with step.read() as connection:
        for query, known, name in keys:
            if known is None:
                continue
            which = {"of_tenant": step.tenant, "of_key": known.value}
            row = connection.execute(query, which).one_or_none()
            if row is not None:
                day = row.received_at.astimezone(OFFICE_ZONE)
                source = f"dieselbe {name} wie Rechnung {row.receipt_no} vom {day:%d.%m.%Y}"
                return replace(found, supplier=Proposal(value=row.supplier_name, source=source))
    return found


def as_values(found: Proposals) -> dict[str, Any]:
    """Return the proposals as the variables that the form shows."""

    def value(one: Proposal[Any] | None) -> Any:
        return one.value if one is not None else None

    return {
        "supplier_name": value(found.supplier),
        "supplier_vat_id": value(found.vat_id),
        "invoice_number": value(found.number),
        "issued_on": value(found.issued_on),
        "due_date": value(found.due_on),
        "gross_amount": value(found.gross),
        "currency": "EUR",
        "payee_iban": value(found.iban),
        "proposal_text": found.sources() or None,
    }
