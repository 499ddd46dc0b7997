"""The ready text for the supplier: what is wrong, in which field, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from laufzettel.einvoice.report import Finding, Report

#: More would be no letter any more; the rest is counted.
_FINDINGS_MAX: Final = 20
_VALUES_MAX: Final = 4
#: From what a clerk reads about the supplier to what the supplier reads.
_ADDRESSED: Final = (
    (re.compile(r"\bDer Lieferant muss\b"), "Sie müssen"),
    (
        re.compile(r"\bdie er mit dem Auftrag erhalten hat\b"),
        "die Sie mit dem Auftrag erhalten haben",
    ),
    (re.compile(r"\bsein(e[nrm]?)?\b"), r"Ihr\1"),
)


def addressed(remedy: str) -> str:
    """Return a remedy as a letter says it.

    >>> addressed("Der Lieferant muss seine IBAN angeben und die Rechnung neu senden.")
    'Sie müssen Ihre IBAN angeben und die Rechnung neu senden.'
    """
    for words, instead in _ADDRESSED:
        remedy = words.sub(instead, remedy)
    return remedy


def supplier_text(report: Report) -> str | None:
    """Return why the invoice goes back and what to correct; None where nothing rejects."""
    reasons = [finding for finding in report.findings if finding.rejects]
    return listed(reasons, "Mängel") if reasons else None


def listed(findings: Iterable[Finding], what: str) -> str:
    """Return the findings as a list for a letter, equal ones once.

    >>> from laufzettel.einvoice.report import Severity
    >>> print(listed([Finding(id="BR-DE-15", severity=Severity.FATAL, term="BT-10",
    ...     text_de="Die Leitweg-ID fehlt.", values=("Leitweg-ID (BT-10): nicht angegeben",))], ""))
    - Die Leitweg-ID fehlt. [Feld BT-10, Regel BR-DE-15]
      Leitweg-ID (BT-10): nicht angegeben
    """
    texts = list(dict.fromkeys(map(_one, findings)))
    more = [f"- und {len(texts) - _FINDINGS_MAX} weitere {what}"] * (len(texts) > _FINDINGS_MAX)
    return "\n".join(texts[:_FINDINGS_MAX] + more)


def _one(finding: Finding) -> str:
    field = f"Feld {finding.term}, " if finding.term else ""
    text = (
        f"- {finding.text_de} [{field}Regel {finding.id}] {addressed(finding.remedy_de)}".rstrip()
    )
    values = (" ".join(value.split()) for value in finding.values[:_VALUES_MAX])
    return "\n".join([text, *(f"  {value}" for value in values)])
