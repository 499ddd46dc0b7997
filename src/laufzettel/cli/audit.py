"""``laufzettel audit verify|export``: prove that nothing was changed afterwards."""

from __future__ import annotations

import argparse
from pathlib import Path

from laufzettel import settings
from laufzettel.app import App
from laufzettel.cli import show
from laufzettel.cli.progress import counted
from laufzettel.cli.tenants import add_tenant, auditing
from laufzettel.compose import compose
from laufzettel.engine.audit.verify_export import describe
from laufzettel.errors import InputError
from laufzettel.identity import Actor


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("audit", help="prüft das Protokoll oder gibt es heraus")
    actions = parser.add_subparsers(dest="action", required=True, metavar="verify|export")
    verify = actions.add_parser("verify", help="rechnet alle Ketten und Siegel nach")
    add_tenant(verify)
    export = actions.add_parser("export", help="schreibt alles für eine fremde Nachprüfung")
    export.add_argument("file", type=Path)
    add_tenant(export)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Verify or export; return 1 when something does not fit."""
    with compose(settings.load()) as app:
        actor = auditing(app, args)
        app.seal()
        if args.action == "export":
            _export(app, actor, args.file)
            return 0
        report = app.engine.verify(actor, lambda rows: counted(rows, "Nachgerechnet"))
    if args.json:
        show.objects([report])
    else:
        show.lines(describe(report))
    return 0 if report.is_sound else 1


def _export(app: App, actor: Actor, file: Path) -> None:
    try:
        with file.open("wb") as target:
            target.writelines(counted(app.engine.export_audit(actor), "Geschrieben"))
    except OSError as error:
        raise InputError(f"{file} lässt sich nicht schreiben: {show.reason(error)}.") from error
    show.lines(
        [
            f"Geschrieben: {file}. Prüfen ohne Laufzettel:",
            f"  python3 verify_export.py {file}",
        ]
    )
