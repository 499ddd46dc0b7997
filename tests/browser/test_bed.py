"""The bed holds: good pages pass every check, and each fault is found by its check."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Page
from tests.browser.axe import axe_faults
from tests.browser.keyboard import keyboard_faults, walk
from tests.browser.opened import THEMES, WIDTHS, Theme, Windows, shot
from tests.browser.reflow import reflow_faults
from tests.browser.samples import SAMPLES

BROKEN = """<!doctype html><html lang="de"><head><meta charset="utf-8"><title>Probe</title></head>
<body><main><h1>Probe</h1>{}</main></body></html>"""


def broken(windows: Windows, html: str) -> Page:
    """Open a page around the given markup that no policy protects."""
    page = windows.open("/inbox")
    body = BROKEN.format(html)
    page.route("**/broken", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto("/broken")
    return page


def faults(page: Page) -> list[str]:
    """Return what any check finds."""
    return axe_faults(page) + reflow_faults(page) + keyboard_faults(page)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_page_passes_every_check(
    sample_windows: Windows, name: str, theme: Theme, width: int
) -> None:
    page = sample_windows.open(f"/{name}", width=width, theme=theme)
    shot(page, f"sample-{name}-{theme}-{width}")

    assert faults(page) == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", THEMES)
def test_the_page_of_an_error_passes_every_check(
    windows: Windows, theme: Theme, width: int
) -> None:
    page = windows.open("/gibt/es/nicht", width=width, theme=theme)
    shot(page, f"error-{theme}-{width}")

    assert page.title() == "Diese Seite gibt es nicht – Laufzettel"
    assert faults(page) == []


def test_a_sample_page_is_whole_without_a_script(sample_windows: Windows) -> None:
    page = sample_windows.open("/task", javascript=False)

    assert page.get_by_role("button", name="Sachlich und rechnerisch richtig zeichnen").is_visible()
    assert page.get_by_role("button", name="Tastenkürzel").count() == 0


def test_ten_tasks_and_more_are_in_sight(sample_windows: Windows) -> None:
    """On the screen of an office, below the bars of a demo."""
    page = sample_windows.open("/inbox")
    bottoms = page.eval_on_selector_all(
        "[data-row]", "rows => rows.map((row) => row.getBoundingClientRect().bottom)"
    )

    assert len([bottom for bottom in bottoms if bottom <= 768]) >= 13


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<p style="color:#bbb;background:#fff">blass</p>', "color-contrast (serious)"),
        ("<input>", "label (critical) input"),
        ('<div style="width:2000px">breit</div>', "page is 2008 px wide in 1366"),
        ('<a href="#" style="outline:none">ohne Ring</a>', "no ring: a „ohne Ring“"),
        ('<button tabindex="1">vorgedrängt</button>', 'jumps the queue: <button tabindex="1"'),
        (
            '<a href="#" style="position:absolute;left:-9000px">fort</a>',
            "out of sight: a „fort“",
        ),
        (
            '<button>unten</button><div style="position:fixed;inset:0;background:#fff"></div>',
            "covered: button „unten“",
        ),
    ],
    ids=["contrast", "label", "wide", "ring", "order", "sight", "cover"],
)
def test_each_fault_is_found(sample_windows: Windows, html: str, found: str) -> None:
    page = broken(sample_windows, html)

    assert [line for line in faults(page) if line.startswith(found)] != []


def test_a_trap_of_the_focus_is_found(sample_windows: Windows) -> None:
    page = sample_windows.open("/task")
    page.evaluate(
        "() => document.querySelector('.lz-top__name').addEventListener('keydown',"
        " (event) => event.key === 'Tab' && event.preventDefault())"
    )

    assert "not reached, the last was a „Laufzettel“" in keyboard_faults(page)[-1]


def test_a_walk_goes_from_the_skip_link_to_the_foot(sample_windows: Windows) -> None:
    stops = walk(sample_windows.open("/inbox"))

    assert stops[0].name == "a „Zum Inhalt“"
    assert stops[-1].name == "a „Impressum“"


@pytest.mark.parametrize(
    ("script", "trouble"),
    [
        ("() => console.error('kaputt')", "console: kaputt"),
        ("() => { setTimeout(() => { throw new Error('kaputt') }) }", "script: kaputt"),
        ("() => document.body.setAttribute('style', 'color:red')", "console: Applying inline"),
        ("() => { fetch('/static/dist/fehlt.css') }", "answer 404: "),
    ],
    ids=["console", "exception", "policy", "answer"],
)
def test_each_trouble_on_a_page_is_noted(
    sample_windows: Windows, script: str, trouble: str
) -> None:
    page = sample_windows.open("/inbox")

    page.evaluate(script)
    page.wait_for_timeout(200)

    assert [line for line in sample_windows.troubles if line.startswith(trouble)] != []
    sample_windows.troubles.clear()


def test_a_request_to_another_place_is_noted(sample_windows: Windows) -> None:
    broken(sample_windows, '<img alt="" src="http://127.0.0.1:1/zaehler.png">')

    assert "request to another place: http://127.0.0.1:1/zaehler.png" in sample_windows.troubles
    sample_windows.troubles.clear()


def test_a_broken_page_is_noted(windows: Windows, pages: Flask) -> None:
    @pages.get("/kaputt")
    def fail() -> str:
        raise RuntimeError("geheim")

    windows.open("/kaputt")

    assert [line.partition(": ")[0] for line in windows.troubles] == ["answer 500"]
    windows.troubles.clear()
