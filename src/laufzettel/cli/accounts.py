"""``laufzettel accounts``: who can sign in; gives an account its password and ends sessions."""

from __future__ import annotations

import argparse
import getpass
import sys

from laufzettel import settings
from laufzettel.app import App
from laufzettel.cli import show
from laufzettel.cli.tenants import add_tenant, known
from laufzettel.compose import compose
from laufzettel.records import accounts


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("accounts", help="zeigt die Konten, setzt Passwörter")
    add_tenant(parser)
    parser.add_argument("--password", metavar="KONTO", help="setzt ein neues Passwort (von stdin)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List the accounts, or set the password of one; its sessions end with the old one."""
    with compose(settings.load()) as app:
        tenant = known(app, args.tenant)
        if args.password:
            hashed = accounts.hash_password(_asked())
            with app.db.write() as connection:
                accounts.set_password(connection, tenant, args.password, hashed)
            show.lines([f"Das Passwort von „{args.password}“ gilt ab sofort."])
            return 0
        _list(app, tenant, as_json=args.json)
    return 0


def _asked() -> str:
    """Return the password, asked twice at a terminal, else the first line of the input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Neues Passwort: ")
    if getpass.getpass("Noch einmal: ") != first:
        sys.exit("Die beiden Eingaben sind verschieden; es bleibt beim alten Passwort.")
    return first


def _list(app: App, tenant: str, *, as_json: bool) -> None:
    with app.db.read() as connection:
        found = accounts.of_tenant(connection, tenant)
    if as_json:
        show.objects(found)
        return
    if not found:
        show.lines(["Noch kein Konto."])
    show.lines(
        f"{one.login:<20} {one.name:<24} {one.office:<36} "
        f"{'mit Passwort' if one.has_password else 'OHNE PASSWORT: keine Anmeldung'}"
        for one in found
    )
