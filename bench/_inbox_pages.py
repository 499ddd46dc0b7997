"""The inbox as the browser gets it: through the application, session and page included."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import sqlalchemy as sa
from flask import Flask

from bench._inbox_asks import Ask
from bench._inbox_rows import NOW, PEOPLE, TENANTS, people_of_everywhere
from laufzettel import compose
from laufzettel.clock import VirtualClock
from laufzettel.db import Database
from laufzettel.einvoice.report import Report, Verdict
from laufzettel.engine.jobs.loop import LoopJobs
from laufzettel.records import accounts
from laufzettel.records.tables import account, membership, tenant
from laufzettel.settings import Settings
from laufzettel.web.inbox.views import BASKETS, DUES

_BASKET_WORDS: Final = {basket: word for word, basket in BASKETS.items()}
_DUE_WORDS: Final = {due: word for word, due in DUES.items()}


class _Unchecked:
    def validate(self, xml: bytes) -> Report:
        return Report(verdict=Verdict.UNCHECKED)


class Pages:
    """Opens the pages of an installation, everybody signed in."""

    def __init__(self, pages: Flask, db: Database) -> None:
        self._pages = pages
        self._db = db
        self._tokens: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    def open(self, ask: Ask) -> str:
        """Return the page that answers the ask; AssertionError for any other answer."""
        client = self._pages.test_client()
        client.set_cookie("laufzettel", self._token(ask))
        answer = client.get("/aufgaben", query_string=_query(ask))
        if answer.status_code != 200:
            raise AssertionError(f"{answer.status_code} for {ask}")
        return answer.text

    def _token(self, ask: Ask) -> str:
        key = (ask.reader.tenant, ask.reader.person)
        with self._lock:
            if key not in self._tokens:
                with self._db.write(durable=False) as connection:
                    self._tokens[key] = accounts.open_session(connection, *key, now=NOW)
            return self._tokens[key]


@contextmanager
def pages_over(url: str) -> Iterator[Pages]:
    """Yield the pages over a filled database, its people given accounts and groups."""
    db = Database(url, clock=VirtualClock(NOW))
    with TemporaryDirectory(prefix="laufzettel-bench-") as folder:
        settings = Settings(
            data=Path(folder), database_url=url, rules=Path(folder) / "rules", is_demo=True
        )
        app = compose.build(settings, db, LoopJobs(db), _Unchecked())
        _settle(db)
        yield Pages(compose.pages(app), db)
    db.close()


def _settle(db: Database) -> None:
    with db.write() as connection:
        connection.execute(
            sa.insert(tenant),
            [
                {"id": f"t{one:02}", "name": f"Stadt {one}", "settings": {}, "created_at": NOW}
                for one in range(TENANTS)
            ],
        )
        connection.execute(
            sa.insert(account),
            [
                {"tenant": f"t{one:02}", "login": name, "person": name, "rights": ["work"]}
                for one, number in itertools.product(range(TENANTS), range(PEOPLE))
                for name in [f"p{number:02}"]
            ],
        )
        connection.execute(
            sa.insert(membership),
            [
                {"tenant": one.tenant, "group_": group, "person": one.person}
                for one in people_of_everywhere()
                for group in sorted(one.groups)
            ],
        )


def _query(ask: Ask) -> dict[str, Any]:
    """Return the address's part that asks the same."""
    wanted: dict[str, Any] = {"korb": _BASKET_WORDS[ask.basket]}
    if ask.filters.text:
        wanted["q"] = ask.filters.text
    if ask.filters.due is not None:
        wanted["frist"] = _DUE_WORDS[ask.filters.due]
    if ask.after is not None:
        wanted["seite"] = ask.after.encode()
    return wanted
