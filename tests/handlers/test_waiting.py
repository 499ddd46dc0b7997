"""The worker hears of a mail from the mail server itself, and takes it at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from tests.connectors.dovecot import Dovecot, running
from tests.connectors.mails import mail
from tests.simulation.world import TENANT, World, sample

from laufzettel import periodic
from laufzettel.channels import Channels, MailboxChannel, TenantChannels
from laufzettel.engine.tables import job
from laufzettel.handlers.mail.book import MailBook
from laufzettel.intake import Intake
from laufzettel.records.tables import invoice

PATIENCE_S = 30


@pytest.fixture(scope="module")
def imap() -> Iterator[Dovecot]:
    """A real IMAP server."""
    yield from running()


def eventually(is_so: Callable[[], bool]) -> None:
    """Return as soon as it is so; fail after the patience."""
    until = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.05)


def test_the_worker_takes_a_mail_when_it_comes_and_not_when_it_is_time_to_look(
    town: World, imap: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Polling would find it a day later; a stop ends the watch with the jobs."""
    user = "postgres" if "postgres" in town.url else "sqlite"
    box = MailboxChannel(name="rechnung", server=imap.server(user))
    ways = Channels(by_tenant={TENANT: TenantChannels(mailboxes=(box,))})
    app = town.app
    book = MailBook(app.db, app.store, app.engine.start)
    app.intake = Intake(app.db, app.engine, app.receive, book, ways)
    monkeypatch.setattr(periodic, "INTAKE_S", 86_400)
    periodic.schedule(app)
    stop = threading.Event()
    worker = threading.Thread(target=app.work, args=(2, stop))
    look = sa.select(sa.func.count()).select_from(job)
    look = look.where(job.c.kind == f"intake.{TENANT}", job.c.due > town.clock.now())

    worker.start()
    try:
        eventually(lambda: town.rows(look) == [(1,)])
        imap.deliver(user, mail(("1.xml", "application/xml", sample("SMALL"))))
        eventually(lambda: town.rows(sa.select(invoice.c.channel)) == [("postfach-rechnung",)])
    finally:
        stop.set()
        worker.join(PATIENCE_S)

    assert not worker.is_alive()
    assert [one for one in threading.enumerate() if one.name == "watch"] == []
