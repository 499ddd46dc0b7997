"""``laufzettel separators``: separator sheets for stacks of scanned paper, as a PDF to print."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from laufzettel.cli import show
from laufzettel.einvoice.separator import sheets_css, sheets_html
from laufzettel.errors import InputError
from laufzettel.pdf import ProcessPrinter

_MOST: Final = 200


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("separators", help="schreibt Trennblätter für den Scanner als PDF")
    parser.add_argument("file", type=Path, metavar="DATEI", help="zum Beispiel trennblatt.pdf")
    parser.add_argument("--sheets", type=int, default=1, metavar="ZAHL", help="so viele Blätter")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the sheets; a file that is there already is not touched."""
    if not 1 <= args.sheets <= _MOST:
        raise InputError(f"Möglich sind 1 bis {_MOST} Blätter.")
    data = ProcessPrinter().print(sheets_html(args.sheets), sheets_css())
    try:
        with args.file.open("xb") as target:
            target.write(data)
    except FileExistsError as error:
        raise InputError(f"{args.file} gibt es schon; bitte einen anderen Namen nennen.") from error
    except OSError as error:
        raise InputError(
            f"{args.file} lässt sich nicht schreiben: {show.reason(error)}."
        ) from error
    show.lines([f"{args.file}: {args.sheets} Trennblätter, auf A4 zu drucken."])
    return 0
