"""A Mahnung finds its invoice and shows the dates that decide; a person says what follows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from tests.connectors.mails import mail
from tests.simulation.world import CERTIFY, OPERATOR, TENANT, World, sample

from laufzettel.cli.demo import town as demo
from laufzettel.engine.tables import case
from laufzettel.handlers.mail.default_dates import Claim, answer, facts
from laufzettel.records.invoice import Stage
from laufzettel.records.tables import document, dunning, invoice, tenant
from laufzettel.web.case.sentences import sentence

#: Reinigung Senne, scene S8: received on a Thursday, thirty days end on a Saturday.
ROW: dict[str, Any] = {
    "number": "RS-2026-118",
    "receipt_no": "E-2026-000017",
    "supplier_name": "Reinigung Senne GmbH",
    "payable": Decimal("2780.44"),
    "currency": "EUR",
    "received_at": datetime(2026, 11, 12, 9, tzinfo=UTC),
    "due_on": date(2026, 12, 1),
    "stage": Stage.ORDERED,
    "ordered_at": datetime(2026, 12, 3, 8, tzinfo=UTC),
    "paid_on": None,
    "paid_amount": None,
}


def test_the_dates_that_decide_about_default_stand_side_by_side() -> None:
    """Nothing is concluded from them (§ 286, § 187 Abs. 1, § 193 BGB)."""
    claim = Claim(
        on=date(2026, 12, 4),
        supplier="Reinigung Senne GmbH",
        amount=Decimal("2780.44"),
        until=date(2026, 12, 11),
        fee=Decimal(40),
    )

    assert facts(ROW, claim).splitlines() == [
        "Rechnung RS-2026-118 (E-2026-000017) von Reinigung Senne GmbH über 2.780,44 €.",
        "Eingegangen am 12.11.2026.",
        "Zahlungsziel auf der Rechnung: 01.12.2026; vom Lieferanten genannt. Ob es vereinbart "
        + "ist, sagt der Auftrag.",
        "30 Tage nach Zugang: 12.12.2026, ein Samstag oder Feiertag, also 14.12.2026 "
        + "(§ 286 Abs. 3, § 193 BGB).",
        "Mahnung vom 04.12.2026.",
        "Gefordert: 2.780,44 €.",
        "Frist des Lieferanten: 11.12.2026.",
        "Verlangte Mahnkosten: 40,00 €.",
        "Angeordnet am 03.12.2026, noch nicht bezahlt.",
    ]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, "ist zur Zahlung angeordnet"),
        (
            {"paid_on": date(2026, 12, 8), "paid_amount": Decimal("2780.44")},
            "wurde am 08.12.2026 mit 2.780,44 € bezahlt.",
        ),
        ({"stage": Stage.REGISTERED}, "liegt uns seit dem 12.11.2026 vor und wird geprüft."),
        ({"stage": Stage.REJECTED}, "haben wir mit Begründung zurückgewiesen."),
    ],
    ids=["ordered", "paid", "in work", "rejected"],
)
def test_the_text_to_answer_with_says_where_the_invoice_stands(
    change: dict[str, Any], text: str
) -> None:
    """And never a word about default or costs."""
    made = answer({**ROW, **change})

    assert text in made
    assert "Verzug" not in made and "Mahnkosten" not in made


def dunned(town: World, number: str, **more: Any) -> Any:
    """Let a Mahnung come by mail and the Poststelle name the invoice; return the task."""
    town.post("m", mail(subject="Mahnung", message_id="<m@l.example>"))
    town.app.intake.collect(TENANT)
    [task] = town.tasks("look_at")
    said = {
        "finding": "mahnung",
        "supplier_name": "Tiefbau Bergmann & Söhne GmbH",
        "invoice_number": number,
        "dunned_on": "2026-12-04",
        "note": "x",
    }
    town.complete("kranz", task, said | more)
    [task] = town.tasks("answer")
    return task


def test_a_mahnung_lies_beside_its_invoice_with_what_was_decided(town: World) -> None:
    """Found by the supplier's number, however he writes it."""
    town.deliver("a.xml", sample("GOOD"))
    town.work()
    [certify] = town.tasks("certify")
    town.complete("yilmaz", certify, CERTIFY)

    task = dunned(town, "tb 2026 1187", dunning_fee="40,00")
    sheet = town.app.engine.task(town.actor("okafor"), task.id)
    assert "Rechnung TB-2026-1187 (E-2026-000001)" in sheet.shown["dunning_facts"]
    assert "Verlangte Mahnkosten: 40,00 €." in sheet.shown["dunning_facts"]
    assert sheet.task.subject == "Mahnung zu E-2026-000001"
    done = {"decision": "kosten_abgelehnt", "dunning_answer": "Wird am 08.12. gezahlt."}
    town.complete("okafor", task, done)

    happened = map(sentence, town.app.engine.timeline(OPERATOR, task.case_id))
    assert list(happened) == [
        "Vorgang begonnen",
        "Post angesehen",
        "Mahnung vom 04.12.2026 zu E-2026-000001",
        "Mahnung beantwortet · Mahnkosten abgelehnt",
        "Antwort auf die Mahnung festgehalten",
        "Vorgang beendet",
    ]
    [(invoice_id,)] = town.rows(sa.select(invoice.c.id))
    columns = (dunning.c.invoice_id, dunning.c.fee, dunning.c.decision, dunning.c.decided_by)
    assert town.rows(sa.select(*columns, dunning.c.text)) == [
        (invoice_id, Decimal("40.00"), "kosten_abgelehnt", "okafor", "Wird am 08.12. gezahlt.")
    ]
    beside = sa.select(document.c.file_name).where(
        document.c.invoice_id == invoice_id, document.c.kind == "mail"
    )
    assert town.rows(beside) == [("Mail P-2026-000001.eml",)]
    assert town.breaches() == []


def test_an_invoice_that_never_came_is_said_with_those_that_look_like_it(town: World) -> None:
    """What is only alike is not taken for it."""
    town.deliver("a.xml", sample("GOOD"))
    town.work()

    task = dunned(town, "TB-1187")

    sheet = town.app.engine.task(town.actor("okafor"), task.id)
    assert sheet.shown["dunning_facts"] == (
        "Eine Rechnung mit der Nummer TB-1187 ist nie eingegangen. Ähnliche Nummern:\n"
        "- E-2026-000001: TB-2026-1187 von Tiefbau Bergmann & Söhne GmbH, 18.432,60 €"
    )
    assert sheet.values["dunning_answer"] == (
        "Eine Rechnung mit der Nummer TB-1187 liegt uns nicht vor. Bitte senden Sie uns eine Kopie "
        "als E-Rechnung."
    )
    assert town.rows(sa.select(dunning.c.invoice_id)) == [(None,)]


def test_our_own_number_finds_it_too(town: World) -> None:
    town.deliver("a.xml", sample("GOOD"))
    town.work()

    dunned(town, "e-2026-000001")

    assert town.rows(sa.select(dunning.c.invoice_id)) == town.rows(sa.select(invoice.c.id))


def test_a_mahnung_of_a_confidential_invoice_goes_to_its_unit_alone(town: World) -> None:
    """The Geschäftsbuchhaltung neither gets it nor reads of it (§ 35 SGB I)."""
    town.deliver("a.xml", sample("GOOD"))
    town.work()
    [(unit,)] = town.rows(sa.select(invoice.c.unit))
    with town.app.db.write() as connection:
        values = {"settings": {**demo.SETTINGS, "confidential_units": [unit]}}
        connection.execute(sa.update(tenant).where(tenant.c.id == TENANT).values(values))

    task = dunned(town, "TB-2026-1187")

    assert task.groups == (unit,)
    assert task.id not in [one.id for one in town.app.engine.tasks(town.actor("okafor"))]
    shown = town.rows(sa.select(case.c.subject, case.c.party).where(case.c.id == task.case_id))
    assert shown == [("Mahnung zu E-2026-000001", "")]
    assert town.app.engine.incidents(OPERATOR) == []
