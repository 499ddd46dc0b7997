"""The engine's tables; every row belongs to a tenant.

The order is that of a case's life: bundle, case, user task, duty act, job, message,
effect, incident, audit.
"""

from __future__ import annotations

import sqlalchemy as sa

from laufzettel.db import metadata
from laufzettel.db.types import Cents, Json, PackedBytes, PackedJson, UtcTime
from laufzettel.engine.audit.tables import (
    audit_event,
    audit_seal,
    audit_seal_entry,
    audit_stream,
    audit_text,
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

Id = sa.String(26)
Code = sa.String(100)
Sha256 = sa.String(64)

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

_UNCLAIMED = "status = 'open' AND assignee IS NULL"
_CLAIMED = "status = 'open' AND assignee IS NOT NULL"
_PUT_OFF = "AND follow_up IS NOT NULL"


def _basket(name: str, where: str, owner: str, *more: str) -> sa.Index:
    """Return an index of the open tasks of one owner, in the order of their basket.

    Behind the order stands what counting and hiding ask for; SQLite also wants to see there
    what the condition says already, or it would read every row.
    """
    key = ("tenant", owner, "sort_at", "id", "follow_up", "status", *more)
    condition = sa.text(where)
    return sa.Index(name, *key, sqlite_where=condition, postgresql_where=condition)


#: What a person is asked to do. Facets are copied, so that the inbox is one index scan.
user_task = sa.Table(
    "user_task",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("case_id", Id, sa.ForeignKey("case_.id"), nullable=False),
    sa.Column("activation", sa.String(80), nullable=False),
    sa.Column("element", Code, nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("form", Code, nullable=False, server_default=""),
    sa.Column("duties", sa.String(200), nullable=False, server_default=""),  # comma list
    sa.Column("assignee", Code),  # person; set by claim or by the model
    sa.Column("group_", Code, nullable=False, server_default=""),  # first candidate group
    sa.Column("groups", Json, nullable=False),  # all candidate groups
    sa.Column("users", Json, nullable=False),  # candidate persons
    sa.Column("priority", sa.Integer, nullable=False, server_default="50"),
    sa.Column("due", UtcTime),
    sa.Column("follow_up", UtcTime),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.Column("ended_by", Code),
    sa.Column("subject", sa.String(200), nullable=False, server_default=""),
    sa.Column("party", sa.String(200), nullable=False, server_default=""),
    sa.Column("amount", Cents),
    sa.Column("currency", sa.String(3)),
    sa.Column("unit", Code),
    sa.Column("act_by", UtcTime),
    sa.Column("outer_date", UtcTime),
    sa.Column("stake", Cents),
    sa.Column("confidential", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("remarks", sa.String(200), nullable=False, server_default=""),
    sa.Column("sort_at", UtcTime, nullable=False),  # act_by, or the end of time without one
    sa.UniqueConstraint("case_id", "activation"),
    # A basket is one walk along one of these, which hold open tasks only.
    _basket("ix_user_task_group", _UNCLAIMED, "group_", "assignee", "stake"),
    _basket("ix_user_task_mine", _CLAIMED, "assignee", "stake"),
    _basket("ix_user_task_group_later", f"{_UNCLAIMED} {_PUT_OFF}", "group_", "assignee"),
    _basket("ix_user_task_mine_later", f"{_CLAIMED} {_PUT_OFF}", "assignee"),
    # Who may read everything walks through the open tasks in the order of their making.
    sa.Index(
        "ix_user_task_open",
        *("tenant", "id"),
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    ),
)

#: To whom an open, unclaimed task is offered besides its first group: further groups and
#: named persons, one row each. Most tasks are offered to one group and have none.
task_offer = sa.Table(
    "task_offer",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("recipient", sa.String(110), primary_key=True),  # group:… or person:…
    sa.Column("sort_at", UtcTime, primary_key=True),
    sa.Column("task_id", Id, sa.ForeignKey("user_task.id"), primary_key=True),
    sa.Column("group_", Code, nullable=False),  # of the task, as are follow_up and stake
    sa.Column("follow_up", UtcTime),
    sa.Column("stake", Cents),
    sa.Index("ix_task_offer_task_id", "task_id"),
    sa.Index(
        "ix_task_offer_later",
        *("tenant", "recipient", "sort_at", "task_id", "follow_up"),
        sqlite_where=sa.text("follow_up IS NOT NULL"),
        postgresql_where=sa.text("follow_up IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

#: Forms half filled in; beside the task, never inside the case's state.
draft = sa.Table(
    "draft",
    metadata,
    sa.Column("tenant", Code, nullable=False),
    sa.Column("task_id", Id, primary_key=True),
    sa.Column("person", Code, primary_key=True),
    sa.Column("values", Json, nullable=False),
    sa.Column("saved_at", UtcTime, nullable=False),
)

#: The idempotency token of a signing form that was accepted: sent again, it does nothing.
submission = sa.Table(
    "submission",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("token", sa.String(64), primary_key=True),
    sa.Column("person", Code, nullable=False),
    sa.Column("task_id", Id, nullable=False),  # or the signing folder
    sa.Column("at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)

#: An Unterschriftenmappe: what one person signs with one confirmation, each item displayed.
signing_folder = sa.Table(
    "signing_folder",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("person", Code, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("confirmed_at", UtcTime),
)

signing_item = sa.Table(
    "signing_item",
    metadata,
    sa.Column("folder_id", Id, sa.ForeignKey("signing_folder.id"), primary_key=True),
    sa.Column("task_id", Id, sa.ForeignKey("user_task.id"), primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("displayed_at", UtcTime),
    sa.Column("displayed_sha256", Sha256),  # of what was shown
    sa.Column("marked_at", UtcTime),
    sa.Column("outcome", sa.String(20)),  # signed, refused
    sa.Column("outcome_text", sa.String(1000), nullable=False, server_default=""),
    sa.Column("signed_at", UtcTime),
)

#: A signed duty: which natural person stands on which side of a conflict set for one
#: business object. The key is the constraint that no way in can evade (decision 16).
duty_act = sa.Table(
    "duty_act",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("scope", Code, primary_key=True),  # kind:id of the business object
    sa.Column("conflict_set", Code, primary_key=True),
    sa.Column("person", Code, primary_key=True),
    sa.Column("side", Code, nullable=False),
    sa.Column("duty", Code, nullable=False),
    sa.Column("case_id", Id, nullable=False),
    sa.Column("task_id", Id, nullable=False),
    sa.Column("deputy_for", Code),
    sa.Column("signed_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)

#: Every duty signed, by the task that signed it: what an effect asks for before it goes out.
duty_signature = sa.Table(
    "duty_signature",
    metadata,
    # In this order the key also finds what was signed about one business object.
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("scope", Code, primary_key=True),
    sa.Column("task_id", Id, primary_key=True),
    sa.Column("duty", Code, primary_key=True),
    sa.Column("person", Code, nullable=False),
    sa.Column("deputy_for", Code),
    sa.Column("case_id", Id, nullable=False),
    sa.Column("signed_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)

#: Work to be done later. The row is the truth: a lease is a due time in the future, so the
#: claim query is also the recovery (decision 12). Ended jobs are deleted.
job = sa.Table(
    "job",
    metadata,
    sa.Column("kind", sa.String(40), primary_key=True),
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("case_id", Id),
    sa.Column("args", Json, nullable=False),
    sa.Column("due", UtcTime, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False, server_default="0"),
    sa.Column("token", sa.Integer, nullable=False, server_default="0"),  # fencing token
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("is_leased", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("error", sa.Text),  # of the last attempt
    sa.Index("ix_job_due", "due"),
    sa.Index("ix_job_claim", "tenant", "priority", "due"),  # the round through the tenants
    sa.Index("ix_job_case_id", "case_id"),
)

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
    sa.UniqueConstraint("tenant", "key"),
    sa.Index("ix_effect_channel", "tenant", "channel", "status", "id"),
    sa.Index("ix_effect_case_id", "case_id"),
    sa.Index("ix_effect_parcel_id", "parcel_id"),
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
    sa.Column("record", Json, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Index("ix_decision_trace_case_id", "case_id", "id"),
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
