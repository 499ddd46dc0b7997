"""``laufzettel retention``: what need not be kept any more, and its deletion by two persons."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

from laufzettel import settings
from laufzettel.app import App
from laufzettel.archive.deletion import Entry, Protocol
from laufzettel.cli import show
from laufzettel.cli.progress import working
from laufzettel.cli.tenants import add_tenant, known
from laufzettel.clock import office_minute
from laufzettel.compose import compose
from laufzettel.documents.retention import DocumentKind
from laufzettel.errors import InputError
from laufzettel.identity import OPERATOR, Actor, Right
from laufzettel.records import people

_STATES: Final = {
    "pending": "vorgeschlagen",
    "erasing": "wird gelöscht",
    "erased": "gelöscht",
    "kept": "nicht gelöscht",
}
Run = Callable[[App, argparse.Namespace], int]


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "retention", help="Aufbewahrung, Löschsperren, Löschung nach Frist"
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="AKTION")
    due = _action(actions, "due", "zeigt, was nicht mehr aufbewahrt werden muss", by=False)
    due.add_argument("--on", type=_day, metavar="JJJJ-MM-TT", help="Stichtag; sonst heute")
    _action(actions, "propose", "schlägt vor, was heute zu löschen ist")
    delete = _action(actions, "delete", "gibt einen Vorschlag als zweite Person frei und löscht")
    delete.add_argument("number", metavar="NUMMER", help="des Vorschlags")
    delete.add_argument("--dry-run", action="store_true", help="zeigt nur, was geschähe")
    protocol = _action(actions, "protocol", "zeigt Löschprotokolle", by=False)
    protocol.add_argument("number", nargs="?", metavar="NUMMER", help="sonst alle")
    for name, text in (("hold", "setzt eine Löschsperre"), ("lift", "hebt sie auf")):
        _action(actions, name, text).add_argument("receipt", metavar="E-JAHR-NUMMER")
    _action(actions, "holds", "zeigt, was gesperrt ist", by=False)
    adopted = _action(actions, "adopted", "trägt ein, wann ein Jahresabschluss festgestellt wurde")
    adopted.add_argument("year", type=int, metavar="JAHR")
    adopted.add_argument("day", type=_day, metavar="JJJJ-MM-TT", help="Tag des Ratsbeschlusses")
    rule = _action(actions, "rule", "trägt eine längere eigene Frist ein")
    rule.add_argument("kind", choices=[kind.value for kind in DocumentKind])
    rule.add_argument("years", type=int, metavar="JAHRE")
    rule.add_argument("--source", required=True, help="wo sie steht")
    rule.add_argument("--from", dest="begin", type=_day, required=True, metavar="JJJJ-MM-TT")
    parser.set_defaults(run=run)


def _action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    text: str,
    *,
    by: bool = True,
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=text)
    add_tenant(parser)
    if by:
        parser.add_argument("--by", metavar="PERSON", default="", help="wer das will")
        parser.add_argument("--reason", default="", help="warum; steht im Protokoll")
    return parser


def run(args: argparse.Namespace) -> int:
    """Carry the action out."""
    with compose(settings.load()) as app:
        known(app, args.tenant)
        return _ACTIONS[args.action](app, args)


def _due(app: App, args: argparse.Namespace) -> int:
    found = app.deletion.due(args.tenant, args.on)
    if args.json:
        show.objects(found.due)
        return 0
    for one in found.due:
        show.lines(
            [f"{one.receipt_no}  aufzubewahren bis {one.retain_until:%d.%m.%Y}  ({one.rule})"]
        )
    show.lines(f"{number} bleiben: {why}." for why, number in sorted(found.kept.items()))
    show.lines([f"Mandant „{args.tenant}“: {len(found.due)} Rechnungen sind zu löschen."])
    return 0


def _propose(app: App, args: argparse.Namespace) -> int:
    number = app.deletion.propose(_person(app, args), args.reason)
    show.lines(
        [
            f"Vorschlag {number} eingetragen. Eine zweite Person gibt ihn frei und löscht:",
            f"  laufzettel retention delete {number} --by PERSON --reason TEXT",
        ]
    )
    return 0


def _delete(app: App, args: argparse.Namespace) -> int:
    if args.dry_run:
        return _show(args, app.deletion.forecast(args.tenant, args.number))
    with working("Gelöscht wird"):
        done = app.deletion.delete(_person(app, args), args.number, args.reason)
    return _show(args, done)


def _protocol(app: App, args: argparse.Namespace) -> int:
    numbers = [args.number] if args.number else app.deletion.runs(args.tenant)
    for number in numbers:
        _show(args, app.deletion.protocol(args.tenant, number))
    if not numbers:
        show.lines([f"Mandant „{args.tenant}“: noch nichts gelöscht."])
    return 0


def _show(args: argparse.Namespace, protocol: Protocol) -> int:
    if args.json:
        show.objects([protocol])
    else:
        show.lines(_told(protocol))
    return 1 if any(one.status == "kept" for one in protocol.entries) else 0


def _told(protocol: Protocol) -> Iterator[str]:
    yield f"Löschung {protocol.id}"
    proposed = office_minute(protocol.proposed_at)
    yield f"  vorgeschlagen von {protocol.proposed_by} am {proposed}: {protocol.reason}"
    if protocol.approved_by and protocol.approved_at:
        approved = office_minute(protocol.approved_at)
        yield f"  freigegeben von {protocol.approved_by} am {approved}: {protocol.approved_reason}"
    for one in protocol.entries:
        yield f"  {one.receipt_no}  {_became(one)}  ({one.rule}, bis {one.retain_until:%d.%m.%Y})"
        yield from (f"    {copy.text_de}" for copy in one.copies)


def _became(entry: Entry) -> str:
    state = _STATES[entry.status]
    if entry.status == "kept":
        return f"{state}: {entry.text}"
    if entry.status == "erased" and entry.at:
        return f"{state} am {office_minute(entry.at)}, {entry.documents} Dokumente"
    return state


def _hold(app: App, args: argparse.Namespace) -> int:
    app.retention.hold(_person(app, args), args.receipt, args.reason)
    show.lines([f"{args.receipt} ist gesperrt und wird nicht gelöscht."])
    return 0


def _lift(app: App, args: argparse.Namespace) -> int:
    app.retention.lift(_person(app, args), args.receipt, args.reason)
    show.lines([f"{args.receipt} ist nicht mehr gesperrt."])
    return 0


def _holds(app: App, args: argparse.Namespace) -> int:
    found = app.retention.holds(args.tenant)
    if args.json:
        show.objects(found)
        return 0
    for one in found:
        since = office_minute(one.placed_at)
        show.lines([f"{one.receipt_no}  seit {since} durch {one.placed_by}: {one.reason}"])
    if not found:
        show.lines(["Keine Löschsperre."])
    return 0


def _adopted(app: App, args: argparse.Namespace) -> int:
    app.retention.adopt(_person(app, args), args.year, args.day, args.reason)
    show.lines([f"Jahresabschluss {args.year}: festgestellt am {args.day:%d.%m.%Y}."])
    return 0


def _rule(app: App, args: argparse.Namespace) -> int:
    kind = DocumentKind(args.kind)
    person = _person(app, args)
    app.retention.rule(person, kind, args.years, args.source, args.begin, args.reason)
    show.lines(
        [f"{args.kind}: {args.years} Jahre ab {args.begin:%d.%m.%Y}; die längste Frist gilt."]
    )
    return 0


_ACTIONS: Final[dict[str, Run]] = {
    "due": _due,
    "propose": _propose,
    "delete": _delete,
    "protocol": _protocol,
    "hold": _hold,
    "lift": _lift,
    "holds": _holds,
    "adopted": _adopted,
    "rule": _rule,
}


def _person(app: App, args: argparse.Namespace) -> Actor:
    """Return the person named, who must exist and be active, as who acts at this machine."""
    if not args.by or not args.reason:
        raise InputError("Dazu gehören --by PERSON und --reason TEXT; beides steht im Protokoll.")
    with app.db.read() as connection:
        now = app.db.now(connection)
        found = people.actor(connection, args.tenant, args.by, at=now)
    rights = frozenset({Right.OPERATE, Right.READ})
    return Actor(
        tenant=found.tenant, person=found.person, name=found.name, rights=rights, machine=OPERATOR
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"„{text}“ ist kein Tag wie 2027-06-24") from error
