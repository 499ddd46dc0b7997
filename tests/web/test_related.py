"""A correction, a credit note and a final invoice are never seen alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from tests.web.conftest import Town, as_file, hidden, town_reader
from tests.web.test_compare import waiting

from laufzettel.engine.tables import case, user_task

Receive = Callable[..., str]
CERTIFY = {"decision": "feststellen", "cost_center": "5410", "gl_account": "523100", "note": ""}


@pytest.fixture
def receive(musterstadt: Town, generator: ModuleType) -> Receive:
    """Take in an invoice and return the id of its case."""

    def take(number: str, **terms: Any) -> str:
        return musterstadt.receive(as_file(generator, number=number, **terms))

    return take


def page(town: Town, case_id: str, login: str = "yilmaz") -> str:
    return town.browser(login).get(f"/vorgaenge/{case_id}").text


def test_a_correction_and_what_it_corrects_show_each_other(
    musterstadt: Town, receive: Receive
) -> None:
    wrong = receive("TB-2026-1187")
    right = receive("TB-2026-1190", type_code="384", corrects="TB 2026/1187")

    assert "Diese Rechnung berichtigt" in page(musterstadt, right)
    assert f'href="/vorgaenge/{wrong}"' in page(musterstadt, right)
    assert "Diese Rechnung ist berichtigt durch" in page(musterstadt, wrong)
    assert "Zahlen Sie nicht beide" in page(musterstadt, wrong)


def test_who_certifies_the_wrong_one_is_warned(musterstadt: Town, receive: Receive) -> None:
    receive("TB-2026-1187")
    path = waiting(musterstadt, "certify")
    before = musterstadt.browser("yilmaz").get(path).text
    receive("TB-2026-1190", type_code="384", corrects="TB-2026-1187")
    after = musterstadt.browser("yilmaz").get(path).text

    assert "Gehört zusammen mit" not in before
    assert "Zahlen Sie nicht beide" in after


def test_a_signature_under_what_was_corrected_meanwhile_is_refused(
    musterstadt: Town, receive: Receive
) -> None:
    """Nobody signs beside a correction that he has not seen."""
    receive("TB-2026-1187")
    path = waiting(musterstadt, "certify")
    browser = musterstadt.browser("yilmaz")
    seen = hidden(browser.get(path).text, "displayed")
    receive("TB-2026-1190", type_code="384", corrects="TB-2026-1187")

    answer = browser.submit(path, path, **CERTIFY, displayed=seen)

    assert answer.status_code == 409
    assert "haben sich geändert" in answer.text
    assert "Diese Rechnung ist berichtigt durch" in answer.text


def test_a_rejected_correction_does_not_press(musterstadt: Town, receive: Receive) -> None:
    wrong = receive("TB-2026-1187")
    right = receive("TB-2026-1190", type_code="384", corrects="TB-2026-1187")
    (task,) = [
        one
        for one in musterstadt.app.engine.tasks(town_reader(), right)
        if one.element == "certify"
    ]
    path = f"/aufgaben/{task.id}"
    musterstadt.browser("yilmaz").submit(
        path, path, decision="zurueckweisen", rejection_text="Falsch berichtigt."
    )
    musterstadt.settle()

    assert "zurückgewiesen" in page(musterstadt, wrong)
    assert "Zahlen Sie nicht beide" not in page(musterstadt, wrong)


def test_a_number_that_nobody_knows_is_said(musterstadt: Town, receive: Receive) -> None:
    alone = receive("TB-2026-1190", type_code="384", corrects="TB-2025-0001")

    assert "Nr. TB-2025-0001 ist hier nicht bekannt" in page(musterstadt, alone)


def test_a_final_invoice_is_held_against_its_instalments(
    musterstadt: Town,
    receive: Receive,
    generator: ModuleType,
) -> None:
    """18.432,60 were invoiced on account, 10.000,00 are deducted."""
    receive("TB-2026-1187", type_code="326")
    last = receive(
        "TB-2026-1190", type_code="877", corrects="TB-2026-1187", prepaid=Decimal("10000.00")
    )

    shown = page(musterstadt, last).replace("\xa0", " ")

    assert "Abschlag dazu" in shown
    assert (
        "Abgezogen sind 10.000,00 €, bekannt sind Abschläge über 18.432,60 € (Anzahl: 1)." in shown
    )
    assert "Differenz: -8.432,60 €." in shown


def test_of_a_confidential_invoice_only_its_neutral_name_is_shown(
    musterstadt: Town,
    receive: Receive,
    generator: ModuleType,
) -> None:
    seller = replace(generator.samples.GOOD.seller)
    receive("HS-Markerkind-11", buyer_reference="059990000000-51000-86", seller=seller)
    other = receive("TB-2026-1190", type_code="384", corrects="HS Markerkind 11")

    shown = page(musterstadt, other)
    related = shown[shown.index("Gehört zusammen mit") : shown.index("Unterlagen")]

    assert "Vertraulich E-2026-000001" in related
    assert "Markerkind" not in related


def test_a_proposal_is_shown_with_its_reason_and_taken_by_a_choice(
    musterstadt: Town, receive: Receive
) -> None:
    """Nothing is filled in; without a proposal there is nothing to choose."""
    yilmaz = musterstadt.browser("yilmaz")
    receive("TB-2026-1187")
    path = waiting(musterstadt, "certify")
    alone = yilmaz.get(path).text
    yilmaz.submit(path, path, **CERTIFY)
    for login, element, answer in (
        ("reineke", "order", "anordnen"),
        ("lohmann", "countersign", "zeichnen"),
    ):
        step = waiting(musterstadt, element)
        musterstadt.browser(login).submit(step, step, decision=answer)
    musterstadt.settle()
    receive("TB-2026-1199", order="4500099999")
    path = waiting(musterstadt, "certify")
    page = yilmaz.get(path).text

    taken = yilmaz.submit(path, path, decision="feststellen", accounts="vorschlag", note="")

    assert "Vorschlag zur Kontierung" not in alone and 'name="accounts"' not in alone
    assert "so bei der letzten Rechnung dieses Lieferanten an diese Stelle" in page
    assert "Wie vorgeschlagen" in page and 'value="5410"' not in page
    assert 'data-hide-or="decision eq nicht_zustaendig\naccounts eq vorschlag"' in page
    assert taken.status_code == 302


def remarks_of(town: Town, case_id: str) -> tuple[set[str], set[str]]:
    """Return the remarks of the case, and those of its open tasks."""
    with town.app.db.read() as connection:
        of_case = connection.execute(sa.select(case.c.remarks).where(case.c.id == case_id))
        of_tasks = connection.execute(
            sa.select(user_task.c.remarks).where(
                user_task.c.case_id == case_id, user_task.c.status == "open"
            )
        )
        return set(of_case.scalar_one().split(",")), {
            code for text in of_tasks.scalars() for code in text.split(",")
        }


def reject(town: Town, case_id: str) -> None:
    (task,) = [one for one in town.app.engine.tasks(town_reader(), case_id)]
    path = f"/aufgaben/{task.id}"
    back = {"decision": "zurueckweisen", "rejection_text": "Falsch berichtigt."}
    assert town.browser("yilmaz").submit(path, path, **back).status_code == 302
    town.settle()


def test_lists_say_that_a_correction_came_and_that_it_was_sent_back(
    musterstadt: Town, receive: Receive
) -> None:
    wrong = receive("TB-2026-1187")
    before = remarks_of(musterstadt, wrong)
    right = receive("TB-2026-1190", type_code="384", corrects="TB-2026-1187")
    with_correction = remarks_of(musterstadt, wrong)
    basket = musterstadt.browser("yilmaz").get("/aufgaben", korb="gruppe").text
    reject(musterstadt, right)

    assert all("superseded" not in found for found in before)
    assert all("superseded" in found for found in with_correction)
    assert "Korrektur eingegangen" in basket
    assert all("superseded" not in found for found in remarks_of(musterstadt, wrong))
    assert "Hinweise in den Listen geändert" in page(musterstadt, wrong)


def test_an_invoice_that_arrives_after_its_correction_says_so_at_once(
    musterstadt: Town, receive: Receive
) -> None:
    receive("TB-2026-1190", type_code="384", corrects="TB-2026-1187")
    wrong = receive("TB-2026-1187")

    assert "superseded" in remarks_of(musterstadt, wrong)[1]


@pytest.mark.parametrize("type_code", ["384", "381"])
def test_nobody_orders_a_corrected_invoice_without_a_choice_of_his_own(
    musterstadt: Town, receive: Receive, type_code: str
) -> None:
    wrong = receive("TB-2026-1187")
    path = waiting(musterstadt, "certify")
    musterstadt.browser("yilmaz").submit(path, path, **CERTIFY)
    receive("TB-2026-1190", type_code=type_code, corrects="TB-2026-1187")
    path = waiting(musterstadt, "order")
    browser = musterstadt.browser("reineke")
    form = browser.get(path).text

    silent = browser.submit(path, path, decision="anordnen")
    chosen = {
        "corrected_seen": "on",
        "corrected_reason": "Die Korrektur betrifft nur die Anschrift.",
    }
    done = browser.submit(path, path, decision="anordnen", **chosen)

    assert f"({type_code}): TB-2026-1190" in form
    assert silent.status_code == 422
    assert "Warum sie trotzdem zu zahlen ist: Bitte füllen Sie dieses Feld aus." in silent.text
    assert done.status_code == 302
    assert "trotz eingegangener Korrektur zu zahlen: Die Korrektur betrifft" in page(
        musterstadt, wrong
    )


def test_who_gives_a_corrected_invoice_back_is_asked_nothing(
    musterstadt: Town, receive: Receive
) -> None:
    receive("TB-2026-1187")
    path = waiting(musterstadt, "certify")
    musterstadt.browser("yilmaz").submit(path, path, **CERTIFY)
    receive("TB-2026-1190", type_code="384", corrects="TB-2026-1187")
    path = waiting(musterstadt, "order")

    back = {"decision": "zurueckgeben", "note": "Berichtigt."}
    answer = musterstadt.browser("reineke").submit(path, path, **back)

    assert answer.status_code == 302
