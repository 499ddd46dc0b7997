"""What persons decided about the tax of invoices, and what a proposal needs of the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.ids import new_id
from laufzettel.records.invoice import Stage
from laufzettel.records.purchasing.tables import invoice_claim, purchase_order
from laufzettel.records.tables import booking, cash_order, invoice
from laufzettel.records.tax.proposal import NOTHING, OPEN, WITHHOLDING, Certificate, Part
from laufzettel.records.tax.tables import exemption_certificate, invoice_tax, tax_decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided, as it was kept."""

    decided_by: str
    decided_at: datetime
    follows: bool
    decided: dict[str, str]  # part → what holds
    note: str
    is_construction: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """Another Bauleistung of the same seller; whose it is, the caller must ask."""

    value: Decimal  # the Gegenleistung, with VAT
    is_paid: bool  # else it is only decided
    buyer_reference: str
    unit: str


_d, _c, _o = tax_decision.c, exemption_certificate.c, purchase_order.c
_TENANT: Final[sa.BindParameter[str]] = sa.bindparam("of_tenant")
_LATEST: Final = (
    sa.select(tax_decision)
    .where(_d.tenant == _TENANT, _d.invoice_id == sa.bindparam("of_invoice"))
    .order_by(_d.id.desc())
    .limit(1)
)
_ADD: Final = sa.insert(tax_decision)
_CERTIFICATES: Final = (
    sa.select(exemption_certificate)
    .where(
        _c.tenant == _TENANT,
        sa.or_(
            _c.vat_id == sa.bindparam("of_vat_id"),
            sa.and_(_c.vat_id.is_(None), _c.name_key == sa.bindparam("of_name")),
        ),
    )
    .order_by(_c.valid_until.desc(), _c.key)
    .limit(20)
)
_later = tax_decision.alias("later")
_is_paid = booking.c.paid_on.between(sa.bindparam("of_first"), sa.bindparam("of_last"))
_YEAR: Final = (
    sa.select(
        _d.gross,
        invoice.c.buyer_reference,
        invoice.c.unit,
        booking.c.paid_on,
    )
    .select_from(
        tax_decision.join(
            invoice, sa.and_(invoice.c.id == _d.invoice_id, invoice.c.tenant == _d.tenant)
        )
        .outerjoin(
            cash_order,
            sa.and_(cash_order.c.invoice_id == _d.invoice_id, cash_order.c.tenant == _d.tenant),
        )
        .outerjoin(
            booking,
            sa.and_(
                booking.c.cash_order_id == cash_order.c.id, booking.c.tenant == cash_order.c.tenant
            ),
        )
    )
    .where(
        _d.tenant == _TENANT,
        # Expected in one year and paid in the next, or the other way round.
        _d.pay_year.in_(sa.bindparam("of_years", expanding=True)),
        _d.is_construction.is_(True),
        _d.invoice_id != sa.bindparam("of_invoice"),
        sa.or_(_d.vat_id == sa.bindparam("of_vat_id"), _d.name_key == sa.bindparam("of_name")),
        sa.or_(
            _is_paid,
            sa.and_(booking.c.paid_on.is_(None), _d.pay_year == sa.bindparam("of_year")),
        ),
        invoice.c.stage.not_in([Stage.REJECTED, Stage.DUPLICATE, Stage.SET_ASIDE]),
        ~sa.exists().where(
            _later.c.tenant == _d.tenant,
            _later.c.invoice_id == _d.invoice_id,
            _later.c.id > _d.id,
        ),
    )
)
_t = invoice_tax.c
_KNOWN: Final = (
    sa.select(_t.office_key, _t.tax_number)
    .where(
        _t.tenant == _TENANT,
        _t.office_key.is_not(None),
        sa.or_(_t.vat_id == sa.bindparam("of_vat_id"), _t.name_key == sa.bindparam("of_name")),
    )
    .order_by(_t.decided_at.desc(), _t.id)
    .limit(1)
)
_ORDER: Final = (
    sa.select(_o.key, _o.gross)
    .join(
        invoice_claim,
        sa.and_(invoice_claim.c.order_key == _o.key, invoice_claim.c.tenant == _o.tenant),
    )
    .where(_o.tenant == _TENANT, invoice_claim.c.id == sa.bindparam("of_invoice"))
)


def latest(connection: sa.Connection, tenant: str, invoice_id: str) -> Decision | None:
    """Return the decision that holds, None where nobody decided yet."""
    of = {"of_tenant": tenant, "of_invoice": invoice_id}
    row = connection.execute(_LATEST, of).mappings().one_or_none()
    if row is None:
        return None
    return Decision(**{name: row[name] for name in Decision.__dataclass_fields__})


def certificates(
    connection: sa.Connection, tenant: str, vat_id: str, name_key: str
) -> list[Certificate]:
    """Return the certificates of a seller, the one that lasts longest first."""
    of = {"of_tenant": tenant, "of_vat_id": vat_id or None, "of_name": name_key}
    return [
        Certificate(
            number=row.number,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            order_key=row.order_key or "",
            revoked_on=row.revoked_on,
        )
        for row in connection.execute(_CERTIFICATES, of)
    ]


def of_year(
    connection: sa.Connection, tenant: str, seller: tuple[str, str], year: int, but: str
) -> list[Building]:
    """Return the seller's other Bauleistungen that were paid or are to be paid in that year."""
    of = {"of_tenant": tenant, "of_year": year, "of_invoice": but}
    of |= {"of_vat_id": seller[0] or None, "of_name": seller[1]}
    of |= {"of_years": [year - 1, year, year + 1]}
    of |= {"of_first": date(year, 1, 1), "of_last": date(year, 12, 31)}
    return [
        Building(
            value=row.gross or Decimal(0),
            is_paid=row.paid_on is not None,
            buyer_reference=row.buyer_reference or "",
            unit=row.unit or "",
        )
        for row in connection.execute(_YEAR, of)
    ]


def last_known(connection: sa.Connection, tenant: str, seller: tuple[str, str]) -> tuple[str, str]:
    """Return Finanzamt and Steuernummer of the seller as they were decided last, else empty."""
    of = {"of_tenant": tenant, "of_vat_id": seller[0] or None, "of_name": seller[1]}
    row = connection.execute(_KNOWN, of).one_or_none()
    return (row.office_key, row.tax_number) if row else ("", "")


def order_of(connection: sa.Connection, tenant: str, invoice_id: str) -> tuple[str, Decimal | None]:
    """Return key and gross sum of the invoice's order, ("", None) without one."""
    of = {"of_tenant": tenant, "of_invoice": invoice_id}
    row = connection.execute(_ORDER, of).one_or_none()
    return ("", None) if row is None else (row.key, row.gross)


def row_of(
    invoice_id: str,
    *,
    by: str,
    at: datetime,
    parts: Sequence[Part],
    values: Mapping[str, str],
    note: str,
    seller: tuple[str, str],
    pay_on: date,
    claimed: Decimal | None,
) -> dict[str, Any]:
    """Return the row of a decision; ``claimed`` is the Gegenleistung in euros."""
    building = next((part for part in parts if part.kind == WITHHOLDING), None)
    is_proposed = building is not None and building.is_construction
    return {
        "id": new_id(),
        "invoice_id": invoice_id,
        "decided_by": by,
        "decided_at": at,
        "follows": dict(values) == {part.kind: part.value for part in parts},
        "decided": dict(values),
        "proposal": [[part.kind, part.value, part.text, part.source] for part in parts],
        "note": note,
        "vat_id": seller[0] or None,
        "name_key": seller[1],
        "pay_year": pay_on.year,
        "gross": claimed,
        # It counts for the year: proposed as a Bauleistung, or something is withheld.
        "is_construction": is_proposed or values.get(WITHHOLDING, NOTHING) not in (NOTHING, OPEN),
    }
