"""Rules about decision files: readable, whole, free of circles, in FEEL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from laufzettel.engine.dmn.source import Flaw
from laufzettel.engine.model.bundle import Bundle
from laufzettel.engine.model.finding import Severity
from laufzettel.engine.model.rules.table import Hit, rule
from laufzettel.engine.model.source import Place

#: Code of a flaw -> what a German and an English reader is told.
_REASONS: Final[Mapping[str, tuple[str, str]]] = {
    "unreadable": ("{reason}", "The file is not well-formed, or holds what is not read."),
    "not-dmn": (
        "Die Datei ist kein DMN-Modell der Fassungen 1.2 bis 1.5.",
        "The file is no DMN model of the versions 1.2 to 1.5.",
    ),
    "no-expression": (
        "Hier fehlt ein Ausdruck ({place})",
        "An expression is missing here ({place})",
    ),
    "no-output": ("Die Tabelle hat keine Ausgabe", "The table has no output"),
    "unknown-policy": (
        "Die Trefferregel „{policy}“ gibt es nicht",
        "There is no hit policy “{policy}”",
    ),
    "no-output-values": (
        "Zur Trefferregel {policy} gehört die Liste der möglichen Ausgaben in ihrer Rangfolge",
        "The hit policy {policy} needs the list of possible outputs in their order",
    ),
    "aggregated-columns": (
        "{aggregation} rechnet nur mit einer Ausgabespalte",
        "{aggregation} works on one output column only",
    ),
    "nested-too-deeply": (
        "Ausdrücke sind tiefer als {most} Ebenen verschachtelt",
        "Expressions are nested deeper than {most} levels",
    ),
    "too-many-rules": (
        "Die Tabelle hat {count} Regeln; möglich sind {most}",
        "The table has {count} rules; {most} are possible",
    ),
    "foreign-language": (
        "Ein Ausdruck ist in „{language}“ geschrieben; ausgewertet wird nur FEEL",
        "An expression is written in “{language}”; FEEL alone is evaluated",
    ),
    "external-function": (
        "Eine Funktion der Art „{kind}“ ruft Programmcode auf; Modelle führen keinen Code aus",
        "A function of kind “{kind}” calls program code; models run no code",
    ),
}


def place_of(file: str, flaw: Flaw) -> Place:
    """Return where a flaw stands: at its decision, or at the file."""
    tag = "decision" if flaw.element else "definitions"
    return Place(id=flaw.element, name=flaw.name, line=flaw.line, file=file, tag=tag)


def _hits(bundle: Bundle, *codes: str) -> Iterator[Hit]:
    for file, flaws in bundle.library.flaws.items():
        for flaw in flaws:
            if flaw.code in codes:
                de, en = _REASONS.get(flaw.code, ("", ""))
                values = {
                    "reason_de": de.format(**flaw.values),
                    "reason_en": en.format(**flaw.values),
                }
                yield Hit(at=place_of(file, flaw), values={**values, **flaw.values})


@rule(
    "unreadable-decision",
    Severity.ERROR,
    de="{reason_de}",
    en="{reason_en}",
    remedy_de="Öffnen Sie die Datei im Modeler und speichern Sie sie neu.",
    remedy_en="Open the file in the Modeler and save it again.",
)
def unreadable_decision(bundle: Bundle) -> Iterator[Hit]:
    """Every DMN file is well-formed, harmless and DMN."""
    yield from _hits(bundle, "unreadable", "not-dmn")


@rule(
    "duplicate-decision",
    Severity.ERROR,
    de="Die Id „{id}“ kommt in den Entscheidungen mehrmals vor, auch in {file}.",
    en="The id “{id}” occurs more than once in the decisions, also in {file}.",
    remedy_de="Geben Sie jeder Entscheidung und jeder Eingabe eine eigene Id.",
    remedy_en="Give each decision and each input an id of its own.",
)
def duplicate_decision(bundle: Bundle) -> Iterator[Hit]:
    """An id is unique in its bundle."""
    yield from _hits(bundle, "duplicate")
    seen: dict[str, str] = {}
    for file in bundle.decision_files:
        own = {place.id for place in file.decisions}
        for place in file.decisions:
            if place.id in seen:
                yield Hit(at=place, values={"id": place.id, "file": seen[place.id]})
        seen |= dict.fromkeys(own, file.name)


@rule(
    "decision-syntax",
    Severity.ERROR,
    de="Ein Ausdruck {of} ist kein gültiges FEEL: {reason} ({text})",
    en="An expression of {it} is not valid FEEL ({text}).",
    remedy_de="Berichtigen Sie den Ausdruck in dieser Zeile.",
    remedy_en="Correct the expression on this line.",
)
def decision_syntax(bundle: Bundle) -> Iterator[Hit]:
    """Every expression and every cell can be read."""
    yield from _hits(bundle, "syntax")


@rule(
    "decision-entries",
    Severity.ERROR,
    de="{what} hat eine Regel mit {found} Einträgen; die Tabelle hat {wanted} Spalten "
    "(Eingaben/Ausgaben).",
    en="{what} has a rule with {found} entries; the table has {wanted} columns (inputs/outputs).",
    remedy_de="Öffnen und speichern Sie die Tabelle im Modeler, oder ergänzen Sie die Einträge.",
    remedy_en="Open and save the table in the Modeler, or complete the entries.",
)
def decision_entries(bundle: Bundle) -> Iterator[Hit]:
    """Every rule has an entry for each column."""
    yield from _hits(bundle, "wrong-count")


@rule(
    "decision-circular",
    Severity.ERROR,
    de="{what} hängt von sich selbst ab: {path}.",
    en="{what} depends on itself: {path}.",
    remedy_de="Entfernen Sie eine der Abhängigkeiten.",
    remedy_en="Remove one of the requirements.",
)
def decision_circular(bundle: Bundle) -> Iterator[Hit]:
    """Requirements and types do not go round in a circle."""
    yield from _hits(bundle, "circular")


@rule(
    "decision-reference",
    Severity.ERROR,
    de="{what} verweist auf „{reference}“; das gibt es in diesen Dateien nicht.",
    en="{what} refers to “{reference}”, which is not in these files.",
    remedy_de="Legen Sie die Datei mit dem Element in denselben Ordner, oder entfernen Sie den "
    "Verweis.",
    remedy_en="Put the file with the element into the same folder, or remove the reference.",
)
def decision_reference(bundle: Bundle) -> Iterator[Hit]:
    """What a decision requires exists."""
    yield from _hits(bundle, "unknown-reference")


@rule(
    "decision-type",
    Severity.ERROR,
    de="{what} nennt den Typ „{type}“; diesen gibt es nicht.",
    en="{what} names the type “{type}”, which does not exist.",
    remedy_de="Verwenden Sie einen Typ von FEEL (string, number, boolean, date …) oder einen, den "
    "die Datei festlegt.",
    remedy_en="Use a type of FEEL (string, number, boolean, date …) or one that the file defines.",
)
def decision_type(bundle: Bundle) -> Iterator[Hit]:
    """Every type exists."""
    yield from _hits(bundle, "unknown-type")


@rule(
    "decision-incomplete",
    Severity.ERROR,
    de="{what} ist nicht vollständig. {reason_de}.",
    en="{what} is not complete. {reason_en}.",
    remedy_de="Ergänzen Sie im Modeler, was fehlt.",
    remedy_en="Complete it in the Modeler.",
)
def decision_incomplete(bundle: Bundle) -> Iterator[Hit]:
    """Nothing that the standard asks for is missing."""
    codes = ("no-expression", "no-output", "unknown-policy", "no-output-values")
    yield from _hits(bundle, *codes, "aggregated-columns")


@rule(
    "decision-too-large",
    Severity.ERROR,
    de="{what} ist zu groß. {reason_de}.",
    en="{what} is too large. {reason_en}.",
    remedy_de="Teilen Sie die Entscheidung in mehrere, die voneinander abhängen.",
    remedy_en="Split the decision into several that require each other.",
)
def decision_too_large(bundle: Bundle) -> Iterator[Hit]:
    """A decision stays so small that it can be checked and evaluated."""
    yield from _hits(bundle, "nested-too-deeply", "too-many-rules")


@rule(
    "decision-not-feel",
    Severity.ERROR,
    de="{what} wird nicht ausgeführt. {reason_de}.",
    en="{what} is not executed. {reason_en}.",
    remedy_de="Schreiben Sie den Ausdruck in FEEL, oder lassen Sie einen Handler rechnen.",
    remedy_en="Write the expression in FEEL, or let a handler compute it.",
)
def decision_not_feel(bundle: Bundle) -> Iterator[Hit]:
    """Everything that decides is FEEL."""
    yield from _hits(bundle, "foreign-language", "external-function")


@rule(
    "decision-empty",
    Severity.ERROR,
    de="{what} ist leer: sie hat weder eine Tabelle noch einen Ausdruck.",
    en="{what} is empty: it has neither a table nor an expression.",
    remedy_de="Zeichnen Sie die Tabelle, oder entfernen Sie die Entscheidung.",
    remedy_en="Draw the table, or remove the decision.",
)
def decision_empty(bundle: Bundle) -> Iterator[Hit]:
    """Every decision decides."""
    for file in bundle.decision_files:
        for decision, place in zip(file.model.decisions, file.decisions, strict=True):
            if decision.logic is None:
                yield Hit(at=place)
