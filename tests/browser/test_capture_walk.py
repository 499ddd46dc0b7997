"""Capturing plain PDFs by keyboard alone: how many keys an invoice takes, and how long the program.

What a person needs for reading is not measured; docs/performance.md says what the figures mean.
With ``-s`` they are printed.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field

import sqlalchemy as sa
from playwright.sync_api import Page, expect
from tests.browser.opened import SHOTS, Windows, shot
from tests.browser.town import TO_CAPTURE, Town
from tests.einvoice.scans import giro, paper, scan
from tests.einvoice.test_fulltext import pdf_saying
from tests.web.conftest import text_pdf

from laufzettel.records.tables import document, invoice


@dataclass(slots=True)
class Typist:
    """Somebody without a mouse whose keys are counted."""

    page: Page
    keys: int = 0
    fields: int = 0
    seconds: list[float] = field(default_factory=list)  # from a key until the next page stands

    def press(self, key: str) -> None:
        self.keys += 1
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.fields += 1
        self.keys += len(text)
        self.page.keyboard.type(text)

    def send(self) -> None:
        """Send the form and wait for the next page."""
        began = time.perf_counter()
        with self.page.expect_navigation():
            self.press("Control+Shift+Enter")
        self.seconds.append(time.perf_counter() - began)

    def focused(self) -> str:
        """Return the name of the field in which the focus is."""
        name: str = self.page.evaluate("() => document.activeElement.name ?? ''")
        return name


def letter(number: int) -> tuple[str, ...]:
    """Return the lines of a plain invoice as craftsmen write them with an office program."""
    return (
        f"Malerbetrieb Oeztuerk {number}, Farbgasse 2, 33602 Bielefeld",
        "USt-IdNr. DE136695976",
        f"Rechnungs-Nr. 2026-{number}",
        "Rechnungsdatum: 27.11.2026",
        f"Gesamtbetrag brutto {number},60 EUR",
        "Zahlbar bis 27.12.2026 auf DE02 1203 0000 0000 2020 51",
    )


def task_of(town: Town, file_name: str) -> str:
    return f"/aufgaben/{town.task(town.case(file_name)).id}"


def test_an_invoice_with_text_from_a_known_supplier_takes_three_keys(
    musterstadt: Town, town_windows: Windows
) -> None:
    musterstadt.receive("eins.pdf", text_pdf(*letter(411)), channel="mail")
    musterstadt.settle()
    page = musterstadt.open(town_windows, "kranz", task_of(musterstadt, "eins.pdf"))
    typist = Typist(page=page)
    shot(page, "capture-1366")

    typist.press("f")
    assert typist.focused() == "is_compared", "nothing is missing: one box confirms all proposals"
    typist.press("Space")
    typist.send()

    assert (typist.fields, typist.keys) == (0, 3)
    assert stored(musterstadt, "2026-411").payee_iban == "DE02120300000000202051"
    print(f"\ntext: {typist.fields} fields, {typist.keys} keys, {sum(typist.seconds):.2f} s")


def test_an_invoice_that_proposes_nothing_is_typed_whole(
    musterstadt: Town, town_windows: Windows
) -> None:
    """Paper without a code, and no text recognition: what a person types is all there is."""
    musterstadt.receive("drei.pdf", scan(paper("Rechnung 9001")), channel="scan")
    musterstadt.settle()
    page = musterstadt.open(town_windows, "kranz", task_of(musterstadt, "drei.pdf"))
    typist = Typist(page=page)

    typist.press("f")
    for name, text in (
        ("supplier_name", "Zimmerei Kranz"),
        ("invoice_number", "9001"),
        ("issued_on", "11272026"),
        ("gross_amount", "312,40"),
    ):
        while typist.focused() != name:
            typist.press("Tab")
        typist.type(text)
    while typist.focused() != "is_compared":
        typist.press("Tab")
    typist.press("Space")
    typist.send()

    assert typist.fields == 4
    assert typist.keys <= 60
    assert str(stored(musterstadt, "9001").payable) == "312.40"
    print(f"\nnothing: {typist.fields} fields, {typist.keys} keys, {sum(typist.seconds):.2f} s")


def test_a_scan_with_a_code_takes_the_day_and_four_keys(
    musterstadt: Town, town_windows: Windows
) -> None:
    data = scan(paper("Malerbetrieb", "Rechnung 2026-77", codes=[giro()]))
    musterstadt.receive("zwei.pdf", data, channel="scan")
    musterstadt.settle()
    page = musterstadt.open(town_windows, "kranz", task_of(musterstadt, "zwei.pdf"))
    typist = Typist(page=page)
    shot(page, "capture-scan-1366")

    typist.press("f")
    assert typist.focused() == "issued_on"
    typist.type("11272026")  # Chromium without a desktop asks for month, day, year
    page.evaluate("() => document.activeElement.blur()")
    typist.press("f")
    typist.press("Space")
    typist.send()

    assert (typist.fields, typist.keys) == (1, 12)
    row = stored(musterstadt, "2026-77")
    assert (str(row.payable), str(row.issued_on)) == ("761.60", "2026-11-27")
    print(f"\nscan: {typist.fields} field, {typist.keys} keys, {sum(typist.seconds):.2f} s")


def stored(town: Town, number: str) -> sa.Row[tuple[object, ...]]:
    """Return the invoice as it was captured."""
    with town.app.db.read() as connection:
        return connection.execute(sa.select(invoice).where(invoice.c.number == number)).one()


def test_what_is_signed_stands_at_the_button_in_a_low_window(
    musterstadt: Town, town_windows: Windows
) -> None:
    """1366 x 768 is what stands in the offices."""
    page = musterstadt.open(town_windows, "kranz", task_of(musterstadt, TO_CAPTURE))

    sentence = page.get_by_text("Mit „Erfassen“ zeichnen Sie:")
    button = page.get_by_role("button", name="Absenden", exact=True)
    expect(sentence).to_be_in_viewport(ratio=1)
    expect(button).to_be_in_viewport(ratio=1)
    above, below = sentence.bounding_box(), button.bounding_box()
    assert above is not None and below is not None
    assert above["y"] + above["height"] <= below["y"]


def test_the_certification_shows_tax_and_what_it_signs_in_a_low_window(
    musterstadt: Town, town_windows: Windows
) -> None:
    page = musterstadt.open(town_windows, "yilmaz", task_of(musterstadt, "maler_m311.xml"))

    page.get_by_label("Feststellen: sachlich und rechnerisch richtig").check()
    if os.environ.get(SHOTS):
        page.screenshot(path=f"{os.environ[SHOTS]}/certify-low.png")

    signed = page.get_by_text("Mit „Feststellen“ zeichnen Sie:")
    tax = page.get_by_role("radio", name="Wie vorgeschlagen")
    expect(signed).to_be_in_viewport(ratio=1)
    where, bar = tax.bounding_box(), signed.bounding_box()
    assert where is not None and bar is not None
    assert where["y"] + where["height"] <= bar["y"], "it lies above the bar, not below"


def test_two_invoices_in_one_scan_are_parted_by_one_cross(
    musterstadt: Town, town_windows: Windows
) -> None:
    data = pdf_saying("Rechnung 4711", "Seite 2 von 4711", "Rechnung 4712")
    case_id = musterstadt.receive("zwei_in_einer.pdf", data, channel="scan")
    musterstadt.settle()
    page = musterstadt.open(
        town_windows, "kranz", f"/aufgaben/{musterstadt.task(case_id).id}/seiten"
    )

    for picture in page.get_by_role("img").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", value=True, timeout=30_000)
    shot(page, "stack-pages")
    page.get_by_label("Seite 3: hier beginnt eine Rechnung").check()
    page.get_by_role("button", name="So aufteilen").click()
    expect(page.get_by_role("status").filter(has_text="Erledigt um")).to_be_visible()
    musterstadt.settle()

    with musterstadt.app.db.read() as connection:
        names = connection.execute(
            sa.select(document.c.file_name)
            .where(document.c.file_name.like("zwei_in_einer, %"))
            .order_by(document.c.file_name)
        ).scalars()
        assert list(names) == ["zwei_in_einer, Seite 3.pdf", "zwei_in_einer, Seiten 1–2.pdf"]
