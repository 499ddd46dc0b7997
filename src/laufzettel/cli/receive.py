"""``laufzettel receive FILE…``: receive invoices by hand, as the upload page will."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from laufzettel import settings
from laufzettel.compose import compose
from laufzettel.handlers.invoice.receive import Delivery


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("receive", help="nimmt Rechnungen entgegen")
    parser.add_argument("files", nargs="+", type=Path, metavar="DATEI")
    parser.add_argument("--tenant", default="musterstadt", help="Mandant")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Receive every file; the same bytes again are only noted."""
    with compose(settings.load()) as app:
        for path in args.files:
            try:
                data = path.read_bytes()
            except OSError as error:
                sys.stderr.write(f"{path}: nicht lesbar ({error.strerror}).\n")
                return 2
            receipt = app.receive(
                Delivery(
                    tenant=args.tenant,
                    channel="kommandozeile",
                    sender="",
                    file_name=path.name,
                    data=data,
                )
            )
            known = " (lag schon vor, nur vermerkt)" if receipt.is_repeat else ""
            sys.stdout.write(f"{receipt.receipt_no}  {path.name}{known}\n")
    return 0
