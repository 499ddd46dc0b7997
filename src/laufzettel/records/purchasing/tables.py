"""Tables of the order list; every row belongs to a tenant and is known by the order's number."""

from __future__ import annotations

import sqlalchemy as sa

from laufzettel.db import metadata
from laufzettel.db.types import Cents, Exact, Json, UtcTime

_Code = sa.String(100)
_Text = sa.String(200)

#: An Auftrag, as the procurement or the HKR knows it. ``key`` is its number, letters and digits alone.
purchase_order = sa.Table(
    "purchase_order",
    metadata,
    sa.Column("tenant", _Code, primary_key=True),
    sa.Column("key", _Code, primary_key=True),
    sa.Column("number", _Text, nullable=False),  # as written
    sa.Column("supplier_name", _Text, nullable=False),
    sa.Column("name_key", _Code, nullable=False),
    sa.Column("vat_id", sa.String(40)),  # as a key
    sa.Column("gross", Cents),  # at least one of the two
    sa.Column("net", Cents),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("ordered_on", sa.Date),
    sa.Column("contract_key", _Code),
    sa.Column("unit", _Code),
    sa.Column("told", sa.Boolean),  # whether the supplier was given the number; none: as is usual
    sa.Column("is_open", sa.Boolean, nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Index("ix_purchase_order_vat_id", "tenant", "vat_id"),
    sa.Index("ix_purchase_order_name", "tenant", "name_key"),
    sa.Index("ix_purchase_order_contract", "tenant", "contract_key"),
    sqlite_with_rowid=False,
)

#: A position of an order.
purchase_line = sa.Table(
    "purchase_line",
    metadata,
    sa.Column("tenant", _Code, primary_key=True),
    sa.Column("order_key", _Code, primary_key=True),
    sa.Column("key", _Code, primary_key=True),  # of its number
    sa.Column("number", sa.String(50), nullable=False),
    sa.Column("name", _Text),
    sa.Column("item_key", _Code),  # Artikelnummer
    sa.Column("quantity", Exact),
    sa.Column("unit", sa.String(20)),  # UN/ECE Recommendation 20, as BT-130
    sa.Column("price", Exact),  # net, for one unit
    sa.Column("net", Cents),
    sqlite_with_rowid=False,
)

#: What was delivered on an order: a Wareneingang, for a position or as a whole.
purchase_delivery = sa.Table(
    "purchase_delivery",
    metadata,
    sa.Column("tenant", _Code, primary_key=True),
    sa.Column("order_key", _Code, primary_key=True),
    sa.Column("key", _Code, primary_key=True),  # of the Lieferschein
    sa.Column("line_key", _Code, primary_key=True),  # "": of the order as a whole
    sa.Column("number", _Text, nullable=False),
    sa.Column("delivered_on", sa.Date, nullable=False),
    sa.Column("quantity", Exact),
    sa.Column("net", Cents),
    sa.Index("ix_purchase_delivery_key", "tenant", "key"),
    sqlite_with_rowid=False,
)

#: What an invoice says of its order, kept when it is read; ``id`` is that of the invoice.
invoice_claim = sa.Table(
    "invoice_claim",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("tenant", _Code, nullable=False),
    sa.Column("order_key", _Code),  # of BT-13, else of the order that BT-12, BT-16 or BT-15 name
    sa.Column("named", _Text),  # BT-13 as written
    sa.Column("contract", _Code),  # BT-12 as a key
    sa.Column("net", Cents),  # BT-109
    sa.Column("prepaid", Cents),  # BT-113
    sa.Column("deliveries", Json, nullable=False),  # BT-16, BT-15 as written
    sa.Column("lines", Json, nullable=False),  # records.purchasing.claim
    sa.Index("ix_invoice_claim_order", "tenant", "order_key"),
)
