"""An invoice from its arrival to its payment, by six people who only click and type.

What they read is what is asserted. Jobs and the HKR run when the test says so; nobody waits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Page, expect
from tests.browser.opened import Windows
from tests.browser.town import TWIN, Town

from laufzettel.cli.demo.hkr import CLOSED_ACCOUNT, OPEN_ACCOUNT

SUBJECT = "Rechnung TB-2026-1187"
PAYEE = "Tiefbau Bergmann & Söhne GmbH"


@dataclass(slots=True)
class Desk:
    """The window of one person."""

    page: Page

    def open_task(self, name: str, subject: str = SUBJECT) -> None:
        """Open the task of the case out of the basket of the groups."""
        self.page.get_by_role("link", name="Eingangskorb").click()
        row = self.page.get_by_role("row").filter(has_text=subject).filter(has_text=name)
        row.get_by_role("link", name=name).click()
        expect(self.page.get_by_role("heading", level=1, name=subject)).to_be_visible()

    def send(self) -> None:
        """Send the form and read that it was taken."""
        self.page.get_by_role("button", name="Absenden", exact=True).click()
        expect(self.page.get_by_role("status").filter(has_text="Erledigt um")).to_be_visible()


def sits_down(windows: Windows, name: str) -> Desk:
    """Sign in with the one click of the demonstration."""
    page = windows.open("/anmelden")
    page.get_by_role("button", name=f"Anmelden als {name}").click()
    expect(page.get_by_text(name).first).to_be_visible()
    return Desk(page=page)


def fact(page: Page, term: str) -> str:
    """Return what stands beside a term."""
    text = page.locator(f"dt:text-is('{term}') + dd").first.inner_text()
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_six_people_bring_an_invoice_to_its_payment(
    musterstadt: Town, town_windows: Windows
) -> None:
    case_id = musterstadt.arrives("gut.xml")

    certifies(musterstadt, town_windows)
    musterstadt.settle()
    may_not_order(town_windows)
    orders(town_windows, "K. Brandt")
    musterstadt.settle()
    countersigns_in_the_folder(town_windows)
    musterstadt.settle()
    is_refused(town_windows)
    corrects_the_account(town_windows)
    musterstadt.settle()
    orders(town_windows, "K. Brandt")
    musterstadt.settle()
    countersigns_in_the_folder(town_windows)
    musterstadt.settle()
    keeps_the_handovers(town_windows)
    audits(town_windows, case_id)


def certifies(town: Town, windows: Windows) -> None:
    """M. Yılmaz types, goes away, comes back to the draft, forgets a field, and certifies."""
    desk = sits_down(windows, "M. Yılmaz")
    page = desk.page
    desk.open_task("Sachlich und rechnerisch feststellen")
    expect(page.get_by_text("formal in Ordnung").first).to_be_visible()
    expect(page.get_by_text("18.432,60 €").first).to_be_visible()

    page.get_by_label("Feststellen: sachlich und rechnerisch richtig").check()
    page.get_by_label("Vermerk").fill("Aufmaß liegt vor")
    expect(page.locator("[data-draft-state]")).to_have_text(re.compile("^Entwurf gespeichert "))
    page.get_by_role("link", name="Vorgänge").click()
    desk.open_task("Sachlich und rechnerisch feststellen")
    expect(page.get_by_text("Das Formular zeigt Ihren gespeicherten Entwurf.")).to_be_visible()
    expect(page.get_by_label("Vermerk")).to_have_value("Aufmaß liegt vor")

    page.get_by_label("Kostenstelle").fill("5410")
    page.get_by_label("Sachkonto").fill(" ")
    page.get_by_role("button", name="Absenden", exact=True).click()
    mistakes = page.get_by_role("alert")
    expect(mistakes).to_contain_text("Bitte prüfen Sie Ihre Angaben")
    mistakes.get_by_role("link", name="Sachkonto: Bitte füllen Sie dieses Feld aus.").click()
    expect(page.get_by_label("Sachkonto")).to_be_focused()
    expect(page.get_by_label("Vermerk")).to_have_value("Aufmaß liegt vor")

    page.get_by_label("Sachkonto").fill(CLOSED_ACCOUNT)
    desk.send()


def may_not_order(windows: Windows) -> None:
    """M. Yılmaz finds the order in the basket of the group, and reads why not and who may."""
    desk = sits_down(windows, "M. Yılmaz")
    desk.open_task("Auszahlung anordnen")

    objection = desk.page.locator(".lz-message").filter(has_text="Zeichnen können Sie hier nicht")
    expect(objection).to_contain_text("reicht nicht bis 18.432,60 €")
    expect(objection).to_contain_text("K. Brandt")
    desk.page.get_by_label("Anordnen", exact=True).check()
    desk.page.get_by_role("button", name="Absenden", exact=True).click()
    refused = desk.page.get_by_role("alert")
    expect(refused).to_contain_text("Nicht gezeichnet")
    expect(refused).to_contain_text("K. Brandt")


def orders(windows: Windows, name: str) -> None:
    """Order what M. Yılmaz has certified."""
    desk = sits_down(windows, name)
    desk.open_task("Auszahlung anordnen")
    assert fact(desk.page, "Festgestellt von") == "M. Yılmaz"
    desk.page.get_by_label("Anordnen", exact=True).check()
    desk.send()


def countersigns_in_the_folder(windows: Windows) -> None:
    """T. Reineke sees each sheet, marks what he wants, and confirms once."""
    desk = sits_down(windows, "T. Reineke")
    page = desk.page
    page.get_by_role("link", name="Unterschriften").click()
    page.get_by_role("button", name="Neue Mappe öffnen").click()
    row = page.get_by_role("row").filter(has_text=SUBJECT)
    row.get_by_role("link", name="Mitzeichnen").click()
    expect(page.get_by_role("heading", level=1, name=SUBJECT)).to_be_visible()
    assert fact(page, "Betrag") == "18.432,60 €"
    page.get_by_role("button", name="Vormerken und weiter").click()
    if not page.get_by_role("button", name="Alle vorgemerkten zeichnen").is_visible():
        page.get_by_role("link", name="Übersicht").click()
    expect(row).to_contain_text("vorgemerkt")
    expect(page.get_by_role("heading", name="1 Rechnung zeichnen")).to_be_visible()
    page.get_by_role("button", name="Alle vorgemerkten zeichnen").click()
    expect(page.get_by_role("status")).to_contain_text("1 gezeichnet.")
    expect(row).to_contain_text("gezeichnet")


def is_refused(windows: Windows) -> None:
    """J. Wiebusch sees on the telephone's page that the HKR has sent it back."""
    desk = sits_down(windows, "J. Wiebusch")
    desk.page.get_by_role("link", name="Auskunft").click()
    desk.page.get_by_role("searchbox").fill("18.432,60")
    desk.page.get_by_role("button", name="Suchen").click()
    card = desk.page.get_by_role("article").filter(has_text=SUBJECT)
    expect(card).to_contain_text("Geschäftsbuchhaltung: Kontierung berichtigen")
    expect(card.locator("dt:text-is('Bezahlt am') + dd")).to_have_text("noch nicht")


def corrects_the_account(windows: Windows) -> None:
    """S. Okafor reads the reason of the HKR and gives another account."""
    desk = sits_down(windows, "S. Okafor")
    desk.open_task("Kontierung berichtigen")
    expect(desk.page.get_by_text("Sachkonto gesperrt").first).to_be_visible()
    desk.page.get_by_label("Sachkonto").fill(OPEN_ACCOUNT)
    desk.page.get_by_label("Begründung").fill("523199 ist gesperrt")
    desk.send()


def keeps_the_handovers(windows: Windows) -> None:
    """J. Wiebusch opens the handover with its items, and sees what has stopped."""
    desk = sits_down(windows, "J. Wiebusch")
    page = desk.page
    page.get_by_role("link", name="Übergaben").click()
    page.get_by_role("row").filter(has_text="HKR").nth(0).get_by_role("link").click()
    expect(page.get_by_role("row").filter(has_text=SUBJECT)).to_contain_text("18.432,60 €")
    page.get_by_role("link", name="Störungen").click()
    stopped = page.get_by_role("listitem").filter(has_text="Eingang vom")
    expect(stopped).to_contain_text("Nicht geprüft: Die Prüfregeln fehlen.")
    expect(stopped).to_contain_text("Was zu tun ist")


def audits(windows: Windows, case_id: str) -> None:
    """A. Vogt reads the whole case, recomputes the protocol and opens the order."""
    desk = sits_down(windows, "A. Vogt")
    page = desk.page
    page.get_by_role("link", name="Vorgänge").click()
    page.get_by_role("row").filter(has_text=SUBJECT).get_by_role("link").click()
    assert fact(page, "Bezahlt am") == "30.11.2026, 18.432,60 €"
    assert fact(page, "Festgestellt von") == "M. Yılmaz"
    assert fact(page, "Angeordnet").endswith("K. Brandt")
    assert fact(page, "Mitgezeichnet von") == "T. Reineke"
    story = page.locator(".lz-timeline")
    expect(story).to_contain_text("bezahlt am 30.11.2026")
    expect(story).to_contain_text("„523199 ist gesperrt“")

    page.get_by_text("Protokoll mit Prüfsummen").click()
    page.get_by_role("button", name="Protokoll nachrechnen").click()
    expect(page.get_by_role("status")).to_contain_text("Alles stimmt.")
    page.get_by_role("link", name="Zurück zum Vorgang").click()

    link = page.get_by_role("link", name="Kassenanordnung").last
    answer = page.request.get(str(link.get_attribute("href")))
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.body().startswith(b"%PDF-1.7")
    assert f"/vorgaenge/{case_id}" in page.url


def test_the_post_room_decides_about_a_suspected_second_invoice(
    musterstadt: Town, town_windows: Windows
) -> None:
    desk = sits_down(town_windows, "R. Kranz")
    page = desk.page
    desk.open_task("Doppelrechnung prüfen", "Rechnung RW-7741")
    page.get_by_label("Ja, als Doppelrechnung ablegen").check()
    page.get_by_label("Begründung").fill("Zweitschrift, gleiche Leistung")
    desk.send()
    musterstadt.settle()

    page.goto(f"/vorgaenge/{musterstadt.case(TWIN)}")
    expect(page.locator(".lz-timeline")).to_contain_text("„Zweitschrift, gleiche Leistung“")
    expect(page.locator(".lz-head")).to_contain_text("Doppelrechnung")
