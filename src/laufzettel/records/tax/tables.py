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

#: What holds about the tax of an invoice: the latest decision, as the order takes it over.
invoice_tax = sa.Table(
    "invoice_tax",
    metadata,
    sa.Column("id", _Id, primary_key=True),  # that of the invoice
    sa.Column("tenant", _Code, nullable=False),
    sa.Column("decided_at", UtcTime, nullable=False),
    sa.Column("parts", Json, nullable=False),  # label and answer of each part
    sa.Column("withhold", Exact),  # per cent, § 48 EStG; none: nothing is withheld
    sa.Column("owed_vat", Exact),  # per cent, where the Kommune owes the VAT (§ 13b UStG)
    sa.Column("office_key", _Code),  # the Finanzamt that gets what is withheld
    sa.Column("tax_number", sa.String(40)),  # Steuernummer of the seller there
    sa.Column("exempt", _Code),  # number of the certificate that the decision rests on
    sa.Column("vat_id", sa.String(40)),  # of the seller
    sa.Column("name_key", _Code),
    sa.Column("order_key", _Code),
    sa.Index("ix_invoice_tax_vat_id", "tenant", "vat_id"),
    sa.Index("ix_invoice_tax_name", "tenant", "name_key"),
)

#: What a person read off an invoice without data that only its tax asks for; empty: not said.
captured_invoice = sa.Table(
    "captured_invoice",
    metadata,
    sa.Column("id", _Id, primary_key=True),  # that of the invoice
    sa.Column("tenant", _Code, nullable=False),
    sa.Column("vat", Json, nullable=False),  # category and rate of each, as BT-151 and BT-152
    sa.Column("country", sa.String(2), nullable=False),  # of the seller
    sa.Column("performed_on", sa.Date),
)

#: A Finanzamt and its account, as the tenant keeps it: money goes only to an account of this list.
tax_office = sa.Table(
    "tax_office",
    metadata,
    sa.Column("tenant", _Code, primary_key=True),
    sa.Column("key", _Code, primary_key=True),  # of its number
    sa.Column("number", sa.String(20), nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("iban", sa.String(40), nullable=False),
    sqlite_with_rowid=False,
)

#: That somebody has handed in the Anmeldung of a month (§ 48a Abs. 1 EStG), with what it said.
withholding_return = sa.Table(
    "withholding_return",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("tenant", _Code, nullable=False),
    sa.Column("month", sa.String(7), nullable=False),  # 2026-11
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("total", Cents, nullable=False),
    sa.Column("noted_by", _Code, nullable=False),
    sa.Column("noted_at", UtcTime, nullable=False),
    sa.Index("ix_withholding_return_month", "tenant", "month", "id"),
)
