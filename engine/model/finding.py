"""What the lint says: one finding with place, cause and remedy, German and English."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How grave a finding is."""

    ERROR = "error"  # the model is not deployed
    WARNING = "warning"  # deployed, but probably not what was meant
    INFO = "info"  # something was read that has no effect here


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding about a model, form or decision file."""

    rule: str  # stable id, e.g. "laufzettel/unknown-handler"
    severity: Severity
    file: str  # name inside the bundle
    line: int  # 1-based; 0 where the file has no lines to point at
    element: str  # id of the element, or empty
    element_name: str
    text_de: str
    text_en: str
    remedy_de: str
    remedy_en: str


def sort_key(finding: Finding) -> tuple[str, int, str, str, str]:
    """Return the order in which findings are shown: by file, line, rule, element."""
    return (finding.file, finding.line, finding.rule, finding.element, finding.text_de)
