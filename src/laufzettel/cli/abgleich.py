"""``laufzettel abgleich``: after a restore, learn what went out since the backup, then go on."""

from __future__ import annotations

import argparse

from laufzettel import settings
from laufzettel.app import App
from laufzettel.cli import show
from laufzettel.clock import office_time
from laufzettel.compose import compose
from laufzettel.engine.outbox.reconciliation import ChannelState
from laufzettel.errors import InputError, LaufzettelError


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "abgleich", help="gleicht nach dem Einspielen einer Sicherung mit den Empfängern ab"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--begin", action="store_true", help="ab jetzt nichts mehr senden")
    what.add_argument("--ask", action="store_true", help="jeden Kanal fragen und übernehmen")
    what.add_argument("--release", action="store_true", help="das Senden wieder freigeben")
    parser.add_argument("--by", metavar="PERSON", default="", help="wer freigibt oder beginnt")
    parser.add_argument("--reason", metavar="TEXT", default="", help="Begründung, für die Prüfer")
    parser.add_argument(
        "--despite", action="store_true", help="freigeben, obwohl ein Kanal nicht gefragt ist"
    )
    parser.add_argument("--json", action="store_true", help="ein JSON-Objekt je Zeile")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what is asked; without an option say how it stands, 1 while nothing goes out."""
    with compose(settings.load()) as app:
        if args.begin:
            return _begin(app, args)
        if args.ask:
            return _ask(app, args)
        if args.release:
            return _release(app, args)
        return _tell(app)


def _begin(app: App, args: argparse.Namespace) -> int:
    by, reason = _person(args)
    is_new = app.engine.reconciliation.begin(app.tenants(), cause=reason, by=by)
    text = "Ab jetzt wird nichts gesendet." if is_new else "Ein Abgleich läuft schon."
    show.lines([text, "Weiter mit: laufzettel abgleich --ask"])
    return 0


def _ask(app: App, args: argparse.Namespace) -> int:
    found = app.engine.reconciliation.ask(app.tenants())
    for tenant in app.tenants():
        try:
            app.retell(tenant)
        except LaufzettelError as error:
            show.lines([f"{tenant}: Rückmeldungen nicht erneut gelesen: {error}"])
    if args.json:
        show.objects(found)
    else:
        show.lines(map(_line, found))
    return 1 if any(one.error for one in found) else 0


def _release(app: App, args: argparse.Namespace) -> int:
    by, reason = _person(args)
    app.engine.reconciliation.release(app.tenants(), by=by, reason=reason, despite=args.despite)
    show.lines(["Freigegeben; es wird wieder gesendet."])
    return 0


def _tell(app: App) -> int:
    current = app.engine.reconciliation.current()
    if current is not None:
        show.lines(
            [
                f"Abgleich seit {office_time(current.begun_at)}: {current.cause}",
                "Es wird nichts gesendet. Weiter mit --ask, danach --release.",
            ]
        )
        return 1
    ahead = app.engine.reconciliation.ahead(app.tenants())
    show.lines(ahead or ["Kein Abgleich; kein Empfänger kennt mehr als diese Datenbank."])
    return 1 if ahead else 0


def _line(one: ChannelState) -> str:
    if one.error:
        return f"{one.tenant}/{one.channel}: nicht abgeglichen: {one.error}"
    if one.theirs is None:
        return f"{one.tenant}/{one.channel}: führt keine Nummern; jede Sendung wird erst erfragt"
    return (
        f"{one.tenant}/{one.channel}: hier {one.ours}, dort {one.theirs}; {one.adopted} übernommen, "
        f"{one.unknown_here} nur dort bekannt"
    )


def _person(args: argparse.Namespace) -> tuple[str, str]:
    if not args.by or not args.reason:
        raise InputError(
            "Dazu gehören --by PERSON und --reason TEXT; beides steht in der Prüfspur."
        )
    return args.by, args.reason
