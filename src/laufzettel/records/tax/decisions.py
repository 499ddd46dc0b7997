"""What persons decided about the tax of invoices, and what a proposal needs of the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.ids import new_id
from laufzettel.records.invoice import Stage
from laufzettel.records.purchasing.tables import invoice_claim, purchase_order
from laufzettel.records.tables import invoice
from laufzettel.records.tax.proposal import Certificate, Part
from laufzettel.records.tax.tables import exemption_certificate, tax_decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided, as it was kept."""

    decided_by: str
    decided_at: datetime
    follows: bool
    decided: dict[str, str]  # part → what holds
    note: str


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
_YEAR: Final = (
    sa.select(_d.gross, invoice.c.buyer_reference, invoice.c.unit)
    .join(invoice, sa.and_(invoice.c.id == _d.invoice_id, invoice.c.tenant == _d.tenant))
    .where(
        _d.tenant == _TENANT,
        _d.pay_year == sa.bindparam("of_year"),
        _d.is_construction.is_(True),
        _d.invoice_id != sa.bindparam("of_invoice"),
        sa.or_(_d.vat_id == sa.bindparam("of_vat_id"), _d.name_key == sa.bindparam("of_name")),
        invoice.c.stage.not_in([Stage.REJECTED, Stage.DUPLICATE]),
        ~sa.exists().where(
            _later.c.tenant == _d.tenant,
            _later.c.invoice_id == _d.invoice_id,
            _later.c.id > _d.id,
        ),
    )
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
) -> list[tuple[Decimal, str, str]]:
    """Return the seller's other Bauleistungen that were decided as paid in that year.

    Each is its sum with VAT, the Leitweg-ID and the unit: whose it is, the caller must ask.
    """
    of = {"of_tenant": tenant, "of_year": year, "of_invoice": but}
    of |= {"of_vat_id": seller[0] or None, "of_name": seller[1]}
    return [
        (row.gross or Decimal(0), row.buyer_reference or "", row.unit or "")
        for row in connection.execute(_YEAR, of)
    ]


def order_of(connection: sa.Connection, tenant: str, invoice_id: str) -> tuple[str, Decimal | None]:
    """Return key and gross sum of the invoice's order, ("", None) without one."""
    of = {"of_tenant": tenant, "of_invoice": invoice_id}
    row = connection.execute(_ORDER, of).one_or_none()
    return ("", None) if row is None else (row.key, row.gross)


def add(
    connection: sa.Connection,
    tenant: str,
    invoice_id: str,
    *,
    by: str,
    at: datetime,
    parts: list[Part],
    values: dict[str, str],
    note: str,
    seller: tuple[str, str],
    pay_on: date,
    gross: Decimal | None,
) -> dict[str, Any]:
    """Keep a decision and return what the audit says of it."""
    proposed = {part.kind: part.value for part in parts}
    follows = values == proposed
    building = next((part for part in parts if part.kind == "withholding"), None)
    is_construction = _is_construction(building, values)
    row = {
        "id": new_id(),
        "tenant": tenant,
        "invoice_id": invoice_id,
        "decided_by": by,
        "decided_at": at,
        "follows": follows,
        "decided": values,
        "proposal": [[part.kind, part.value, part.text, part.source] for part in parts],
        "note": note,
        "vat_id": seller[0] or None,
        "name_key": seller[1],
        "pay_year": pay_on.year,
        "gross": gross,
        "is_construction": is_construction,
    }
    connection.execute(_ADD, row)
    return {"invoice": invoice_id, "follows": follows, "decided": values, "proposed": proposed}


def _is_construction(part: Part | None, values: dict[str, str]) -> bool:
    """Say whether it counts for the year: proposed as a Bauleistung, or something is withheld."""
    proposed = part is not None and part.is_construction
    return proposed or values.get("withholding", "keine") not in ("keine", "offen")
