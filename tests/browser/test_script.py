"""What the script adds to pages that are whole without it."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from tests.browser.axe import axe_faults
from tests.browser.keyboard import keyboard_faults
from tests.browser.opened import Windows, shot

SIGN = "Sachlich und rechnerisch richtig zeichnen"


def press(page: Page, keys: str) -> None:
    """Press the keys one after the other."""
    for key in keys.split():
        page.keyboard.press(key)


def focused(page: Page) -> str:
    """Return what is written in the row with the focus."""
    text: str = page.evaluate("() => document.activeElement.closest('th')?.innerText ?? ''")
    return text


def sent(samples: Flask) -> list[tuple[str, dict[str, list[str]]]]:
    """Return what the application was sent."""
    found: list[tuple[str, dict[str, list[str]]]] = samples.extensions["sent"]
    return found


def test_j_and_k_move_from_task_to_task_and_enter_opens(sample_windows: Windows) -> None:
    page = sample_windows.open("/inbox")

    press(page, "j j j k")
    assert focused(page) == "Feststellen Tiefbau Detmold GmbH · RE-2026-4471"
    page.route("**/aufgabe/2", lambda route: route.fulfill(body="geöffnet"))
    press(page, "Enter")

    page.wait_for_url("**/aufgabe/2")


def test_j_stops_at_the_last_task_and_k_at_the_first(sample_windows: Windows) -> None:
    page = sample_windows.open("/inbox")

    press(page, "k j")
    assert focused(page) == "Feststellen Feuerwehrbedarf Teutoburg · FT-0071"
    press(page, "k " * 20)
    assert focused(page) == "Feststellen Stadtwerke Lemgo · 9000871223"


def test_x_selects_and_the_number_of_selected_is_said(sample_windows: Windows) -> None:
    page = sample_windows.open("/inbox")
    number = page.locator("[data-selected]")

    expect(number).to_have_text("2 ausgewählt")
    press(page, "j x")
    expect(number).to_have_text("1 ausgewählt")
    press(page, "x")
    expect(number).to_have_text("2 ausgewählt")


def test_one_box_selects_all(sample_windows: Windows) -> None:
    page = sample_windows.open("/inbox")
    every = page.get_by_label("Alle auswählen")

    assert every.evaluate("box => box.indeterminate") is True
    every.check()
    expect(page.locator("[data-selected]")).to_have_text("14 ausgewählt")
    every.uncheck()
    expect(page.locator("[data-selected]")).to_have_text("0 ausgewählt")


def test_a_takes_the_selected_tasks(sample_windows: Windows, samples: Flask) -> None:
    page = sample_windows.open("/inbox")

    press(page, "a")
    page.get_by_role("heading", name="Angenommen").wait_for()

    assert sent(samples) == [("eingangskorb/mehrere", {"task": ["1", "2"], "tun": ["uebernehmen"]})]


def test_a_takes_the_task_with_the_focus_where_none_is_selected(
    sample_windows: Windows, samples: Flask
) -> None:
    page = sample_windows.open("/inbox")
    page.get_by_label("Alle auswählen").check()
    page.get_by_label("Alle auswählen").uncheck()

    press(page, "a")  # the focus is on no task: nothing is meant
    press(page, "j j j w")
    page.get_by_role("heading", name="Angenommen").wait_for()

    assert sent(samples) == [("eingangskorb/mehrere", {"task": ["3"], "tun": ["wiedervorlage"]})]


def test_letters_are_letters_inside_a_field(sample_windows: Windows, samples: Flask) -> None:
    page = sample_windows.open("/inbox")

    press(page, "/ a w j x ?")

    expect(page.get_by_label("Suchen", exact=True)).to_have_value("awjx?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert sent(samples) == []


@pytest.mark.parametrize("modifier", ["Control", "Alt", "Meta"])
def test_a_letter_with_another_key_belongs_to_the_browser(
    sample_windows: Windows, modifier: str
) -> None:
    page = sample_windows.open("/inbox")

    press(page, f"{modifier}+j")

    assert focused(page) == ""


def test_the_question_mark_explains_the_keys(sample_windows: Windows) -> None:
    page = sample_windows.open("/inbox")
    press(page, "?")
    shot(page, "help")

    dialog = page.get_by_role("dialog", name="Tastenkürzel")
    expect(dialog).to_be_visible()
    assert axe_faults(page) + keyboard_faults(page) == []
    press(page, "j Escape")
    expect(dialog).to_be_hidden()
    assert focused(page) == ""  # letters were dead in the dialog


def test_letters_can_be_switched_off_for_good(sample_windows: Windows) -> None:
    page = sample_windows.open("/inbox")
    page.get_by_role("button", name="Tastenkürzel").click()
    page.get_by_label("Einzelne Buchstaben als Tastenkürzel").uncheck()
    page.get_by_role("button", name="Schließen").click()
    page.reload()

    press(page, "j / ?")

    assert focused(page) == ""
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Tastenkürzel").click()
    expect(page.get_by_label("Einzelne Buchstaben als Tastenkürzel")).not_to_be_checked()


def test_control_and_enter_sign_from_within_the_form(
    sample_windows: Windows, samples: Flask
) -> None:
    page = sample_windows.open("/task")
    page.get_by_label("Bemerkung").fill("geprüft")

    press(page, "Control+Enter")
    page.get_by_role("heading", name="Angenommen").wait_for()

    address, fields = sent(samples)[-1]
    assert (address, fields["bemerkung"], "tun" in fields) == ("aufgabe/2", ["geprüft"], False)


def test_control_and_enter_on_a_link_sign_nothing(sample_windows: Windows, samples: Flask) -> None:
    """There they open a tab."""
    page = sample_windows.open("/task")
    page.get_by_role("link", name="Original (XML)").focus()

    press(page, "Control+Enter")
    page.wait_for_timeout(200)

    assert sent(samples) == []


def test_a_form_is_sent_once_however_often_it_is_clicked(
    sample_windows: Windows, samples: Flask
) -> None:
    page = sample_windows.open("/task")
    button = page.get_by_role("button", name=SIGN)

    held, disabled = button.evaluate(
        """(button) => {
          const held = []
          addEventListener('submit', (event) => held.push(event.defaultPrevented))
          button.click()
          button.click()
          return [held, button.getAttribute('aria-disabled')]
        }"""
    )
    page.get_by_role("heading", name="Angenommen").wait_for()

    assert (held, disabled) == ([False, True], "true")
    assert [address for address, _fields in sent(samples)] == ["aufgabe/2"]


def test_back_from_the_next_page_a_form_can_be_sent_again(sample_windows: Windows) -> None:
    page = sample_windows.open("/task")
    button = page.get_by_role("button", name=SIGN)
    button.click()
    page.get_by_role("heading", name="Angenommen").wait_for()

    page.go_back()

    assert button.get_attribute("aria-disabled") is None


def test_a_draft_is_kept_without_a_click(sample_windows: Windows, samples: Flask) -> None:
    page = sample_windows.open("/task")

    page.get_by_label("Bemerkung").fill("Aufmaß fehlt")
    expect(page.locator("[data-draft-state]")).to_have_text("Entwurf gespeichert 10:12")

    ((address, fields),) = sent(samples)
    assert address == "aufgabe/2/entwurf"
    assert (fields["bemerkung"], fields["csrf_token"]) == (["Aufmaß fehlt"], ["probe"])


def test_a_draft_that_is_not_kept_is_said(sample_windows: Windows) -> None:
    page = sample_windows.open("/task")
    page.route("**/entwurf", lambda route: route.abort())

    page.get_by_label("Bemerkung").fill("Aufmaß fehlt")

    expect(page.locator("[data-draft-state]")).to_have_text(
        "Der Entwurf ist nicht gespeichert. Ihre Eingaben stehen noch hier."
    )
    sample_windows.troubles.clear()  # the console says so as well


def test_what_is_signed_leaves_no_draft_behind(sample_windows: Windows, samples: Flask) -> None:
    page = sample_windows.open("/task")
    page.get_by_label("Bemerkung").fill("geprüft")

    page.get_by_role("button", name=SIGN).click()
    page.get_by_role("heading", name="Angenommen").wait_for()
    page.wait_for_timeout(300)

    assert [address for address, _fields in sent(samples)] == ["aufgabe/2"]


def test_a_field_appears_with_the_answer_that_needs_it(
    sample_windows: Windows, samples: Flask
) -> None:
    page = sample_windows.open("/task")
    reduction = page.get_by_label("Kürzung", exact=True)

    expect(reduction).to_be_hidden()
    expect(reduction).to_be_disabled()
    page.get_by_label("Teilweise: Kürzung").check()
    expect(reduction).to_be_enabled()
    reduction.fill("120,00")
    page.get_by_label("Ja, vollständig").check()
    page.get_by_role("button", name=SIGN).click()
    page.get_by_role("heading", name="Angenommen").wait_for()

    assert "kuerzung" not in sent(samples)[-1][1]


def test_without_a_script_every_field_is_there(sample_windows: Windows) -> None:
    page = sample_windows.open("/task", javascript=False)

    assert page.get_by_label("Kürzung", exact=True).is_visible()
