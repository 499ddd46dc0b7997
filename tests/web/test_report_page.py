"""The report of a check, as a page and as files."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from lxml import etree
from tests.web.conftest import Town

from laufzettel.einvoice.reports import NAMESPACE

Samples = Callable[[str], bytes]


@pytest.fixture
def address(musterstadt: Town, samples: Samples) -> str:
    """Where the report of an invoice that was checked is read."""
    return f"/vorgaenge/{musterstadt.receive(samples('gut.xml'))}/pruefbericht"


def test_the_case_leads_to_the_report_and_the_report_to_its_files(
    musterstadt: Town, address: str
) -> None:
    browser = musterstadt.browser("vogt")

    case, page = browser.get(address.removesuffix("/pruefbericht")).text, browser.get(address).text

    assert f'href="{address}"' in case
    assert "formal in Ordnung" in page
    assert "Über Grund und Höhe der Forderung sagt der Bericht nichts." in page
    assert [form for form in ("pdf", "json", "xml") if f"{address}.{form}" not in page] == []


def test_the_files_say_what_the_page_says(musterstadt: Town, address: str) -> None:
    browser = musterstadt.browser("vogt")

    xml = browser.get(f"{address}.xml")
    data = browser.get(f"{address}.json").get_json()

    root = etree.fromstring(xml.data)
    assert (root.tag, root.get("valid")) == (f"{{{NAMESPACE}}}report", "true")
    assert (data["verdict"], data["outcome"]) == ("accepted", "vermerken")
    assert data["invoice"]["number"] == "TB-2026-1187"
    assert xml.headers["Content-Disposition"].startswith("attachment; ")
    assert browser.get(f"{address}.pdf").data.startswith(b"%PDF-")


def test_another_form_there_is_not(musterstadt: Town, address: str) -> None:
    assert musterstadt.browser("vogt").get(f"{address}.docx").status_code == 404
