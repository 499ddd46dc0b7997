"""What the lint says, as programs read it: when a model is checked, and when it is refused."""

from __future__ import annotations

from dataclasses import dataclass

from laufzettel.engine.api import Finding, Severity
from laufzettel.web.api.shapes import fill


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingOut:
    """Ein Befund: was woran falsch ist, und was zu tun ist."""

    rule: str
    severity: Severity
    file: str
    line: int
    element: str
    element_name: str
    text: str
    remedy: str


def finding_of(finding: Finding) -> FindingOut:
    """Return a finding as it is told."""
    return fill(FindingOut, finding, text=finding.text_de, remedy=finding.remedy_de)
