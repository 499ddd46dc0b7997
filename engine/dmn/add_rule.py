"""Adding a rule to a decision table in the text of a DMN file; every other byte stays.

The rule goes above the one that catches everything (all its inputs „-“) where the table ends
with such, else to the end. Whether it is covered by one above it says the lint.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from laufzettel import safe_xml
from laufzettel.engine.dmn.xml import attribute, child, children, text_in
from laufzettel.engine.feel import literal_text
from laufzettel.errors import InputError

#: What stands for „whatever it is“ in a cell (DMN 1.5, 8.2.8).
ANY = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRule:
    """A rule to add; columns that it does not name get „-“ and null."""

    id: str
    note: str  # for people, its description
    inputs: Mapping[str, str]  # expression of a column -> the text that it must equal
    outputs: Mapping[str, str | None]  # name of a column -> the text that comes out


def add_rule(xml: bytes, decision: str, rule: NewRule) -> bytes:
    """Return the file with one more rule in the table of ``decision``.

    Raises InputError where the file has no such table, the table no such column, or the file
    is written so that the place cannot be found in its text.
    """
    table = _table(safe_xml.parse(xml), decision)
    columns = [_expression(each) for each in children(table, "input")]
    results = [attribute(each, "name") for each in children(table, "output")]
    if missing := {*rule.inputs} - {*columns} | {*rule.outputs} - {*results}:
        raise InputError(
            f"Die Tabelle „{decision}“ hat keine Spalte „{'“, „'.join(sorted(missing))}“; die Regel "
            "lässt sich dort nicht eintragen."
        )
    cells = [literal_text(rule.inputs[name]) if name in rule.inputs else ANY for name in columns]
    values = [literal_text(rule.outputs.get(name)) for name in results]
    lines = [*_lines(table, rule, cells, values)]
    text = xml.decode("utf-8-sig", errors="replace")
    added = _inserted(text, table, decision, lines).encode()
    _require_one_more(added, table, decision, rule)
    return added


def _table(root: etree._Element, decision: str) -> etree._Element:
    for each in children(root, "decision"):
        table = child(each, "decisionTable")
        if attribute(each, "id") == decision and table is not None:
            return table
    raise InputError(f"In dieser Datei gibt es keine Tabelle „{decision}“.")


def _expression(column: etree._Element) -> str:
    expression = child(column, "inputExpression")
    return text_in(expression).strip() if expression is not None else ""


def _lines(
    table: etree._Element, rule: NewRule, cells: list[str], values: list[str]
) -> Iterator[str]:
    p = f"{table.prefix}:" if table.prefix else ""
    yield f"<{p}rule id={quoteattr(rule.id)}>"
    yield f"  <{p}description>{escape(rule.note)}</{p}description>"
    for tag, short, texts in (("inputEntry", "in", cells), ("outputEntry", "out", values)):
        for number, text in enumerate(texts, 1):
            yield f"  <{p}{tag} id={quoteattr(f'{rule.id}_{short}_{number}')}>"
            yield f"    <{p}text>{escape(text)}</{p}text>"
            yield f"  </{p}{tag}>"
    for _ in children(table, "annotation"):  # a rule has an entry for each of them, too
        yield f"  <{p}annotationEntry>"
        yield f"    <{p}text>{escape(rule.note)}</{p}text>"
        yield f"  </{p}annotationEntry>"
    yield f"</{p}rule>"


def _inserted(text: str, table: etree._Element, decision: str, lines: list[str]) -> str:
    """Return the text with the lines before the place, indented as the other rules are."""
    at, indent = _place(text, table, decision)
    added = "".join(f"{indent}{line}\n" for line in lines)
    start = text.rfind("\n", 0, at) + 1
    if text[start:at].strip():  # the whole file on one line
        return text[:at] + added + text[at:]
    return text[:start] + added + text[start:]


def _place(text: str, table: etree._Element, decision: str) -> tuple[int, str]:
    begin = re.search(rf"<(?:[\w.-]+:)?decision\s[^>]*\bid=[\"']{re.escape(decision)}[\"']", text)
    found = begin and re.compile(r"</(?:[\w.-]+:)?decisionTable\s*>").search(text, begin.end())
    rules = children(table, "rule")
    extra = "  "
    if begin and rules and _catches_all(rules[-1]) and (last := attribute(rules[-1], "id")):
        wanted = rf"<(?:[\w.-]+:)?rule\s[^>]*\bid=[\"']{re.escape(last)}[\"']"
        found, extra = re.compile(wanted).search(text, begin.end()), ""
    if not found:
        raise InputError(
            "In dieser Datei lässt sich die Stelle für eine neue Regel nicht finden. Öffnen Sie sie "
            "im Modeler und speichern Sie sie neu."
        )
    line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
    return found.start(), (line if not line.strip() else "") + extra


def _catches_all(rule: etree._Element) -> bool:
    return all(text_in(each).strip() in ("", ANY) for each in children(rule, "inputEntry"))


def _require_one_more(xml: bytes, before: etree._Element, decision: str, rule: NewRule) -> None:
    """Raise InputError unless the text now says what it said, and the rule."""
    rules = children(_table(safe_xml.parse(xml), decision), "rule")
    ids = [attribute(each, "id") for each in rules]
    old = [attribute(each, "id") for each in children(before, "rule")]
    if ids.count(rule.id) != 1 or [one for one in ids if one != rule.id] != old:
        raise InputError(f"Die Regel ließ sich nicht in die Tabelle „{decision}“ eintragen.")
