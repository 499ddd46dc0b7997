"""Rules about expressions: readable FEEL, known variables, ASCII names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from difflib import get_close_matches
from typing import Final

from laufzettel.engine.model.bundle import Bundle
from laufzettel.engine.model.expressions import Use, as_feel, parsed
from laufzettel.engine.model.finding import Severity
from laufzettel.engine.model.rules.table import Hit, in_file, listed, rule
from laufzettel.engine.model.source import Node, Place
from laufzettel.engine.model.variables import (
    VARIABLES,
    declared,
    uses_in,
    variables_of,
)
from laufzettel.engine.model.vocabulary import GATEWAYS

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_TARGET: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*){0,5}", re.ASCII)
#: Events that take inputs along when they are thrown.
_SENDING: Final = tuple(f"{kind}EventDefinition" for kind in ("message", "signal", "escalation"))
#: Longest expression of a model.
TEXT_MAX: Final = 4000
_PERCENT: Final = re.compile(r"[0-9]|[1-9][0-9]|100", re.ASCII)
_COUNT: Final = re.compile(r"[0-9]{1,2}", re.ASCII)


def _is_day(text: str) -> bool:
    try:
        return bool(datetime.fromisoformat(text))
    except ValueError:
        return False


_DAY: Final = (_is_day, "ein Tag wie 2026-12-31", "a day such as 2026-12-31")
#: role of an expression -> what a static value must look like.
_STATIC: Final[dict[str, tuple[Callable[[str], object], str, str]]] = {
    "Die Priorität": (_PERCENT.fullmatch, "0 bis 100", "0 to 100"),
    "Die Zahl der Versuche": (_COUNT.fullmatch, "0 bis 99", "0 to 99"),
    "Die Frist": _DAY,
    "Die Wiedervorlage": _DAY,
}


def _values(use: Use) -> dict[str, str]:
    return {"role_de": use.role_de, "role_en": use.role_en, "text": use.text}


@rule(
    "feel-syntax",
    Severity.ERROR,
    de="{role_de} {of} ist kein gültiger FEEL-Ausdruck: {reason_de}",
    en="{role_en} of {it} is not a valid FEEL expression: {reason_en}.",
    remedy_de="Berichtigen Sie den Ausdruck: {text}",
    remedy_en="Correct the expression: {text}",
)
def feel_syntax(bundle: Bundle) -> Iterator[Hit]:
    """Every expression can be read."""
    for _, use in uses_in(bundle):
        if use.is_feel:
            reason_de, reason_en = _reason(use)
            if reason_de:
                values = {"reason_de": reason_de, "reason_en": reason_en}
                yield Hit(at=use.at, line=use.line, values={**_values(use), **values})


def _reason(use: Use) -> tuple[str, str]:
    text = as_feel(use.text)
    if not text:
        return "Der Ausdruck ist leer.", "it is empty"
    if len(text) > TEXT_MAX:
        return f"Er ist länger als {TEXT_MAX} Zeichen.", f"it is longer than {TEXT_MAX} characters"
    found = parsed(text)
    return found.error_de, found.error_en


@rule(
    "not-feel",
    Severity.ERROR,
    de="{role_de} {of} beginnt nicht mit „=“: {text}",
    en="{role_en} of {it} does not begin with “=”: {text}",
    remedy_de="Schreiben Sie einen FEEL-Ausdruck mit „=“ davor, zum Beispiel: =amount > 100",
    remedy_en="Write a FEEL expression with a leading “=”, for example: =amount > 100",
)
def not_feel(bundle: Bundle) -> Iterator[Hit]:
    """Where only an expression has a meaning, no static value stands."""
    for _, use in uses_in(bundle):
        if use.must_be_feel and not use.is_feel:
            yield Hit(at=use.at, line=use.line, values=_values(use))


@rule(
    "static-value",
    Severity.ERROR,
    de="{role_de} {of} ist „{text}“; möglich ist {range_de} oder ein Ausdruck mit „=“.",
    en="{role_en} of {it} is “{text}”; {range_en} or an expression with “=” is possible.",
    remedy_de="Berichtigen Sie den Wert.",
    remedy_en="Correct the value.",
)
def static_value(bundle: Bundle) -> Iterator[Hit]:
    """A static number lies in its range."""
    for _, use in uses_in(bundle):
        if use.role_de in _STATIC and not use.is_feel:
            fits, range_de, range_en = _STATIC[use.role_de]
            if not fits(use.text):
                values = {"range_de": range_de, "range_en": range_en}
                yield Hit(at=use.at, line=use.line, values={**_values(use), **values})


@rule(
    "foreign-language",
    Severity.ERROR,
    de="Die Bedingung {of} ist in „{language}“ geschrieben; ausgewertet wird nur FEEL.",
    en="The condition of {it} is written in “{language}”; FEEL alone is evaluated.",
    remedy_de="Schreiben Sie die Bedingung als FEEL-Ausdruck.",
    remedy_en="Write the condition as a FEEL expression.",
)
def foreign_language(bundle: Bundle) -> Iterator[Hit]:
    """No condition is written in another language."""
    for _, flow in bundle.flows():
        if flow.language and "feel" not in flow.language.lower():
            yield Hit(at=flow, values={"language": flow.language})


@rule(
    "unknown-variable",
    Severity.ERROR,
    de="{role_de} {of} nennt die unbekannte Variable „{name}“. {guess_de}",
    en="{role_en} of {it} names the unknown variable “{name}”. {guess_en}",
    remedy_de="Berichtigen Sie den Namen. Kommt die Variable von außen, tragen Sie sie am Prozess "
    "oder an der Nachricht in die Eigenschaft laufzettel:variables ein.",
    remedy_en="Correct the name. If the variable comes from outside, add it to the property "
    "laufzettel:variables of the process or the message.",
)
def unknown_variable(bundle: Bundle) -> Iterator[Hit]:
    """Every variable that an expression names is brought by somebody."""
    variables = variables_of(bundle)
    for graph, use in uses_in(bundle):
        if use.is_feel and not variables.is_open(graph):
            for name in sorted(parsed(as_feel(use.text)[:TEXT_MAX]).names - use.local):
                if name in use.hidden or name not in variables.known(graph):
                    near = guess(name, variables.known(graph) | use.local)
                    values = {**_values(use), "name": name, **near}
                    yield Hit(at=use.at, line=use.line, values=values)


def guess(name: str, known: frozenset[str]) -> dict[str, str]:
    """Return what was probably meant by an unknown name, for the texts of a rule.

    >>> guess("amuont", frozenset({"amount", "unit"}))["guess_de"]
    'Gemeint ist vielleicht „amount“.'
    """
    others = sorted(known - {name})
    some = [each for each in others if abs(len(each) - len(name)) <= 2][:50]
    near = get_close_matches(name[:60], some, n=1, cutoff=0.75)
    return {
        "guess_de": f"Gemeint ist vielleicht „{near[0]}“." if near else "",
        "guess_en": f"Perhaps “{near[0]}” is meant." if near else "",
    }


@rule(
    "variable-name",
    Severity.ERROR,
    de="{what} verwendet den Variablennamen „{name}“; möglich sind ASCII-Buchstaben, Ziffern und "
    "Unterstrich.",
    en="{what} uses the variable name “{name}”; ASCII letters, digits and underscores are "
    "possible.",
    remedy_de="Benennen Sie die Variable um (ä wird ae, Leerzeichen wird _).",
    remedy_en="Rename the variable (ä becomes ae, a blank becomes _).",
)
def variable_name(bundle: Bundle) -> Iterator[Hit]:
    """Variables have names that every tool can write."""
    for graph in bundle.graphs:
        for place in (graph.process, *graph.process.nodes):
            for name, line, pattern in _names(place):
                if not pattern.fullmatch(name) or len(name) > 100:
                    yield Hit(at=place, line=line, values={"name": name})


def _names(place: Place) -> Iterator[tuple[str, int, re.Pattern[str]]]:
    for each in (*place.inputs, *place.outputs):
        if each.get("target"):
            yield each.get("target"), each.line, _TARGET
    for tag in ("script", "calledDecision"):
        for each in place.every(tag):
            if each.get("resultVariable"):
                yield each.get("resultVariable"), each.line, _NAME
    if isinstance(place, Node) and place.loop is not None:
        for attribute in ("inputElement", "outputCollection"):
            if place.loop.get(attribute):
                yield place.loop.get(attribute), place.loop.line, _NAME
    for name in sorted(declared(place)):
        yield name, place.line, _NAME


@rule(
    "incomplete-mapping",
    Severity.ERROR,
    de="{what} hat eine Ein- oder Ausgabe ohne Quelle oder Ziel ({target}).",
    en="{what} has an input or output without source or target ({target}).",
    remedy_de="Tragen Sie beides ein oder löschen Sie die Zeile.",
    remedy_en="Enter both or delete the line.",
)
def incomplete_mapping(bundle: Bundle) -> Iterator[Hit]:
    """A mapping has a source and a target."""
    for _, node in bundle.nodes():
        for each in (*node.inputs, *node.outputs):
            if not each.get("target") or not each.get("source"):
                values = {"target": each.get("target") or "–"}
                yield Hit(at=node, line=each.line, values=values)


@rule(
    "mapping-out-of-place",
    Severity.ERROR,
    de="{what} hat Ein- oder Ausgaben; dort werden sie nicht ausgeführt.",
    en="{what} has inputs or outputs, which are not executed there.",
    remedy_de="Setzen Sie die Werte am Schritt davor oder dahinter, oder mit einer Skriptaufgabe.",
    remedy_en="Set the values at the activity before or behind, or by a script task.",
)
def mapping_out_of_place(bundle: Bundle) -> Iterator[Hit]:
    """Mappings stand where they are executed."""
    for _, node in bundle.nodes():
        sends = node.event is not None and node.event.tag in _SENDING
        begins = node.tag == "startEvent" and not node.is_awaited
        passive = begins or (node.tag == "endEvent" and not sends)
        if (node.inputs or node.outputs) and (passive or node.tag in GATEWAYS):
            yield Hit(at=node)


@rule(
    "form-expression",
    Severity.ERROR,
    de="Im Formular „{form}“ blendet das Feld „{field}“ sich nach einem Ausdruck aus, der so nicht "
    "geht: {reason_de}",
    en="In the form “{form}” the field “{field}” hides itself by an expression that fails: "
    "{reason_en}.",
    remedy_de="Berichtigen Sie den Ausdruck unter „Condition: Hide if“.",
    remedy_en="Correct the expression under “Condition: Hide if”.",
)
def form_expression(bundle: Bundle) -> Iterator[Hit]:
    """A form hides fields by readable expressions."""
    for file in bundle.form_files:
        for each in file.form.every() if file.form is not None else ():
            found = parsed(each.hide[:TEXT_MAX]) if each.hide else None
            if found is not None and found.error_de and file.form is not None:
                values = {
                    "form": file.form.id,
                    "field": each.label or each.key or each.id,
                    "reason_de": found.error_de,
                    "reason_en": found.error_en,
                }
                at = in_file(file.name, line=file.form.line_of(each), tag="form")
                yield Hit(at=at, values=values)


@rule(
    "declared-names",
    Severity.ERROR,
    de="{what} gibt in laufzettel:variables eine leere Liste an.",
    en="{what} declares an empty list in laufzettel:variables.",
    remedy_de="Zählen Sie Namen auf, mit Komma getrennt, oder löschen Sie die Eigenschaft: {known}",
    remedy_en="List names separated by commas, or delete the property: {known}",
)
def declared_names(bundle: Bundle) -> Iterator[Hit]:
    """A declaration of variables names some."""
    for graph in bundle.graphs:
        for place in (graph.process, *graph.process.nodes):
            if VARIABLES in place.properties and not declared(place):
                yield Hit(at=place, values={"known": listed(declared(place))})
