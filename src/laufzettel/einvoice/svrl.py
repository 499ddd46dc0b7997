"""What the official stylesheets report (SVRL), as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lxml import etree

from laufzettel.einvoice.report import Severity
from laufzettel.einvoice.saxon import SaxonError

_SVRL: Final = "{http://purl.oclc.org/dsdl/svrl}"
_BROKEN: Final = (f"{_SVRL}failed-assert", f"{_SVRL}successful-report")
_FLAGS: Final = {severity.value: severity for severity in Severity} | {"info": Severity.INFORMATION}


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenRule:
    """A rule that a document breaks, in the words of the rule set."""

    id: str
    severity: Severity  # the rule's own; a scenario may weigh it otherwise
    location: str  # XPath with namespaces written out
    text: str


def broken_rules(svrl: str) -> list[BrokenRule]:
    """Return every rule that the report says is broken, in its order.

    A rule without a flag, or with one we do not know, counts as an error. Raises SaxonError
    for anything that is no Schematron report.
    """
    report = etree.fromstring(svrl.encode())
    if report.tag != f"{_SVRL}schematron-output":
        raise SaxonError("the stylesheet did not write a Schematron report")
    return [
        BrokenRule(
            id=item.get("id", ""),
            severity=_FLAGS.get(item.get("flag", item.get("role", "")).lower(), Severity.ERROR),
            location=item.get("location", ""),
            text=" ".join(str(item.xpath("string()")).split()),
        )
        for item in report.iter(*_BROKEN)
    ]
