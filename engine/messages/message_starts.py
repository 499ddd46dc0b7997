"""Which message starts which process, and for which business keys that has happened.

Written for the message start events of the version that new cases run: at deploy, and when a
tenant pins another. The key of the
message becomes the business key of the case. A start event marked ``laufzettel:start = once``
starts one case for each business key, for ever, however many messages name it.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from laufzettel.engine.model.definition import Definition, EventKind
from laufzettel.engine.model.normalise import begins
from laufzettel.engine.tables import bundle, message_start, model_pin, once_started
from laufzettel.errors import ConflictError
from laufzettel.identity import SHARED

#: The mark of a start event, and its value that lets a business key start one case alone.
MARK: Final = "laufzettel:start"
ONCE: Final = "once"

# Built once: building a statement costs more than running it.
_own = bundle.alias()


def is_shadowed(start: sa.Table) -> sa.ColumnElement[bool]:
    """Say of a shared row that the tenant runs another version: its own, or one it has pinned."""
    return sa.or_(
        sa.exists().where(
            _own.c.tenant == sa.bindparam("of_tenant"), _own.c.process_id == start.c.process_id
        ),
        sa.exists().where(
            model_pin.c.tenant == sa.bindparam("of_tenant"),
            model_pin.c.process_id == start.c.process_id,
        ),
    )


_FIND: Final = (
    sa.select(message_start)
    .where(
        message_start.c.tenant.in_([sa.bindparam("of_tenant"), SHARED]),
        message_start.c.name == sa.bindparam("of_name"),
        sa.or_(message_start.c.tenant == sa.bindparam("of_tenant"), ~is_shadowed(message_start)),
    )
    .order_by(message_start.c.tenant == SHARED)
    .limit(1)
)
_FORGET: Final = sa.delete(message_start).where(
    message_start.c.tenant == sa.bindparam("of_tenant"),
    message_start.c.process_id == sa.bindparam("of_process"),
)
_OTHER: Final = sa.select(message_start.c.process_id).where(
    message_start.c.tenant == sa.bindparam("of_tenant"),
    message_start.c.name == sa.bindparam("of_name"),
)
_ADD: Final = sa.insert(message_start)
_TAKE: Final = {
    dialect: insert(once_started).on_conflict_do_nothing().returning(once_started.c.case_id)
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_TAKEN_BY: Final = sa.select(once_started.c.case_id).where(
    once_started.c.tenant == sa.bindparam("of_tenant"),
    once_started.c.process_id == sa.bindparam("of_process"),
    once_started.c.business_key == sa.bindparam("of_key"),
)


def register(connection: sa.Connection, tenant: str, definition: Definition) -> None:
    """Let the messages of the process's start events start it from now on.

    Raises ConflictError for a message that starts another process already: it could start
    one of them only, and nobody would know which.
    """
    forget(connection, tenant, definition.main)
    process = definition.processes[definition.main]
    for element in process.elements.values():
        event = element.event
        if event is None or event.kind is not EventKind.MESSAGE or not begins(process, element):
            continue
        other = connection.scalar(_OTHER, {"of_tenant": tenant, "of_name": event.name})
        if other is not None:
            raise ConflictError(
                f"Die Nachricht „{event.name}“ startet schon den Prozess „{other}“."
            )
        row = {"tenant": tenant, "name": event.name, "process_id": definition.main}
        is_once = element.properties.get(MARK) == ONCE
        connection.execute(_ADD, row | {"element": element.id, "is_once": is_once})


def forget(connection: sa.Connection, tenant: str, process_id: str) -> None:
    """Let no message start the process by the tenant's own rows."""
    connection.execute(_FORGET, {"of_tenant": tenant, "of_process": process_id})


def find(connection: sa.Connection, tenant: str, name: str) -> sa.Row[Any] | None:
    """Return which process the message starts for this tenant, and at which element."""
    return connection.execute(_FIND, {"of_tenant": tenant, "of_name": name}).one_or_none()


def take(
    connection: sa.Connection, tenant: str, process_id: str, business_key: str, case_id: str
) -> bool:
    """Let this be the case of the business key; False where another one is."""
    row = {"tenant": tenant, "process_id": process_id, "business_key": business_key}
    taken = connection.execute(_TAKE[connection.dialect.name], row | {"case_id": case_id})
    return taken.first() is not None


def taken_by(connection: sa.Connection, tenant: str, process_id: str, business_key: str) -> str:
    """Return the case of the business key."""
    values = {"of_tenant": tenant, "of_process": process_id, "of_key": business_key}
    found: str = connection.execute(_TAKEN_BY, values).scalar_one()
    return found
