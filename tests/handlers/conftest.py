"""A founded town whose invoices are described, not read from files."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from tests.connectors.smtp_server import Smtp, smtp
from tests.simulation.world import TENANT, World

from laufzettel.channels import Channels, MailChannel, TenantChannels
from laufzettel.cli.demo import town as demo
from laufzettel.handlers.supplier.letters import Mailers
from laufzettel.intake import SmtpMailers
from laufzettel.records.tables import tenant

#: Returns a sample of the generator as UBL, some of it changed.
Written = Callable[..., bytes]


@pytest.fixture(scope="session")
def generator() -> ModuleType:
    """The generator of the sample invoices."""
    folder = str(Path(__file__).resolve().parents[2] / "examples")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module("make_invoices")


@pytest.fixture(scope="session")
def written(generator: ModuleType) -> Written:
    """Writes the invoice of 18.432,60 EUR with other terms; ``net`` makes it one position."""

    def write(*, net: str = "", description: str = "", **terms: Any) -> bytes:
        sample = replace(generator.samples.GOOD, **{"attachments": (), **terms})
        if net:
            made = importlib.import_module("sample_invoices.town_model")
            sample = replace(sample, items=(made.item("Leistung", net, description=description),))
        data: bytes = generator.as_ubl(sample)
        return data

    return write


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Smtp]:
    """The town's mail server."""
    with smtp(tmp_path) as running:
        yield running


def let_mail_out(town: World, server: Smtp, sender: str, **answers: str) -> None:
    """Have the town send by its server what the tenant wants suppliers to be told."""
    channel = MailChannel(server=server.server, sender=sender, sender_name="Stadt Musterstadt")
    ways = Channels(by_tenant={TENANT: TenantChannels(mail=channel)})
    services = town.app.handlers.services
    services.add(Mailers, SmtpMailers(ways, town.folder / "mails"))  # type: ignore[type-abstract]
    decide(town, **answers)


def decide(town: World, **answers: str) -> None:
    """Let the tenant say what suppliers are told."""
    with town.app.db.write() as connection:
        values = {"settings": {**demo.SETTINGS, "answers": answers}}
        connection.execute(sa.update(tenant).where(tenant.c.id == TENANT).values(values))


@pytest.fixture
def town(migrated_url: str, tmp_path: Path) -> Iterator[World]:
    """A founded town on SQLite and on PostgreSQL; it is Monday, 23.11.2026, 8 o'clock."""
    world = World(folder=tmp_path / "town", url=migrated_url).found()
    yield world
    world.die()
