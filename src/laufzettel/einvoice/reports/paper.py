"""The report for people: a part of a page, or a paper of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import jinja2
from markupsafe import Markup

from laufzettel.clock import office_time
from laufzettel.einvoice.layers import layer_of
from laufzettel.einvoice.policy import Treatment
from laufzettel.einvoice.report import Finding
from laufzettel.einvoice.reports.subject import Subject
from laufzettel.einvoice.supplier_text import supplier_text
from laufzettel.einvoice.view.copy import copy_css
from laufzettel.einvoice.view.page import verdict_of
from laufzettel.einvoice.view.render import templates
from laufzettel.einvoice.view.words import Words

_WORDS: Final = Words("de")
_HEADINGS: Final = (
    ("defect", "Führt zur Zurückweisung"),
    ("look", "Vor der Feststellung anzusehen"),
    ("note", "Vermerkt"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Findings of which the same follows."""

    kind: str  # defect, look, note
    heading: str
    findings: Sequence[Finding]


def report_html(subject: Subject) -> Markup:
    """Return the report as an ``<article>`` whose headings begin at h2; escaped and harmless."""
    report, invoice = subject.report, subject.invoice
    return Markup(  # noqa: S704 - made by a template that escapes
        _templates()
        .get_template("report.html")
        .render(
            subject=subject,
            report=report,
            invoice=invoice,
            verdict=verdict_of(report, _WORDS),
            outcome=Treatment(report.outcome).german if report.outcome else "",
            groups=_groups(report.findings),
            checked_at=office_time(subject.checked_at),
            letter=supplier_text(report),
            layer=lambda finding: layer_of(finding.id).german,
            day=lambda value: _WORDS.day(value) if value else "ohne Datum",
            money=_WORDS.money,
        )
    )


def report_paper(subject: Subject) -> str:
    """Return the report as a whole HTML document, styled by ``report_css`` that it carries."""
    return (
        _templates()
        .get_template("paper.html")
        .render(subject=subject, report=report_html(subject), css=Markup(report_css()))  # noqa: S704 - our own file
    )


def report_css() -> str:
    """Return the style sheet of the paper, A4: that of the Sichtkopie."""
    return copy_css()


def _groups(findings: Sequence[Finding]) -> list[Group]:
    kinds: dict[str, list[Finding]] = {}
    for finding in findings:
        kind = "defect" if finding.rejects else "look" if finding.is_to_look_at else "note"
        kinds.setdefault(kind, []).append(finding)
    return [
        Group(kind=kind, heading=heading, findings=kinds[kind])
        for kind, heading in _HEADINGS
        if kind in kinds
    ]


@cache
def _templates() -> jinja2.Environment:
    """Return the templates of the report, as strict about what they put out as the view's."""
    own = templates().overlay(loader=jinja2.PackageLoader("laufzettel.einvoice.reports"))
    own.cache = {}
    return own
