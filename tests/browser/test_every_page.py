"""Every page that people can see: readable for all, on a wide and a narrow window, in both themes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page
from tests.browser.axe import axe_faults
from tests.browser.keyboard import keyboard_faults
from tests.browser.opened import HEIGHT, THEMES, WIDTHS, Windows, shot
from tests.browser.places import NO_PAGE, PLACES, Place
from tests.browser.reflow import reflow_faults
from tests.browser.town import Town


def test_every_route_that_draws_a_page_is_in_the_list(musterstadt: Town) -> None:
    rules = musterstadt.pages.url_map.iter_rules()
    drawn = {rule.endpoint for rule in rules if "GET" in (rule.methods or ())}

    assert drawn - {place.endpoint for place in PLACES} == set(NO_PAGE)


def arrive(town: Town, windows: Windows, place: Place) -> Page:
    """Return the page after what is done on it first."""
    address = place.address(town)
    if place.login:
        page = town.open(windows, place.login, address)
    else:
        page = windows.open(address)
    place.act(page, town)
    return page


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_page_has_no_fault(place: Place, musterstadt: Town, town_windows: Windows) -> None:
    """The focus finds its way as it opens; all else is looked at unfolded."""
    page = arrive(musterstadt, town_windows, place)
    shot(page, f"{place.name}-folded")
    faults = keyboard_faults(page)
    page.eval_on_selector_all("details", "all => all.forEach((each) => { each.open = true })")
    faults += named_faults(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            shot(page, f"{place.name}-{theme}-{width}")
            faults += [f"{theme} {width}: {fault}" for fault in axe_faults(page)]
        faults += [f"{width}: {fault}" for fault in reflow_faults(page)]

    assert "\n".join(dict.fromkeys(faults)) == ""


def named_faults(page: Page) -> list[str]:
    """Return what is missing for somebody who hears the page: language, title, one heading."""
    headings = page.get_by_role("heading", level=1).all_inner_texts()
    title = page.title()
    faults = [] if len(headings) == 1 and headings[0].strip() else [f"headings: {headings}"]
    if not title.endswith(" – Laufzettel") or len(title) < 16:
        faults.append(f"title: {title}")
    if page.locator("html").get_attribute("lang") != "de":
        faults.append("the language is not said")
    return faults


def test_ten_tasks_and_more_are_in_sight(musterstadt: Town, town_windows: Windows) -> None:
    """On the screen of an office at eight in the morning, below the bar of the demonstration."""
    page = musterstadt.open(town_windows, "yilmaz", "/aufgaben")
    bottoms = page.eval_on_selector_all(
        "[data-row]", "rows => rows.map((row) => row.getBoundingClientRect().bottom)"
    )

    assert len([bottom for bottom in bottoms if bottom <= HEIGHT]) >= 10


def test_on_paper_every_heading_stands_above_its_column(
    musterstadt: Town, town_windows: Windows
) -> None:
    page = musterstadt.open(town_windows, "yilmaz", "/aufgaben")

    page.emulate_media(media="print")
    shown = page.evaluate(
        "() => [...document.querySelectorAll('.lz-inbox tr')].map((row) =>"
        " [...row.cells].filter((cell) => cell.checkVisibility()).length)"
    )

    assert set(shown) == {5}


def test_what_signs_is_in_sight(musterstadt: Town, town_windows: Windows) -> None:
    """Nobody scrolls to the button of the longest form."""
    task = musterstadt.task(musterstadt.case("kanal_se204.xml"))
    page = musterstadt.open(town_windows, "yilmaz", f"/aufgaben/{task.id}")

    button = page.get_by_role("button", name="Absenden", exact=True)
    box = button.bounding_box()

    assert box is not None and box["y"] + box["height"] <= HEIGHT
