"""The pages over a real, empty installation; and programs as processes of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from laufzettel import compose
from laufzettel.compose import App
from laufzettel.db import Database
from laufzettel.einvoice.report import Report, Verdict
from laufzettel.engine.work.loop import LoopJobs
from laufzettel.settings import Settings


class NothingChecked:
    """No test of the pages comes as far as the rules."""

    def validate(self, xml: bytes) -> Report:
        return Report(verdict=Verdict.UNCHECKED)


@pytest.fixture
def installation(migrated_url: str, tmp_path: Path) -> Iterator[App]:
    """A composed installation without people, on SQLite and on PostgreSQL."""
    settings = Settings(data=tmp_path, database_url=migrated_url, rules=tmp_path / "rules")
    db = Database(migrated_url)
    yield compose.build(settings, db, LoopJobs(db), NothingChecked())
    db.close()


@pytest.fixture
def pages(installation: App) -> Flask:
    """The application."""
    return compose.pages(installation)
