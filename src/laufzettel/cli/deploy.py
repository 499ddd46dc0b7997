"""``laufzettel deploy FOLDER…``: make models the current ones; lint first.

What changes duties, effects, powers or limits waits for a second person (``deployments``).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from laufzettel import settings
from laufzettel.cli import second
from laufzettel.cli.deployments import how_to_release
from laufzettel.cli.tenants import known
from laufzettel.compose import compose
from laufzettel.engine.api import NotDeployableError
from laufzettel.engine.model.sources import load_folder
from laufzettel.identity import SHARED

#: Exit code where something waits for a second person.
WAITS: Final = 3


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("deploy", help="spielt Modelle ein")
    parser.add_argument("folders", nargs="+", type=Path, metavar="ORDNER")
    parser.add_argument("--tenant", default=SHARED, help="Mandant; ohne Angabe für alle")
    second.add_by(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Deploy every folder; what has errors is refused with all its findings.

    The exit code is 3 where something waits for a second person: it is not in force.
    """
    code = 0
    with compose(settings.load()) as app:
        if args.tenant != SHARED:
            known(app, args.tenant)
        actor = second.acting(app, args)
        for folder in args.folders:
            try:
                deployed = app.engine.deploy(
                    actor, load_folder(folder), tenant=args.tenant, reason=args.reason
                )
            except NotDeployableError as error:
                for one in error.findings:
                    sys.stderr.write(f"{one.file}:{one.line}: {one.text_de} {one.remedy_de}\n")
                return 1
            if deployed.waits:
                told = how_to_release(deployed.change_id)
                sys.stdout.write(f"{deployed.process_id}: noch nicht eingespielt. {told}\n")
                code = WAITS
                continue
            state = "neu" if deployed.is_new else "unverändert"
            sys.stdout.write(f"{deployed.process_id}: Fassung {deployed.number} ({state})\n")
    return code
