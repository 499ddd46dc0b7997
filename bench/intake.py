"""How long a stack of invoices takes from a watched folder into open tasks, and in how much memory.

    python bench/intake.py [--json] [--count N]

The whole way over the real parts: claimed, stored, numbered, committed, then checked against the
official rules by a process of its own and offered as a task. Every invoice has a seller, a number
and an account of its own.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import sqlalchemy as sa
from stdnum.iso7064 import mod_97_10

from bench._engine import sample_invoice
from laufzettel import compose
from laufzettel.cli.demo import town
from laufzettel.connectors.intake.folder import WatchedFolder
from laufzettel.db import schema
from laufzettel.einvoice.rule_install import install_rules
from laufzettel.einvoice.rule_set import default_rules_dir
from laufzettel.engine.tables import user_task
from laufzettel.records.tables import invoice
from laufzettel.settings import Settings

#: What the sample says of itself; each copy says something else, so that none repeats another.
_NUMBER, _VAT, _IBAN = b"TB-2026-1187", b"DE123456788", b"DE89370400440532013000"
_SELLER = "Tiefbau Bergmann &amp; Söhne GmbH".encode()
#: Memory that ten thousand invoices may take, the process of the rules included, in MB.
GOAL_MB = 1_000


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--count", type=int, default=10_000, help="invoices in the folder")
    args = parser.parse_args(argv)
    rules = default_rules_dir()
    install_rules(rules, lambda line: print(line, file=sys.stderr))
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), rules, args.count)
    for name, value in figures.items():
        print(f"{name:24} {value}")
    if args.json:
        print(json.dumps(figures))
    return 0


def measure(folder: Path, rules: Path, count: int) -> dict[str, float | int | str]:
    """Return what it took to take ``count`` invoices in and to offer them."""
    inbox = WatchedFolder(root=folder / "eingang", name="ordner-sftp")
    inbox.create()
    channel = f"[{town.TENANT}.folders.sftp]\npath = '{inbox.root}'\nsettle_s = 0\n"
    (folder / "channels.toml").write_text(channel, "utf-8")
    url = f"sqlite:///{folder / 'laufzettel.sqlite'}"
    schema.upgrade(url)
    sample = sample_invoice()
    for number in range(count):
        (inbox.root / f"{number}.xml").write_bytes(another(sample, number))
    with compose.compose(Settings(data=folder, database_url=url, rules=rules)) as app:
        town.found(app)
        began = perf_counter()
        while app.intake.collect(town.TENANT).has_more:
            pass
        taken = perf_counter()
        while app.jobs.run_due():
            pass
        offered = perf_counter()
        with app.db.read() as connection:
            received = connection.execute(sa.select(sa.func.count()).select_from(invoice)).scalar()
            query = sa.select(sa.func.count()).select_from(user_task)
            tasks = connection.execute(query.where(user_task.c.status == "open")).scalar()
    return {
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "invoices": received or 0,
        "open_tasks": tasks or 0,
        "taken_s": round(taken - began, 1),
        "taken_each_ms": round((taken - began) * 1000 / count, 2),
        "checked_s": round(offered - taken, 1),
        "checked_each_ms": round((offered - taken) * 1000 / count, 2),
        "total_s": round(offered - began, 1),
        "memory_mb": memory_mb(resource.RUSAGE_SELF),
        "memory_of_rules_mb": memory_mb(resource.RUSAGE_CHILDREN),
        "goal_memory_mb": GOAL_MB,
    }


def another(sample: bytes, number: int) -> bytes:
    """Return the sample from another seller with another account, under another number."""
    account = f"37040044{number:010d}"
    iban = f"DE{mod_97_10.calc_check_digits(account + 'DE')}{account}"
    says = {
        _NUMBER: f"RE-{number:06d}",
        _SELLER: f"Firma {number:06d} GmbH",
        _VAT: f"DE{100_000_000 + number}",
        _IBAN: iban,
    }
    for old, new in says.items():
        assert old in sample, old
        sample = sample.replace(old, new.encode())
    return sample


def memory_mb(of_whom: int) -> int:
    """Return the most memory that a process held at once."""
    return round(resource.getrusage(of_whom).ru_maxrss / 1024)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
