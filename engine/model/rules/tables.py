"""Rules about what decisions say: names, clocks, gaps, overlaps, rules that nothing reaches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from laufzettel.engine import feel
from laufzettel.engine.dmn.gaps import Analysis
from laufzettel.engine.dmn.library import Compiled
from laufzettel.engine.dmn.nodes import TableNode
from laufzettel.engine.model.bundle import Bundle
from laufzettel.engine.model.finding import Severity
from laufzettel.engine.model.rules.table import Hit, listed, rule
from laufzettel.engine.model.source import Place
from laufzettel.engine.model.variables import root, variables_of

_CLOCK: Final = frozenset({"now", "today"})


def _compiled(bundle: Bundle) -> Iterator[tuple[Place, Compiled]]:
    """Yield every decision and knowledge model that could be read."""
    for key, compiled in bundle.library.compiled.items():
        item = compiled.item
        yield (
            Place(
                id=key[1],
                name=item.name,
                line=item.line,
                file=compiled.model.file,
                tag="decision",
            ),
            compiled,
        )


def _handed_over(bundle: Bundle) -> dict[str, frozenset[str]]:
    """Return what the processes that call a decision know: id -> names.

    What a called decision requires is called with it.
    """
    variables = variables_of(bundle)
    known: dict[str, frozenset[str]] = {}
    for graph, node in bundle.nodes("businessRuleTask"):
        decision = bundle.decisions.get(node.attribute("calledDecision", "decisionId"))
        if decision is None:
            continue
        names = variables.known(graph) | variables.entering(graph, node)
        names |= {root(each.get("target")) for each in node.inputs}
        for key in bundle.library.below(decision.key):
            known[key[1]] = known.get(key[1], frozenset()) | names
    return known


def _problems(bundle: Bundle) -> Iterator[tuple[Place, int, feel.Problem, bool]]:
    """Yield what FEEL finds wrong: place, line, problem, whether a process calls it."""
    handed = _handed_over(bundle)
    for place, compiled in _compiled(bundle):
        types = bundle.library.types(compiled.model)
        # A filter sees the entries of its items, which may have names with blanks.
        members = {name for name in types.members if not name.isidentifier()}
        for text in compiled.texts:
            names = text.names | handed.get(place.id, frozenset()) | members
            for problem in feel.check_node(text.node, names, types=types.checks):
                line = text.cell.line + problem.position.line - 1
                yield place, line, problem, place.id in handed


def _told(problem: feel.Problem) -> dict[str, str]:
    return {"reason": problem.text_de, "name": problem.name}


@rule(
    "decision-unknown-name",
    Severity.ERROR,
    de="Ein Ausdruck {of} nennt etwas, das es nicht gibt: {reason}",
    en="An expression of {it} names “{name}”, which does not exist.",
    remedy_de="Berichtigen Sie den Namen, oder verbinden Sie die Entscheidung mit der Eingabe oder "
    "Entscheidung, die so heißt.",
    remedy_en="Correct the name, or connect the decision with the input or decision of that name.",
)
def decision_unknown_name(bundle: Bundle) -> Iterator[Hit]:
    """What a process calls names only inputs, requirements and variables of the process."""
    for place, line, problem, is_called in _problems(bundle):
        if problem.code == feel.Code.UNKNOWN_NAME and is_called:
            yield Hit(at=place, line=line, values=_told(problem))


@rule(
    "decision-undeclared-name",
    Severity.WARNING,
    de="Ein Ausdruck {of} nennt etwas, das die Datei nicht festlegt: {reason}",
    en="An expression of {it} names “{name}”, which the file does not declare.",
    remedy_de="Zeichnen Sie eine Eingabe mit diesem Namen und verbinden Sie sie; sonst muss jeder "
    "Prozess, der die Entscheidung aufruft, eine Variable so nennen.",
    remedy_en="Draw an input of that name and connect it; otherwise every process that calls the "
    "decision must have a variable of that name.",
)
def decision_undeclared_name(bundle: Bundle) -> Iterator[Hit]:
    """What no process here calls declares what it needs."""
    for place, line, problem, is_called in _problems(bundle):
        if problem.code == feel.Code.UNKNOWN_NAME and not is_called:
            yield Hit(at=place, line=line, values=_told(problem))


@rule(
    "decision-expression",
    Severity.ERROR,
    de="Ein Ausdruck {of} kann nie ein Ergebnis haben: {reason}",
    en="An expression of {it} can never have a result.",
    remedy_de="Berichtigen Sie den Ausdruck in dieser Zeile.",
    remedy_en="Correct the expression on this line.",
)
def decision_expression(bundle: Bundle) -> Iterator[Hit]:
    """No expression fails whatever the data are: wrong number of arguments, unknown type …"""
    for place, line, problem, _ in _problems(bundle):
        if problem.code != feel.Code.UNKNOWN_NAME:
            yield Hit(at=place, line=line, values={"reason": problem.text_de})


@rule(
    "decision-clock",
    Severity.ERROR,
    de="Die Tabelle {of} fragt nach der Uhr ({called}); was heute so entschieden wird, lässt sich "
    "morgen nicht nachrechnen.",
    en="The table of {it} asks for the clock ({called}); what is decided today cannot be computed "
    "again tomorrow.",
    remedy_de="Geben Sie das Datum als Eingabe mit, zum Beispiel mit der Zuordnung =today().",
    remedy_en="Hand the date over as an input, for example by the mapping =today().",
)
def decision_clock(bundle: Bundle) -> Iterator[Hit]:
    """No table asks for the time."""
    for place, compiled in _compiled(bundle):
        for text in compiled.texts:
            called = feel.called_functions(text.node) & _CLOCK if text.in_table else frozenset()
            if called:
                values = {"called": listed([f"{name}()" for name in called])}
                yield Hit(at=place, line=text.cell.line, values=values)


def _analyses(bundle: Bundle) -> Iterator[tuple[Place, TableNode, Analysis]]:
    for place, compiled in _compiled(bundle):
        for table in compiled.tables:
            yield place, table, bundle.analysis(compiled, table)


@rule(
    "decision-gap",
    Severity.WARNING,
    de="{what} lässt Fälle offen, zum Beispiel {example}: dort trifft keine Regel zu.",
    en="{what} leaves cases open, for example {example}: no rule matches there.",
    remedy_de="Ergänzen Sie eine Regel oder einen Vorgabewert; ohne beides hält der Vorgang dort "
    "mit einer Störung an.",
    remedy_en="Add a rule or a default output; without either the case stops there as an incident.",
)
def decision_gap(bundle: Bundle) -> Iterator[Hit]:
    """Every input that is allowed has a rule, or the table a default."""
    for place, table, found in _analyses(bundle):
        if found.gaps:
            values = {"example": " · ".join(found.gaps)}
            yield Hit(at=place, line=table.head.line, values=values)


@rule(
    "decision-overlap",
    Severity.WARNING,
    de="{what} ist nicht eindeutig: bei {example} treffen die Regeln {rules} zu.",
    en="{what} is not unambiguous: for {example} the rules {rules} match.",
    remedy_de="Grenzen Sie die Regeln voneinander ab, oder wählen Sie eine Trefferregel, die mehrere "
    "erlaubt (FIRST, PRIORITY, COLLECT).",
    remedy_en="Separate the rules, or choose a hit policy that allows several (FIRST, PRIORITY, "
    "COLLECT).",
)
def decision_overlap(bundle: Bundle) -> Iterator[Hit]:
    """Under UNIQUE and ANY no input is decided in two ways."""
    for place, table, found in _analyses(bundle):
        for each in found.overlaps:
            values = {"example": each.example, "rules": ", ".join(map(str, each.rules))}
            yield Hit(at=place, line=table.rules[each.rules[1] - 1].at.line, values=values)


@rule(
    "decision-unreachable-rule",
    Severity.WARNING,
    de="{what} hat eine Regel, die nie gilt: die Regel {rule}.",
    en="{what} has a rule that never holds: rule {rule}.",
    remedy_de="Entfernen Sie die Regel, oder berichtigen Sie sie oder eine vor ihr.",
    remedy_en="Remove the rule, or correct it or one before it.",
)
def decision_unreachable_rule(bundle: Bundle) -> Iterator[Hit]:
    """Every rule decides something."""
    for place, table, found in _analyses(bundle):
        for number in found.unreachable:
            line = table.rules[number - 1].at.line
            yield Hit(at=place, line=line, values={"rule": str(number)})


@rule(
    "decision-not-analysed",
    Severity.INFO,
    de="{what} ist nicht auf Lücken und Überschneidungen geprüft: {reason_de}.",
    en="{what} is not checked for gaps and overlaps: {reason_en}.",
    remedy_de="Wer es geprüft haben will, schreibt in die Zellen nur Werte, Bereiche und Vergleiche.",
    remedy_en="To have it checked, write only values, ranges and comparisons into the cells.",
)
def decision_not_analysed(bundle: Bundle) -> Iterator[Hit]:
    """What is not looked at is said."""
    for place, table, found in _analyses(bundle):
        if found.why_not:
            de, en = found.why_not
            values = {"reason_de": de, "reason_en": en}
            yield Hit(at=place, line=table.head.line, values=values)
