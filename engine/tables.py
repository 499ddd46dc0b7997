"""The engine's tables; every row belongs to a tenant.

Here stand those of a case; each room declares its own in its ``tables.py``. Import all of them
from here, so that the schema is whole.
"""

from __future__ import annotations

import sqlalchemy as sa

from laufzettel.db import metadata
from laufzettel.db.types import Cents, Json, PackedJson, UtcTime
from laufzettel.engine.audit.tables import (
    audit_event,
    audit_seal,
    audit_seal_entry,
    audit_stream,
    audit_text,
)
from laufzettel.engine.columns import Code, Id, Sha256
from laufzettel.engine.jobs.tables import (
    job,
)
from laufzettel.engine.messages.tables import (
    correlation,
    message,
    message_start,
    once_started,
    signal,
    signal_delivery,
    signal_start,
    subscription,
)
from laufzettel.engine.operations.tables import (
    batch,
    batch_item,
    model_change,
    model_pin,
)
from laufzettel.engine.outbox.tables import (
    breaker,
    counter,
    effect,
    parcel,
    reconciled_channel,
    reconciliation,
)
from laufzettel.engine.tasks.tables import (
    draft,
    duty_act,
    duty_signature,
    signing_folder,
    signing_item,
    submission,
    task_offer,
    user_task,
)

__all__ = [
    "audit_event",
    "audit_seal",
    "audit_seal_entry",
    "audit_stream",
    "audit_text",
    "batch",
    "batch_item",
    "breaker",
    "bundle",
    "bundle_decision",
    "case",
    "correlation",
    "counter",
    "decision_trace",
    "draft",
    "duty_act",
    "duty_signature",
    "effect",
    "incident",
    "job",
    "message",
    "message_start",
    "model_change",
    "model_pin",
    "once_started",
    "own_call",
    "parcel",
    "reconciled_channel",
    "reconciliation",
    "signal",
    "signal_delivery",
    "signal_start",
    "signing_folder",
    "signing_item",
    "submission",
    "subscription",
    "task_offer",
    "user_task",
]

#: A deployed, immutable, compiled bundle (DESIGN decision 7). ``tenant`` may be "*".
bundle = sa.Table(
    "bundle",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("process_id", Code, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),  # 1, 2, 3 … per tenant and process
    sa.Column("version_tag", Code, nullable=False, server_default=""),
    sa.Column("sha256", Sha256, nullable=False),  # over compiled and sources
    sa.Column("compiler", sa.Integer, nullable=False),
    sa.Column("compiled", sa.LargeBinary, nullable=False),  # zlib of the definition's JSON
    sa.Column("sources", sa.LargeBinary, nullable=False),  # zlib of {file name: base64}
    sa.Column("deployed_at", UtcTime, nullable=False),
    sa.Column("deployed_by", Code, nullable=False),
    sa.UniqueConstraint("tenant", "process_id", "number"),
)

#: The decisions that a bundle brings, for tasks that ask for the newest or for a tag.
bundle_decision = sa.Table(
    "bundle_decision",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("decision_id", Code, primary_key=True),
    sa.Column("bundle_id", Id, sa.ForeignKey("bundle.id"), primary_key=True),
    sa.Column("version_tag", Code, nullable=False, server_default=""),
    sqlite_with_rowid=False,
)

#: A case. ``version`` is what every step compares and sets first (decision 8).
#: The facet columns are what lists filter and sort by; handlers set them.
case = sa.Table(
    "case_",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("bundle_id", Id, sa.ForeignKey("bundle.id"), nullable=False),
    sa.Column("process_id", Code, nullable=False),
    sa.Column("business_key", Code, nullable=False),
    sa.Column("duty_scope", Code, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("state", sa.LargeBinary),  # empty once the case has ended
    sa.Column("result", PackedJson),  # end element and the variables kept
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.Column("subject", sa.String(200), nullable=False, server_default=""),
    sa.Column("party", sa.String(200), nullable=False, server_default=""),
    sa.Column("amount", Cents),
    sa.Column("currency", sa.String(3)),
    sa.Column("unit", Code),
    sa.Column("act_by", UtcTime),  # last day on which somebody can still act
    sa.Column("outer_date", UtcTime),  # the date behind it, e.g. the end of the Skonto
    sa.Column("stake", Cents),  # euros lost when act_by passes
    sa.Column("confidential", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("remarks", sa.String(200), nullable=False, server_default=""),  # comma list
    sa.Column("parent_case", Id),  # of a called case: who called it,
    sa.Column("parent_activation", sa.String(80)),  # at which call,
    sa.Column("parent_number", sa.Integer),  # and for which of its items, from 1
    sa.Index("ix_case__tenant_status_started", "tenant", "status", "started_at"),
    sa.Index("ix_case__tenant_business_key", "tenant", "business_key"),
    sa.Index(
        "ix_case_parent",
        *("parent_case", "parent_activation", "parent_number"),
        unique=True,
        sqlite_where=sa.text("parent_case IS NOT NULL"),
        postgresql_where=sa.text("parent_case IS NOT NULL"),
    ),
)

#: A call whose cases are their own: how many there are to be, have begun and have ended.
own_call = sa.Table(
    "own_call",
    metadata,
    sa.Column("case_id", Id, sa.ForeignKey("case_.id"), primary_key=True),  # the caller
    sa.Column("activation", sa.String(80), primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("process_id", Code, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("begun", sa.Integer, nullable=False),
    sa.Column("ended", sa.Integer, nullable=False),
    sa.Column("in_turn", sa.Boolean, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),  # open, done, cancelled
)

#: A decision that was made in a case: which file decided, what it saw, which rules matched.
decision_trace = sa.Table(
    "decision_trace",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("case_id", Id, nullable=False),
    sa.Column("activation", sa.String(80), nullable=False),
    sa.Column("element", Code, nullable=False),
    sa.Column("decision_id", Code, nullable=False),
    sa.Column("sha256", Sha256, nullable=False),  # of the DMN file in canonical form
    sa.Column("record", PackedJson, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Index("ix_decision_trace_case_id", "case_id", "id"),
)

#: A „Störung“: something a person must look at; it has a cause, an owner and a next step.
incident = sa.Table(
    "incident",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("case_id", Id),
    sa.Column("activation", sa.String(80), nullable=False, server_default=""),
    sa.Column("element", Code, nullable=False, server_default=""),
    sa.Column("code", Code, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False, server_default=""),
    sa.Column("next_step", sa.Text, nullable=False),
    sa.Column("owner", Code, nullable=False),
    sa.Column("job", Json),  # kind, key and args of the job to submit again
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.Column("ended_by", Code),
    sa.Index("ix_incident_open", "tenant", "status", "created_at"),
    sa.Index("ix_incident_case_id", "case_id"),
)
