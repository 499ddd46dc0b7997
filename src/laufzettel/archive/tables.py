"""The archive's tables; every row belongs to a tenant."""

from __future__ import annotations

import sqlalchemy as sa

from laufzettel.db import metadata
from laufzettel.db.types import Json, UtcTime

Id = sa.String(26)
Code = sa.String(100)
Sha256 = sa.String(64)

#: How far a tenant's documents have been hashed again, and what the last whole round saw.
document_round = sa.Table(
    "document_round",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("begun_at", UtcTime, nullable=False),
    sa.Column("cursor", Sha256, nullable=False),  # the last one that was hashed; empty: none yet
    sa.Column("documents", sa.Integer, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("last_ended_at", UtcTime),  # empty: no round has ended yet
    sa.Column("last_documents", sa.Integer),
    sa.Column("last_bytes", sa.BigInteger),
    sqlite_with_rowid=False,
)

#: A document that is missing or changed; the row goes when it is found sound again.
document_fault = sa.Table(
    "document_fault",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("sha256", Sha256, primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),  # missing, changed
    sa.Column("found_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)

#: On which day the council adopted the annual accounts of a year (§ 59 KomHVO NRW counts from it).
annual_accounts = sa.Table(
    "annual_accounts",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("year", sa.Integer, primary_key=True),
    sa.Column("adopted_on", sa.Date, nullable=False),
    sa.Column("noted_by", Code, nullable=False),
    sa.Column("noted_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)

#: A term that the tenant set itself, beside the law; a change is a new row from a later day on.
retention_rule = sa.Table(
    "retention_rule",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("kind", sa.String(40), primary_key=True),
    sa.Column("valid_from", sa.Date, primary_key=True),
    sa.Column("years", sa.Integer, nullable=False),
    sa.Column("source", sa.String(200), nullable=False),
    sa.Column("noted_by", Code, nullable=False),
    sa.Column("noted_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)

#: A hold: while it stands nothing of the invoice is erased (grant, warranty, dispute, award).
retention_hold = sa.Table(
    "retention_hold",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("invoice_id", Id, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("placed_by", Code, nullable=False),
    sa.Column("placed_at", UtcTime, nullable=False),
    sa.Column("lifted_by", Code),
    sa.Column("lifted_at", UtcTime),
    sa.Column("lifted_reason", sa.Text),
    sa.Index("ix_retention_hold_invoice", "tenant", "invoice_id"),
)

#: A deletion: proposed by one person, approved by another, then done item by item.
retention_run = sa.Table(
    "retention_run",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("proposed_by", Code, nullable=False),
    sa.Column("proposed_at", UtcTime, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("approved_by", Code),
    sa.Column("approved_at", UtcTime),
    sa.Column("approved_reason", sa.Text),
    sa.Column("ended_at", UtcTime),
    sa.Index("ix_retention_run_tenant", "tenant", "id"),
)

#: The deletion protocol: one invoice, by which rule, what became of it; without any name.
retention_item = sa.Table(
    "retention_item",
    metadata,
    sa.Column("run_id", Id, sa.ForeignKey("retention_run.id"), primary_key=True),
    sa.Column("invoice_id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("receipt_no", sa.String(20), nullable=False),
    sa.Column("closed_on", sa.Date, nullable=False),
    sa.Column("retain_until", sa.Date, nullable=False),
    sa.Column("rule", sa.String(300), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),  # pending, erasing, erased, kept
    sa.Column("text", sa.String(300), nullable=False, server_default=""),  # why it was kept
    sa.Column("documents", sa.Integer, nullable=False, server_default="0"),
    sa.Column("hashes", Json, nullable=False),  # of the documents whose bytes go with it
    sa.Column("copies", Json),  # what became of copies outside of the store (``archive.copies``)
    sa.Column("at", UtcTime),
    sqlite_with_rowid=False,
)

#: Folders of cases that were handed out: what lies where nobody of ours can erase it.
handed_out = sa.Table(
    "handed_out",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("business_key", sa.String(200), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("by_person", Code, nullable=False),
    sa.Column("sha256", Sha256, nullable=False),  # of its checksums
    sa.Index("ix_handed_out_key", "tenant", "business_key"),
)
