"""The tables of Procrastinate, which wakes the workers of several machines (decision 12).

Its SQL is read from the installed package as a file and never imported: only the engine may
import Procrastinate, and third-party text is never copied into ours. The version is noted on
its main table, so that a later revision knows which of the package's own migrations
(``procrastinate/sql/migrations``) a database still needs.
"""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import sqlalchemy as sa

from laufzettel.errors import StorageError


def install(connection: sa.Connection) -> None:
    """Create Procrastinate's tables and functions in the caller's transaction."""
    # Many statements in one text, with '%' in them: no parameters, so nothing is replaced.
    connection.exec_driver_sql(schema_sql(), execution_options={"no_parameters": True})
    note = f"COMMENT ON TABLE procrastinate_jobs IS 'procrastinate {version('procrastinate')}'"
    connection.exec_driver_sql(note)


def schema_sql() -> str:
    """Return the SQL text with which the installed Procrastinate creates its schema."""
    spec = find_spec("procrastinate")  # looks, does not import
    if spec is None or spec.origin is None:
        raise StorageError("Das Paket procrastinate fehlt; bitte Laufzettel neu installieren.")
    return (Path(spec.origin).parent / "sql" / "schema.sql").read_text(encoding="utf-8")
