"""A claim stays a handful of seeks, however many rows there are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from tests.engine.jobs.harness import LOOP_SQLITE, Setting, booking

from laufzettel.engine.tables import job as table

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ROWS = 10_000


def test_a_claim_reads_only_a_few_rows_of_many(setting: Setting) -> None:
    jobs = setting.jobs()
    jobs.handler("book", booking(jobs))
    rows = [
        {"kind": "book", "key": str(number), "tenant": f"t{number % 5}", "args": {}}
        | {"due": NOW + timedelta(days=36_500 if number % 3 else 0), "priority": number % 2}
        for number in range(ROWS)
    ]
    with jobs.db.write() as connection:
        connection.execute(sa.insert(table), rows)

    seen: list[tuple[str, Any]] = []
    sa.event.listen(
        jobs.db.engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, values, *_: seen.append((statement, values)),
    )
    assert jobs.run_due(limit=1) == 1

    reads = [
        entry for entry in seen if "job" in entry[0] and entry[0].startswith(("SEL", "\nWITH"))
    ]
    assert len(reads) == 3
    for statement, values in reads:
        plan = _plan(jobs.db.engine, statement, values)
        if setting.name == LOOP_SQLITE:
            assert "TEMP B-TREE" not in plan
            assert "INDEX ix_job_" in plan
        else:
            assert "Seq Scan" not in plan
            assert "Sort" not in plan


def _plan(engine: sa.Engine, statement: str, values: Any) -> str:
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    with engine.connect() as connection:
        return "\n".join(
            str(row) for row in connection.exec_driver_sql(explain + statement, values)
        )
