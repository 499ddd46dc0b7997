"""Handing in invoices as somebody at the post does: dragging, without JavaScript, a line that breaks."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, expect
from tests.browser.opened import Windows
from tests.browser.town import Town

PATH: Final = "/annehmen"
#: Drops files with these names on the form, as the mouse does.
_DROP: Final = """(box, names) => {
  const transfer = new DataTransfer()
  names.forEach((name) => transfer.items.add(new File([`<Invoice>${name}</Invoice>`], name)))
  box.dispatchEvent(new DragEvent('dragover', { dataTransfer: transfer, cancelable: true }))
  box.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, cancelable: true }))
}"""


def drop(page: Page, *names: str) -> None:
    """Drop files on the form."""
    page.locator("[data-upload-drop]").evaluate(_DROP, list(names))


def send(page: Page) -> None:
    """Press the button."""
    page.get_by_role("button", name="Annehmen", exact=True).click()


def test_forty_dropped_files_are_sent_one_by_one(musterstadt: Town, town_windows: Windows) -> None:
    page = musterstadt.open(town_windows, "kranz", PATH)
    drop(page, *(f"a{n}.xml" for n in range(39)))
    drop(page, "b.docx")

    expect(page.locator("[data-upload-chosen]")).to_have_text("40 gewählt, 0 MB")
    send(page)

    summary = page.get_by_role("heading", level=2, name="angenommen")
    expect(summary).to_have_text(
        "40 angenommen, 0 lagen schon vor, 0 nicht angenommen", timeout=60_000
    )
    expect(summary).to_be_focused()
    expect(page.locator("label[for=fortschritt]")).to_have_text("40 von 40 gesendet")
    assert page.locator("#fortschritt").evaluate("bar => bar.value") == 1
    expect(page.locator("[data-upload-list] a")).to_have_count(40)
    expect(page.locator("[data-upload-chosen]")).to_have_text("")


def test_what_did_not_arrive_stays_chosen_and_goes_again(
    musterstadt: Town, town_windows: Windows
) -> None:
    page = musterstadt.open(town_windows, "kranz", PATH)
    drop(page, "a.xml", "b.xml", "c.xml")
    seen: list[str] = []

    def break_the_line(route: object) -> None:
        seen.append("sent")
        route.abort() if len(seen) == 2 else route.continue_()  # type: ignore[attr-defined]

    page.route(f"**{PATH}", break_the_line)
    send(page)
    summary = page.locator("[data-upload-summary]")
    expect(summary).to_have_text("1 angenommen, 0 lagen schon vor, 2 nicht angenommen")
    expect(page.locator("[data-upload-chosen]")).to_contain_text("2 gewählt")
    assert len(seen) == 2  # the third was not sent into the void

    send(page)
    expect(summary).to_have_text("3 angenommen, 0 lagen schon vor, 0 nicht angenommen")
    town_windows.troubles.clear()  # the broken line


@pytest.mark.parametrize("javascript", [True, False])
def test_a_chosen_file_arrives_with_and_without_javascript(
    musterstadt: Town, town_windows: Windows, tmp_path: Path, javascript: bool
) -> None:
    page = musterstadt.open(town_windows, "kranz", PATH, javascript=javascript)
    (tmp_path / "rechnung.xml").write_bytes(b"<Invoice/>")
    (tmp_path / "brief.docx").write_bytes(b"PK\x03\x04")

    page.locator("#dateien").set_input_files([tmp_path / "rechnung.xml", tmp_path / "brief.docx"])
    send(page)

    heading = page.get_by_role("heading", level=2, name="angenommen")
    expect(heading).to_have_text("1 angenommen, 0 lagen schon vor, 1 nicht angenommen")
    rows = page.locator("[data-upload-list] > li")
    expect(rows.first).to_contain_text("brief.docx 4 B – nicht angenommen")
    rows.last.get_by_role("link").click()
    page.wait_for_url("**/vorgaenge/*")
