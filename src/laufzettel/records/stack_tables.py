"""The table of what stacks of scanned paper were divided into; every row belongs to a tenant."""

from __future__ import annotations

import sqlalchemy as sa

from laufzettel.db import metadata
from laufzettel.db.types import UtcTime

Id = sa.String(26)
Code = sa.String(100)

#: An invoice within a stack. The stack is itself an entry of the Eingangsbuch: its bytes came in.
stack_part = sa.Table(
    "stack_part",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("stack_id", Id, nullable=False),  # the invoice whose original is the whole stack
    sa.Column("first_page", sa.Integer, nullable=False),  # of the stack, from 1
    sa.Column("last_page", sa.Integer, nullable=False),
    sa.Column("invoice_id", Id),  # none: planned, its receipt comes with the next moment
    sa.Column("made_by", Id, nullable=False),  # the invoice whose case divided
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("replaced_by", Id),  # the invoice whose case divided anew; none: it stands
    sa.Index("ix_stack_part_stack", "tenant", "stack_id", "first_page"),
    sa.Index("ix_stack_part_invoice", "tenant", "invoice_id"),
    sa.Index("ix_stack_part_made_by", "tenant", "made_by"),
)
