"""``laufzettel rules install|show [--rules-dir DIR]``: the official rules of e-invoices."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from laufzettel.einvoice.rule_install import RuleSetInfo, install_rules, show_rules
from laufzettel.einvoice.rule_set import CURRENT, default_rules_dir
from laufzettel.errors import LaufzettelError


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser("rules", help="holt und zeigt die amtlichen Prüfregeln")
    actions = parser.add_subparsers(dest="action", required=True, metavar="install|show")
    for name, text in (
        ("install", "holt die Prüfregeln (Hash-geprüft) und legt sie ab"),
        ("show", "zeigt, welche Prüfregeln liegen und ob sie unverändert sind"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("--rules-dir", type=Path, default=None, help="Ordner der Prüfregeln")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Install or show the rules; return 0 when they lie complete and unchanged, else 2."""
    rules_dir = args.rules_dir or default_rules_dir()
    try:
        if args.action == "install":
            install_rules(rules_dir, _say)
        else:
            _describe(show_rules(rules_dir))
    except (LaufzettelError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _describe(info: RuleSetInfo) -> None:
    _say(f"{info.title}\nKennung: {info.id}\nOrdner:  {info.folder}")
    if info.id != CURRENT.id:
        _say("Konfiguration des KoSIT-Prüftools; benutzt, wie sie ist (scenarios.xml).")
        return
    _say(f"Paket:   {CURRENT.package} {CURRENT.version}, SHA-256 {CURRENT.wheel_sha256}")
    for name, digest in CURRENT.files.items():
        _say(f"  {digest}  {name.value}  unverändert")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
