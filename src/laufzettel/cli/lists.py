"""What commands share that take a list in from a CSV file."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from laufzettel import csv_table, settings
from laufzettel.app import App
from laufzettel.cli import show
from laufzettel.cli.tenants import add_tenant, operator
from laufzettel.compose import compose
from laufzettel.errors import InputError
from laufzettel.identity import Actor

#: Lines that are printed; the rest is counted.
LINES_SHOWN: Final = 200
Run = Callable[[App, Actor, argparse.Namespace], int]


def action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, do: Run
) -> argparse.ArgumentParser:
    """Add an action of the command, for a tenant."""
    parser = actions.add_parser(name, help=text)
    add_tenant(parser)
    parser.set_defaults(run=run, do=do)
    return parser


def run(args: argparse.Namespace) -> int:
    """Carry the action out as the operator of this machine."""
    with compose(settings.load()) as app:
        code: int = args.do(app, operator(app, args), args)
        return code


def add_file(parser: argparse.ArgumentParser) -> None:
    """Let the command take the file, its encoding and ``--dry-run``."""
    parser.add_argument("file", type=Path, metavar="DATEI.csv")
    parser.add_argument("--encoding", choices=csv_table.ENCODINGS, default="utf-8")
    parser.add_argument("--dry-run", action="store_true", help="prüft nur und ändert nichts")


def file_bytes(file: Path, most: int = csv_table.BYTES_MAX) -> bytes:
    """Return the bytes of the file; InputError where it is unreadable or too large."""
    try:
        if file.stat().st_size <= most:
            return file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} ist nicht lesbar: {show.reason(error)}.") from error
    raise InputError(f"{file} ist größer als {most // 1024**2} MB.")


def refuse(args: argparse.Namespace, faults: Sequence[csv_table.Fault]) -> int:
    """Print every finding with its line, and that nothing was taken; return the exit code."""
    if args.json:
        show.objects(faults)
        return 1
    some([str(one) for one in faults])
    show.lines([f"{len(faults)} Beanstandungen; übernommen wurde nichts."])
    return 1


def some(lines: Sequence[str]) -> None:
    """Print the first lines, and how many more there are."""
    show.lines(lines[:LINES_SHOWN])
    left = len(lines) - LINES_SHOWN
    show.lines([f"… und {left} weitere."] if left > 0 else [])
