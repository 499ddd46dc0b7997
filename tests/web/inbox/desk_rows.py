"""Rows of tasks as the engine leaves them, written at once, for the tests of the inbox."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.engine.tables import bundle, case, task_offer, user_task
from laufzettel.records.tables import person
from laufzettel.web.inbox.queries import Reader

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # a Monday, 9 o'clock in the office
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
TENANT = "musterstadt"


def reader(person: str = "yilmaz", *groups: str, tenant: str = TENANT) -> Reader:
    """Somebody of the Bauamt, unless the groups say otherwise."""
    return Reader(tenant=tenant, person=person, groups=frozenset(groups or {"bauamt"}), now=NOW)


def task(number: int, **given: Any) -> dict[str, Any]:
    """A task of the Bauamt; ``number`` orders tasks of one day."""
    act_by = given.get("act_by")
    return {
        "id": f"t{number:06}",
        "tenant": TENANT,
        "case_id": f"c-{given.get('tenant', TENANT)}",
        "activation": f"a{number}",
        "element": "certify",
        "name": "Sachlich feststellen",
        "status": "open",
        "form": "",
        "duties": "sachlich",
        "assignee": None,
        "group_": "bauamt",
        "groups": ["bauamt"],
        "users": [],
        "created_at": NOW - timedelta(days=1),
        "subject": f"RE-{number}",
        "party": "Tiefbau GmbH",
        "amount": None,
        "currency": None,
        "unit": None,
        "act_by": act_by,
        "stake": None,
        "follow_up": None,
        "remarks": "",
        "confidential": False,
        "sort_at": act_by or NEVER,
    } | given


def day(number: int) -> datetime:
    """Noon of the day that lies so many days ahead of now."""
    return datetime(2026, 11, 23, 11, 0, tzinfo=UTC) + timedelta(days=number)


def write(url: str, tasks: Iterable[Mapping[str, Any]]) -> Database:
    """Write the tasks, the offers they make and the cases they need."""
    rows = [dict(one) for one in tasks]
    db = Database(url)
    with db.write() as connection:
        _found(connection, {row["tenant"] for row in rows})
        for start in range(0, len(rows), 5_000):
            connection.execute(sa.insert(user_task), rows[start : start + 5_000])
        offers = [offer for row in rows for offer in offers_of(row)]
        if offers:
            connection.execute(sa.insert(task_offer), offers)
        connection.execute(
            sa.insert(person).values(tenant=TENANT, id="yilmaz", name="M. Yılmaz", office="Bauamt")
        )
    return db


def offers_of(row: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    """What the task's first group does not say."""
    if row["assignee"] is not None or row["status"] != "open":
        return []
    recipients = [f"group:{one}" for one in row["groups"][1:]]
    recipients += [f"person:{one}" for one in row["users"]]
    common = {name: row[name] for name in ("tenant", "sort_at", "group_", "follow_up", "stake")}
    return [{**common, "task_id": row["id"], "recipient": one} for one in recipients]


def _found(connection: sa.Connection, tenants: set[str]) -> None:
    connection.execute(
        sa.insert(bundle).values(
            id="b1",
            tenant="*",
            process_id="main",
            number=1,
            sha256="0" * 64,
            compiler=1,
            compiled=b"",
            sources=b"",
            deployed_at=NOW,
            deployed_by="system",
        )
    )
    for tenant in tenants:
        connection.execute(
            sa.insert(case).values(
                id=f"c-{tenant}",
                tenant=tenant,
                bundle_id="b1",
                process_id="main",
                business_key="object:1",
                duty_scope="object:1",
                version=1,
                status="open",
                started_at=NOW,
            )
        )
