"""How often the proposed Kontierung is the one that people chose, on a month held back.

    python bench/accounts.py [--json] [--sellers N] [--seed N]

Thirteen months of a made-up town: most sellers always get one account, some by unit, some by
order, some change their habit, some have none, and now and then somebody errs. The last month
is held back: each of its invoices is proposed from what came before it, by the statements that
enter invoices, then added. The rival is the account of the seller's last invoice.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from time import perf_counter
from typing import Any, Final

import sqlalchemy as sa

from bench.duplicates import TENANT, database
from laufzettel.db import Database
from laufzettel.records.heads.accounts import past_of, propose
from laufzettel.records.heads.tables import invoice_head

BEGIN: Final = date(2025, 11, 1)
HELD_BACK: Final = date(2026, 11, 1)
DAYS: Final = 395
UNITS: Final = ("bauamt", "schulamt", "ordnungsamt", "kaemmerei", "kulturamt")
#: (kind, share of the sellers)
KINDS: Final = (
    ("one account", 62),
    ("by unit", 16),
    ("by order", 10),
    ("habit changed in summer", 6),
    ("no habit", 6),
)
ERROR: Final = 0.03  # of the invoices got an account that is not the seller's
_INSERT: Final = sa.insert(invoice_head)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An invoice with the account that people chose."""

    kind: str
    seller: int
    on: date
    unit: str
    order_ref: str
    account: str


def cases(sellers: int, seed: int) -> list[Case]:
    """Return all invoices of the town by their dates."""
    draw = random.Random(seed)
    kinds = [kind for kind, share in KINDS for _ in range(share)]
    made = [case for number in range(sellers) for case in _of(number, draw.choice(kinds), draw)]
    return sorted(made, key=lambda one: (one.on, one.seller))


def _of(number: int, kind: str, draw: random.Random) -> Iterator[Case]:
    own = [str(draw.randrange(520_000, 549_999)) for _ in range(5)]
    orders = [str(draw.randrange(4_500_000, 4_599_999)) for _ in range(3)]
    home = draw.choice(UNITS)
    for _ in range(draw.choice((2, 4, 8, 13, 26, 52))):
        on = BEGIN + timedelta(days=draw.randrange(DAYS))
        unit = draw.choice(UNITS) if kind == "by unit" else home
        order = draw.randrange(3)
        account = {
            "one account": own[0],
            "by unit": own[UNITS.index(unit)],
            "by order": own[order],
            "habit changed in summer": own[on >= date(2026, 7, 1)],
            "no habit": draw.choice(own),
        }[kind]
        if draw.random() < ERROR:
            account = draw.choice(own)
        order_ref = orders[order] if kind == "by order" else ""
        yield Case(kind=kind, seller=number, on=on, unit=unit, order_ref=order_ref, account=account)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--sellers", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(argv)
    with database(postgres=False) as db:
        figures = measure(db, cases(args.sellers, args.seed))
    show(figures)
    if args.json:
        print(json.dumps(figures))
    return 0


def measure(db: Database, given: list[Case]) -> dict[str, Any]:
    """Propose every invoice of the month held back and compare with what people chose."""
    asked: Counter[str] = Counter()
    proposed: Counter[str] = Counter()
    right: Counter[str] = Counter()
    last: dict[int, str] = {}
    last_right = 0
    durations: list[float] = []
    with db.write() as connection:
        for number, one in enumerate(given):
            row = head(number, one)
            if one.on >= HELD_BACK:
                start = perf_counter()
                past = past_of(
                    connection, TENANT, seller(row), row, unit=one.unit, closed=frozenset()
                )
                found = propose(past, order_ref=one.order_ref, unit=one.unit)
                durations.append(perf_counter() - start)
                asked[one.kind] += 1
                proposed[one.kind] += found is not None
                right[one.kind] += found is not None and found.gl_account == one.account
                last_right += last.get(one.seller) == one.account
            last[one.seller] = one.account
            connection.execute(_INSERT, row)
    return report(len(given), asked, proposed, right, last_right, durations)


def head(number: int, one: Case) -> dict[str, Any]:
    return {
        "id": f"{number:026d}",
        "tenant": TENANT,
        "vat_id": f"de{one.seller:09d}",
        "name_key": f"firma{one.seller}",
        "number_key": str(number),
        "number": str(number),
        "seller_name": f"Firma{one.seller}",
        "gross": Decimal(number),
        "issued_on": one.on,
        "order_ref": one.order_ref or None,
        "unit": one.unit,
        "import_id": "bench",
        "cost_center": "1",
        "gl_account": one.account,
    }


def seller(row: dict[str, Any]) -> dict[str, Any]:
    """Return the invoice in question as its own table would have it."""
    return {"id": "zz", "supplier_vat_id": row["vat_id"].upper(), "supplier_name": ""}


def report(
    total: int,
    asked: Counter[str],
    proposed: Counter[str],
    right: Counter[str],
    last_right: int,
    durations: list[float],
) -> dict[str, Any]:
    month = sum(asked.values())
    return {
        "invoices": total,
        "held_back": month,
        "proposed": round(sum(proposed.values()) / max(month, 1), 4),
        "hit_rate": round(sum(right.values()) / max(sum(proposed.values()), 1), 4),
        "hits_of_all": round(sum(right.values()) / max(month, 1), 4),
        "last_account_hits_of_all": round(last_right / max(month, 1), 4),
        "by_kind": {
            kind: f"{right[kind]} right of {proposed[kind]} proposed, {asked[kind]} in all"
            for kind, _share in KINDS
        },
        "median_ms": round(statistics.median(durations or [0.0]) * 1000, 2),
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}",
        "load": round(os.getloadavg()[0], 2),
    }


def show(figures: dict[str, Any]) -> None:
    get = figures.__getitem__
    print(f"{get('machine')}, load {get('load')}")
    print(f"{get('invoices')} invoices, {get('held_back')} of them in the month held back")
    print(f"proposed for {get('proposed'):.1%}, right where proposed {get('hit_rate'):.1%}")
    print(f"right of all {get('hits_of_all'):.1%}; the last account: ", end="")
    print(f"{get('last_account_hits_of_all'):.1%}; median {get('median_ms')} ms")
    for kind, text in get("by_kind").items():
        print(f"  {kind:<26} {text}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
