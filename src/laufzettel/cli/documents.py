"""``laufzettel documents verify``: is every document still there, and is it what was stored?"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from laufzettel import settings
from laufzettel.app import App
from laufzettel.archive.integrity import Fault
from laufzettel.cli import show
from laufzettel.cli.progress import working
from laufzettel.cli.tenants import add_tenant, known
from laufzettel.compose import compose

_MEGABYTE = 1024 * 1024


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("documents", help="prüft die abgelegten Dokumente")
    actions = parser.add_subparsers(dest="action", required=True, metavar="verify")
    verify = actions.add_parser("verify", help="rechnet die Prüfsumme jedes Dokuments nach")
    add_tenant(verify)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Hash every document of the tenant again; return 1 when one is missing or changed."""
    with compose(settings.load()) as app:
        tenant = known(app, args.tenant)
        number, size = _whole_round(app, tenant)
        faults = app.integrity.faults(tenant)
        unlisted = app.integrity.unlisted(tenant)
    if args.json:
        show.objects(faults)
    else:
        show.lines(_told(tenant, number, size, faults, unlisted))
    return 1 if faults else 0


def _whole_round(app: App, tenant: str) -> tuple[int, int]:
    """Begin anew and go to the end, whatever the periodic work has done so far."""
    number = size = 0
    app.integrity.begin(tenant)
    with working("Nachgerechnet") as line:
        while True:
            seen = app.check_documents(tenant)
            number, size, line.done = number + seen.documents, size + seen.bytes, number
            if seen.is_end:
                return number, size


def _told(
    tenant: str, number: int, size: int, faults: Sequence[Fault], unlisted: Sequence[str]
) -> list[str]:
    result = f"{len(faults)} fehlen oder sind verändert." if faults else "Alles stimmt."
    more = (
        f"Hinweis: {len(unlisted)} Dateien im Speicher gehören zu keinem Eintrag; das bleibt von "
        "einem Eingang, der nicht zu Ende kam, und schadet nicht."
    )
    return [
        *(one.text_de for one in faults),
        *([more] if unlisted else []),
        f"Mandant „{tenant}“: {number} Dokumente, {size // _MEGABYTE} MB nachgerechnet. {result}",
    ]
