"""Write the first revision of the schema anew from the declared tables.

Only as long as nothing is released: afterwards every change is a revision of its own.
Run it after changing a table: `python tools/remake_first_revision.py`.
"""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal

import sqlalchemy as sa
from alembic.autogenerate import render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from laufzettel.db import metadata  # found through the line above

REVISION: Final = ROOT / "src/laufzettel/db/migrations/versions/0001_walls.py"
#: Importing them declares the tables.
DECLARATIONS: Final = ("laufzettel.engine.tables", "laufzettel.records.tables")
HEAD: Final = '''"""The walls: every table of the first release.

Written by tools/remake_first_revision.py from the declared tables, and frozen from the first
release on. Procrastinate's tables come from the installed package (PostgreSQL only). SQLite
knows no roles, so triggers keep the audit from being changed there.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import procrastinate_schema, types

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all tables."""
{calls}
    if op.get_context().dialect.name == "postgresql":
        procrastinate_schema.install(op.get_bind())
    else:
        _keep_audit()


def _keep_audit() -> None:
    """Refuse to change what the audit says; a text may be erased."""
    refuse = "BEGIN SELECT RAISE(ABORT, 'Das Protokoll wird nur fortgeschrieben.'); END"
    for table in ("audit_event", "audit_text", "audit_seal", "audit_seal_entry"):
        op.execute(f"CREATE TRIGGER {{table}}_keep BEFORE DELETE ON {{table}} {{refuse}}")
    for table in ("audit_event", "audit_seal", "audit_seal_entry"):
        op.execute(f"CREATE TRIGGER {{table}}_fix BEFORE UPDATE ON {{table}} {{refuse}}")
    columns = "tenant, stream, seq, field"
    op.execute(f"CREATE TRIGGER audit_text_fix BEFORE UPDATE OF {{columns}} ON audit_text {{refuse}}")
    unless = "WHEN NEW.text IS NOT NULL OR NEW.salt IS NOT NULL OR NEW.erased_at IS NULL"
    op.execute(f"CREATE TRIGGER audit_text_erase BEFORE UPDATE ON audit_text {{unless}} {{refuse}}")
'''


def main() -> int:
    """Write the revision and format it."""
    for name in DECLARATIONS:
        if find_spec(name):
            import_module(name)
    tables = metadata.sorted_tables
    calls = "\n".join(f"    _create_{table.name.strip('_')}()" for table in tables)
    functions = "\n\n".join(map(_function, tables))
    REVISION.write_text(HEAD.format(calls=calls) + "\n\n" + functions, encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff", "format", "--quiet", str(REVISION)]
    subprocess.run(ruff, check=True)  # noqa: S603 - our interpreter, our path
    print(f"{len(tables)} Tabellen in {REVISION.relative_to(ROOT)}")
    return 0


def _function(table: sa.Table) -> str:
    """Return a function that creates the table and its indexes."""
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    operations: list[ops.MigrateOperation] = [
        ops.CreateTableOp.from_table(table),
        *map(ops.CreateIndexOp.from_index, indexes),
    ]
    code = render_python_code(ops.UpgradeOps(ops=operations), render_item=_render)
    # Alembic lists columns only as they come; a trailing comma makes ruff keep one a line.
    lines = [line for line in code.splitlines() if not line.strip().startswith("#")]
    body = "\n".join(lines).replace("\n    )", ",\n    )")
    return f"def _create_{table.name.strip('_')}() -> None:\n{body}\n"


def _render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Return our column types, and truth values that fit both databases."""
    if kind == "type" and type(item).__module__ == "laufzettel.db.types":
        return f"types.{type(item).__name__}()"
    default = getattr(item, "arg", None)
    if kind == "server_default" and isinstance(default, sa.True_ | sa.False_):
        return f"sa.{default}()"
    return False


if __name__ == "__main__":
    sys.exit(main())
