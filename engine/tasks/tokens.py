"""Tokens of signing forms: what was sent twice is done once.

The token comes with the form and is written in the transaction of what the form does; who
sends the same form again, or twice at once, finds it done.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from laufzettel.engine.tables import submission
from laufzettel.errors import ConflictError, InputError

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)

_TAKE: Final = {
    dialect: insert(submission).on_conflict_do_nothing().returning(submission.c.token)
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_FIND: Final = sa.select(submission.c.person, submission.c.task_id).where(
    submission.c.tenant == sa.bindparam("of_tenant"), submission.c.token == sa.bindparam("of_token")
)


def check_token(token: str) -> None:
    """Raise InputError unless the token has the form of one."""
    if not _TOKEN.fullmatch(token):
        raise InputError("Das Formular ist nicht lesbar. Bitte laden Sie die Seite neu.")


def check_sha256(digest: str) -> None:
    """Raise InputError unless the text is a SHA-256 in hexadecimal."""
    if not _SHA256.fullmatch(digest):
        raise InputError("Die Prüfsumme der Anzeige fehlt. Bitte laden Sie die Seite neu.")


def is_used(
    connection: sa.Connection, tenant: str, token: str, *, person: str, task_id: str
) -> bool:
    """Say whether this person has done this task with the token already.

    Raises ConflictError when the token belongs to another task or person.
    """
    row = connection.execute(_FIND, {"of_tenant": tenant, "of_token": token}).one_or_none()
    if row is None:
        return False
    if (row.person, row.task_id) != (person, task_id):
        raise ConflictError(
            "Dieses Formular wurde schon für etwas anderes abgeschickt. "
            "Bitte laden Sie die Seite neu."
        )
    return True


def use(
    connection: sa.Connection, tenant: str, token: str, *, person: str, task_id: str, at: datetime
) -> bool:
    """Use the token up, in the caller's transaction; False when it was used for the same."""
    row = {"tenant": tenant, "token": token, "person": person, "task_id": task_id, "at": at}
    if connection.execute(_TAKE[connection.dialect.name], row).first() is not None:
        return True
    return not is_used(connection, tenant, token, person=person, task_id=task_id)
