"""``laufzettel tokens``: doors for programs, each with its rights, its holder and its end."""

from __future__ import annotations

import argparse

from laufzettel import settings
from laufzettel.app import App
from laufzettel.cli import show
from laufzettel.cli.tenants import add_tenant, known
from laufzettel.compose import compose
from laufzettel.engine.audit.streams import Event, append
from laufzettel.identity import OPERATOR
from laufzettel.records import api_tokens
from laufzettel.records.api_tokens import ApiToken, Scope

#: Where the audit keeps who got a token and when it ended.
STREAM = "tokens"


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("tokens", help="verwaltet die Zugänge von Programmen")
    actions = parser.add_subparsers(dest="action", required=True, metavar="create|list|revoke")
    create = actions.add_parser("create", help="legt einen Zugang an und zeigt ihn einmal")
    create.add_argument("name", help="wofür er ist, zum Beispiel „E-Akte“")
    create.add_argument(
        "--scope",
        action="append",
        required=True,
        metavar="RECHT",
        help=f"mehrfach möglich: {', '.join(Scope)}",
    )
    create.add_argument("--login", help="Konto der Person, für die er handelt; ohne: eine Maschine")
    create.add_argument(
        "--days", type=int, default=90, help=f"Gültigkeit (90, höchstens {api_tokens.DAYS_MAX})"
    )
    add_tenant(create)
    add_tenant(actions.add_parser("list", help="zeigt die Zugänge, nie ihren Schlüssel"))
    revoke = actions.add_parser("revoke", help="beendet einen Zugang sofort")
    revoke.add_argument("id", help="Kennung aus der Liste")
    add_tenant(revoke)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Create, list or revoke; who got which rights and when it ended is in the audit."""
    with compose(settings.load()) as app:
        tenant = known(app, args.tenant)
        {"create": _create, "list": _list, "revoke": _revoke}[args.action](app, tenant, args)
    return 0


def _create(app: App, tenant: str, args: argparse.Namespace) -> None:
    scopes = [api_tokens.parse_scope(text) for text in dict.fromkeys(args.scope)]
    with app.db.write() as connection:
        now = app.db.now(connection)
        made, secret = api_tokens.create(
            connection,
            tenant,
            name=args.name,
            scopes=scopes,
            login=args.login,
            days=args.days,
            now=now,
        )
        data = {
            "token": made.id,
            "scopes": sorted(made.scopes),
            "person": api_tokens.person_of(connection, made) or "",
            "valid_until": made.valid_until.isoformat(),
        }
        texts = {"name": made.name, **({"login": made.login} if made.login else {})}
        event = Event(kind="token.created", actor=OPERATOR, data=data, texts=texts)
        append(connection, tenant=tenant, stream=STREAM, at=now, events=[event])
    if args.json:
        show.data([{"id": made.id, "token": secret, "valid_until": made.valid_until}])
        return
    until = f"gültig bis {made.valid_until:%d.%m.%Y}"
    told = f"Zugang „{made.name}“ ({made.id}), {until}. Er steht nur hier; bitte sicher ablegen."
    show.lines([secret, told])


def _list(app: App, tenant: str, args: argparse.Namespace) -> None:
    with app.db.read() as connection:
        found, now = api_tokens.listed(connection, tenant), app.db.now(connection)
    if args.json:
        show.objects(found)
        return
    if not found:
        show.lines(["Noch kein Zugang."])
    show.lines(
        f"{one.id}  {one.name:<24} {one.login or 'Maschine':<16} {_state(one, one.is_valid(now)):<28} "
        f"{', '.join(sorted(one.scopes))}"
        for one in found
    )


def _state(one: ApiToken, is_valid: bool) -> str:
    if one.revoked_at is not None:
        return f"widerrufen am {one.revoked_at:%d.%m.%Y}"
    used = f", benutzt {one.used_at:%d.%m.%Y}" if one.used_at else ", nie benutzt"
    return (f"bis {one.valid_until:%d.%m.%Y}" if is_valid else "abgelaufen") + used


def _revoke(app: App, tenant: str, args: argparse.Namespace) -> None:
    with app.db.write() as connection:
        now = app.db.now(connection)
        ended = api_tokens.revoke(connection, tenant, args.id, now=now)
        event = Event(kind="token.revoked", actor=OPERATOR, data={"token": ended.id})
        append(connection, tenant=tenant, stream=STREAM, at=now, events=[event])
    show.lines([f"Der Zugang „{ended.name}“ gilt ab sofort nicht mehr."])
