"""A Mahnung on paper: entered, linked, pressing, and answered where the town itself knows whom."""

from __future__ import annotations

import email
import email.policy
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from tests.connectors.smtp_server import Smtp
from tests.handlers.conftest import Written, let_mail_out
from tests.handlers.test_discount import on_the_order
from tests.handlers.test_dunning import dunned
from tests.handlers.test_enclosures import clerk
from tests.handlers.test_listing import S2, certified, received
from tests.simulation.world import CERTIFY, OPERATOR, TENANT, World, sample
from tests.web.conftest import text_pdf

from laufzettel.clock import OFFICE_ZONE
from laufzettel.engine.tables import case
from laufzettel.errors import ForbiddenError
from laufzettel.handlers.mail.default_dates import Claim
from laufzettel.handlers.mail.pressing import outer_day
from laufzettel.records import contacts
from laufzettel.records.delivery import Delivery
from laufzettel.records.tables import document, dunning, invoice, mail
from laufzettel.web.case.sentences import sentence

PAPER = text_pdf("Zahlungserinnerung")
SAID = {
    "finding": "mahnung",
    "supplier_name": "Tiefbau Bergmann & Söhne GmbH",
    "invoice_number": "TB-2026-1187",
    "dunned_on": "2026-11-23",
    "dunned_amount": "18432,60",
    "note": "lag in der Post",
}


def handed_in(data: bytes = PAPER) -> Delivery:
    """Return a file as the upload page hands it in."""
    return Delivery(
        tenant=TENANT, channel="upload", sender="Post", file_name="mahnung.pdf", data=data
    )


def paper(town: World, **said: str) -> Any:
    """Hand a Mahnung in and say what it is about; return the task that answers."""
    town.app.papers(handed_in(), by=clerk(town))
    [task] = town.tasks("look_at")
    town.complete("kranz", task, SAID | said)
    town.work()  # what a busy machine leaves to a job
    [task] = town.tasks("answer")
    return task


def test_a_paper_has_its_number_and_its_case_and_the_same_again_changes_nothing(
    town: World,
) -> None:
    """Also by four people at the same moment."""
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: town.app.papers(handed_in(), by=clerk(town)), range(4)))

    assert {one.number for one in found} == {"P-2026-000001"}
    assert sorted(one.is_repeat for one in found) == [False, True, True, True]
    [task] = town.tasks("look_at")
    # A file name may name a child, and the town has confidential units.
    assert (task.subject, task.party, task.remarks) == ("Mahnung auf Papier", "", ("dunning",))
    sheet = town.app.engine.task(town.actor("kranz"), task.id)
    assert sheet.values["finding"] == "mahnung"
    columns = (document.c.kind, document.c.media_type, document.c.file_name)
    assert town.rows(sa.select(*columns)) == [("mail", "application/pdf", "mahnung.pdf")]
    assert town.rows(sa.select(invoice.c.id)) == []
    assert town.breaches() == []


def test_who_may_hand_in_nothing_hands_in_no_mahnung(town: World) -> None:
    with pytest.raises(ForbiddenError):
        town.app.papers(handed_in(), by=town.actor("yilmaz"))

    assert town.rows(sa.select(mail.c.id)) == []


def test_a_scan_that_turns_out_to_be_a_mahnung_becomes_one(town: World) -> None:
    """It came by the watched folder as an invoice; nothing of it is ever ordered."""
    town.deliver("a.xml", sample("GOOD"))
    town.deliver("scan.pdf", PAPER, channel="ordner-scan")
    town.work()
    [capture] = town.tasks("capture")

    town.complete("kranz", capture, {"decision": "mahnung"})
    assert [town.app.papers.begin(TENANT), town.app.papers.begin(TENANT)] == [1, 0]

    [task] = town.tasks("look_at")
    sheet = town.app.engine.task(town.actor("kranz"), task.id)
    assert sheet.shown["reason"] == (
        "Beim Erfassen als Mahnung erkannt; eingegangen unter E-2026-000002."
    )
    town.complete("kranz", task, SAID)
    rows = sa.select(invoice.c.receipt_no, invoice.c.stage).order_by(invoice.c.receipt_no)
    assert town.rows(rows) == [("E-2026-000001", "registered"), ("E-2026-000002", "set_aside")]
    [(first,)] = town.rows(sa.select(invoice.c.id).where(invoice.c.stage == "registered"))
    assert town.rows(sa.select(dunning.c.invoice_id)) == [(first,)]
    beside = sa.select(document.c.file_name).where(
        document.c.invoice_id == first, document.c.kind == "mail"
    )
    assert town.rows(beside) == [("scan.pdf",)]
    happened = [sentence(one) for one in town.app.engine.timeline(OPERATOR, capture.case_id)]
    assert happened[-3:] == [
        "Rechnung erfasst · ist keine Rechnung, sondern eine Mahnung",
        "als Mahnung abgelegt, im Posteingangsbuch eingetragen",
        "Vorgang beendet",
    ]
    assert town.breaches() == []
    assert town.app.engine.incidents(OPERATOR) == []


def test_what_the_mahnung_says_stands_beside_what_the_invoice_says(town: World) -> None:
    """Another amount and another name are said, not decided about."""
    town.deliver("a.xml", sample("GOOD"))
    town.work()

    task = paper(town, supplier_name="Inkasso Nord", dunned_amount="18472,60", dunning_fee="40,00")

    shown = town.app.engine.task(town.actor("okafor"), task.id).shown["dunning_facts"]
    assert "Gemahnt hat Inkasso Nord; die Rechnung ist von Tiefbau Bergmann & Söhne GmbH." in shown
    assert "Gefordert: 18.472,60 €; das ist nicht der Betrag der Rechnung." in shown


def test_the_day_that_the_supplier_sets_moves_the_last_day_to_act_forward(town: World) -> None:
    """At once in the open task, told in the invoice's own stream, and still so one step later."""
    town.deliver("a.xml", sample("GOOD"))
    town.work()
    [before] = town.tasks("certify")
    assert before.act_by is not None and before.act_by > datetime(2026, 11, 27, tzinfo=OFFICE_ZONE)

    paper(town, dunned_until="2026-12-01")

    [after] = town.tasks("certify")
    # Money on Tuesday: the run of Thursday before, two signatures and a working day earlier.
    assert after.act_by is not None and after.act_by < before.act_by
    assert (after.id, after.stake, "dunned" in after.remarks) == (before.id, None, True)
    assert after.outer_date is not None
    assert after.outer_date.astimezone(OFFICE_ZONE).date() == date(2026, 12, 1)
    [told] = [
        one
        for one in town.app.engine.timeline(OPERATOR, before.case_id)
        if one.kind == "dunning.received"
    ]
    assert sentence(told) == "Mahnung vom 23.11.2026 eingegangen, Frist bis 01.12.2026"
    assert told.actor == "kranz"
    of_case = sa.select(case.c.act_by).where(case.c.id == before.case_id)
    assert town.rows(of_case) == [(after.act_by,)]
    town.complete("yilmaz", after, CERTIFY)
    [order] = town.tasks("order")
    assert order.outer_date == after.outer_date and "dunned" in order.remarks


def test_paper_that_nobody_has_captured_yet_is_pressed_by_its_receipt_number(town: World) -> None:
    """It lies longest of all, and what is captured afterwards does not forget the Mahnung."""
    town.deliver("scan.pdf", PAPER, channel="ordner-scan")
    town.work()
    [capture] = town.tasks("capture")

    paper(town, invoice_number="E-2026-000001", dunned_until="2026-12-01")

    [pressed] = town.tasks("capture")
    assert (pressed.id, "dunned" in pressed.remarks) == (capture.id, True)
    assert pressed.act_by is not None
    captured = {
        "decision": "erfassen",
        "supplier_name": "Malerbetrieb Öztürk",
        "invoice_number": "2026-77",
        "issued_on": "2026-11-20",
        "gross_amount": "119,00",
        "currency": "EUR",
        "buyer_reference": "053820072072-BAU-73",
        "is_compared": "on",
    }
    town.complete("kranz", pressed, captured)
    town.work()
    [certify] = town.tasks("certify")
    assert "dunned" in certify.remarks and certify.outer_date == pressed.outer_date


def test_a_mahnung_takes_no_skonto_away(town: World, written: Written) -> None:
    """The order still deducts it, whatever lists show first."""
    received(town, written(**S2))
    [(number,)] = town.rows(sa.select(invoice.c.number))
    [before] = town.tasks("certify")
    assert before.stake == Decimal("746.13")

    paper(town, invoice_number=number, dunned_until="2026-11-30")
    [pressed] = town.tasks("certify")
    certified(town)

    assert pressed.stake is None
    assert on_the_order(town) == (date(2026, 12, 4), Decimal("746.13"))


ROW: dict[str, Any] = {
    "received_at": datetime(2026, 11, 2, 9, tzinfo=OFFICE_ZONE),
    "due_on": date(2026, 11, 20),
}


@pytest.mark.parametrize(
    ("change", "until", "day"),
    [
        ({}, date(2026, 12, 1), date(2026, 12, 1)),
        ({}, None, date(2026, 11, 23)),
        ({"due_on": date(2026, 11, 23)}, None, None),
        ({"due_on": None}, None, date(2026, 11, 23)),
        ({"due_on": date(2026, 12, 20)}, date(2026, 12, 1), date(2026, 12, 1)),
    ],
    ids=[
        "the supplier's day",
        "due: at once",
        "due today",
        "no day: due at once",
        "before it is due",
    ],
)
def test_a_mahnung_without_a_day_counts_at_once_where_the_invoice_is_due(
    change: dict[str, Any], until: date | None, day: date | None
) -> None:
    """Before that it has no effect (§ 286 Abs. 1 BGB) and is only shown; without a day it is due
    at once (§ 271 Abs. 1 BGB).
    """
    claim = Claim(on=date(2026, 11, 21), until=until)

    assert outer_day(ROW | change, claim, date(2026, 11, 23)) == day


@pytest.fixture
def mailing(town: World, server: Smtp) -> World:
    """A town that answers Mahnungen by mail."""
    let_mail_out(town, server, "a@stadt.example", dunned="mail")
    return town


def know(town: World, vat_id: str, address: str, name: str = "x") -> None:
    """Let the master data have an address."""
    with town.app.db.write() as connection:
        known = contacts.Contact(vat_id=vat_id, name=name, mail=address)
        contacts.replace(connection, TENANT, [known], now=town.app.db.now(connection))


def answer(town: World, task: Any) -> None:
    """Answer, and let the answer go out."""
    done = {"decision": "kosten_abgelehnt", "dunning_answer": "Wird am 08.12. gezahlt."}
    town.complete("okafor", task, done)
    town.work()


def test_the_answer_goes_to_the_address_of_the_master_data_once(
    mailing: World, server: Smtp
) -> None:
    """In answer to the mail, as the person wrote it, and the form said where it would go."""
    mailing.deliver("a.xml", sample("GOOD"))
    mailing.work()
    [(vat_id,)] = mailing.rows(sa.select(invoice.c.supplier_vat_id))
    know(mailing, vat_id, "buero@detmold.example")

    task = dunned(mailing, "TB-2026-1187")
    sheet = mailing.app.engine.task(mailing.actor("okafor"), task.id)
    assert sheet.shown["dunning_way"] == (
        "Die Antwort geht nach dem Absenden als Mail an buero@detmold.example (Stammdaten)."
    )
    answer(mailing, task)

    [(_, to, raw)] = server.taker.mails
    sent = email.message_from_bytes(raw, policy=email.policy.default)
    assert to == ["buero@detmold.example"]
    assert (sent["Subject"], sent["In-Reply-To"]) == (
        "Ihre Rechnung TB-2026-1187: Ihre Mahnung vom 04.12.2026",
        "<m@l.example>",
    )
    assert "Wird am 08.12. gezahlt." in raw.decode()
    mailing.work()
    assert len(server.taker.mails) == 1
    happened = [sentence(one) for one in mailing.app.engine.timeline(OPERATOR, task.case_id)]
    assert "Mail an den Lieferanten gesendet" in happened
    assert mailing.breaches() == []


def test_an_answer_that_the_mail_server_refuses_is_a_stoerung_and_not_forgotten(
    mailing: World, server: Smtp
) -> None:
    """A person wrote it and believes that it went out; paper there is none."""
    mailing.deliver("a.xml", sample("GOOD"))
    mailing.work()
    [(vat_id,)] = mailing.rows(sa.select(invoice.c.supplier_vat_id))
    know(mailing, vat_id, "weg@detmold.example")
    server.taker.to_recipient = "550 5.1.1 no such user"

    answer(mailing, dunned(mailing, "TB-2026-1187"))

    [incident] = mailing.app.engine.incidents(OPERATOR)
    assert "weg@detmold.example" in incident.cause and "selbst antworten" in incident.cause


@pytest.mark.parametrize(
    ("number", "name", "address"),
    [
        ("TB-2026-1187", "Tiefbau Bergmann & Söhne GmbH", "fremd@anderswo.example"),
        ("XX-1", "Andere", "fremd@anderswo.example"),
    ],
    ids=["another VAT id", "never received"],
)
def test_nothing_is_sent_where_the_master_data_do_not_know_the_supplier(
    mailing: World, server: Smtp, number: str, name: str, address: str
) -> None:
    """A false Mahnung learns nothing, wherever it came from; the person is told before."""
    mailing.deliver("a.xml", sample("GOOD"))
    mailing.work()
    know(mailing, "DE999999999", address, name)

    task = dunned(mailing, number)
    sheet = mailing.app.engine.task(mailing.actor("okafor"), task.id)
    assert sheet.shown["dunning_way"].startswith("Zu diesem Lieferanten steht keine Adresse")
    answer(mailing, task)

    assert server.taker.mails == []
    assert mailing.rows(sa.select(dunning.c.text)) == [("Wird am 08.12. gezahlt.",)]
    assert mailing.app.engine.incidents(OPERATOR) == []


def test_about_an_invoice_that_never_came_a_known_supplier_is_answered(
    mailing: World, server: Smtp
) -> None:
    """Known by exactly this name, of which there is one."""
    know(mailing, "DE999999999", "buero@senne.example", "Reinigung Senne GmbH")

    answer(mailing, paper(mailing, supplier_name="Reinigung Senne GmbH", invoice_number="RS-1"))

    assert [to for _, to, _ in server.taker.mails] == [["buero@senne.example"]]
