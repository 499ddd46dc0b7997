"""From a broken official rule to a sentence that a clerk understands and can act on."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any, Final

from laufzettel.einvoice.report import Finding, Severity

_LABEL: Final = re.compile(r"^\s*\[[^\]]*\]\s*-?\s*")
_TERM: Final = re.compile(r"\b(?:BT|BG)-(?:DEX-)?\d+\b")
_STEP: Final = re.compile(r"/(?:Q\{[^}]*\}|[\w-]+:|\*:)?([@\w.-]+)(?:\[(\d+)\])?")


@cache
def _syntax() -> dict[str, Any]:
    """The forms of sentences about the syntax, and which rule fills which form with what."""
    text = files("laufzettel.einvoice").joinpath("explanations_syntax.json").read_text("utf-8")
    syntax: dict[str, Any] = json.loads(text)
    return syntax


_SYNTAX_REMEDY: Final = (
    "Der Lieferant muss die Datei mit einem Programm erzeugen, das den Standard einhält, "
    "und die Rechnung neu senden."
)


@cache
def _table() -> dict[str, Any]:
    """The texts, read once: rule ids first, then families by the beginning of the id."""
    text = files("laufzettel.einvoice").joinpath("explanations.json").read_text("utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


def explain(rule: str, severity: Severity, *, location: str, original: str) -> Finding:
    """Return the finding for a broken rule, in German whatever the rule is.

    >>> finding = explain("BR-DE-15", Severity.FATAL, location="/Q{urn:x}Invoice[1]",
    ...     original='[BR-DE-15] Das Element "Buyer reference" (BT-10) muss übermittelt werden.')
    >>> finding.text_de, finding.term, finding.location
    ('Die Leitweg-ID (Buyer Reference) fehlt.', 'BT-10', '/Invoice')
    >>> explain("UBL-CR-005", Severity.WARNING, location="/", original="[UBL-CR-005]-A …").text_de
    'Die Datei enthält „UUID“. EN 16931 kennt diese Angabe nicht; sie wird nicht ausgewertet.'
    >>> explain("BR-CO-99", Severity.FATAL, location="/", original="[BR-CO-99]-Of a later …").text_de
    'Beträge oder Angaben der Rechnung passen nicht zusammen. Wortlaut der Vorschrift BR-CO-99: \
Of a later …'
    """
    wording = " ".join(_LABEL.sub("", original).split())
    found = _TERM.search(wording)
    entry = _explained(rule)
    if entry is not None:
        what, term = entry["what"], entry["term"]
    else:  # of a rule set that is newer than the explanations
        entry, term = _family(rule), found[0] if found else ""
        what = f"{entry['what']} Wortlaut der Vorschrift {rule}: {wording}"
    remedy = entry["remedy"]
    if not severity.rejects and remedy.startswith("Der Lieferant muss"):
        # The invoice passes with this: nobody is to ask for a new one because of it.
        remedy = "Die Rechnung wird deswegen nicht zurückgewiesen."
    return Finding(
        id=rule,
        severity=severity,
        text_de=what,
        remedy_de=remedy,
        location=shorten(location),
        term=term,
        original=original,
    )


def explained_rules() -> tuple[str, ...]:
    """Return the ids of every official rule that is explained."""
    return (*_table()["rules"], *_syntax()["rules"])


def title_of(rule: str) -> str:
    """Return what an official rule is about, "" for one that nobody has explained.

    >>> title_of("BR-DE-15"), title_of("BR-ZZ-1")
    ('Die Leitweg-ID (Buyer Reference) fehlt.', '')
    """
    entry = _explained(rule)
    return entry["what"] if entry else ""


def _explained(rule: str) -> dict[str, str] | None:
    """Return what is said of this very rule, None where nothing is."""
    entry: dict[str, str] | None = _table()["rules"].get(rule)
    if entry is None and (filled := _syntax()["rules"].get(rule)):
        form, subject = filled
        term = _TERM.search(subject)
        what = _syntax()["forms"][form].format(subject)
        return {"what": what, "term": term[0] if term else "", "remedy": _SYNTAX_REMEDY}
    return entry


def shorten(location: str) -> str:
    """Return an XPath as people can follow it: no namespaces, no number where it is the first.

    >>> shorten("/Q{urn:a}Invoice[1]/Q{urn:b}InvoiceLine[2]/Q{urn:b}Item[1]/Q{urn:c}Name[1]")
    '/Invoice/InvoiceLine[2]/Item/Name'
    """
    steps = _STEP.findall(location)
    return "".join(f"/{name}[{n}]" if n not in {"", "1"} else f"/{name}" for name, n in steps)


def _family(rule: str) -> dict[str, str]:
    families: list[dict[str, str]] = _table()["families"]
    # The last family has an empty prefix, so there always is one.
    return next(entry for entry in families if rule.startswith(entry["prefix"]))
