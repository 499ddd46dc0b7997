"""Whatever bytes arrive: readers refuse by name, checks and reports never fail.

Fuzzed from the samples: bytes flipped, elements repeated, moved, dropped and filled with other
values, so that most files are still XML and many still invoices.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from laufzettel import safe_xml
from laufzettel.einvoice.checks import Occasion, own_findings
from laufzettel.einvoice.examine import examine
from laufzettel.einvoice.kosit import ConfigurationError, read_configuration
from laufzettel.einvoice.node import InvoiceReadError
from laufzettel.einvoice.payment_terms import parse_terms
from laufzettel.einvoice.policy import NO_ROWS, judge
from laufzettel.einvoice.read import read_invoice
from laufzettel.einvoice.report import Finding, Report, Severity, Verdict
from laufzettel.einvoice.reports import Subject, report_html, report_json, report_xml
from laufzettel.einvoice.svrl import broken_rules

NAMED = (InvoiceReadError, safe_xml.UnsafeXmlError, safe_xml.NotXmlError)
DAY = date(2026, 11, 23)
VALUES = (
    *("", " ", "0", "-0", "-1.00", "1e5", "NaN", "9" * 20, "0.005", "999999999999999.99"),
    *("2026-02-30", "0001-01-01", "9999-12-31", "20260230", "true", "DE", "EUR", "XXX", "S"),
    *("DE89370400440532013000", "\u202e\u0000".replace("\u0000", ""), "𝟙", "٣", "#SKONTO#TAGE=9"),
)


class Everything:
    """A checker that finds one rule of everything, and accepts."""

    def validate(self, xml: bytes) -> Report:
        finding = Finding(
            id="BR-CO-14",
            severity=Severity.WARNING,
            text_de="Befund.",
            location="/Invoice/InvoiceLine[2]/Price",
            original="(BT-110) (BT-117) (BT-131) (BT-92) (BT-35) (BT-146)",
        )
        return Report(verdict=Verdict.ACCEPTED, findings=(finding,))


@cache
def sources(folder: Path) -> tuple[bytes, ...]:
    return tuple(file.read_bytes() for file in sorted(folder.glob("*.xml")))


@pytest.fixture(scope="module")
def folder(samples: dict[str, Path]) -> Path:
    return samples["gut.xml"].parent


def shuffled(data: bytes, seed: int) -> bytes:
    """Return the invoice with some of its elements changed; the same for the same seed."""
    chance = random.Random(seed)
    root = etree.fromstring(data)
    for _ in range(chance.randint(1, 6)):
        elements = list(root.iter("*"))
        one, other = chance.choice(elements), chance.choice(elements)
        parent = one.getparent()
        if parent is None:
            continue
        act = chance.randrange(4)
        if act == 0:
            parent.remove(one)
        elif act == 1:
            parent.append(etree.fromstring(etree.tostring(one, with_tail=False)))
        elif act == 2 and other is not one and one not in other.iterancestors():
            other.append(one)
        else:
            one.text = chance.choice(VALUES)
    return etree.tostring(root)


def survives(data: bytes) -> None:
    """Examine the bytes, look them over, judge and report: none of it may raise."""
    found = examine(data, Everything(), Occasion(received_on=DAY, recipients=frozenset({"05"})))
    report = judge(found.report, NO_ROWS, amount=None, on=DAY)
    subject = Subject(
        report=report,
        file="x.xml",
        sha256=found.sha256,
        checked_at=datetime(2026, 11, 23, tzinfo=UTC),
        invoice=found.invoice,
    )
    report_html(subject)
    report_json(subject)
    etree.fromstring(report_xml(subject))


@settings(max_examples=150, deadline=None)
@given(which=st.integers(0, 99), seed=st.integers(0, 2**32))
def test_an_invoice_turned_inside_out_is_read_or_refused_by_name(
    folder: Path, which: int, seed: int
) -> None:
    files = sources(folder)
    data = shuffled(files[which % len(files)], seed)

    survives(data)
    try:
        own_findings(read_invoice(data), Occasion(received_on=DAY), "Text ohne alles")
    except NAMED as error:
        assert str(error).endswith((".", ")")) or "wohlgeformt" in str(error)


@settings(max_examples=100, deadline=None)
@given(
    which=st.integers(0, 99),
    flips=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=8),
    cut=st.integers(0, 10**6),
)
def test_damaged_bytes_are_refused_by_name(
    folder: Path, which: int, flips: list[tuple[int, int]], cut: int
) -> None:
    files = sources(folder)
    data = bytearray(files[which % len(files)])
    for place, value in flips:
        data[place % len(data)] = value

    survives(bytes(data))
    survives(bytes(data[: cut % len(data)]))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_at_all_end_in_a_verdict(data: bytes) -> None:
    survives(data)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="#SKONTOAGEPRZBI=.0123456789-\r\n ", max_size=120))
def test_any_payment_terms_are_read(text: str) -> None:
    terms = parse_terms(text)

    assert all(0 <= one.days <= 3650 and 0 <= one.percent <= 100 for one in terms.skonto)
    assert all(line.startswith("#") for line in terms.unclear)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200), st.text(max_size=20))
def test_what_a_stylesheet_writes_is_read_whatever_it_says(text: str, flag: str) -> None:
    svrl = etree.Element("{http://purl.oclc.org/dsdl/svrl}schematron-output")
    one = etree.SubElement(svrl, "{http://purl.oclc.org/dsdl/svrl}failed-assert")
    safe = "".join(c for c in text if c.isprintable())
    one.set("flag", "".join(c for c in flag if c.isprintable()))
    etree.SubElement(one, "{http://purl.oclc.org/dsdl/svrl}text").text = safe

    (broken,) = broken_rules(etree.tostring(svrl, encoding="unicode"))

    assert broken.severity in set(Severity)


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=200))
def test_no_bytes_are_taken_for_a_configuration(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    folder = tmp_path_factory.mktemp("k")
    (folder / "scenarios.xml").write_bytes(data)

    with pytest.raises(ConfigurationError):
        read_configuration(folder)
