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
from laufzettel.ids import new_id
from laufzettel.invoice_keys import number_of
from laufzettel.records.heads.tables import invoice_head
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
        came_on=date(2026, 12, 7),
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
        "30 Tage nach dem Zahlungsziel, wenn es vereinbart ist: 31.12.2026; die Frist beginnt nicht "
        + "vor der Fälligkeit (§ 286 Abs. 3 BGB).",
        "Mahnung vom 04.12.2026, eingegangen am 07.12.2026.",
        "Gefordert: 2.780,44 €.",
        "Frist des Lieferanten: 11.12.2026.",
        "Verlangte Mahnkosten: 40,00 €. Kosten einer Mahnung sind nur zu ersetzen, wenn der Verzug "
        + "vor ihr begann (§ 280 Abs. 2, § 286 BGB); eine Pauschale von 40 € setzt Verzug voraus "
        + "(§ 288 Abs. 5 BGB).",
        "Angeordnet am 03.12.2026, noch nicht bezahlt.",
    ]


def test_without_a_day_of_payment_the_law_says_when_it_is_due() -> None:
    """§ 271 Abs. 1 BGB; with one a Mahnung that is older has no effect (§ 286 Abs. 1 BGB)."""
    without = facts({**ROW, "due_on": None}, Claim(on=date(2026, 12, 4))).splitlines()
    early = facts(ROW, Claim(on=date(2026, 12, 1))).splitlines()

    assert without[2] == (
        "Kein Tag der Fälligkeit auf der Rechnung. Ist keiner vereinbart, ist sofort zu zahlen "
        "(§ 271 Abs. 1 BGB); ob, sagt der Auftrag."
    )
    assert [line for line in without if line.startswith("30 Tage nach dem")] == []
    assert early[5:7] == [
        "Mahnung vom 01.12.2026.",
        (
            "Sie ist nicht nach dem Zahlungsziel geschrieben; vor der Fälligkeit begründet eine "
            "Mahnung keinen Verzug (§ 286 Abs. 1 BGB)."
        ),
    ]


def test_an_invoice_that_nobody_has_captured_yet_is_named_by_its_receipt_alone() -> None:
    """What is answered would go to the supplier: never „Rechnung None“."""
    row = {**ROW, "number": None, "supplier_name": None, "payable": None, "currency": None}
    row |= {"stage": Stage.RECEIVED, "due_on": None, "ordered_at": None}

    told = facts(row, Claim(on=date(2026, 12, 4), supplier="Senne", amount=Decimal(5)))
    assert told.splitlines()[0] == (
        "Eingang E-2026-000017; was darin steht, ist noch nicht erfasst."
    )
    assert "Gemahnt hat Senne.\nGefordert: 5,00 €.\n" in told
    assert answer(row) == (
        "Ihre Rechnung (unser Eingang E-2026-000017) liegt uns seit dem 12.11.2026 vor und wird "
        "geprüft."
    )


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
        ({"stage": Stage.DUPLICATE}, "ist bei uns das Doppel einer Rechnung, die schon vorlag"),
        ({"stage": Stage.SET_ASIDE}, "können wir Ihre Mahnung keiner Rechnung eindeutig zuordnen"),
    ],
    ids=["ordered", "paid", "in work", "rejected", "duplicate", "no invoice"],
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
    assert "Mahnung vom 04.12.2026, eingegangen am 23.11.2026." in sheet.shown["dunning_facts"]
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
        "- E-2026-000001: TB-2026-1187 von Tiefbau Bergmann & Söhne GmbH, 18.432,60 €\n"
        "Mahnung vom 04.12.2026, eingegangen am 23.11.2026.\n"
        "Gemahnt hat Tiefbau Bergmann & Söhne GmbH."
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


def confide(town: World, **columns: str) -> None:
    """Have the invoice lie with the Jugendamt, whatever its Leitweg-ID says."""
    with town.app.db.write() as connection:
        values = {"settings": {**demo.SETTINGS, "confidential_units": ["jugendamt"]}}
        connection.execute(sa.update(tenant).where(tenant.c.id == TENANT).values(values))
        connection.execute(sa.update(invoice).values(**columns))


@pytest.mark.parametrize(
    "columns", [{"unit": "jugendamt"}, {"kept_for": "jugendamt", "unit": None}]
)
def test_an_invoice_that_a_person_gave_to_a_confidential_unit_is_secret_in_its_mahnung_too(
    town: World, columns: dict[str, str]
) -> None:
    """A Leitweg-ID is often missing; confidential once is confidential for good."""
    town.deliver("a.xml", sample("GOOD"))
    town.work()
    confide(town, **columns)

    task = dunned(town, "TB-2026-1187")

    assert task.groups == ("jugendamt",)
    assert task.id not in [one.id for one in town.app.engine.tasks(town.actor("okafor"))]


def test_what_is_confidential_is_not_named_because_its_number_is_alike(town: World) -> None:
    """Whoever asks about another number must not read the supplier of a child (§ 35 SGB I)."""
    town.deliver("a.xml", sample("GOOD"))
    town.work()
    confide(town, unit="jugendamt")

    task = dunned(town, "TB-1187")

    shown = town.app.engine.task(town.actor("okafor"), task.id).shown["dunning_facts"]
    assert shown.splitlines()[:2] == [
        "Eine Rechnung mit der Nummer TB-1187 ist nie eingegangen.",
        "Mahnung vom 04.12.2026, eingegangen am 23.11.2026.",
    ]


def test_of_many_invoices_with_one_number_that_of_the_supplier_is_found(town: World) -> None:
    """„2026-1“ has everybody; his may be the oldest, and written without its legal form."""
    town.deliver("a.xml", sample("GOOD"))
    town.work()
    [(first,)] = town.rows(sa.select(invoice.c.id))
    copies(town, 25, supplier_name="Anders GmbH")

    dunned(town, "TB-2026-1187", supplier_name="Tiefbau Bergmann und Söhne")

    assert town.rows(sa.select(dunning.c.invoice_id)) == [(first,)]


def test_where_the_name_does_not_decide_nobody_says_that_it_never_came(town: World) -> None:
    town.deliver("a.xml", sample("GOOD"))
    town.work()
    copies(town, 1, supplier_name="Anders GmbH")

    task = dunned(town, "TB-2026-1187", supplier_name="Inkasso Nord")

    sheet = town.app.engine.task(town.actor("okafor"), task.id)
    assert sheet.shown["dunning_facts"].splitlines()[:3] == [
        (
            "Die Nummer TB-2026-1187 haben mehrere Rechnungen; welche gemeint ist, sagt der Name des "
            "Lieferanten nicht. Bitte in der Auskunft nachsehen."
        ),
        "- E-2026-900000: TB-2026-1187 von Anders GmbH, 18.432,60 €",
        "- E-2026-000001: TB-2026-1187 von Tiefbau Bergmann & Söhne GmbH, 18.432,60 €",
    ]
    assert sheet.values["dunning_answer"].startswith(
        "Unter der Nummer TB-2026-1187 können wir Ihre Mahnung keiner Rechnung eindeutig zuordnen."
    )


def test_a_doppelrechnung_does_not_hide_the_invoice_that_is_paid(town: World) -> None:
    """The copy came later, has the same number and the same supplier, and is over."""
    town.deliver("a.xml", sample("GOOD"))
    town.work()
    [(first,)] = town.rows(sa.select(invoice.c.id))
    copies(town, 1, stage=Stage.DUPLICATE)

    dunned(town, "TB-2026-1187")

    assert town.rows(sa.select(dunning.c.invoice_id)) == [(first,)]


def test_an_invoice_of_the_old_system_is_not_said_to_have_never_come(town: World) -> None:
    head = {
        "id": new_id(),
        "tenant": TENANT,
        "number_key": number_of("RS-77").core,
        "number": "RS-77",
        "seller_name": "Reinigung Senne",
        "gross": Decimal("119.00"),
        "currency": "EUR",
        "paid_on": date(2026, 2, 3),
        "import_id": new_id(),
    }
    with town.app.db.write() as connection:
        connection.execute(sa.insert(invoice_head).values(**head))

    task = dunned(town, "RS-77", supplier_name="Reinigung Senne", dunning_fee="5,00")

    sheet = town.app.engine.task(town.actor("okafor"), task.id)
    told = sheet.shown["dunning_facts"].splitlines()
    assert told[:3] == [
        "Eine Rechnung mit der Nummer RS-77 steht nicht im Eingangsbuch.",
        "Aus dem alten Verfahren übernommen sind mit einer solchen Nummer:",
        "- RS-77 von Reinigung Senne, 119,00 €, bezahlt am 03.02.2026",
    ]
    assert told[-1].startswith("Verlangte Mahnkosten: 5,00 €.")
    assert "liegt uns nicht vor" not in sheet.values["dunning_answer"]


def copies(town: World, count: int, **change: Any) -> None:
    """Have invoices with the number of the first, received after it."""
    with town.app.db.write() as connection:
        first = connection.execute(sa.select(invoice)).one()._asdict()
        head = connection.execute(sa.select(invoice_head)).one()._asdict()
        for number in range(count):
            new = {
                "id": new_id(),
                "receipt_no": f"E-2026-{900000 + number}",
                "sha256": f"{number:064d}",
            }
            connection.execute(sa.insert(invoice), first | new | change)
            connection.execute(sa.insert(invoice_head), head | {"id": new["id"]})
