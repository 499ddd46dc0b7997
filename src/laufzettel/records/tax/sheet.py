"""The tax of one invoice: what is proposed on that day, and what was decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Self

import sqlalchemy as sa

from laufzettel.einvoice.invoice import Invoice
from laufzettel.records import settings
from laufzettel.records.settings import TenantSettings
from laufzettel.records.tax import decisions, offices, rules
from laufzettel.records.tax.decisions import Building, Decision
from laufzettel.records.tax.offices import Office
from laufzettel.records.tax.proposal import (
    NOTHING,
    WITHHOLDING,
    Around,
    Part,
    propose,
    seller_of,
    standard_rate,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tax:
    """What is proposed for an invoice, and what was decided."""

    read: Invoice
    invoice_id: str
    pay_on: date
    parts: list[Part]
    standard_rate: Decimal | None  # per cent: the VAT that the Kommune owes where it is the debtor
    order_key: str
    offices: tuple[Office, ...]
    last_known: tuple[str, str]  # Finanzamt and Steuernummer of the seller, as decided last
    decision: Decision | None
    is_required: bool
    takes_positions: bool  # the HKR: else nothing can be withheld

    @property
    def shown(self) -> tuple[str, ...]:
        """What the page shows of it, for the digest of what was displayed."""
        return tuple(part.shown for part in self.parts)

    @property
    def is_complete(self) -> bool:
        """Whether there is a proposal for every part."""
        return not any(part.is_open for part in self.parts)

    @property
    def asks_building(self) -> bool:
        """Whether a person must say if it is a Bauleistung."""
        return any(part.if_building is not None for part in self.parts)

    def answered(self, *, is_building: bool) -> Self:
        """Return what is proposed once somebody has said whether it is a Bauleistung."""
        parts = [part.answered(is_building=is_building) for part in self.parts]
        return replace(self, parts=parts)

    @property
    def must_decide(self) -> bool:
        """Whether nobody certifies without a decision: as the tenant says, or money hangs on it.

        What is not withheld of a Bauleistung, the Kommune owes itself (§ 48a Abs. 3 EStG).
        """
        return self.is_required or any(
            part.must_be_answered
            or (part.kind == WITHHOLDING and part.is_construction and part.value != NOTHING)
            for part in self.parts
        )

    def labels(self) -> dict[str, str]:
        """Return how each part is called."""
        return {part.kind: part.label for part in self.parts}


def tax_of(
    connection: sa.Connection,
    tenant: str,
    read: Invoice,
    *,
    invoice_id: str,
    due_on: date | None,
    unit: str,
    today: date,
) -> Tax:
    """Return what the rules propose for an invoice that is paid when it is due, or today."""
    own = settings.load(connection, tenant)
    table = rules.of_tenant(connection, tenant)
    pay_on = max(due_on or today, today)
    around = _around(connection, tenant, read, invoice_id, pay_on, unit, own)
    seller = seller_of(read)
    return Tax(
        read=read,
        invoice_id=invoice_id,
        pay_on=pay_on,
        parts=propose(read, around, table),
        standard_rate=standard_rate(read, table),
        order_key=around.order_key,
        offices=offices.listed(connection, tenant),
        last_known=decisions.last_known(connection, tenant, seller),
        decision=decisions.latest(connection, tenant, invoice_id),
        is_required=own.tax_required,
        takes_positions=own.ledger_format >= settings.FORMAT_WITH_TAX,
    )


def _around(
    connection: sa.Connection,
    tenant: str,
    read: Invoice,
    invoice_id: str,
    pay_on: date,
    unit: str,
    own: TenantSettings,
) -> Around:
    seller = seller_of(read)
    others = decisions.of_year(connection, tenant, seller, pay_on.year, invoice_id)
    mine = own.is_confidential(read.buyer_reference, unit)
    order_key, order_gross = decisions.order_of(connection, tenant, invoice_id)
    return Around(
        unit=unit or own.unit_for(read.buyer_reference),
        pay_on=pay_on,
        certificates=decisions.certificates(connection, tenant, *seller),
        year_paid=_sum(one for one in others if one.is_paid),
        year_decided=_sum(one for one in others if not one.is_paid),
        hides_sum=not mine
        and any(own.is_confidential(one.buyer_reference, one.unit) for one in others),
        order_key=order_key,
        order_gross=order_gross,
    )


def _sum(found: Iterable[Building]) -> Decimal:
    return sum((one.value for one in found), Decimal(0))
