"""The page of FEEL for designers, made from the signatures; every result on it is computed.

``docs/feel.md`` is the output of ``laufzettel decide --functions``; a test keeps both in step.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from laufzettel.engine.feel.evaluator import evaluate
from laufzettel.engine.feel.runtime import (
    DEPTH_MAX,
    LIST_LENGTH_MAX,
    STEPS_MAX,
    STRING_LENGTH_MAX,
)
from laufzettel.engine.feel.signatures import REGISTRY, Overload, Parameter
from laufzettel.engine.feel.texts import literal_text
from laufzettel.engine.feel.values import KINDS, KINDS_DE

_NOW: Final = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
#: Functions that DMN does not know.
OURS: Final = (
    "add working days",
    "amount",
    "amount text",
    "is holiday",
    "is working day",
    "working days between",
)
#: Name -> an example of it.
EXAMPLES: Final = {
    "date": 'date("2026-11-23")',
    "time": "time(8, 30, 0)",
    "date and time": 'date and time("2026-11-23T08:30:00@Europe/Berlin")',
    "years and months duration": 'years and months duration(@"2024-01-31", @"2026-11-23")',
    "duration": 'duration("P14D")',
    "number": 'number("1.234,50", ".", ",")',
    "string": "string(12.30)",
    "now": "now()",
    "today": "today()",
    "day of year": 'day of year(@"2026-11-23")',
    "day of week": 'day of week(@"2026-11-23")',
    "month of year": 'month of year(@"2026-11-23")',
    "week of year": 'week of year(@"2026-11-23")',
    "is working day": 'is working day(@"2026-06-04")',
    "is holiday": 'is holiday(@"2026-06-04", "NW")',
    "add working days": 'add working days(@"2026-12-23", 3)',
    "working days between": 'working days between(@"2026-12-23", @"2026-12-29")',
    "amount": 'amount("1.234,50 €")',
    "amount text": "amount text(1234.5)",
    "not": "not(true)",
    "is": 'is(@"10:00:00Z", @"12:00:00+02:00")',
    "is defined": "is defined(nirgends)",
    "get or else": "get or else(null, 0)",
    "decimal": "decimal(2.5, 0)",
    "round up": "round up(1.121, 2)",
    "round down": "round down(1.129, 2)",
    "round half up": "round half up(2.5, 0)",
    "round half down": "round half down(2.5, 0)",
    "floor": "floor(-1.56, 1)",
    "ceiling": "ceiling(-1.56, 1)",
    "abs": "abs(-5)",
    "modulo": "modulo(-12, 5)",
    "sqrt": "sqrt(16)",
    "log": "log(10)",
    "exp": "exp(1)",
    "even": "even(4)",
    "odd": "odd(4)",
    "substring": 'substring("Rechnung", 1, 4)',
    "string length": 'string length("Maß")',
    "upper case": 'upper case("nrw")',
    "lower case": 'lower case("NRW")',
    "substring before": 'substring before("2026-0457", "-")',
    "substring after": 'substring after("2026-0457", "-")',
    "contains": 'contains("Rechnung", "ech")',
    "starts with": 'starts with("DE12", "DE")',
    "ends with": 'ends with("a.xml", ".xml")',
    "matches": 'matches("RE-2026-17", "^RE-[0-9]{4}-[0-9]+$")',
    "replace": 'replace("12 34", "\\s", "")',
    "split": 'split("a;b;;c", ";")',
    "string join": 'string join(["a", "b"], ", ")',
    "list contains": "list contains([1, 2], 2)",
    "count": "count([1, 2, 3])",
    "min": "min(3, 1, 2)",
    "max": "max([3, 1, 2])",
    "sum": "sum([0.1, 0.2])",
    "product": "product(2, 3, 4)",
    "mean": "mean([1, 2, 6])",
    "median": "median(8, 2, 5, 3)",
    "stddev": "stddev(2, 4, 7, 5)",
    "mode": "mode(6, 1, 9, 6, 1)",
    "all": "all([true, null, false])",
    "any": "any([false, true])",
    "sublist": "sublist([4, 5, 6], 2)",
    "append": "append([1], 2, 3)",
    "concatenate": "concatenate([1], [2, 3])",
    "insert before": "insert before([1, 3], 2, 2)",
    "remove": "remove([1, 2, 3], 2)",
    "list replace": "list replace([1, 5, 3], 2, 2)",
    "reverse": "reverse([1, 2, 3])",
    "index of": "index of([1, 2, 1], 1)",
    "distinct values": "distinct values([1, 2, 1])",
    "union": "union([1, 2], [2, 3])",
    "flatten": "flatten([1, [2, [3]]])",
    "sort": "sort([3, 1, 2], function(a, b) a > b)",
    "get value": 'get value({unit: "40"}, "unit")',
    "get entries": 'get entries({unit: "40"})',
    "context": 'context([{key: "unit", value: "40"}])',
    "context put": 'context put({unit: "40"}, "year", 2026)',
    "context merge": "context merge([{a: 1}, {b: 2}])",
    "range": 'range("[1..10)")',
    "before": "before(1, (1..10])",
    "after": "after(12, [1..10])",
    "meets": "meets([1..5], [5..10])",
    "met by": "met by([5..10], [1..5])",
    "overlaps": "overlaps([1..5], [3..8])",
    "overlaps before": "overlaps before([1..5], [3..8])",
    "overlaps after": "overlaps after([3..8], [1..5])",
    "finishes": "finishes(10, [1..10])",
    "finished by": "finished by([1..10], 10)",
    "includes": "includes([1..10], 5)",
    "during": "during(5, [1..10])",
    "starts": "starts(1, [1..10])",
    "started by": "started by([1..10], 1)",
    "coincides": "coincides([1..5], [1..5])",
}
#: Module of a function -> its heading, in the order of the page.
_GROUPS: Final = {
    "builtins_dates": "Tage und Zeiten",
    "builtins_values": "Umwandeln und Vergleichen",
    "builtins_numbers": "Zahlen",
    "builtins_texts": "Texte",
    "builtins_lists": "Listen und Kontexte",
    "builtins_ranges": "Bereiche",
}

_HEAD: Final = f"""# FEEL: die Sprache der Ausdrücke

Diese Seite ist aus dem Programm erzeugt (`laufzettel decide --functions`); jedes Ergebnis darauf ist ausgerechnet. Grundlage ist DMN 1.5, Abschnitt 10.3; auch Ausdrücke nach DMN 1.2 bis 1.4 gelten. Wo steht „eigene“, kennt der Standard die Funktion nicht.

**Zahlen** sind Dezimalzahlen mit 34 Stellen; gerundet wird nur, wo es dasteht. **Fehler**: Was nicht geht, ergibt `null` mit einem Grund. In einem Vorgang ist ein `null` aus einem Fehler eine Störung, nie ein stilles „falsch“. **Zeitzonen** bleiben, wie sie geschrieben sind (`@Europe/Berlin`, `+01:00`, `Z`); fehlt sie auf einer Seite eines Vergleichs, gilt die der anderen. **`now()` und `today()`** sind die Zeit des Schrittes; in Entscheidungstabellen sind sie nicht erlaubt.

**Bereiche**: `[1..5]`, `(1..5)`, `]1..5[`, `[1..5)`, `(< 5)`, `(>= 5)`. **Prüfungen** in Zellen von Tabellen: `-` alles, `< 100`, `[1..5]`, `"a", "b"`, `not("a")`, und mit `?` für die Eingabe: `? > x and ? < y`. **Wörtlich** mit `@`: `@"2026-11-23"`, `@"08:30:00"`, `@"P14D"`, `@"P1M"`. **Funktionen** lassen sich selbst schreiben: `function(x: number) x * 2`; jede nimmt ihre Werte nach der Reihe oder mit Namen. **Muster** (`matches`, `replace`, `split`) laufen in linearer Zeit; Rückverweise gibt es darum nicht.

**Grenzen** eines Ausdrucks: {STEPS_MAX:,} Rechenschritte, Listen bis {LIST_LENGTH_MAX:,} Einträge, Texte bis {STRING_LENGTH_MAX:,} Zeichen, {DEPTH_MAX} Ebenen von Aufrufen. Eine Entscheidung mit allem, wovon sie abhängt, hat zehnmal so viele Schritte.
""".replace(",000", ".000")


def page() -> str:
    """Return the whole page.

    >>> "| `abs(n)` | Zahl oder Dauer" in page()
    True
    """
    parts = [_HEAD]
    for module, heading in _GROUPS.items():
        parts.append(f"\n## {heading}\n\n| Funktion | nimmt | Beispiel | Ergebnis | |\n")
        parts.append("|---|---|---|---|---|\n")
        parts += [_row(name, ways) for name, ways in _functions(module)]
    parts.append("\n## Nach Variablen fragen, die es vielleicht nicht gibt\n\n")
    parts.append("| Funktion | Beispiel | Ergebnis | |\n|---|---|---|---|\n")
    for name, shown in (("is defined", "value"), ("get or else", "value, default")):
        parts.append(f"| `{name}({shown})` | {_example(name)} | wie in Camunda |\n")
    return "".join(parts)


def _functions(module: str) -> Iterator[tuple[str, list[Overload]]]:
    for name, ways in sorted(REGISTRY.items()):
        if ways[0].module == module:
            yield name, ways


def _row(name: str, ways: list[Overload]) -> str:
    calls = "<br>".join(dict.fromkeys(f"`{_call(way)}`" for way in ways))
    kinds = "<br>".join(dict.fromkeys(_kinds(way) for way in ways))
    note = "eigene" if name in OURS else ""
    return f"| {calls} | {kinds} | {_example(name)} | {note} |\n"


def _call(way: Overload) -> str:
    names = [f"{each.name}{'?' if each.optional else ''}" for each in way.parameters]
    if way.rest and names:
        names[-1] = names[-1].rstrip("?") + " …"
    return f"{way.name}({', '.join(names)})"


def _kinds(way: Overload) -> str:
    return ", ".join(_kind(each) for each in way.parameters) or "–"


def _kind(parameter: Parameter) -> str:
    kinds = parameter.kinds - {"null"}
    if len(kinds) > 6:
        return "alles" if "list" in kinds else "einzelner Wert"
    words = [KINDS_DE[each] for each in dict.fromkeys(KINDS.values()) if each in kinds]
    durations = [word for word in words if word.startswith("Dauer")]
    if len(durations) == 2:
        words = [*(word for word in words if word not in durations), "Dauer"]
    return " oder ".join(words)


def _example(name: str) -> str:
    text = EXAMPLES[name]
    value = literal_text(evaluate(text, {}, now=_NOW).value)
    return f"`{text}` | `{value}`".replace("|]", "\\|]")
