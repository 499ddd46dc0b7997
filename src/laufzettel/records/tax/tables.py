"""Tables of the tax part; every row belongs to a tenant."""

from __future__ import annotations

import sqlalchemy as sa

from laufzettel.db import metadata
from laufzettel.db.types import Cents, Exact, Json, UtcTime

_Id = sa.String(26)
_Code = sa.String(100)

#: A rule of the tenant's own, in the form of ``rules.csv``; ``key`` is made of what it is about.
tax_rule = sa.Table(
    "tax_rule",
    metadata,
    sa.Column("tenant", _Code, primary_key=True),
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("category", sa.String(5), nullable=False),
    sa.Column("rate", Exact),
    sa.Column("unit", _Code, nullable=False),
    sa.Column("type_code", sa.String(10), nullable=False),
    sa.Column("supplier", sa.String(40), nullable=False),  # VAT id as a key
    sa.Column("product", _Code, nullable=False),
    sa.Column("regime", sa.String(10), nullable=False),
    sa.Column("result", sa.String(40), nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date),
    sa.Column("source", sa.String(200), nullable=False),
    sa.Column("is_confirmed", sa.Boolean, nullable=False),
    sqlite_with_rowid=False,
)

#: A Freistellungsbescheinigung (§ 48b EStG) as the tenant has seen it.
exemption_certificate = sa.Table(
    "exemption_certificate",
    metadata,
    sa.Column("tenant", _Code, primary_key=True),
    sa.Column("key", _Code, primary_key=True),  # of its number
    sa.Column("number", _Code, nullable=False),
    sa.Column("supplier_name", sa.String(200), nullable=False),
    sa.Column("name_key", _Code, nullable=False),
    sa.Column("vat_id", sa.String(40)),  # as a key
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date, nullable=False),
    sa.Column("order_key", _Code),  # of the one order that it is for
    sa.Column("revoked_on", sa.Date),
    sa.Column("checked_on", sa.Date),  # at the Bundeszentralamt für Steuern
    sa.Index("ix_exemption_certificate_vat_id", "tenant", "vat_id"),
    sa.Index("ix_exemption_certificate_name", "tenant", "name_key"),
    sqlite_with_rowid=False,
)

#: What a person decided about an invoice; a later decision stands beside the earlier one.
tax_decision = sa.Table(
    "tax_decision",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("tenant", _Code, nullable=False),
    sa.Column("invoice_id", _Id, nullable=False),
    sa.Column("decided_by", _Code, nullable=False),
    sa.Column("decided_at", UtcTime, nullable=False),
    sa.Column("follows", sa.Boolean, nullable=False),  # the proposal, as it was shown
    sa.Column("decided", Json, nullable=False),  # part → what holds
    sa.Column("proposal", Json, nullable=False),  # part → value, text, source
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("vat_id", sa.String(40)),  # of the seller, for the sum of the year
    sa.Column("name_key", _Code),
    sa.Column("pay_year", sa.Integer, nullable=False),
    sa.Column("gross", Cents),
    sa.Column("is_construction", sa.Boolean, nullable=False),
    sa.Index("ix_tax_decision_invoice", "tenant", "invoice_id", "id"),
    sa.Index("ix_tax_decision_year", "tenant", "pay_year", "is_construction"),
)
