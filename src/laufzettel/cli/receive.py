"""``laufzettel receive FILE…``: receive invoices by hand, as the upload page will."""

from __future__ import annotations

import argparse
from pathlib import Path

from laufzettel import settings
from laufzettel.cli import show
from laufzettel.cli.progress import counted
from laufzettel.cli.tenants import add_tenant, known
from laufzettel.compose import compose
from laufzettel.errors import InputError
from laufzettel.handlers.invoice.receive import Delivery


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("receive", help="nimmt Rechnungen entgegen")
    parser.add_argument("files", nargs="+", type=Path, metavar="DATEI")
    add_tenant(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Receive every file, or none if one cannot be read; the same again is only noted."""
    contents = {path: _read(path) for path in args.files}
    with compose(settings.load()) as app:
        tenant = known(app, args.tenant)
        given = counted(contents.items(), "Angenommen", len(contents))
        for path, data in given:
            receipt = app.receive(
                Delivery(
                    tenant=tenant,
                    channel="kommandozeile",
                    sender="",
                    file_name=path.name,
                    data=data,
                )
            )
            if args.json:
                show.objects([receipt])
                continue
            note = " (lag schon vor, nur vermerkt)" if receipt.is_repeat else ""
            show.lines([f"{receipt.receipt_no}  {path.name}{note}"])
    return 0


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} ist nicht lesbar: {show.reason(error)}. Nichts wurde angenommen."
        ) from error
