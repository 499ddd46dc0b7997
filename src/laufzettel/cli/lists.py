"""What commands share that take a list in from a CSV file."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from laufzettel import csv_table
from laufzettel.cli import show
from laufzettel.errors import InputError

#: Findings that are printed; the rest is counted.
FAULTS_SHOWN: Final = 200


def add_file(parser: argparse.ArgumentParser) -> None:
    """Let the command take the file, its encoding and ``--dry-run``."""
    parser.add_argument("file", type=Path, metavar="DATEI.csv")
    parser.add_argument("--encoding", choices=csv_table.ENCODINGS, default="utf-8")
    parser.add_argument("--dry-run", action="store_true", help="prüft nur und ändert nichts")


def file_bytes(file: Path) -> bytes:
    """Return the bytes of the file; InputError where it is unreadable or too large."""
    try:
        if file.stat().st_size <= csv_table.BYTES_MAX:
            return file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} ist nicht lesbar: {show.reason(error)}.") from error
    raise InputError(f"{file} ist größer als {csv_table.BYTES_MAX // 1024**2} MB.")


def refuse(args: argparse.Namespace, faults: Sequence[csv_table.Fault]) -> int:
    """Print every finding with its line, and that nothing was taken; return the exit code."""
    if args.json:
        show.objects(faults)
        return 1
    show.lines(str(one) for one in faults[:FAULTS_SHOWN])
    left = len(faults) - FAULTS_SHOWN
    show.lines([f"… und {left} weitere."] if left > 0 else [])
    show.lines([f"{len(faults)} Beanstandungen; übernommen wurde nichts."])
    return 1
