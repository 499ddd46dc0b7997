"""``laufzettel history``: takes the invoice heads of the old system over, lists, takes out."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from typing import Any, Final

from laufzettel.app import App
from laufzettel.cli import lists, show
from laufzettel.cli.progress import counted
from laufzettel.clock import office_minute
from laufzettel.engine.audit.streams import Event, append
from laufzettel.identity import Actor
from laufzettel.records import settings as tenant_settings
from laufzettel.records.heads import history, history_csv

#: The stream of the audit that tells of imports.
STREAM: Final = "history"


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("history", help="übernimmt Rechnungsköpfe aus dem Altsystem")
    actions = parser.add_subparsers(dest="action", required=True, metavar="AKTION")
    given = lists.action(actions, "import", "übernimmt eine CSV-Datei (docs/history.md)", _import)
    lists.add_file(given)
    lists.action(actions, "list", "zeigt, was übernommen wurde", _list)
    gone = lists.action(
        actions, "remove", "nimmt eine Übernahme mit ihren Köpfen wieder heraus", _remove
    )
    gone.add_argument("id", metavar="ID")
    gone.add_argument("--reason", required=True, help="warum; steht im Protokoll")


def _import(app: App, actor: Actor, args: argparse.Namespace) -> int:
    """Take the file over: all of it or, where anything is wrong, nothing."""
    data = lists.file_bytes(args.file, history_csv.BYTES_MAX)
    sha256 = hashlib.sha256(data).hexdigest()
    of_import = history.import_id(actor.tenant, sha256)
    with app.db.read() as connection:
        rules = tenant_settings.load(connection, actor.tenant)
        before = history.known(connection, actor.tenant, of_import)
    if before is not None:
        text = f"{args.file.name} wurde schon am {office_minute(before.imported_at)} übernommen"
        _say(args, before, f"{text}; nichts geändert.")
        return 0
    units = frozenset(rules.routing.values())
    found = history_csv.read(data, encoding=args.encoding, units=units)
    if found.faults:
        return lists.refuse(args, found.faults)
    rows = history.keyed(actor.tenant, found.rows, of_import)
    made = _add(app, actor, args, rows, of_import, sha256)
    lines = [
        f"Zeile {line} sagt dasselbe wie Zeile {first}." for line, first in history.repeated(rows)
    ]
    if not args.json:
        lists.some(lines)
    done = "wären neu; geändert wurde nichts" if args.dry_run else "neu übernommen"
    _say(args, made, f"{args.file.name}: {made.rows} Zeilen gelesen, {made.added} {done}.")
    return 0


def _add(
    app: App,
    actor: Actor,
    args: argparse.Namespace,
    rows: Sequence[dict[str, Any]],
    of_import: str,
    sha256: str,
) -> history.Import:
    """Add the rows in portions, then note the import with its event in the audit."""
    added = 0
    step = history.PORTION
    portions = [rows[at : at + step] for at in range(0, len(rows), step)]
    for portion in counted(portions, "Übernommen", len(portions)):
        with app.db.read() if args.dry_run else app.db.write() as connection:
            added += len({row["id"] for row in portion})
            added -= history.present(connection, actor.tenant, portion)
            if not args.dry_run:
                history.add(connection, portion)
    with app.db.read() if args.dry_run else app.db.write() as connection:
        now = app.db.now(connection)
        made = history.Import(
            id=of_import, file_name=args.file.name, rows=len(rows), added=added, imported_at=now
        )
        if not args.dry_run:
            history.finish(connection, actor.tenant, made, sha256)
            data = {"import": of_import, "sha256": sha256, "rows": len(rows), "added": added}
            _note(connection, actor, "history.imported", data, {"file": args.file.name}, now)
    return made


def _note(
    connection: Any, actor: Actor, kind: str, data: dict[str, Any], texts: dict[str, str], now: Any
) -> None:
    event = Event(kind=kind, actor=actor.label, data=data, texts=texts)
    append(connection, tenant=actor.tenant, stream=STREAM, at=now, events=[event])


def _list(app: App, actor: Actor, args: argparse.Namespace) -> int:
    with app.db.read() as connection:
        found = history.imports(connection, actor.tenant)
    if args.json:
        show.objects(found)
    elif not found:
        show.lines(["Noch nichts übernommen."])
    else:
        show.lines(
            f"{one.id}  {office_minute(one.imported_at)}  {one.added:>8} von {one.rows:>8}  "
            f"{one.file_name}"
            for one in found
        )
    return 0


def _remove(app: App, actor: Actor, args: argparse.Namespace) -> int:
    with app.db.write() as connection:
        gone = history.remove(connection, actor.tenant, args.id)
        now = app.db.now(connection)
        data = {"import": gone.id, "rows": gone.rows, "added": gone.added}
        _note(connection, actor, "history.removed", data, {"reason": args.reason}, now)
    _say(args, gone, f"{gone.file_name}: {gone.added} Köpfe sind wieder heraus.")
    return 0


def _say(args: argparse.Namespace, made: history.Import, text: str) -> None:
    if args.json:
        show.objects([made])
    else:
        show.lines([text])
