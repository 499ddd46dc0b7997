"""Batches of operators, versions that tenants have pinned, changes that wait for a second person."""

from __future__ import annotations

import sqlalchemy as sa

from laufzettel.db import metadata
from laufzettel.db.types import Json, UtcTime
from laufzettel.engine.columns import Code, Id, Sha256

#: An act of an operator on many cases or incidents, done in small portions by a job.
batch = sa.Table(
    "batch",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("params", Json, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("by", Code, nullable=False),  # person, or system
    sa.Column("status", sa.String(20), nullable=False),  # running, done, stopped
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.Index("ix_batch_tenant", "tenant", "id"),
)

#: One case or incident of a batch; it is done in the transaction that marks it so.
batch_item = sa.Table(
    "batch_item",
    metadata,
    sa.Column("batch_id", Id, sa.ForeignKey("batch.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("subject", Id, nullable=False),  # case or incident
    sa.Column("status", sa.String(20), nullable=False),  # pending, done, refused, failed
    sa.Column("text", sa.String(1000), nullable=False, server_default=""),
    sa.Column("at", UtcTime),
    sa.Index("ix_batch_item_status", "batch_id", "status", "position"),
)

#: The version of a process that a tenant has chosen for new cases, instead of the newest.
model_pin = sa.Table(
    "model_pin",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("process_id", Code, primary_key=True),
    sa.Column("bundle_id", Id, sa.ForeignKey("bundle.id"), nullable=False),
    sa.Column("by", Code, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)

#: A change of the version in force that changes more than names: it waits for a second person.
#: That is a version to be deployed, kept here with its hash and not yet one of the versions, or
#: one to be chosen.
model_change = sa.Table(
    "model_change",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),  # may be "*"
    sa.Column("process_id", Code, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),  # deploy, pin, follow
    sa.Column("bundle_id", Id, sa.ForeignKey("bundle.id")),  # chosen, or what was deployed
    sa.Column("version_tag", Code, nullable=False, server_default=""),
    sa.Column("sha256", Sha256),  # over compiled and sources
    sa.Column("compiled", sa.LargeBinary),  # zlib of the definition's JSON
    sa.Column("sources", sa.LargeBinary),  # zlib of {file name: base64}
    sa.Column("weight", Json, nullable=False),  # what it was said to change, in German
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("by", Code, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),  # open, done, declined
    sa.Column("decided_by", Code),
    sa.Column("decided_at", UtcTime),
    sa.Column("decided_reason", sa.Text),
    sa.Index(
        "ix_model_change_open",
        *("tenant", "process_id"),
        unique=True,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    ),
)
