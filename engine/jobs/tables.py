"""Work to be done later; the row is the truth (DESIGN decision 12)."""

from __future__ import annotations

import sqlalchemy as sa

from laufzettel.db import metadata
from laufzettel.db.types import Json, UtcTime
from laufzettel.engine.columns import Code, Id

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
