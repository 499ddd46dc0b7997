"""The command line: ``laufzettel COMMAND``; every command is a thin module of ``cli``."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence

from laufzettel import failpoints, logs, settings
from laufzettel.errors import LaufzettelError

#: Commands in the order of ``--help``; each module has ``add_parser`` and ``run``.
COMMANDS = (
    "demo",
    "receive",
    "history",
    "intake",
    "separators",
    "contacts",
    "validate",
    "rules",
    "lint",
    "templates",
    "deploy",
    "deployments",
    "scenarios",
    "decide",
    "cases",
    "decisions",
    "tasks",
    "incidents",
    "suspend",
    "resume",
    "cancel",
    "set",
    "move",
    "transfer",
    "batch",
    "models",
    "publish",
    "messages",
    "signal",
    "abgleich",
    "accounts",
    "tokens",
    "routing",
    "policy",
    "orders",
    "taxes",
    "audit",
    "documents",
    "retention",
    "reindex",
    "prove",
    "doctor",
    "upgrade_check",
    "migrate",
    "worker",
    "web",
)

#: They run on and say in the log what they do.
SERVERS = frozenset({"worker", "web"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="laufzettel",
        description="Laufzettel: Rechnungen und Zahlungen einer Kommune, nachweisbar.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="BEFEHL")
    for name in COMMANDS:
        importlib.import_module(f"laufzettel.cli.{name}").add_parser(commands)
    given = parser.parse_args(arguments)
    failpoints.arm_from_environment()
    try:
        level = logging.INFO if given.command in SERVERS else logging.WARNING
        logs.set_up(settings.log_format(), level=level)
        code: int = given.run(given)
    except LaufzettelError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("Abgebrochen; alles Bestätigte ist gespeichert.\n")
        return 130
    return code


if __name__ == "__main__":
    sys.exit(main())
