"""An invoice whose correction or credit note came in: lists say so, and nobody orders it unasked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Final

import sqlalchemy as sa

from laufzettel.engine.handler import (
    Asked,
    Field,
    FieldKind,
    FormFields,
    Given,
    Inline,
    Limits,
    Noted,
    Offered,
    change_remarks,
)
from laufzettel.errors import NotFoundError
from laufzettel.handlers.invoice.data import invoice_row
from laufzettel.handlers.invoice.heads import related
from laufzettel.records import remarks, settings
from laufzettel.records.heads.correcting import Later, correcting
from laufzettel.records.heads.links import Relation
from laufzettel.records.heads.search import heads
from laufzettel.records.invoice import invoice_id_of
from laufzettel.records.remarks import Remark
from laufzettel.records.settings import TenantSettings

#: Duties whose holder makes a payment of the invoice.
_DUTIES: Final = frozenset({"anordnung", "mitzeichnung"})
_SEEN: Final = "corrected_seen"
_REASON: Final = "corrected_reason"


def tell_corrected(step: Inline, ids: Iterable[str]) -> None:
    """Have the open cases of these invoices say whether a correction of theirs stands.

    To be asked for after the step has wanted its own change written.
    """
    for invoice_id in dict.fromkeys(ids):
        step.write(
            partial(
                _refresh,
                tenant=step.tenant,
                invoice_id=invoice_id,
                by=step.actor.label,
                at=step.now,
            )
        )


def corrected_by(step: Inline, invoice_id: str) -> list[str]:
    """Return the invoices that this one corrects or takes back, as far as they are known."""
    try:
        return related(step, invoice_id)[1]
    except NotFoundError:
        return []  # nobody has read it


def _refresh(
    connection: sa.Connection, *, tenant: str, invoice_id: str, by: str, at: datetime
) -> None:
    is_corrected = bool(_later_of(connection, tenant, invoice_id))
    make = partial(remarks.with_or_without, Remark.SUPERSEDED.value, is_corrected)
    change_remarks(connection, tenant, f"invoice:{invoice_id}", make, by=by, at=at)


def _later_of(connection: sa.Connection, tenant: str, invoice_id: str) -> list[Later]:
    mine = heads(connection, tenant, [invoice_id]).get(invoice_id)
    return [] if mine is None else correcting(connection, tenant, mine)


class CorrectedFields(FormFields):
    """Asks who orders a corrected invoice whether it is to be paid all the same."""

    name: ClassVar[str] = "invoice.corrected"

    def offer(self, asked: Asked) -> Offered | None:
        """Return a box to tick and the reason, where a correction stands."""
        invoice_id = invoice_id_of(asked.business_key)
        if not invoice_id or not _DUTIES & set(asked.duties):
            return None
        row = invoice_row(asked.connection, asked.tenant, invoice_id)
        found = [] if row is None else _later_of(asked.connection, asked.tenant, invoice_id)
        if row is None or not found:
            return None
        rules = settings.load(asked.connection, asked.tenant)
        mine = rules.is_confidential(row.buyer_reference or "", row.unit)
        told = " ".join(_told(one, rules, mine) for one in found)
        return Offered(
            fields=_fields(told, asked.hide),
            shown=tuple(f"corrected:{one.id}" for one in found),
            keep=partial(_keep, found),
        )


def _told(one: Later, rules: TenantSettings, mine: bool) -> str:
    """Say which correction came; of a confidential one only its number in the Eingangsbuch."""
    what = "Rechnungskorrektur" if one.relation is Relation.CORRECTION else "Gutschrift"
    if not mine and rules.is_confidential(one.buyer_reference, one.unit):
        return f"Dazu kam eine {what} ({one.receipt_no})."
    day = f" vom {one.issued_on:%d.%m.%Y}" if one.issued_on else ""
    return f"Dazu kam eine {what} ({one.type_code}): {one.number}{day}, {one.receipt_no}."


def _fields(told: str, unless_signing: str) -> tuple[Field, ...]:
    text = f"{told} Zahlen Sie nicht beide: Gilt die spätere, geben Sie diese zurück."
    return (
        Field(
            id="corrected",
            kind=FieldKind.VIEW,
            text=text,
            properties={"laufzettel:level": "danger"},
        ),
        Field(
            id=_SEEN,
            kind=FieldKind.CHECKBOX,
            key=_SEEN,
            label="Ich habe sie angesehen; diese Rechnung ist trotzdem zu zahlen",
            limits=Limits(required=True),
            hide=unless_signing,
        ),
        Field(
            id=_REASON,
            kind=FieldKind.TEXTAREA,
            key=_REASON,
            label="Warum sie trotzdem zu zahlen ist",
            limits=Limits(required=True, max_length=1000),
            hide=unless_signing,
        ),
    )


def _keep(found: Sequence[Later], given: Given) -> Sequence[Noted]:
    """Return what the audit of the case says: who chose so, in sight of what, and why."""
    data: Mapping[str, Any] = {"later": [one.id for one in found]}
    texts = {"reason": given.answers[_REASON]}
    return (Noted(kind="invoice.kept_despite_correction", data=data, texts=texts),)
