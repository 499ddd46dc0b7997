"""``laufzettel taxes``: the tax table with its sources, and certificates of exemption."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from typing import Final

from laufzettel.app import App
from laufzettel.cli import lists, show
from laufzettel.identity import Actor
from laufzettel.records import kept_list
from laufzettel.records.tax import offices, rules

_READERS: Final = {
    "rules": rules.read_rules,
    "certificates": rules.read_certificates,
    "offices": offices.read,
}

_LISTS: Final = {**rules.LISTS, "offices": offices.LIST}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("taxes", help="Steuertabelle und Freistellungsbescheinigungen")
    actions = parser.add_subparsers(dest="action", required=True, metavar="AKTION")
    lists.action(actions, "show", "zeigt, was gilt, mit Quelle", _show)
    for name, part, text in (
        ("import", "rules", "liest eigene Regeln ein (docs/taxes.md)"),
        ("certificates", "certificates", "liest Freistellungsbescheinigungen ein (§ 48b EStG)"),
        ("offices", "offices", "liest Finanzämter mit ihren Konten ein (für § 48a EStG)"),
    ):
        given = lists.action(actions, name, text, _import)
        given.set_defaults(part=part)
        lists.add_file(given)


def _import(app: App, actor: Actor, args: argparse.Namespace) -> int:
    """Take the file in: all of it or, where anything is wrong, nothing."""
    data = lists.file_bytes(args.file)
    found = _READERS[args.part](data, encoding=args.encoding)
    if found.faults:
        return lists.refuse(args, found.faults)
    total, kept = kept_list.Changes(), _LISTS[args.part]
    rows = [row.values for row in found.rows]
    for at in range(0, len(rows), kept_list.PORTION):
        portion = rows[at : at + kept_list.PORTION]
        if args.dry_run:
            with app.db.read() as connection:
                total += kept.compared(connection, actor.tenant, portion)
            continue
        with app.db.write() as connection:
            made = kept.write(connection, actor.tenant, portion, app.db.now(connection))
            if made.added or made.changed:
                event = {"part": args.part, "sha256": hashlib.sha256(data).hexdigest(), **made.data}
                texts = {"file": args.file.name}
                app.engine.note(connection, actor, rules.STREAM, "taxes.taken", event, texts)
        total += made
    done = "geändert wurde nichts" if args.dry_run else "übernommen"
    counts = f"{total.added} neu, {total.changed} geändert, {total.same} wie bisher"
    show.lines([f"{args.file.name}: {len(rows)} Zeilen gelesen, {counts}; {done}."])
    return 0


def _show(app: App, actor: Actor, args: argparse.Namespace) -> int:
    with app.db.read() as connection:
        found = rules.of_tenant(connection, actor.tenant)
    if args.json:
        show.objects(found)
    else:
        show.lines(_told(found))
    return 0


def _told(found: list[rules.Rule]) -> Iterator[str]:
    names = {code: name for name, code in rules.KINDS.items()}
    for one in sorted(found, key=lambda rule: (rule.kind, rule.valid_from, not rule.is_own)):
        wanted = (one.category, one.unit, one.type_code, one.supplier, one.product, one.regime)
        rate = "" if one.rate is None else f"{one.rate:f} %"
        where = " ".join(filter(None, (*wanted, rate)))
        until = f" bis {one.valid_until:%d.%m.%Y}" if one.valid_until else ""
        state = "" if one.is_confirmed else "  [zu bestätigen]"
        whose = "eigene" if one.is_own else "mitgeliefert"
        yield (
            f"{names[one.kind]} {where} → {one.result}  ab {one.valid_from:%d.%m.%Y}{until}  "
            f"{whose}: {one.source}{state}"
        )
