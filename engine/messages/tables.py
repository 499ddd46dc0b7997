"""Messages and signals, who waits for them, and what they start (DESIGN decision 13)."""

from __future__ import annotations

import sqlalchemy as sa

from laufzettel.db import metadata
from laufzettel.db.types import Json, UtcTime
from laufzettel.engine.columns import Code, Id

#: The lock row of a correlation: publish and subscribe both take it first (decision 13).
correlation = sa.Table(
    "correlation",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("name", Code, primary_key=True),
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("touched", sa.Integer, nullable=False, server_default="0"),
)

subscription = sa.Table(
    "subscription",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("name", Code, nullable=False),
    sa.Column("key", sa.String(200), nullable=False),
    sa.Column("case_id", Id, sa.ForeignKey("case_.id"), nullable=False),
    sa.Column("activation", sa.String(80), nullable=False),
    sa.Column("is_held", sa.Boolean, nullable=False, server_default=sa.false()),  # suspended case
    sa.Column("created_at", UtcTime, nullable=False),
    # What is awaited: a message, or a signal (then the key is empty).
    sa.Column("kind", sa.String(10), nullable=False, server_default="message"),
    sa.UniqueConstraint("case_id", "activation"),
    sa.Index("ix_subscription_correlation", "tenant", "name", "key", "id"),
)

message = sa.Table(
    "message",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("source", Code, nullable=False),
    sa.Column("message_id", sa.String(200), nullable=False),  # of the sender
    sa.Column("name", Code, nullable=False),
    sa.Column("key", sa.String(200), nullable=False),
    sa.Column("payload", Json, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),  # available, consumed
    sa.Column("case_id", Id),  # who consumed it
    sa.Column("published_at", UtcTime, nullable=False),
    sa.Column("consumed_at", UtcTime),
    # Whoever begins to wait later does not get it; empty: it waits for ever.
    sa.Column("expires_at", UtcTime),
    sa.UniqueConstraint("tenant", "source", "message_id"),
    sa.Index(
        "ix_message_correlation",
        *("tenant", "name", "key", "id"),
        sqlite_where=sa.text("status = 'available'"),
        postgresql_where=sa.text("status = 'available'"),
    ),
    sa.Index(
        "ix_message_available",
        *("tenant", "id"),
        sqlite_where=sa.text("status = 'available'"),
        postgresql_where=sa.text("status = 'available'"),
    ),
)

#: Which message starts which process: the message start events of the current bundles.
message_start = sa.Table(
    "message_start",
    metadata,
    sa.Column("tenant", Code, primary_key=True),  # of the bundle; may be "*"
    sa.Column("name", Code, primary_key=True),
    sa.Column("process_id", Code, nullable=False),
    sa.Column("element", Code, nullable=False),
    sa.Column("is_once", sa.Boolean, nullable=False),  # one case for each business key
    sa.Index("ix_message_start_process", "tenant", "process_id"),
)

#: For which business key a process was started that starts once for each; never deleted.
once_started = sa.Table(
    "once_started",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("process_id", Code, primary_key=True),
    sa.Column("business_key", sa.String(200), primary_key=True),
    sa.Column("case_id", Id, nullable=False),
    sqlite_with_rowid=False,
)

#: Which process a signal starts; written at deploy. ``tenant`` may be "*".
signal_start = sa.Table(
    "signal_start",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("process_id", Code, primary_key=True),
    sa.Column("element", Code, primary_key=True),
    sa.Column("name", Code, nullable=False),
    sa.Index("ix_signal_start_name", "name"),
)

#: A signal that was broadcast; it reaches who waited at that moment, and nobody later.
signal = sa.Table(
    "signal",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("source", Code, nullable=False),
    sa.Column("message_id", sa.String(200), nullable=False),  # of the sender
    sa.Column("name", Code, nullable=False),
    sa.Column("payload", Json, nullable=False),
    sa.Column("receivers", sa.Integer, nullable=False),  # how many tokens waited
    sa.Column("broadcast_at", UtcTime, nullable=False),
    sa.UniqueConstraint("tenant", "source", "message_id"),
    sa.Index("ix_signal_tenant", "tenant", "id"),
)

#: One token that waited when a signal was broadcast: the snapshot, and how far it has come.
signal_delivery = sa.Table(
    "signal_delivery",
    metadata,
    sa.Column("signal_id", Id, sa.ForeignKey("signal.id"), primary_key=True),
    sa.Column("case_id", Id, primary_key=True),
    sa.Column("subscription_id", Id, primary_key=True),
    sa.Column("activation", sa.String(80), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),  # waiting, queued, received, gone
    sa.Index("ix_signal_delivery_status", "signal_id", "status", "case_id"),
    sqlite_with_rowid=False,
)
