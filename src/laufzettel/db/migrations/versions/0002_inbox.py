"""The inbox: its indexes, offers beside the first group, tokens of forms, signing folders."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from laufzettel.db import types

revision = "0002"
down_revision = "0001"

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
UNCLAIMED = "status = 'open' AND assignee IS NULL"
CLAIMED = "status = 'open' AND assignee IS NOT NULL"
PUT_OFF = "follow_up IS NOT NULL"


def upgrade() -> None:
    """Add columns, tables and indexes."""
    op.add_column("case_", _remarks())
    _widen_user_task()
    behind = ["sort_at", "id", "follow_up", "status"]
    group, mine = ["tenant", "group_", *behind, "assignee"], ["tenant", "assignee", *behind]
    _index("ix_user_task_group", [*group, "stake"], UNCLAIMED)
    _index("ix_user_task_mine", [*mine, "stake"], CLAIMED)
    _index("ix_user_task_group_later", group, f"{UNCLAIMED} AND {PUT_OFF}")
    _index("ix_user_task_mine_later", mine, f"{CLAIMED} AND {PUT_OFF}")
    _create_task_offer()
    _create_submission()
    _create_signing()


def _remarks() -> sa.Column[str]:
    return sa.Column("remarks", sa.String(length=200), server_default="", nullable=False)


def _widen_user_task() -> None:
    for name in ("ix_user_task_inbox", "ix_user_task_mine"):
        op.drop_index(name, table_name="user_task")
    with op.batch_alter_table("user_task") as table:
        table.add_column(
            sa.Column("confidential", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        table.add_column(_remarks())
        table.add_column(sa.Column("sort_at", types.UtcTime(), nullable=True))
    never = sa.bindparam("never", NEVER, type_=types.UtcTime())
    op.execute(sa.text("UPDATE user_task SET sort_at = coalesce(act_by, :never)").bindparams(never))
    op.execute(
        "UPDATE user_task SET confidential ="
        " (SELECT confidential FROM case_ WHERE case_.id = user_task.case_id)"
    )
    with op.batch_alter_table("user_task") as table:
        table.alter_column("sort_at", existing_type=types.UtcTime(), nullable=False)


def _index(name: str, columns: list[str], where: str, table: str = "user_task") -> None:
    text = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=text, postgresql_where=text)


def _create_task_offer() -> None:
    op.create_table(
        "task_offer",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("recipient", sa.String(length=110), nullable=False),
        sa.Column("sort_at", types.UtcTime(), nullable=False),
        sa.Column("task_id", sa.String(length=26), nullable=False),
        sa.Column("group_", sa.String(length=100), nullable=False),
        sa.Column("follow_up", types.UtcTime(), nullable=True),
        sa.Column("stake", types.Cents(), nullable=True),
        sa.ForeignKeyConstraint(
            ["task_id"], ["user_task.id"], name=op.f("fk_task_offer_task_id_user_task")
        ),
        sa.PrimaryKeyConstraint(
            "tenant", "recipient", "sort_at", "task_id", name=op.f("pk_task_offer")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_task_offer_task_id", "task_offer", ["task_id"])
    later = ["tenant", "recipient", "sort_at", "task_id", "follow_up"]
    _index("ix_task_offer_later", later, PUT_OFF, table="task_offer")


def _create_submission() -> None:
    op.create_table(
        "submission",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.Column("task_id", sa.String(length=26), nullable=False),
        sa.Column("at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "token", name=op.f("pk_submission")),
        sqlite_with_rowid=False,
    )


def _create_signing() -> None:
    op.create_table(
        "signing_folder",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("confirmed_at", types.UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_folder")),
    )
    op.create_table(
        "signing_item",
        sa.Column("folder_id", sa.String(length=26), nullable=False),
        sa.Column("task_id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("displayed_at", types.UtcTime(), nullable=True),
        sa.Column("displayed_sha256", sa.String(length=64), nullable=True),
        sa.Column("marked_at", types.UtcTime(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("outcome_text", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("signed_at", types.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["folder_id"],
            ["signing_folder.id"],
            name=op.f("fk_signing_item_folder_id_signing_folder"),
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["user_task.id"], name=op.f("fk_signing_item_task_id_user_task")
        ),
        sa.PrimaryKeyConstraint("folder_id", "task_id", name=op.f("pk_signing_item")),
    )
