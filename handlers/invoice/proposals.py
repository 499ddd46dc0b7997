"""What is proposed for an invoice without data: from its text, and from the house's own records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.clock import OFFICE_ZONE
from laufzettel.connectors.ocr.port import Ocr, OcrUnavailableError
from laufzettel.einvoice import code_proposals, pdf
from laufzettel.einvoice.pages import Look
from laufzettel.einvoice.proposals import Proposal, Proposals, propose, recognised
from laufzettel.engine.handler import Work
from laufzettel.records.invoice import Stage
from laufzettel.records.tables import invoice

#: So many pages are searched for an EPC-QR code; it stands on the first or on a payment slip.
CODE_PAGES: Final = 15
#: So many pages without text are read by text recognition, drawn as for A4 at 300 dpi.
READ_PAGES: Final = 3
OCR_WIDTH: Final = 2480
#: Who was refused is no supplier to propose.
_REFUSED: Final = (Stage.RECEIVED, Stage.REJECTED, Stage.DUPLICATE, Stage.SET_ASIDE)


# Built once, for each of the two columns that name a seller for certain.
def _seller_by(column: sa.Column[Any]) -> sa.Select[Any]:
    return (
        sa.select(
            invoice.c.supplier_name,
            invoice.c.receipt_no,
            invoice.c.received_at,
            invoice.c.payee_iban,
        )
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


def proposals_for(step: Work, data: bytes, pages: Sequence[Look]) -> Proposals:
    """Return what text and codes of the PDF name, and whose VAT id or account that is."""
    looks = pages[:CODE_PAGES]
    text = pdf.read_text(data)
    ocr = step.service(Ocr)  # type: ignore[type-abstract]
    of_text = propose(text) if text or not ocr.is_on else _of_pictures(ocr, data, looks)
    return _with_supplier(step, code_proposals.with_codes(of_text, code_proposals.read(looks)))


def _of_pictures(ocr: Ocr, data: bytes, looks: Sequence[Look]) -> Proposals:
    """Return what seems to stand on the first pages; a tool that is missing is named."""
    numbers = [page.number for page in looks if not page.is_blank][:READ_PAGES]
    try:
        pictures = (pdf.page_picture(data, number, width=OCR_WIDTH).png for number in numbers)
        text = "\n".join(ocr.read(picture) for picture in pictures)
    except OcrUnavailableError as error:
        return Proposals(notes=(f"Die Seiten sind Bilder, und gelesen hat sie niemand: {error}",))
    except pdf.PdfError:
        return Proposals()
    read = recognised(propose(text))
    return replace(read, notes=() if text else (_NOTHING_READ,))


_NOTHING_READ: Final = "Die Texterkennung hat auf den Seiten nichts gelesen."


def _with_supplier(step: Work, found: Proposals) -> Proposals:
    """Return the proposals with the seller by whom the house knows the VAT id or the account."""
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
                supplier = Proposal(value=row.supplier_name, source=source)
                notes = (*found.notes, *_against_records(found, row))
                return replace(found, supplier=supplier, notes=notes)
    return found


def _against_records(found: Proposals, row: sa.Row[Any]) -> Iterator[str]:
    """Yield what differs from the last invoice of the seller."""
    named = found.supplier
    if named is not None and named.value.casefold() != row.supplier_name.casefold():
        yield f"Der EPC-QR-Code nennt als Empfänger „{named.value}“."
    if found.iban is not None and row.payee_iban not in (None, found.iban.value):
        yield (
            f"Die IBAN ist eine andere als in der Rechnung {row.receipt_no}; die Stammdatenpflege "
            "klärt das nach dem Erfassen."
        )


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
        "vat_kind": value(found.vat_kind),
        "vat_rates": value(found.vat_rates),
        "supplier_country": value(found.country),
        "proposal_text": found.sources() or None,
    }
