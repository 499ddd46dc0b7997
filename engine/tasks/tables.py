"""What people are asked to do, what they have half filled in, and what they have signed."""

from __future__ import annotations

import sqlalchemy as sa

from laufzettel.db import metadata
from laufzettel.db.types import Cents, Json, UtcTime
from laufzettel.engine.columns import Code, Id, Sha256

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
