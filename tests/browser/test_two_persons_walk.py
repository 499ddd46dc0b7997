"""A version that changes a condition is proposed by one person and released by another."""

from __future__ import annotations

from playwright.sync_api import expect
from tests.browser.opened import Windows
from tests.browser.places import PLACES
from tests.browser.town import Town

REASON = "Grund Ihrer Entscheidung"
WAITS = "Wartet auf eine zweite Person"


def test_one_proposes_and_another_reads_what_changes_and_releases(
    musterstadt: Town, town_windows: Windows
) -> None:
    (place,) = (one for one in PLACES if one.name == "operate-proposed")
    path = place.address(musterstadt)

    page = musterstadt.open(town_windows, "sommer", path)
    expect(page.get_by_role("button", name="Zurückziehen")).to_be_visible()
    expect(page.get_by_role("button", name="Freigeben")).to_have_count(0)

    page = musterstadt.open(town_windows, "lohmann", path)
    expect(page.get_by_role("heading", name=WAITS)).to_be_visible()
    change = page.get_by_role("listitem").filter(has_text="neue Fassung")
    expect(change).to_contain_text("N. Sommer")
    expect(change).to_contain_text(
        'Bedingung „verdict = "unchecked"“ wird „verdict = "ungeprueft"“'
    )
    page.get_by_label(REASON).fill("mit der Dienstanweisung verglichen")
    page.get_by_role("button", name="Freigeben").click()

    expect(page.get_by_role("heading", name=WAITS)).to_have_count(0)
    row = page.get_by_role("row").filter(has_text="eingangsrechnung").first
    expect(row).to_contain_text("eigene Nr. 1")
    expect(row).to_contain_text("N. Sommer")
