"""The bench of the inbox runs tiny and prints what it promises."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal

import pytest
from bench import inbox
from bench._inbox_asks import MIX, asks
from bench._inbox_rows import NEVER, load, offers, tasks

from laufzettel.db import Database
from laufzettel.web.inbox.queries import Basket, page


def test_a_tiny_run_ends_with_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    """The last line holds every promised figure, each of them measured."""
    code = inbox.main(["--json", "--quick", "--tasks", "3000", "--asks", "30"])

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert code == 0
    assert figures["tasks"] == 3000
    assert figures["inbox_p95_ms"] > 0
    assert figures["sqlite_rival_p95_ms"] > 0


def test_one_task_in_ten_is_open_and_the_same_each_time() -> None:
    """Two runs compare the same rows."""
    rows = list(tasks(5_000))

    assert rows == list(tasks(5_000))
    assert 400 < sum(row["status"] == "open" for row in rows) < 600
    assert all(row["sort_at"] == (row["act_by"] or NEVER) for row in rows)


def test_every_kind_of_question_is_asked() -> None:
    assert Counter(ask.kind for ask in asks(400)).keys() == MIX.keys()


def test_what_was_loaded_is_found_by_the_inbox(migrated_url: str) -> None:
    """The rows are written past the columns' types; they must read as if not."""
    db = Database(migrated_url)
    load(db, 3_000)
    rows = {row["id"]: row for row in tasks(3_000)}
    ask = next(
        ask for ask in asks(400) if ask.basket is Basket.GROUP and ask.reader.tenant == "t00"
    )
    with db.read() as connection:
        found = page(connection, ask.reader, Basket.GROUP).rows
    db.close()

    assert found
    for row in found:
        assert row.amount == Decimal(rows[row.id]["amount"]) / 100
        assert row.act_by == rows[row.id]["act_by"]
    assert any(list(offers(row)) for row in rows.values())
