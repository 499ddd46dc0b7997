"""``laufzettel policy show|set FILE``: the tenant's table of what follows from a finding.

``set`` replaces the whole table by a JSON file (docs/validation.md); who did it, the reason and
both tables are in the audit. Nothing is changed where one row is wrong, and what makes less of a
finding waits for a second person, as on the page.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from laufzettel import settings
from laufzettel.app import App
from laufzettel.cli import second, show
from laufzettel.cli.tenants import add_tenant, known
from laufzettel.clock import OFFICE_ZONE
from laufzettel.compose import compose
from laufzettel.einvoice.policy import DEFAULT, Row
from laufzettel.einvoice.policy_table import as_settings, policy_of
from laufzettel.errors import InputError
from laufzettel.records import policy_changes
from laufzettel.records import settings as tenant_settings


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("policy", help="was aus einem Prüfbefund folgt, je Mandant")
    actions = parser.add_subparsers(dest="action", required=True, metavar="show|set")
    add_tenant(actions.add_parser("show", help="zeigt die Tabelle und was ohne sie gilt"))
    put = actions.add_parser("set", help="ersetzt die Tabelle durch eine JSON-Datei")
    put.add_argument("file", type=Path, metavar="DATEI")
    second.add_by(put)
    add_tenant(put)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Show the table, or replace it."""
    with compose(settings.load()) as app:
        tenant = known(app, args.tenant)
        {"show": _show, "set": _set}[args.action](app, tenant, args)
    return 0


def _show(app: App, tenant: str, args: argparse.Namespace) -> None:
    with app.db.read() as connection:
        policy = tenant_settings.load(connection, tenant).findings
        today = app.db.now(connection).astimezone(OFFICE_ZONE).date()
    if args.json:
        show.data([dict(row) for row in as_settings(policy)])
        return
    show.lines(["Tabelle des Mandanten, die erste passende Zeile gilt:"])
    show.lines(_told(policy.rows, today) if policy.rows else ["  (keine Zeile)"])
    show.lines(["Wo keine Zeile passt:"])
    show.lines(_told(DEFAULT, today))
    show.lines(["  alles andere so, wie es die Regel vorschreibt"])


def _told(rows: tuple[Row, ...], today: date) -> Iterator[str]:
    for row in rows:
        above = f" über {row.above:.2f}" if row.above is not None else ""
        first = f" ab {row.valid_from:%d.%m.%Y}" if row.valid_from else ""
        last = f" bis {row.valid_until:%d.%m.%Y}" if row.valid_until else ""
        holds = (row.valid_from or today) <= today <= (row.valid_until or today)
        state = "" if holds else " (gilt heute nicht)"
        what = f"{row.treatment.value}{above}{first}{last}{state}"
        yield f"  {row.subject:<20} {what}: {row.why}"


def _set(app: App, tenant: str, args: argparse.Namespace) -> None:
    if not args.reason.strip():
        raise InputError("Bitte mit --reason sagen, warum die Tabelle sich ändert.")
    policy = policy_of(_read(args.file))
    actor = second.acting(app, args)
    with app.db.write() as connection:
        note = partial(app.engine.note, connection, actor, policy_changes.STREAM)
        now = app.db.now(connection)
        made = policy_changes.replaced(connection, actor, policy, args.reason, now=now, note=note)
    told = f"Die Tabelle hat jetzt {len(made.after)} Zeilen; sie gilt für jede Prüfung ab sofort."
    if made.status is policy_changes.Status.OPEN:
        told = (
            f"Noch gilt die bisherige Tabelle: Die neue macht bei {len(made.lighter)} Regeln weniger "
            "aus einem Befund. Eine zweite Person gibt sie auf der Seite „Prüfregeln“ frei."
        )
    show.lines([told])


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"„{file}“ ist nicht lesbar: {show.reason(error)}.") from error
    except ValueError as error:
        raise InputError(f"„{file}“ ist kein JSON: {error}") from error
