"""``laufzettel orders``: takes the order list in, with positions and deliveries, and shows it."""

from __future__ import annotations

import argparse
import hashlib
from typing import Final

from laufzettel import csv_table
from laufzettel.app import App
from laufzettel.cli import lists, show
from laufzettel.cli.progress import counted
from laufzettel.identity import Actor
from laufzettel.invoice_keys import plain
from laufzettel.money import Money
from laufzettel.records import kept_list
from laufzettel.records import settings as tenant_settings
from laufzettel.records.purchasing import current, order_csv, order_list
from laufzettel.records.purchasing import orders as order_rows

#: What the parts of the list are called on the command line.
PARTS: Final = {"auftraege": "orders", "positionen": "lines", "lieferungen": "deliveries"}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("orders", help="Auftragsliste einlesen und zeigen")
    actions = parser.add_subparsers(dest="action", required=True, metavar="AKTION")
    given = lists.action(actions, "import", "liest eine CSV-Datei ein (docs/orders.md)", _import)
    lists.add_file(given)
    given.add_argument("--part", choices=PARTS, default="auftraege", help="was darin steht")
    shown = lists.action(
        actions, "show", "zeigt einen Auftrag mit Positionen und Lieferungen", _show
    )
    shown.add_argument("number", metavar="AUFTRAG")


def _import(app: App, actor: Actor, args: argparse.Namespace) -> int:
    """Take the file in: all of it or, where anything is wrong, nothing."""
    part, data = PARTS[args.part], lists.file_bytes(args.file)
    with app.db.read() as connection:
        rules = tenant_settings.load(connection, actor.tenant)
    units = frozenset(rules.routing.values())
    found = order_csv.read(data, part, encoding=args.encoding, units=units)
    if not found.faults and part != "orders":
        found.faults.extend(_strangers(app, actor.tenant, found.rows))
    if found.faults:
        return lists.refuse(args, found.faults)
    made = _write(app, actor, args, part, [row.values for row in found.rows], data)
    done = "geändert wurde nichts" if args.dry_run else "übernommen"
    if args.json:
        show.data([made.data | {"rows": len(found.rows), "dry_run": args.dry_run}])
        return 0
    counts = f"{made.added} neu, {made.changed} geändert, {made.same} wie bisher"
    show.lines([f"{args.file.name}: {len(found.rows)} Zeilen gelesen, {counts}; {done}."])
    return 0


def _strangers(app: App, tenant: str, rows: list[csv_table.Row]) -> list[csv_table.Fault]:
    """Return a fault for each line that is about an order which is not in the list."""
    keys = sorted({row.values["order_key"] for row in rows})
    unknown: set[str] = set()
    with app.db.read() as connection:
        for at in range(0, len(keys), kept_list.PORTION):
            portion = keys[at : at + kept_list.PORTION]
            unknown |= order_rows.unknown_orders(connection, tenant, portion)
    why = "Diesen Auftrag gibt es in der Auftragsliste nicht; bitte zuerst die Aufträge einlesen."
    return [csv_table.Fault(row.line, why) for row in rows if row.values["order_key"] in unknown]


def _write(
    app: App,
    actor: Actor,
    args: argparse.Namespace,
    part: str,
    rows: list[dict[str, object]],
    data: bytes,
) -> kept_list.Changes:
    """Write portion by portion, each with its event: after a crash the same file goes on."""
    total, step = kept_list.Changes(), kept_list.PORTION
    proof = {"part": part, "sha256": hashlib.sha256(data).hexdigest()}
    portions = [rows[at : at + step] for at in range(0, len(rows), step)]
    for portion in counted(portions, "Übernommen", len(portions)):
        if args.dry_run:
            with app.db.read() as connection:
                total += order_rows.compared(connection, actor.tenant, part, portion)
            continue
        with app.db.write() as connection:
            now = app.db.now(connection)
            made = order_rows.write(connection, actor.tenant, part, portion, now)
            if made.added or made.changed:
                event = proof | made.data
                texts = {"file": args.file.name}
                app.engine.note(connection, actor, order_rows.STREAM, "orders.taken", event, texts)
                keys = {current.key_of(part, row) for row in portion}
                current.refresh(connection, actor, keys, app.engine.change_remarks)
        total += made
    return total


def _show(app: App, actor: Actor, args: argparse.Namespace) -> int:
    with app.db.read() as connection:
        found = order_list.load(connection, actor.tenant, plain(args.number))
    if args.json:
        show.objects([found])
        return 0
    show.lines([f"Auftrag {found.number}: {found.supplier_name}, {_sum(found)}, {_state(found)}"])
    for line in found.lines:
        price = "" if line.price is None else f" zu {line.price:f}"
        amount = "" if line.quantity is None else f"{line.quantity:f} {line.unit}{price}"
        show.lines([f"  Position {line.number}: {line.name}  {amount}".rstrip()])
    for one in found.deliveries:
        amount = "" if one.quantity is None else f"  {one.quantity:f}"
        place = f", Position {one.line_key}" if one.line_key else ""
        show.lines([f"  Lieferung {one.number} vom {one.delivered_on:%d.%m.%Y}{place}{amount}"])
    return 0


def _sum(found: order_list.PurchaseOrder) -> str:
    parts = ((found.gross, "brutto"), (found.net, "netto"))
    told = [f"{Money(value, found.currency).german()} {kind}" for value, kind in parts if value]
    return ", ".join(told)


def _state(found: order_list.PurchaseOrder) -> str:
    return "offen" if found.is_open else "abgeschlossen"
