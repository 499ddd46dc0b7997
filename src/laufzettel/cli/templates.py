"""``laufzettel templates [--output FILE]``: element templates of the installed handlers.

One JSON list for the Camunda Modeler, made anew from the signatures; ``docs/designing.md``
says where the Modeler looks for it.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from laufzettel.engine.handler import Handlers, Services
from laufzettel.engine.model.templates import templates
from laufzettel.handlers import modules


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("templates", help="schreibt Elementvorlagen für den Modeler")
    parser.add_argument("--output", type=Path, metavar="DATEI", help="sonst auf den Bildschirm")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the templates; the folder of the file is made where it is missing."""
    made = templates(Handlers(modules(), Services()).contracts.values())
    text = json.dumps(made, ensure_ascii=False, indent=2) + "\n"
    if args.output is None:
        sys.stdout.write(text)
        return 0
    args.output.parent.mkdir(parents=True, exist_ok=True)
    args.output.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{args.output}: {len(made)} Vorlagen\n")
    return 0
