"""What goes to the outside, in numbered parcels, and what stops it (DESIGN decisions 11, 15)."""

from __future__ import annotations

import sqlalchemy as sa

from laufzettel.db import metadata
from laufzettel.db.types import Cents, Json, PackedBytes, PackedJson, UtcTime
from laufzettel.engine.columns import Code, Id, Sha256

#: One call to the outside; ``key`` is unique for ever (decision 11).
effect = sa.Table(
    "effect",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("key", sa.String(200), nullable=False),
    sa.Column("channel", Code, nullable=False),
    sa.Column("handler", Code, nullable=False),
    sa.Column("case_id", Id, sa.ForeignKey("case_.id"), nullable=False),
    sa.Column("activation", sa.String(80), nullable=False),
    sa.Column("payload", PackedJson, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("parcel_id", Id),
    sa.Column("result", Json),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.Column("erased_at", UtcTime),  # its content, after the retention period
    sa.UniqueConstraint("tenant", "key"),
    sa.Index("ix_effect_channel", "tenant", "channel", "status", "id"),
    sa.Index("ix_effect_case_id", "case_id"),
    sa.Index("ix_effect_parcel_id", "parcel_id"),
)

#: What is sent at once over a channel, with a gapless number: an „Übergabe“ to the HKR.
parcel = sa.Table(
    "parcel",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("channel", Code, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("handler", Code, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("items", sa.Integer, nullable=False),
    sa.Column("total", Cents),
    sa.Column("currency", sa.String(3)),
    sa.Column("data", PackedBytes, nullable=False),  # the exact bytes that go out
    sa.Column("size", sa.Integer, nullable=False),  # how many
    sa.Column("sha256", Sha256, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.UniqueConstraint("tenant", "channel", "number"),
    sa.Index(
        "ix_parcel_unknown",
        *("tenant", "created_at"),
        sqlite_where=sa.text("status = 'unknown'"),
        postgresql_where=sa.text("status = 'unknown'"),
    ),
)

#: A channel whose last sendings failed; open once ``retry_at`` is set.
breaker = sa.Table(
    "breaker",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("channel", Code, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),  # in a row
    sa.Column("wait_s", sa.Integer, nullable=False),  # between two tries while it is open
    sa.Column("retry_at", UtcTime),
)

#: An Abgleich after a restore: while one is open nothing goes out (decision 15). It belongs
#: to the installation ("*"), for a database is restored with all its tenants.
reconciliation = sa.Table(
    "reconciliation",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("begun_at", UtcTime, nullable=False),
    sa.Column("begun_by", Code, nullable=False),
    sa.Column("released_at", UtcTime),
    sa.Column("released_by", Code),
    sa.Column("reason", sa.Text),
)

#: What a channel's peer said in an Abgleich.
reconciled_channel = sa.Table(
    "reconciled_channel",
    metadata,
    sa.Column("reconciliation_id", Id, sa.ForeignKey("reconciliation.id"), primary_key=True),
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("channel", Code, primary_key=True),
    sa.Column("asked_at", UtcTime, nullable=False),
    sa.Column("ours", sa.Integer, nullable=False),  # last number here, before taking over
    sa.Column("theirs", sa.Integer),  # last number there; empty: the peer keeps none
    sa.Column("adopted", sa.Integer, nullable=False),  # effects that had arrived after all
    sa.Column("unknown_here", sa.Integer, nullable=False),  # what only the peer knows
    sa.Column("error", sa.Text, nullable=False, server_default=""),
)

#: Gapless numbers, drawn inside the write transaction.
counter = sa.Table(
    "counter",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("name", Code, primary_key=True),
    sa.Column("value", sa.Integer, nullable=False),
)
