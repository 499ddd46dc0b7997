"""The schema: made, raised and checked by one linear history of revisions.

``upgrade`` needs the revisions only, not the code that declares the tables, so it works the
same in every later version. On PostgreSQL the owner of the database runs it; the application
runs under a role that got ``grants`` and can change neither tables nor the audit.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from laufzettel.db.database import Database, parse_url
from laufzettel.errors import StorageError, UnavailableError

#: Any fixed number; whoever holds it upgrades, all others wait.
UPGRADE_LOCK: Final = 4_711_000_001
#: Written once. What may change in a row of ``audit_text`` is that it gets erased.
APPEND_ONLY: Final = ("audit_event", "audit_text", "audit_seal", "audit_seal_entry")
ERASABLE_COLUMNS: Final = "text, salt, erased_at"


def upgrade(url: str) -> str:
    """Raise the database to this program's revision and return it: all of it or nothing.

    Several processes may do so at once: one works, the others wait and find it done.

    Raises StorageError when the database is newer than the program, or when its tables were
    not made by these revisions.
    """
    with _opened(url) as database:
        if database.is_sqlite:
            # Changing a table means making it anew there, which references would forbid.
            sa.event.listen(database.engine, "connect", _ignore_references)
        with database.write() as connection:
            if not database.is_sqlite:
                # Ends with the transaction, so it also works behind a transaction pool.
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(UPGRADE_LOCK)))
            _refuse_newer(_revision(connection))
            _run(connection)
            if database.is_sqlite:
                _check_references(connection)
    return head()


def current(url: str) -> str | None:
    """Return the revision of the database; None when it has no tables of ours."""
    path = parse_url(url).database
    if url.startswith("sqlite") and not (path and Path(path).exists()):
        return None  # looking must not create the file
    with _opened(url) as database, database.read() as connection:
        return _revision(connection)


def head() -> str:
    """Return the revision that this program needs.

    >>> head() >= "0001"
    True
    """
    revision = _scripts().get_current_head()
    if revision is None:
        raise StorageError("Dem Programm fehlen seine Revisionen; bitte neu installieren.")
    return revision


def check(url: str) -> None:
    """Return only when the database is exactly as this program needs it; else StorageError."""
    revision = current(url)
    if revision is None:
        raise StorageError(
            "Die Datenbank hat noch keine Tabellen. „laufzettel migrate“ legt sie an."
        )
    _refuse_newer(revision)
    if revision != head():
        raise StorageError(
            f"Die Datenbank hat den Stand {revision}, das Programm braucht {head()}."
            " Bitte sichern und dann „laufzettel migrate“ ausführen."
        )


def grants(role: str, *, schema: str = "public") -> list[str]:
    """Return what gives a PostgreSQL role all that the application needs, and nothing more.

    The role reads and writes, but neither changes tables nor updates or deletes what the
    audit says. The owner runs the statements after every upgrade.

    >>> grants("laufzettel_app")[-1]
    'GRANT UPDATE (text, salt, erased_at) ON "public".audit_text TO "laufzettel_app"'
    """
    to, of = _quoted(role), _quoted(schema)
    audit = ", ".join(f"{of}.{table}" for table in APPEND_ONLY)
    return [
        f"GRANT USAGE ON SCHEMA {of} TO {to}",
        f"REVOKE CREATE ON SCHEMA {of} FROM {to}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {of} TO {to}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {of} TO {to}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {of} TO {to}",
        f"REVOKE INSERT, UPDATE, DELETE ON {of}.alembic_version FROM {to}",
        f"REVOKE UPDATE, DELETE, TRUNCATE ON {audit} FROM {to}",
        f"REVOKE DELETE, TRUNCATE ON {of}.audit_stream FROM {to}",
        f"GRANT UPDATE ({ERASABLE_COLUMNS}) ON {of}.audit_text TO {to}",
    ]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@contextlib.contextmanager
def _opened(url: str) -> Iterator[Database]:
    """Open the database for one act; what the driver says becomes an error of operation."""
    database = Database(url)
    try:
        yield database
    except sa.exc.OperationalError as error:
        raise UnavailableError(f"Die Datenbank ist nicht benutzbar: {error.orig}") from error
    finally:
        database.close()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "laufzettel.db:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(revision: str | None) -> None:
    known = [script.revision for script in _scripts().walk_revisions()]
    if revision is not None and revision not in known:
        raise StorageError(
            f"Die Datenbank hat den Stand {revision}; dieses Programm kennt nur Stände bis"
            f" {known[0]}. Bitte die neuere Version von Laufzettel starten."
        )


def _run(connection: sa.Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except sa.exc.DBAPIError as error:
        raise StorageError(
            "Die Tabellen ließen sich nicht auf den neuen Stand bringen; nichts wurde geändert."
            f" Die Datenbank meldet: {error.orig}"
        ) from error


def _ignore_references(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA foreign_keys = OFF")


def _check_references(connection: sa.Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise StorageError(
            f"Nach der Umstellung zeigen {len(broken)} Zeilen ins Leere (zuerst in"
            f" {broken[0][0]}); nichts wurde geändert."
        )
