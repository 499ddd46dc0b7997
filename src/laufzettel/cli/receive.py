"""``laufzettel receive FILE…``: receive invoices by hand, as the upload page will."""

from __future__ import annotations

import argparse
from pathlib import Path

from laufzettel import settings
from laufzettel.app import App
from laufzettel.cli import show
from laufzettel.cli.progress import counted
from laufzettel.cli.tenants import add_tenant, known
from laufzettel.compose import compose
from laufzettel.documents.store import SIZE_MAX
from laufzettel.errors import InputError
from laufzettel.records.delivery import Delivery, Receipt
from laufzettel.spool import spooled


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("receive", help="nimmt Rechnungen entgegen")
    parser.add_argument("files", nargs="+", type=Path, metavar="DATEI")
    add_tenant(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Receive every file, or none if one cannot be read; the same again is only noted."""
    for path in args.files:
        _require_readable(path)
    with compose(settings.load()) as app:
        tenant = known(app, args.tenant)
        for path in counted(args.files, "Angenommen", len(args.files)):
            receipt = _receive(app, tenant, path)
            if args.json:
                show.objects([receipt])
                continue
            note = " (lag schon vor, nur vermerkt)" if receipt.is_repeat else ""
            show.lines([f"{receipt.receipt_no}  {path.name}{note}"])
    return 0


def _receive(app: App, tenant: str, path: Path) -> Receipt:
    with path.open("rb") as file, spooled(file, size_max=SIZE_MAX) as data:
        delivery = Delivery(
            tenant=tenant, channel="kommandozeile", sender="", file_name=path.name, data=data
        )
        return app.receive(delivery)


def _require_readable(path: Path) -> None:
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        raise InputError(
            f"{path} ist nicht lesbar: {show.reason(error)}. Nichts wurde angenommen."
        ) from error
