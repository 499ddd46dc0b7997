"""A million tasks of forty towns, written as fast as the databases take them.

Towns differ in size as real ones do; one in ten tasks is open. Nothing is left to chance: the
same number of tasks gives the same rows.
"""

from __future__ import annotations

import itertools
import random
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg
import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.db.types import Cents
from laufzettel.engine.tables import bundle, case, task_offer, user_task
from laufzettel.records.tables import person

NOW: Final = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
TENANTS: Final = 40
PEOPLE: Final = 60  # in each town
UNITS: Final = tuple(f"amt-{number}" for number in range(10, 90, 8))
#: Groups and how often a task is theirs.
GROUPS: Final = {
    **dict.fromkeys(UNITS, 6),
    "anordnung": 25,
    "mitzeichnung": 6,
    "geschaeftsbuchhaltung": 8,
    "stadtkasse": 5,
    "poststelle": 4,
}
#: Tasks of one case.
TASKS_A_CASE: Final = 3
_PARTIES: Final = ("Tiefbau Detmold GmbH", "Stadtwerke Lemgo", "Büro Kramer OHG", "Müller & Söhne")
_NAMES: Final = ("Sachlich und rechnerisch feststellen", "Auszahlung anordnen", "Mitzeichnen")


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """A person who opens the inbox."""

    tenant: str
    person: str
    groups: frozenset[str]


def people(number: int) -> list[Somebody]:
    """Return so many people, more of the large towns than of the small."""
    chance = random.Random(number)
    tenants = chance.choices(range(TENANTS), weights=_weights(), k=number)
    return [_somebody(tenant, chance.randrange(PEOPLE)) for tenant in tenants]


def people_of_everywhere() -> list[Somebody]:
    """Return everybody of every town."""
    pairs = itertools.product(range(TENANTS), range(PEOPLE))
    return [_somebody(tenant, number) for tenant, number in pairs]


def _somebody(tenant: int, number: int) -> Somebody:
    """Everybody has a unit; every fourth orders, every tenth countersigns, some keep books."""
    groups = {UNITS[number % len(UNITS)]}
    groups |= {"anordnung"} if number % 4 == 0 else set()
    groups |= {"mitzeichnung"} if number % 10 == 0 else set()
    groups |= {"geschaeftsbuchhaltung", "stadtkasse"} if number % 20 == 7 else set()
    return Somebody(tenant=f"t{tenant:02}", person=f"p{number:02}", groups=frozenset(groups))


def _weights() -> list[int]:
    """Return the sizes of the towns: the largest has a third of everything."""
    return [1_000_000 // (rank + 1) ** 2 + 40_000 for rank in range(TENANTS)]


def tasks(number: int) -> Iterator[dict[str, Any]]:
    """Yield the rows of so many tasks."""
    chance = random.Random(2026)
    tenants = chance.choices(range(TENANTS), weights=_weights(), k=-(-number // TASKS_A_CASE))
    groups = chance.choices(list(GROUPS), weights=list(GROUPS.values()), k=number)
    for place in range(number):
        tenant = tenants[place // TASKS_A_CASE]
        yield _task(chance, place, f"t{tenant:02}", groups[place], number)


def _task(
    chance: random.Random, place: int, tenant: str, group: str, number: int
) -> dict[str, Any]:
    is_open = chance.random() < 0.1
    is_claimed = not is_open or chance.random() < 0.35
    person = f"p{chance.randrange(PEOPLE):02}"
    day = chance.randrange(-10, 60)
    act_by = None if chance.random() < 0.1 else NOW + timedelta(days=day, minutes=place % 480)
    second = [chance.choice(UNITS)] if chance.random() < 0.03 else []
    return {
        "id": f"{place:026}",
        "tenant": tenant,
        "case_id": f"{place // TASKS_A_CASE:026}",
        "activation": str(place % TASKS_A_CASE),
        "element": "certify",
        "name": _NAMES[place % 3],
        "status": "open" if is_open else "completed",
        "form": "feststellung",
        "duties": "sachlich,rechnerisch",
        "assignee": person if is_claimed else None,
        "group_": group,
        "groups": [group, *second],
        "users": [],
        "priority": 50,
        "due": None,
        "follow_up": NOW + timedelta(days=7) if is_open and chance.random() < 0.05 else None,
        "created_at": NOW - timedelta(minutes=number - place),
        "ended_at": None if is_open else NOW,
        "ended_by": None if is_open else person,
        "subject": f"RE-2026-{place:07}",
        "party": _PARTIES[place % 4],
        "amount": chance.randrange(100, 5_000_000),  # cents
        "currency": "EUR",
        "unit": group if group in UNITS else None,
        "act_by": act_by,
        "outer_date": act_by,
        "stake": chance.randrange(100, 50_000) if chance.random() < 0.3 else None,
        "confidential": place % 200 == 0,
        "remarks": "finding=BR-DE-15" if place % 9 == 0 else "",
        "sort_at": act_by or NEVER,
    }


def offers(task: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what the first group of an open, unclaimed task does not say."""
    if task["status"] == "open" and task["assignee"] is None:
        common = {
            name: task[name] for name in ("tenant", "sort_at", "group_", "follow_up", "stake")
        }
        for group in task["groups"][1:]:
            yield {**common, "recipient": f"group:{group}", "task_id": task["id"]}


def load(db: Database, number: int) -> None:
    """Write everything into a database with all tables and no row."""
    with db.write() as connection:
        connection.execute(sa.insert(bundle), _bundle())
        connection.execute(sa.insert(person), _persons())
    write = _write_sqlite if db.is_sqlite else _write_postgres
    found: list[dict[str, Any]] = []

    def rows() -> Iterator[dict[str, Any]]:
        for task in tasks(number):
            found.extend(offers(task))
            yield task

    write(db, case, map(_case, _cases(number)))
    write(db, user_task, rows())
    write(db, task_offer, iter(found))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if db.is_sqlite else "VACUUM ANALYZE")


def _bundle() -> dict[str, Any]:
    texts = {"id": "b1", "tenant": "*", "process_id": "main", "sha256": "0" * 64}
    rest = {"number": 1, "compiler": 1, "compiled": b"", "sources": b"", "deployed_by": "system"}
    return {**texts, **rest, "deployed_at": NOW}


def _persons() -> list[dict[str, Any]]:
    pairs = itertools.product(range(TENANTS), range(PEOPLE))
    return [
        {"tenant": f"t{tenant:02}", "id": f"p{one:02}", "name": f"P. {one}", "office": "Amt"}
        for tenant, one in pairs
    ]


def _cases(number: int) -> Iterator[tuple[int, str]]:
    chance = random.Random(2026)
    count = -(-number // TASKS_A_CASE)
    tenants = chance.choices(range(TENANTS), weights=_weights(), k=count)
    return ((place, f"t{tenant:02}") for place, tenant in enumerate(tenants))


def _case(pair: tuple[int, str]) -> dict[str, Any]:
    place, tenant = pair
    texts = {"id": f"{place:026}", "tenant": tenant, "bundle_id": "b1", "process_id": "main"}
    keys = dict.fromkeys(("business_key", "duty_scope"), f"invoice:{place}")
    rest = {"version": 3, "status": "open", "started_at": NOW, "confidential": False}
    return {**texts, **keys, **rest, "subject": "", "party": "", "remarks": ""}


def _converted(
    db: Database, table: sa.Table, rows: Iterator[dict[str, Any]]
) -> tuple[list[str], Iterator[Sequence[Any]]]:
    """Return the columns and the rows as the driver takes them; money is in cents already."""
    first = next(rows)
    names = list(first)
    kinds = [table.c[name].type for name in names]
    dialect = db.engine.dialect
    converts = [
        None if isinstance(kind, Cents) else kind.dialect_impl(dialect).bind_processor(dialect)
        for kind in kinds
    ]
    every = itertools.chain([first], rows)
    return names, (
        [
            value if call is None else call(value)
            for value, call in zip(row.values(), converts, strict=True)
        ]
        for row in every
    )


def _write_sqlite(db: Database, table: sa.Table, rows: Iterator[dict[str, Any]]) -> None:
    names, values = _converted(db, table, rows)
    connection = sqlite3.connect(str(db.url.database), isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -200000")
    marks = ", ".join("?" * len(names))
    columns = ", ".join(f'"{name}"' for name in names)
    connection.execute("BEGIN")
    connection.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({marks})", values)
    connection.execute("COMMIT")
    connection.close()


def _write_postgres(db: Database, table: sa.Table, rows: Iterator[dict[str, Any]]) -> None:
    names, values = _converted(db, table, rows)
    url = db.url.render_as_string(hide_password=False).replace("+psycopg", "")
    columns = ", ".join(f'"{name}"' for name in names)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # every reference is right
        with cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)
