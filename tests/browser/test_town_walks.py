"""Ways through the pages of the town: keyboard alone, without a script, two at once, every role."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from tests.browser.opened import Windows
from tests.browser.town import UNCHECKED, Town
from werkzeug.routing import Rule

from laufzettel.cli.demo.town import PEOPLE
from laufzettel.engine.tables import parcel
from laufzettel.records.tables import document, invoice

SUBJECT = "Rechnung M-311"
FILE = "maler_m311.xml"


def press(page: Page, keys: str) -> None:
    """Press the keys one after the other."""
    for key in keys.split():
        page.keyboard.press(key)


def focused_row(page: Page) -> str:
    """Return the words of the row in which the focus is."""
    text: str = page.evaluate("() => document.activeElement.closest('tr')?.innerText ?? ''")
    return text


def tab_to(page: Page, name: str, *, most: int = 60) -> None:
    """Press Tab until a field or button of this name has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "() => { const e = document.activeElement;"
            " return (e.labels?.[0] ?? e).innerText?.trim().split('\\n')[0] ?? '' }"
        )
        if found.startswith(name):
            return
    raise AssertionError(f"no way to „{name}“ by Tab")


def test_a_day_at_the_inbox_without_a_mouse(musterstadt: Town, town_windows: Windows) -> None:
    page = musterstadt.open(town_windows, "yilmaz", "/aufgaben")

    press(page, "j j k j")
    assert SUBJECT in focused_row(page)
    press(page, "x j x")
    expect(page.locator("[data-selected]")).to_have_text("2 ausgewählt")
    press(page, "a")
    expect(page.get_by_role("row").filter(has_text=SUBJECT)).to_have_count(0)
    assert musterstadt.task(musterstadt.case(FILE)).assignee == "yilmaz"

    page.goto("/aufgaben?korb=meine")
    press(page, "j")
    assert SUBJECT in focused_row(page)
    press(page, "Enter")
    expect(page.get_by_role("heading", level=1, name=SUBJECT)).to_be_visible()


def test_certify_without_a_mouse(musterstadt: Town, town_windows: Windows) -> None:
    task = musterstadt.task(musterstadt.case(FILE))
    page = musterstadt.open(town_windows, "yilmaz", f"/aufgaben/{task.id}")

    tab_to(page, "Feststellen: sachlich")
    press(page, "Space")
    tab_to(page, "Kostenstelle")
    page.keyboard.type("5410")
    tab_to(page, "Sachkonto")
    page.keyboard.type("523100")
    press(page, "Control+Enter")

    expect(page.get_by_role("status").filter(has_text="Erledigt um")).to_contain_text(SUBJECT)
    assert musterstadt.app.engine.task(musterstadt.actor("yilmaz"), task.id).task.ended_by == (
        "yilmaz"
    )


def test_follow_up_without_a_mouse(musterstadt: Town, town_windows: Windows) -> None:
    page = musterstadt.open(town_windows, "yilmaz", "/aufgaben")
    page.get_by_label("Wiedervorlage am").fill("2026-12-07")

    page.get_by_label("Wiedervorlage am").blur()
    press(page, "j j w")
    expect(page.get_by_role("row").filter(has_text=SUBJECT)).to_have_count(0)
    page.goto("/aufgaben?korb=wiedervorlage")

    expect(page.get_by_role("row").filter(has_text=SUBJECT)).to_contain_text("wieder am 07.12.2026")


def test_keys_that_are_switched_off_stay_off(musterstadt: Town, town_windows: Windows) -> None:
    page = musterstadt.open(town_windows, "yilmaz", "/aufgaben")
    press(page, "?")
    page.get_by_label("Kürzel mit einer Taste benutzen").uncheck()
    press(page, "Escape")
    page.goto("/vorgaenge")
    page.goto("/aufgaben?korb=meine")

    press(page, "j x a w / ?")

    assert focused_row(page) == ""
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.url.endswith("/aufgaben?korb=meine")


def test_a_folder_is_marked_and_turned_by_keys(musterstadt: Town, town_windows: Windows) -> None:
    folder = musterstadt.app.engine.open_folder(musterstadt.actor("reineke"))
    items = musterstadt.app.engine.folder(musterstadt.actor("reineke"), folder).items
    page = musterstadt.open(town_windows, "reineke", f"/unterschriften/{folder}/{items[0].task.id}")

    press(page, "n")
    expect(page).to_have_url(f"{town_windows.address}/unterschriften/{folder}/{items[1].task.id}")
    page.go_back()
    press(page, "v")
    expect(page).to_have_url(f"{town_windows.address}/unterschriften/{folder}")

    marked = musterstadt.app.engine.folder(musterstadt.actor("reineke"), folder).items[0]
    assert marked.marked_at is not None


def test_certify_and_order_without_a_script(musterstadt: Town, town_windows: Windows) -> None:
    """What is paid is less the Skonto, for that is still to be had."""
    certify(musterstadt.open(town_windows, "yilmaz", "/aufgaben", javascript=False))
    musterstadt.settle()

    page = musterstadt.open(town_windows, "brandt", "/aufgaben", javascript=False)
    row = page.get_by_role("row").filter(has_text=SUBJECT)
    row.get_by_role("checkbox").check()
    page.get_by_role("button", name="Übernehmen", exact=True).click()
    page.get_by_role("link", name="Mir zugewiesen").click()
    row.get_by_role("link", name="Auszahlung anordnen").click()
    page.get_by_label("Anordnen", exact=True).check()
    page.get_by_role("button", name="Absenden", exact=True).click()
    expect(page.locator(".lz-message")).to_contain_text("Auszahlung anordnen")
    musterstadt.settle()

    page.goto(f"/vorgaenge/{musterstadt.case(FILE)}")
    expect(page.locator("dt:text-is('Bezahlt am') + dd")).to_have_text("30.11.2026, 6.073,57 €")


def certify(page: Page) -> None:
    """Fill the form in with every field in sight, for no script hides any."""
    page.get_by_role("row").filter(has_text=SUBJECT).get_by_role("link").click()
    page.get_by_label("Feststellen: sachlich und rechnerisch richtig").check()
    page.get_by_label("Kostenstelle").fill("5410")
    page.get_by_label("Sachkonto").fill("523100")
    expect(page.get_by_label("Begründung für den Lieferanten")).to_be_visible()
    page.get_by_role("button", name="Absenden", exact=True).click()
    expect(page.locator(".lz-message")).to_contain_text("Sachlich und rechnerisch feststellen")


def test_the_slower_of_two_reads_who_was_faster_and_keeps_his_words(
    musterstadt: Town, town_windows: Windows
) -> None:
    address = f"/aufgaben/{musterstadt.task(musterstadt.case(FILE)).id}"
    slow = musterstadt.open(town_windows, "yilmaz", address)
    fast = musterstadt.open(town_windows, "brandt", address)
    for page in (slow, fast):
        page.get_by_label("Feststellen: sachlich und rechnerisch richtig").check()
        page.get_by_label("Kostenstelle").fill("5410")
        page.get_by_label("Sachkonto").fill("523100")
    slow.get_by_label("Vermerk").fill("Aufmaß mit der Bauleitung verglichen")

    fast.get_by_role("button", name="Absenden", exact=True).click()
    expect(fast.get_by_role("status").filter(has_text="Erledigt um 07:30")).to_be_visible()
    slow.get_by_role("button", name="Absenden", exact=True).click()

    told = slow.get_by_role("alert")
    expect(told).to_contain_text("K. Brandt")
    expect(told).to_contain_text("07:30")
    typed = slow.locator(".lz-task__decision")
    expect(typed).to_contain_text("Aufmaß mit der Bauleitung verglichen")
    expect(typed).to_contain_text("Feststellen: sachlich und rechnerisch richtig")
    expect(typed).to_contain_text("523100")


#: A case with a file inside, one that the HKR refused, and one that was sent back.
CASES = ("planung_ih_0415.xml", "schluessel_k0031.xml", "mangel_ohne_leitweg.xml")


def named(town: Town, folder: str) -> dict[str, list[str]]:
    """Return ids of things that exist, by the name that routes give them."""
    engine, owner = town.app.engine, town.actor("reineke")
    with town.app.db.read() as connection:
        parcels = connection.execute(sa.select(parcel.c.id)).scalars().all()
        digests = connection.execute(sa.select(document.c.sha256)).scalars().all()
        invoices = connection.execute(sa.select(invoice.c.id)).scalars().all()
    return {
        "case_id": [town.case(name) for name in CASES],
        "task_id": [item.task.id for item in engine.folder(owner, folder).items],
        "folder_id": [folder],
        "parcel_id": list(parcels),
        "invoice_id": list(invoices[:2]),
        "sha256": list(digests[:2]),
        "number": ["0", "1"],
        "form": ["json", "xml", "pdf", "docx"],  # of the report; the last is none
        "process_id": ["eingangsrechnung", "gibt-es-nicht"],
        "layer": ["rechnen", "gibt-es-nicht"],
        # The town has none of these.
        **{key: ["0" * 26] for key in ("batch_id", "proposal_id", "run_id", "change_id")},
    }


def addresses(rule: Rule, ids: dict[str, list[str]]) -> Iterator[str]:
    """Yield every address of a route over the things that exist."""
    names = sorted(rule.arguments)
    for values in product(*(ids[name] for name in names)):
        built = rule.build(dict(zip(names, values, strict=True)))
        assert built is not None
        yield built[1]


@pytest.mark.parametrize("login", [resident.id for resident in PEOPLE])
def test_no_page_breaks_for_anybody(musterstadt: Town, login: str) -> None:
    """What exists is shown or refused, to whoever asks; it is never an error of ours."""
    folder = musterstadt.app.engine.open_folder(musterstadt.actor("reineke"))
    ids = named(musterstadt, folder)
    client = musterstadt.pages.test_client()
    for name, value in musterstadt.signed_in(login).items():
        client.set_cookie(name, value)
    rules = [
        rule
        for rule in musterstadt.pages.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint != "static"
    ]

    paths = [path for rule in rules for path in addresses(rule, ids)]
    paths.append(f"/vorgaenge/{musterstadt.case(UNCHECKED)}")  # reading a PDF takes its time
    answers = {path: client.get(path).status_code for path in paths}

    for_programs = {path for path in answers if path.startswith(("/api/", "/metrics"))}
    assert {answers[path] for path in for_programs} <= {200, 401}  # a cookie is worth nothing there
    assert {answers[path] for path in answers.keys() - for_programs} <= {200, 302, 403, 404}
    assert (answers["/"], answers["/vorgaenge"]) == (302, 200)
    plain = {rule.rule for rule in rules if not rule.arguments}
    assert [path for path, code in answers.items() if code == 404 and path in plain] == []
