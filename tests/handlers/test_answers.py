"""A supplier is told by mail what the tenant wants him told, and never where a forger reads it."""

from __future__ import annotations

import email
import email.policy
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.connectors.mails import mail
from tests.connectors.smtp_server import Smtp
from tests.handlers.conftest import decide, let_mail_out
from tests.simulation.world import OPERATOR, TENANT, World, sample

from laufzettel import channels, periodic
from laufzettel.einvoice.report import Finding, Report, Severity, Verdict
from laufzettel.engine.execution.pending import Write
from laufzettel.engine.handler import Start
from laufzettel.engine.tables import case
from laufzettel.errors import NotFoundError
from laufzettel.handlers.supplier.addresses import speaks_of_bank_data
from laufzettel.handlers.supplier.answer import Answers
from laufzettel.identity import Actor
from laufzettel.intake import SmtpMailers
from laufzettel.records import contacts
from laufzettel.records.tables import cash_order, invoice, supplier_answer

SENDER = "rechnung@musterstadt.example"


@pytest.fixture
def mailing(town: World, server: Smtp) -> World:
    """A town that tells its suppliers everything by mail."""
    let_mail_out(town, server, SENDER, received="mail", rejected="mail", paid="mail")
    return town


def arrive(town: World, data: bytes, **more: str) -> None:
    """Let an invoice come by mail and live as long as nothing else happens."""
    town.post("a", mail(("1.xml", "application/xml", data), **more))
    town.app.intake.collect(TENANT)
    settle(town)


def settle(town: World) -> None:
    """Run jobs and begin answers until nothing is left to do."""
    while town.work() + town.app.answers.begin(TENANT):
        pass


def sent(server: Smtp) -> list[EmailMessage]:
    """Return the mails that went out."""
    parsed = (
        email.message_from_bytes(raw, policy=email.policy.default)
        for _, _, raw in server.taker.mails
    )
    return [one for one in parsed if isinstance(one, EmailMessage)]


def told(one: EmailMessage) -> tuple[str, str, str]:
    """Return to whom, in answer to what, about what."""
    return str(one["To"]), str(one["In-Reply-To"] or ""), str(one["Subject"])


def test_whoever_mailed_an_invoice_hears_that_it_has_come(mailing: World, server: Smtp) -> None:
    """In answer to his mail, with our number, and without a promise."""
    arrive(mailing, sample("GOOD"))

    [one] = sent(server)
    to, answered, subject = told(one)
    assert to.endswith("<rechnung@tiefbau.example>")
    assert (answered, subject) == ("<1@lieferant.example>", "Ihre Rechnung TB-2026-1187: Eingang")
    text = one.get_content()
    assert "E-2026-000001" in text and "23.11.2026" in text
    [(iban,)] = mailing.rows(sa.select(invoice.c.payee_iban))
    assert iban.startswith("DE") and iban not in text.replace(" ", "")
    assert mailing.rows(sa.select(supplier_answer.c.occasion, supplier_answer.c.outcome)) == [
        ("received", "begun")
    ]
    settle(mailing)
    assert len(sent(server)) == 1


def test_a_rejection_goes_by_mail_with_its_reasons(mailing: World, server: Smtp) -> None:
    """And no letter lies in the outgoing post."""
    arrive(mailing, sample("FAULTY"))

    [one] = sent(server)
    assert "Die Leitweg-ID fehlt." in one.get_content()
    assert told(one)[1:] == ("<1@lieferant.example>", "Ihre Rechnung RE-26-4712: Zurückweisung")
    assert mailing.letters.count() == {}
    assert mailing.breaches() == []


def test_who_is_paid_hears_when_and_how_much(mailing: World, server: Smtp) -> None:
    """The last answer of an invoice."""
    arrive(mailing, sample("SMALL"))
    mailing.finish()
    settle(mailing)

    assert [told(one)[2].rpartition(": ")[2] for one in sent(server)] == ["Eingang", "Zahlung"]
    assert "wurde am 23.11.2026 mit 349,86 € bezahlt." in sent(server)[1].get_content()
    assert mailing.breaches() == []


@pytest.mark.parametrize(
    "more",
    [{"Auto_Submitted": "auto-generated"}, {"sender": "no-reply@tiefbau.example"}],
    ids=["machine", "no reply"],
)
def test_a_machine_is_never_answered(mailing: World, server: Smtp, more: dict[str, str]) -> None:
    """RFC 3834: two machines would write to each other for ever."""
    arrive(mailing, sample("FAULTY").replace(b"@", b" at "), **more)

    assert sent(server) == []
    assert len(mailing.letters.count()) == 1


def test_an_invoice_that_a_machine_sent_is_answered_to_the_person_it_names(
    mailing: World, server: Smtp
) -> None:
    """Many firms send from an address that nobody reads; BT-43 is whom to ask."""
    arrive(mailing, sample("FAULTY"), sender="no-reply@tiefbau.example")

    [one] = sent(server)
    [(named,)] = mailing.rows(sa.select(invoice.c.supplier_mail))
    assert told(one)[:2] == (str(one["To"]), "")
    assert str(one["To"]).endswith(f"<{named}>") and "@" in named
    assert one["Auto-Submitted"] == "auto-generated"


def test_what_is_about_bank_data_goes_to_the_address_of_the_master_data_alone(
    mailing: World, server: Smtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A forger writes his own address on the invoice and sends it from there."""
    finding = Finding(id="BR-DE-19", severity=Severity.FATAL, text_de="Die IBAN ist falsch.")
    report = Report(verdict=Verdict.REJECTED, findings=(finding,))
    monkeypatch.setattr(type(mailing.checker), "validate", lambda self, xml: report)
    arrive(mailing, sample("GOOD"))
    assert (sent(server), len(mailing.letters.count())) == ([], 1)

    [(vat_id,)] = mailing.rows(sa.select(invoice.c.supplier_vat_id))
    known = contacts.Contact(vat_id=vat_id, name="Tiefbau", mail="buero@detmold.example")
    with mailing.app.db.write() as connection:
        contacts.replace(connection, TENANT, [known], now=mailing.app.db.now(connection))
    mailing.post("b", mail(("2.xml", "application/xml", sample("GOOD", "RE-2"))))
    mailing.app.intake.collect(TENANT)
    settle(mailing)

    [one] = sent(server)
    assert told(one)[0].endswith("<buero@detmold.example>")


@pytest.mark.parametrize(
    "text",
    [
        "Die IBAN ist falsch.",
        "Ihr Konto …",
        "BR-DE-23-a",
        "BT-84 fehlt",
        "neue Bankverbindung",
        "Statt DE02 1203 0000 0000 2020 51 gilt …",
        "DE02120300000000202051",
        "Kto. und BLZ",
    ],
)
def test_a_text_speaks_of_bank_data_in_many_words(text: str) -> None:
    assert speaks_of_bank_data(text)


def test_an_address_that_does_not_exist_gets_the_rejection_on_paper(
    mailing: World, server: Smtp
) -> None:
    """The supplier must hear of it; that his invoice came he need not hear on paper."""
    server.taker.to_recipient = "550 no such user"
    arrive(mailing, sample("FAULTY"))

    assert len(mailing.letters.count()) == 1
    assert mailing.app.engine.incidents(OPERATOR) == []


def test_a_mail_server_that_is_away_holds_up_no_invoice(mailing: World, server: Smtp) -> None:
    """The answer waits in a case of its own."""
    server.taker.to_sender = "451 later"
    arrive(mailing, sample("GOOD"))

    assert [task.element for task in mailing.tasks()] == ["certify"]
    assert sent(server) == []
    server.taker.to_sender = "250 OK"
    mailing.clock.advance(hours=1)  # type: ignore[attr-defined]
    settle(mailing)
    assert len(sent(server)) == 1
    assert mailing.app.engine.incidents(OPERATOR) == []


def test_a_mail_of_which_nobody_knows_is_decided_by_a_person(mailing: World, server: Smtp) -> None:
    """It is not sent again by itself; the incident names its Message-ID."""
    server.taker.hangs_up = True
    arrive(mailing, sample("FAULTY"))
    for _ in range(12):
        mailing.clock.advance(hours=2)  # type: ignore[attr-defined]
        settle(mailing)

    assert len(sent(server)) == 1
    [incident] = mailing.app.engine.incidents(OPERATOR)
    assert incident.code == "versand_unbekannt"
    assert mailing.letters.count() == {}


def test_a_town_that_wants_no_answers_sends_none(town: World) -> None:
    """The default: a rejection by letter, nothing else."""
    arrive(town, sample("GOOD"))

    assert town.rows(sa.select(supplier_answer.c.occasion)) == []


def test_without_a_mail_server_a_rejection_is_a_letter(town: World) -> None:
    """What the tenant wants and the operator has not set up must not hold up anything."""
    decide(town, rejected="mail")
    arrive(town, sample("FAULTY"))

    assert len(town.letters.count()) == 1


def test_without_a_mail_server_an_answer_waits_and_people_are_told(town: World) -> None:
    """The tenant wants what the operator has not set up; that must not go unseen."""
    decide(town, received="mail")
    arrive(town, sample("GOOD"))
    for _ in range(12):
        town.clock.advance(hours=2)  # type: ignore[attr-defined]
        settle(town)

    [incident] = town.app.engine.incidents(OPERATOR)
    assert "kein Mailserver eingerichtet" in incident.cause


def test_what_the_operator_writes_down_is_what_mails_go_over(tmp_path: Path) -> None:
    """``channels.toml`` with its defaults."""
    text = '[musterstadt.mail]\nhost = "mail.example"\nfrom = "r@m.example"\nname = "Stadt"\n'

    post = SmtpMailers(channels.parse(text), tmp_path).of("musterstadt")

    assert post is not None
    assert (post.server.port, post.server.security, post.sender) == (465, "tls", "r@m.example")
    assert SmtpMailers(channels.parse(text), tmp_path).of("anderswo") is None


def test_the_worker_begins_the_answers(mailing: World, server: Smtp) -> None:
    """As a periodic job."""
    periodic.schedule(mailing.app)
    mailing.post("a", mail(("1.xml", "application/xml", sample("GOOD"))))
    mailing.app.intake.collect(TENANT)
    mailing.work()
    mailing.clock.advance(seconds=60)  # type: ignore[attr-defined]
    mailing.work()

    assert len(sent(server)) == 1


def test_an_answer_that_two_workers_begin_at_once_is_one_mail(mailing: World, server: Smtp) -> None:
    mailing.post("a", mail(("1.xml", "application/xml", sample("GOOD"))))
    mailing.app.intake.collect(TENANT)
    mailing.work()
    started: list[str] = []

    def start_late(actor: Actor, start: Start, within: Write | None = None) -> str:
        started.append("the other one")
        mailing.app.answers.begin(TENANT)
        return mailing.app.engine.start(actor, start, within)

    Answers(mailing.app.db, start_late).begin(TENANT)

    answers = (
        sa.select(sa.func.count())
        .select_from(case)
        .where(case.c.process_id == "lieferantenantwort")
    )
    assert (len(started), mailing.rows(answers)) == (1, [(1,)])
    mailing.work()
    assert len(sent(server)) == 1
    assert mailing.app.engine.incidents(OPERATOR) == []


def test_a_tenant_whose_answers_cannot_be_begun_keeps_no_other_waiting(
    mailing: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process may be missing, its settings may be unreadable."""
    begun: list[str] = []

    def begin(answers: Answers, of_tenant: str) -> int:
        begun.append(of_tenant)
        if of_tenant == "adorf":
            raise NotFoundError("Der Prozess „lieferantenantwort“ fehlt.")
        return 0

    monkeypatch.setattr(Answers, "begin", begin)
    monkeypatch.setattr(type(mailing.app), "tenants", lambda app: ["adorf", TENANT])
    periodic.schedule(mailing.app)

    mailing.work()

    assert begun[:2] == ["adorf", TENANT]


def test_who_had_tax_withheld_gets_the_account_of_it(mailing: World, server: Smtp) -> None:
    """§ 48a Abs. 2 EStG: amount and date of the invoice, day of the payment, tax, Finanzamt."""
    arrive(mailing, sample("SMALL"))
    mailing.finish()
    held = {"withheld_amount": Decimal("52.48"), "withheld_name": "Finanzamt Detmold"}
    with mailing.app.db.write() as connection:
        connection.execute(sa.update(cash_order).values(**held))
    settle(mailing)

    text = " ".join(sent(server)[1].get_content().split())
    assert "Abrechnung über den Steuerabzug bei Bauleistungen (§ 48a Abs. 2 EStG)" in text
    assert "Von 349,86 € aus dieser Rechnung vom" in text
    assert "gezahlt am 23.11.2026, wurden 52,48 € einbehalten" in text
    assert "Sie werden beim Finanzamt Detmold angemeldet" in text
