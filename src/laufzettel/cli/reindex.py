"""``laufzettel reindex``: read the texts of invoices anew, so that they are found by a word."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any, Final

import sqlalchemy as sa

from laufzettel import settings
from laufzettel.app import App
from laufzettel.cli import show
from laufzettel.cli.progress import counted
from laufzettel.cli.tenants import add_tenant, known
from laufzettel.compose import compose
from laufzettel.einvoice import fulltext
from laufzettel.errors import LaufzettelError
from laufzettel.records import search
from laufzettel.records.tables import document, invoice, invoice_text

_HAS_TEXT: Final = (
    sa.select(invoice_text.c.id)
    .where(invoice_text.c.tenant == invoice.c.tenant, invoice_text.c.invoice_id == invoice.c.id)
    .exists()
)
_ORIGINALS: Final = (
    sa.select(invoice.c.id, invoice.c.receipt_no, document.c.sha256)
    .join(
        document,
        sa.and_(document.c.tenant == invoice.c.tenant, document.c.invoice_id == invoice.c.id),
    )
    .where(
        invoice.c.tenant == sa.bindparam("of_tenant"),
        invoice.c.erased_on.is_(None),
        document.c.kind == "original",
        invoice.c.id > sa.bindparam("behind"),
    )
    .order_by(invoice.c.id)
    .limit(200)
)
_WITHOUT_TEXT: Final = _ORIGINALS.where(sa.not_(_HAS_TEXT))


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("reindex", help="liest die Texte der Rechnungen für die Suche neu")
    add_tenant(parser)
    parser.add_argument(
        "--all", action="store_true", help="auch die, deren Text schon gefunden wird"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read every invoice that has no text yet; return 1 when an original could not be had."""
    done, failed = 0, []
    with compose(settings.load()) as app:
        tenant = known(app, args.tenant)
        rows = list(_rows(app, tenant, everything=args.all))
        for row in counted(rows, "Gelesen", len(rows)):
            try:
                _read(app, tenant, row)
                done += 1
            except LaufzettelError as error:
                failed.append(f"{row.receipt_no}: {error}")
    if args.json:
        show.objects([{"tenant": tenant, "read": done, "failed": failed}])
    else:
        show.lines([*failed, f"Mandant „{tenant}“: {done} Rechnungen gelesen."])
    return 1 if failed else 0


def _rows(app: App, tenant: str, *, everything: bool) -> Iterator[Any]:
    query, behind = _ORIGINALS if everything else _WITHOUT_TEXT, ""
    while True:
        with app.db.read() as connection:
            page = connection.execute(query, {"of_tenant": tenant, "behind": behind}).all()
        if not page:
            return
        yield from page
        behind = page[-1].id


def _read(app: App, tenant: str, row: Any) -> None:
    parts = fulltext.of_original(app.store.get(row.sha256, tenant=tenant))
    with app.db.write() as connection:
        search.put(connection, tenant, row.id, parts)
