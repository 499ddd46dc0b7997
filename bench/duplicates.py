"""How many repeated invoices are found, how many others are asked about, and how fast.

    python bench/duplicates.py [--json] [--count N] [--seed N] [--postgres]

Two years of a made-up town arrive one after the other (``_duplicate_cases``): each is compared
with all before it by the same search that enters invoices, then added. Precision: of those that
a person is asked about, the share that repeats something. Recall: of those that do, the share
that is asked about with the right invoice beside it. The rival is the exact name of an invoice
(seller, number and amount as keys), which is all that there was before.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import sqlalchemy as sa

from bench._duplicate_cases import Arrival, arrivals
from laufzettel.db import Database, schema
from laufzettel.records.heads.compare import ASK_FROM
from laufzettel.records.heads.head import Head
from laufzettel.records.heads.search import candidates, suspects
from laufzettel.records.heads.tables import invoice_head
from laufzettel.records.invoice import identity
from laufzettel.records.settings import DUPLICATE_DAYS

TENANT = "musterstadt"
_INSERT = sa.insert(invoice_head)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--count", type=int, default=10_000, help="invoices that arrive")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ask-from", type=int, default=ASK_FROM, help="points")
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL")
    args = parser.parse_args(argv)
    with database(postgres=args.postgres) as db:
        figures = measure(db, list(arrivals(args.count, args.seed)), args.ask_from)
    show(figures)
    if args.json:
        print(json.dumps(figures))
    return 0


@contextmanager
def database(*, postgres: bool) -> Iterator[Database]:
    """Give an empty database with all tables."""
    with ExitStack() as stack:
        if postgres:
            from tools.throwaway_postgres import throwaway_postgres

            url = stack.enter_context(throwaway_postgres()).create_database()
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            url = f"sqlite:///{Path(folder) / 'laufzettel.db'}"
        schema.upgrade(url)
        db = Database(url)
        stack.callback(db.close)
        yield db


def measure(db: Database, given: list[Arrival], ask_from: int = ASK_FROM) -> dict[str, Any]:
    """Let all arrive and return what was found, missed and asked in vain."""
    asked: Counter[str] = Counter()
    right: Counter[str] = Counter()
    durations: list[float] = []
    compared, exact_asked, exact_right = 0, 0, 0
    names: dict[str, str] = {}
    with db.write() as connection:
        for one in given:
            start = perf_counter()
            found = suspects(connection, TENANT, one.head, ask_from=ask_from, days=DUPLICATE_DAYS)
            durations.append(perf_counter() - start)
            compared += len(candidates(connection, TENANT, one.head, days=DUPLICATE_DAYS))
            asked[one.kind] += bool(found)
            right[one.kind] += one.repeats in {each.other_id for each in found}
            first = names.setdefault(exact_name(one.head), one.head.id)
            exact_asked += first != one.head.id
            exact_right += first == one.repeats
            connection.execute(_INSERT, row(one.head))
    return report(given, asked, right, durations) | {
        "compared": compared,
        "exact_precision": round(exact_right / max(exact_asked, 1), 4),
        "exact_recall": round(exact_right / planted(given), 4),
    }


def exact_name(head: Head) -> str:
    return identity(head.vat_id or head.name, head.number, head.gross or 0, head.currency)  # type: ignore[arg-type]


def planted(given: list[Arrival]) -> int:
    return sum(bool(one.repeats) for one in given)


def row(head: Head) -> dict[str, Any]:
    """Return the head as it is stored; imported, for no invoice of ours stands behind it."""
    return {
        "id": head.id,
        "tenant": TENANT,
        "vat_id": head.vat_id or None,
        "iban": head.iban or None,
        "name_key": head.name_key or None,
        "number_key": head.number_key,
        "gross": head.gross,
        "currency": head.currency,
        "issued_on": head.issued_on,
        "type_code": head.type_code,
        "order_ref": head.order_ref or None,
        "period_start": head.period_start,
        "period_end": head.period_end,
        "content": head.content or None,
        "refers_to": [[one.number, None] for one in head.refers_to] or None,
        "import_id": "bench",
        "seller_name": head.name,
        "number": head.number,
    }


def report(
    given: list[Arrival], asked: Counter[str], right: Counter[str], durations: list[float]
) -> dict[str, Any]:
    kinds = Counter(one.kind for one in given)
    repeating = {one.kind for one in given if one.repeats}
    found = sum(right[kind] for kind in repeating)
    all_asked = sum(asked.values())
    true = sum(asked[kind] for kind in repeating)
    return {
        "count": len(given),
        "planted": planted(given),
        "precision": round(true / max(all_asked, 1), 4),
        "recall": round(found / max(planted(given), 1), 4),
        "asked_in_vain": all_asked - true,
        "recall_by_kind": {kind: f"{right[kind]} of {kinds[kind]}" for kind in sorted(repeating)},
        "in_vain_by_kind": {
            kind: f"{asked[kind]} of {kinds[kind]}" for kind in sorted(set(kinds) - repeating)
        },
        "per_second": round(len(durations) / sum(durations)),
        "median_ms": round(statistics.median(durations) * 1000, 2),
        "p99_ms": round(sorted(durations)[len(durations) * 99 // 100] * 1000, 2),
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}",
        "load": round(os.getloadavg()[0], 2),
    }


def show(figures: dict[str, Any]) -> None:
    get = figures.__getitem__
    print(f"{get('machine')}, load {get('load')}")
    print(f"{get('count')} invoices, {get('planted')} of them repeat an earlier one")
    print(f"precision {get('precision'):.1%} ({get('asked_in_vain')} asked in vain)", end="")
    print(f", recall {get('recall'):.1%}")
    print(
        f"exact name alone: precision {get('exact_precision'):.1%}, recall {get('exact_recall'):.1%}"
    )
    print(
        f"{get('per_second')} a second, median {get('median_ms')} ms, p99 {get('p99_ms')} ms;",
        end="",
    )
    print(f" {get('compared') / get('count'):.1f} candidates compared for each")
    for title, name in (("repetitions found", "recall_by_kind"), ("in vain", "in_vain_by_kind")):
        print(f"{title}:")
        for kind, text in get(name).items():
            print(f"  {kind:<42} {text}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
