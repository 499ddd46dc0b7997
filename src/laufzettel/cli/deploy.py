"""``laufzettel deploy FOLDER…``: make models the current ones; lint first, all or nothing."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from laufzettel import settings
from laufzettel.cli.tenants import known
from laufzettel.compose import compose
from laufzettel.engine.api import NotDeployableError
from laufzettel.engine.model.sources import load_folder
from laufzettel.identity import SHARED, Actor, Right


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("deploy", help="spielt Modelle ein")
    parser.add_argument("folders", nargs="+", type=Path, metavar="ORDNER")
    parser.add_argument("--tenant", default=SHARED, help="Mandant; ohne Angabe für alle")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Deploy every folder; what has errors is refused with all its findings."""
    actor = Actor(tenant=args.tenant, name="Betrieb", rights=frozenset({Right.DEPLOY}))
    with compose(settings.load()) as app:
        if args.tenant != SHARED:
            known(app, args.tenant)
        for folder in args.folders:
            try:
                deployed = app.engine.deploy(actor, load_folder(folder))
            except NotDeployableError as error:
                for one in error.findings:
                    sys.stderr.write(f"{one.file}:{one.line}: {one.text_de} {one.remedy_de}\n")
                return 1
            state = "neu" if deployed.is_new else "unverändert"
            sys.stdout.write(f"{deployed.process_id}: Fassung {deployed.number} ({state})\n")
    return 0
