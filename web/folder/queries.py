"""Read model of a person's signing folders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from laufzettel.engine.tables import signing_folder, signing_item

#: Folders on their page, the newest first.
FOLDERS_MAX: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderRow:
    """A folder in the list."""

    id: str
    created_at: datetime
    confirmed_at: datetime | None
    items: int
    signed: int


def folders(connection: sa.Connection, tenant: str, person: str) -> list[FolderRow]:
    """Return the person's folders, the newest first."""
    rows = connection.execute(
        sa.select(
            *signing_folder.c["id", "created_at", "confirmed_at"],
            sa.func.count(signing_item.c.task_id).label("items"),
            sa.func.count(signing_item.c.signed_at).label("signed"),
        )
        .outerjoin(signing_item, signing_item.c.folder_id == signing_folder.c.id)
        .where(signing_folder.c.tenant == tenant, signing_folder.c.person == person)
        .group_by(*signing_folder.c["id", "created_at", "confirmed_at"])
        .order_by(signing_folder.c.id.desc())
        .limit(FOLDERS_MAX)
    )
    return [
        FolderRow(
            id=row.id,
            created_at=row.created_at,
            confirmed_at=row.confirmed_at,
            items=row.items,
            signed=row.signed,
        )
        for row in rows
    ]
