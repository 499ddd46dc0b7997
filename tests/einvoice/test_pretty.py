"""The XML of an invoice as people read it."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from laufzettel.einvoice.pretty import pretty_xml
from laufzettel.safe_xml import UnsafeXmlError


def test_a_value_longer_than_a_page_is_shortened_and_counted() -> None:
    shown = pretty_xml(b"<a><b>" + b"QUJD" * 5_000 + b"</b><c>1</c></a>")

    assert shown.text == f"<a>\n  <b>{'QUJD' * 15} … (20000 Zeichen)</b>\n  <c>1</c>\n</a>"
    assert (shown.shortened, shown.is_cut) == (1, False)


def test_more_lines_than_fit_are_cut_and_said() -> None:
    shown = pretty_xml(b"<a>" + b"<b/>" * 50 + b"</a>", lines_max=10)

    assert (shown.text.count("\n") + 1, shown.lines, shown.is_cut) == (10, 52, True)


def test_nothing_hidden_stays_hidden() -> None:
    shown = pretty_xml("<a>RE-1\u202e7\u200b</a>".encode())

    assert shown.text == "<a>RE-1�7�</a>"


def test_what_is_refused_elsewhere_is_refused_here() -> None:
    with pytest.raises(UnsafeXmlError):
        pretty_xml(b"<!DOCTYPE a><a/>")


def test_the_values_are_those_of_the_original(samples: dict[str, Path]) -> None:
    data = samples["gut.xml"].read_bytes()

    shown = etree.fromstring(pretty_xml(data).text.encode())

    def values(root: etree._Element) -> list[str]:
        return [text for one in root.iter() if len(text := (one.text or "").strip()) < 1_000]

    assert values(shown)[:50] == values(etree.fromstring(data))[:50]
