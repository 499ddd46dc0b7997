"""Who acts at the command line where it matters whether two persons stand for something.

``--by`` names an account, and its password is asked for: a name alone would prove nothing. Without
it the operator of the machine acts, who is no person. Whoever may write the database can give any
account a password; the audit shows what was done, not who sat at the keyboard.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from dataclasses import replace

from laufzettel.app import App
from laufzettel.cli.tenants import known
from laufzettel.errors import InputError
from laufzettel.identity import OPERATOR, SHARED, Actor, Right
from laufzettel.records import accounts, people


def add_by(parser: argparse.ArgumentParser) -> None:
    """Let the command take ``--by`` and ``--reason``."""
    parser.add_argument(
        "--by",
        metavar="KONTO",
        default="",
        help="wer handelt, auch MANDANT/KONTO; das Passwort wird gefragt",
    )
    parser.add_argument("--reason", metavar="GRUND", default="", help="steht im Protokoll")


def acting(app: App, args: argparse.Namespace) -> Actor:
    """Return the person of ``--by``, or the operator, who may deploy in ``args.tenant``."""
    if args.by:
        return person(app, args)
    rights = frozenset({Right.READ, Right.OPERATE, Right.DEPLOY})
    return Actor(tenant=args.tenant, name="Betrieb", machine=OPERATOR, rights=rights)


def person(app: App, args: argparse.Namespace) -> Actor:
    """Return the person whose account ``--by`` names, signed in by its password.

    Raises WrongPasswordError, BlockedError after too many attempts, InputError without ``--by``.
    """
    if not args.by:
        raise InputError("Bitte mit --by KONTO sagen, wer das ist; das Passwort wird gefragt.")
    tenant, login = _account(app, args)
    keys = [accounts.login_key(tenant, login)]
    password = _asked(login)
    with app.db.write() as connection:
        now = app.db.now(connection)
        accounts.check_blocked(connection, keys, now=now)
        hashed = accounts.stored_hash(connection, tenant, login)
    is_right = accounts.is_password(password, hashed)
    with app.db.write() as connection:
        if is_right:
            accounts.forget_failures(connection, keys)
        else:
            accounts.note_failure(connection, keys, now=app.db.now(connection))
    found = None
    with app.db.read() as connection:
        owner = accounts.owner_of(connection, tenant, login) if is_right else None
        if owner is not None:
            found = people.actor(connection, tenant, owner[0], at=now, rights=owner[1])
    if found is None:
        raise accounts.WrongPasswordError
    return replace(found, machine=OPERATOR)


def _account(app: App, args: argparse.Namespace) -> tuple[str, str]:
    tenant, _, login = args.by.rpartition("/")
    tenant = tenant or args.tenant
    if tenant == SHARED:
        every = app.tenants()
        if len(every) != 1:
            raise InputError("Bitte den Mandanten des Kontos nennen: --by MANDANT/KONTO.")
        tenant = every[0]
    if args.tenant not in (SHARED, tenant):
        raise InputError(f"Das Konto gehört nicht zum Mandanten „{args.tenant}“.")
    return known(app, tenant), login


def _asked(login: str) -> str:
    """Return the password, asked at a terminal, else the first line of the input."""
    if sys.stdin.isatty():
        return getpass.getpass(f"Passwort von „{login}“: ")
    return sys.stdin.readline().rstrip("\r\n")
