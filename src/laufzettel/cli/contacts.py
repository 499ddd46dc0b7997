"""``laufzettel contacts FILE``: the addresses that the town itself knows of its suppliers."""

from __future__ import annotations

import argparse
import csv
import hashlib
from pathlib import Path

from laufzettel import settings
from laufzettel.app import App
from laufzettel.cli import lists, show
from laufzettel.cli.tenants import add_tenant, operator
from laufzettel.compose import compose
from laufzettel.connectors.post.port import is_mail_address
from laufzettel.errors import InputError
from laufzettel.identity import Actor
from laufzettel.records import contacts

_HEAD = ["vat_id", "name", "mail"]
#: The audit's stream of the master data.
STREAM = "contacts"


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "contacts", help="übernimmt E-Mail-Adressen der Lieferanten aus den Stammdaten"
    )
    parser.add_argument("file", type=Path, metavar="CSV", help="Spalten vat_id;name;mail")
    parser.add_argument("--dry-run", action="store_true", help="sagt nur, was sich änderte")
    add_tenant(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Let the addresses be exactly those of the file, or none change if a line is wrong.

    What changed stands in the audit stream ``contacts``: mails about bank data go to these
    addresses and to no other.
    """
    rows = read(args.file)
    with compose(settings.load()) as app:
        actor = operator(app, args)
        if args.dry_run:
            with app.db.read() as connection:
                found = contacts.difference(connection, actor.tenant, rows)
            lists.some(list(found.lines))
        else:
            found = _replace(app, actor, args.file, rows)
    done, n = "gelesen" if args.dry_run else "übernommen", found.counts
    changes = f"{n['added']} neu, {n['changed']} geändert, {n['removed']} entfallen"
    show.lines([f"{len(rows)} Adressen {done}: {changes}."])
    return 0


def _replace(
    app: App, actor: Actor, file: Path, rows: list[contacts.Contact]
) -> contacts.Difference:
    with app.db.write() as connection:
        found = contacts.difference(connection, actor.tenant, rows)
        if found:
            contacts.replace(connection, actor.tenant, rows, now=app.db.now(connection))
            data = {"sha256": hashlib.sha256(file.read_bytes()).hexdigest(), **found.counts}
            texts = {"file": file.name, "changes": "\n".join(found.lines)}
            app.engine.note(connection, actor, STREAM, "contacts.replaced", data, texts)
    return found


def read(file: Path) -> list[contacts.Contact]:
    """Return the lines of the file; InputError names the first that is wrong."""
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} ist nicht lesbar; erwartet wird CSV in UTF-8.") from error
    lines = list(csv.reader(text.splitlines(), delimiter=";"))
    if not lines or lines[0] != _HEAD:
        raise InputError(f"{file}: Die erste Zeile muss „{';'.join(_HEAD)}“ sein.")
    found: dict[str, contacts.Contact] = {}
    for number, line in enumerate(lines[1:], start=2):
        vat_id = line[0].replace(" ", "").upper() if line else ""
        if len(line) != len(_HEAD) or not vat_id or not is_mail_address(line[2].strip()):
            raise InputError(f"{file}, Zeile {number}: Nummer oder Adresse ist nicht lesbar.")
        if vat_id in found:
            raise InputError(f"{file}, Zeile {number}: {vat_id} steht schon weiter oben.")
        found[vat_id] = contacts.Contact(vat_id=vat_id, name=line[1], mail=line[2].strip())
    return list(found.values())
