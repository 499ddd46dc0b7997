"""What must be true of an installation at every moment, engine and records together."""

from __future__ import annotations

from laufzettel.breach import Breach
from laufzettel.compose import App
from laufzettel.engine.work import invariants as engine_invariants
from laufzettel.records import invariants as record_invariants


def breaches(app: App, tenant: str) -> list[Breach]:
    """Return everything that breaks a promise: nothing lost, nothing booked twice.

    Reads one snapshot and changes nothing; it may run beside all work.
    """
    with app.db.read() as connection:
        if not app.db.is_sqlite:  # SQLite's snapshot is repeatable by itself
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return [
            *engine_invariants.breaches(connection, tenant, kinds=app.jobs.kinds),
            *record_invariants.breaches(
                connection,
                tenant,
                open_objects=engine_invariants.open_objects(connection, tenant),
            ),
        ]
