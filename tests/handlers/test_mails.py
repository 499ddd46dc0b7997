"""A mail is in the Posteingangsbuch before it is read; none without an invoice stays unseen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from tests.connectors.mails import mail
from tests.simulation.world import OPERATOR, TENANT, World, sample

from laufzettel.cli.demo import town as demo
from laufzettel.connectors.intake.mails import take_mail
from laufzettel.engine.execution.pending import Write
from laufzettel.engine.handler import Start
from laufzettel.engine.tables import case
from laufzettel.handlers.mail.book import MailBook
from laufzettel.identity import Actor
from laufzettel.records.tables import document, invoice, receipt_repeat, tenant
from laufzettel.records.tables import mail as table

LOGO = ("logo.png", "image/png", b"\x89PNG\r\n")


def arrive(town: World, name: str, raw: bytes) -> None:
    """Let a mail come in and be taken."""
    town.post(name, raw)
    town.app.intake.collect(TENANT)


def test_the_mail_is_a_document_of_the_invoices_that_it_brought(town: World) -> None:
    """So that whoever looks at an invoice sees what the supplier wrote with it."""
    files = [
        (f"{number}.xml", "application/xml", sample("SMALL", f"RE-{number}")) for number in (1, 2)
    ]
    raw = mail(*files, LOGO)

    arrive(town, "a", raw)

    [entry] = town.rows(sa.select(table.c.id, table.c.number, table.c.sha256, table.c.sender))
    assert entry[1::2] == ("P-2026-000001", "rechnung@tiefbau.example")
    assert town.app.store.get(entry[2], tenant=TENANT) == raw
    received = town.rows(sa.select(invoice.c.id, invoice.c.sender, invoice.c.channel))
    assert {one[1:] for one in received} == {("rechnung@tiefbau.example", "postfach-rechnung")}
    kept = town.rows(sa.select(document.c.invoice_id).where(document.c.kind == "mail"))
    assert sorted(kept) == sorted([(one[0],) for one in received] + [(entry[0],)])
    assert [path.name for path in (town.mails / "erledigt").iterdir()] == ["a.eml"]


@pytest.mark.parametrize(
    ("arrived", "received"),
    [
        (datetime(2026, 11, 21, 11, 0, tzinfo=UTC), datetime(2026, 11, 21, 11, 0, tzinfo=UTC)),
        (datetime(2026, 12, 24, 11, 0, tzinfo=UTC), datetime(2026, 11, 23, 7, 0, tzinfo=UTC)),
        (None, datetime(2026, 11, 23, 7, 0, tzinfo=UTC)),
    ],
    ids=["on Saturday", "by a clock that is wrong", "unknown"],
)
def test_an_invoice_was_received_when_its_mail_came_into_the_mailbox(
    town: World, arrived: datetime | None, received: datetime
) -> None:
    """§ 130 Abs. 1 BGB (BGH VII ZR 895/21): the thirty days do not wait for who fetches it."""
    raw = mail(("1.xml", "application/xml", sample("GOOD")), LOGO)
    desk = town.app.intake.desk(TENANT)

    take_mail(desk, raw, key="p:1:1", channel="postfach-rechnung", arrived_at=arrived)

    for one in (invoice, table):
        [(at,)] = town.rows(sa.select(one.c.received_at))
        assert at.replace(microsecond=0, second=0) == received
    assert town.rows(sa.select(invoice.c.receipt_no)) == [("E-2026-000001",)]


def test_a_mail_without_an_invoice_is_a_task_of_the_poststelle(town: World) -> None:
    """It says from whom, why it lies there, and what was attached."""
    with town.app.db.write() as connection:
        open_town = {**demo.SETTINGS, "confidential_units": []}
        connection.execute(sa.update(tenant).values(settings=open_town))
    arrive(town, "a", mail(LOGO, subject="Angebot", text="Guten Tag"))

    [task] = town.tasks()
    assert (task.element, task.subject, task.party) == (
        "look_at",
        "Mail: Angebot",
        "Tiefbau Detmold",
    )
    sheet = town.app.engine.task(town.actor("kranz"), task.id)
    assert sheet.shown == {
        "sender": "Tiefbau Detmold rechnung@tiefbau.example",
        "subject": "Angebot",
        "reason": "Die Mail enthält keine Rechnung.",
        "text": "Guten Tag",
    }

    town.complete("kranz", task, {"finding": "erledigt", "note": "Werbung"})

    assert [view.end for view in town.app.engine.cases(OPERATOR)] == ["looked_at"]
    assert town.breaches() == []


def test_a_mail_that_two_processes_settle_at_once_has_one_case(town: World) -> None:
    """„laufzettel intake“ by hand, while the worker has the same mail before it."""
    desk = town.app.intake.desk(TENANT)
    raw = mail(LOGO, subject="Angebot")
    posting = desk.open_mail(raw, key="p:1:1", channel="postfach-rechnung", arrived_at=None)
    started: list[str] = []

    def start_late(actor: Actor, start: Start, within: Write | None = None) -> str:
        if not started:
            started.append("the other one")
            take_mail(desk, raw, key="p:1:1", channel="postfach-rechnung")
        return town.app.engine.start(actor, start, within)

    slow = MailBook(town.app.db, town.app.store, start_late)
    take_mail(replace(desk, book=slow), raw, key="p:1:1", channel="postfach-rechnung")

    assert len(started) == 1
    assert posting.number == "P-2026-000001"
    assert town.rows(sa.select(sa.func.count()).select_from(case)) == [(1,)]


def test_where_names_are_secret_lists_show_the_number_alone(town: World) -> None:
    """A subject may name a child (§ 35 SGB I), and this town has a Jugendamt."""
    arrive(town, "a", mail(LOGO, subject="Unterbringung Kevin K.", sender="Kevin <k@k.example>"))

    assert town.rows(sa.select(case.c.subject, case.c.party)) == [("Mail P-2026-000001", "")]


def test_the_same_mail_again_is_entered_and_opens_nothing(town: World) -> None:
    """Also when a server put its own fields in front; the invoice notes the second time."""
    raw = mail(("1.xml", "application/xml", sample("GOOD")))
    unclear = mail(LOGO, message_id="<2@l.example>")
    arrive(town, "a", raw)
    arrive(town, "b", unclear)
    arrive(town, "c", b"Received: by mx2\r\n" + raw)
    arrive(town, "d", b"Received: by mx2\r\n" + unclear)

    rows = town.rows(sa.select(table.c.id, table.c.repeat_of).order_by(table.c.number))
    assert [one[1] for one in rows] == [None, None, rows[0][0], rows[1][0]]
    assert town.rows(sa.select(sa.func.count()).select_from(case)) == [(2,)]
    assert len(town.rows(sa.select(receipt_repeat.c.id))) == 1
    assert len(town.rows(sa.select(document.c.sha256).where(document.c.kind == "mail"))) == 6


def test_another_mail_under_the_same_message_id_is_a_mail_of_its_own(town: World) -> None:
    """Whoever forges a Message-ID hides nobody's invoice."""
    arrive(town, "a", mail(("1.xml", "application/xml", sample("GOOD"))))
    arrive(town, "b", mail(("2.xml", "application/xml", sample("SMALL"))))

    assert town.rows(sa.select(table.c.repeat_of)) == [(None,), (None,)]
    assert town.rows(sa.select(sa.func.count()).select_from(invoice)) == [(2,)]
