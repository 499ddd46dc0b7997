"""Drafts: forms half filled in, kept beside the task for each person alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from laufzettel.engine.model.forms import FIELDS_MAX
from laufzettel.engine.tables import draft, user_task
from laufzettel.errors import InputError

#: Largest draft, in bytes of JSON.
BYTES_MAX: Final = 64 * 1024
KEY_LENGTH_MAX: Final = 100

_is_it = sa.and_(
    draft.c.tenant == sa.bindparam("of_tenant"),
    draft.c.task_id == sa.bindparam("of_task"),
    draft.c.person == sa.bindparam("of_person"),
)


def check(values: Mapping[str, str]) -> None:
    """Raise InputError for what is no draft, or too large for one."""
    is_text = all(isinstance(text, str) for pair in values.items() for text in pair)
    if not is_text or any(len(key) > KEY_LENGTH_MAX for key in values):
        raise InputError("Der Entwurf ist nicht lesbar. Bitte laden Sie die Seite neu.")
    if len(values) > FIELDS_MAX or len(_json(values)) > BYTES_MAX:
        raise InputError("Der Entwurf ist zu groß. Bitte kürzen Sie die Texte.")
    if any("\0" in text for text in values.values()):
        raise InputError("Der Entwurf enthält Zeichen, die hier nicht möglich sind.")


def hold(connection: sa.Connection, task_id: str) -> None:
    """Keep the task from being completed until the draft is written, so that none stays behind."""
    query = sa.select(user_task.c.id).where(user_task.c.id == task_id)
    connection.execute(query.with_for_update(read=True))


def save(
    connection: sa.Connection,
    tenant: str,
    task_id: str,
    person: str,
    values: Mapping[str, str],
    *,
    now: datetime,
) -> None:
    """Keep the values in place of those kept before."""
    row = {"values": dict(values), "saved_at": now}
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(draft).values(tenant=tenant, task_id=task_id, person=person, **row)
    keys = ["task_id", "person"]
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=row))


def load(connection: sa.Connection, tenant: str, task_id: str, person: str) -> dict[str, str]:
    """Return the values kept, none if there are none."""
    key = {"of_tenant": tenant, "of_task": task_id, "of_person": person}
    found = connection.execute(sa.select(draft.c["values"]).where(_is_it), key)
    return dict(found.scalar_one_or_none() or {})


def drop(connection: sa.Connection, tenant: str, task_id: str, person: str) -> None:
    """Forget the values kept."""
    key = {"of_tenant": tenant, "of_task": task_id, "of_person": person}
    connection.execute(sa.delete(draft).where(_is_it), key)


def _json(values: Mapping[str, str]) -> bytes:
    try:
        return orjson.dumps(dict(values))
    except TypeError:  # half a character
        raise InputError("Der Entwurf enthält Zeichen, die hier nicht möglich sind.") from None
