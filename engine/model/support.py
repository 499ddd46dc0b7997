"""What of BPMN is run, as a page for designers; made from the lint and its tables.

``docs/bpmn-support.md`` is the output of ``laufzettel lint --support``; a test keeps both in
step. Elements, markers and events are asked of the front end by ``probes``; extensions and
marks are read from the tables of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from laufzettel.engine.model import probes
from laufzettel.engine.model.check import check
from laufzettel.engine.model.finding import Severity
from laufzettel.engine.model.nouns import NOUNS
from laufzettel.engine.model.sources import Sources
from laufzettel.engine.model.vocabulary import (
    DIALECTS,
    DUTIES,
    EXTENSION_PLACES,
    EXTENSIONS_READ,
    PROPERTIES,
    PROPERTY_VALUES,
    REFUSED_ELEMENTS,
    REFUSED_EXTENSIONS,
    WITHOUT_EFFECT,
)

_HEAD: Final = """# Was von BPMN ausgeführt wird

Diese Seite ist aus dem Programm erzeugt (`laufzettel lint --support`) und sagt, was die Prüfung sagt: Zu jedem Element, Ereignis und Zusatz gibt es hier nur „ja“, „beschreibt nur“ oder eine Ablehnung mit Abhilfe. Stillschweigend übergangen wird nichts. Grundlage ist BPMN 2.0.2 mit den Erweiterungen `zeebe:` des Camunda Modelers (Profil „Camunda 8.8“); Laufzettel gehört nicht zu Camunda.

Was ausgeführt wird, tut es so, wie die Norm es sagt; die Beispiele dazu stehen in `tests/bpmn/behaviour/`.
"""
_POSITIONS: Final = {
    "start": "Start",
    "event start": "Start Ereignis-Teilprozess, unterbrechend",
    "event start beside": "… nicht unterbrechend",
    "catch": "Zwischen, eintretend",
    "throw": "Zwischen, auslösend",
    "boundary": "Rand, unterbrechend",
    "boundary beside": "Rand, nicht unterbrechend",
    "end": "Ende",
}
_EVENTS: Final = {
    "none": "ohne",
    "message": "Nachricht",
    "timeDate": "Zeitpunkt",
    "timeDuration": "Dauer",
    "timeCycle": "Zeit, wiederholt",
    "error": "Fehler",
    "escalation": "Eskalation",
    "signal": "Signal",
    "conditional": "Bedingung",
    "link": "Link",
    "compensate": "Kompensation",
    "cancel": "Abbruch",
    "terminate": "Terminierung",
    "several": "mehrere zugleich",
}


_VALUES: Final = {**PROPERTY_VALUES, "laufzettel:duty": DUTIES}
#: Of several reasons at one element the one that is told.
_FIRST: Final = ("laufzettel/several-", "laufzettel/unsupported-")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a probe runs; where not, the rule that refuses it and what to do."""

    rule: str = ""
    remedy_de: str = ""


def verdict(files: Mapping[str, bytes]) -> Verdict:
    """Return what the front end says of a probe; its element ``x`` first.

    >>> verdict(probes.event("message", "catch"))
    Verdict(rule='', remedy_de='')
    >>> verdict(probes.event("compensate", "end")).rule
    'laufzettel/unsupported-event'
    """
    checked = check(Sources(files=dict(files)), handlers=None)
    errors = [each for each in checked.findings if each.severity is Severity.ERROR]
    if not errors:
        return Verdict()
    first = min(errors, key=lambda each: (each.element != "x", not each.rule.startswith(_FIRST)))
    return Verdict(first.rule, first.remedy_de)


def page() -> str:
    """Return the whole page, in German."""
    parts = (
        [_HEAD],
        _activities(),
        _markers(),
        _events(),
        _descriptions(),
        _extensions(),
        _marks(),
    )
    return "\n".join(line for part in parts for line in part) + "\n"


def _activities() -> Iterator[str]:
    rows = []
    for tag, build in probes.ELEMENTS.items():
        rows.append((f"`{tag}`", _name(tag), *_answer(verdict(build()))))
    for tag, refusal in REFUSED_ELEMENTS.items():
        if tag not in probes.ELEMENTS:
            rows.append((f"`{tag}`", refusal.name_de, "nein", refusal.remedy_de))
    yield from _table(
        "Aktivitäten und Gateways", ("Element", "Name", "ausgeführt", "Abhilfe"), rows
    )
    yield (
        "Ein Schritt mit mehreren ausgehenden Pfeilen teilt sich wie an einem parallelen "
        "Gateway. Ein inklusives Gateway führt zusammen, sobald sich sonst nichts mehr bewegt und "
        "auf keinem seiner leeren Wege noch etwas kommen kann; ein Schritt, an dem ein Ereignis "
        "hängt, kann noch auf beiden Wegen weitergehen. Pools und Lanes ordnen die Zeichnung; wer etwas tut, sagt die Zuweisung."
    )
    yield ""


def _markers() -> Iterator[str]:
    rows = [(f"`{name}`", *_answer(verdict(build()))) for name, build in probes.MARKERS.items()]
    yield from _table("Markierungen an Aktivitäten", ("Markierung", "ausgeführt", "Abhilfe"), rows)


def _events() -> Iterator[str]:
    remedies: dict[str, int] = {}
    rows = []
    for kind, name in _EVENTS.items():
        cells = [_cell(kind, position, remedies) for position in _POSITIONS]
        rows.append((name, *cells))
    yield from _table("Ereignisse", ("Ereignis", *_POSITIONS.values()), rows)
    yield "– gibt es in BPMN nicht. Abgelehnt wird mit dieser Abhilfe:"
    yield ""
    yield from (f"{number}. {remedy}" for remedy, number in remedies.items())
    yield ""


def _cell(kind: str, position: str, remedies: dict[str, int]) -> str:
    if position not in probes.ALLOWED[kind]:
        return "–"
    found = verdict(probes.event(kind, position))
    if not found.rule:
        return "ja"
    return f"nein ({remedies.setdefault(found.remedy_de, len(remedies) + 1)})"


def _descriptions() -> Iterator[str]:
    yield "## Beschreibt nur"
    yield ""
    yield (
        "Diese Elemente werden gelesen, bleiben erhalten und haben keine Wirkung; die Prüfung "
        "weist darauf hin: " + ", ".join(f"`{tag}`" for tag in sorted(WITHOUT_EFFECT)) + "."
    )
    yield ""


def _extensions() -> Iterator[str]:
    rows = [(f"`zeebe:{tag}`", "ja", _places(tag)) for tag in sorted(EXTENSIONS_READ)] + [
        (f"`zeebe:{tag}`", "nein", refusal.remedy_de)
        for tag, refusal in sorted(REFUSED_EXTENSIONS.items())
    ]
    yield from _table("Zusätze `zeebe:`", ("Zusatz", "ausgeführt", "an / Abhilfe"), rows)
    yield (
        "Jeder andere Zusatz `zeebe:` ist ein Fehler. Zusätze anderer Programme ("
        + ", ".join(sorted(DIALECTS.values()))
        + ") sind ein Fehler, weil sie dort etwas tun; Zusätze unbekannter Herkunft bleiben "
        "erhalten und sind ein Hinweis."
    )
    yield ""


def _places(tag: str) -> str:
    places = EXTENSION_PLACES.get(tag)
    if places is None:
        return "überall, wo der Modeler es anbietet"
    special = {"subscription": "`message`", "loopCharacteristics": "Mehrfachausführung"}
    return special.get(tag) or _listed(places)


def _marks() -> Iterator[str]:
    rows = [
        (f"`{name}`", _listed(places), ", ".join(_VALUES.get(name, ())) or "frei")
        for name, places in sorted(PROPERTIES.items())
    ]
    yield from _table("Eigene Marken (`zeebe:property`)", ("Marke", "an", "Werte"), rows)
    yield "Jede andere Marke `laufzettel:…` ist ein Fehler."


def _answer(found: Verdict) -> tuple[str, str]:
    return ("nein", found.remedy_de) if found.rule else ("ja", "")


def _name(tag: str) -> str:
    """Return the German name as the lint says it."""
    noun = NOUNS.get(tag)
    if noun is None:
        return REFUSED_ELEMENTS[tag].name_de if tag in REFUSED_ELEMENTS else tag
    ending = {"m": "er", "f": "e", "n": "es"}[noun.gender]
    return f"{noun.adjective}{ending} {noun.noun}" if noun.adjective else noun.noun


def _listed(tags: Iterable[str]) -> str:
    return ", ".join(f"`{tag}`" for tag in sorted(tags))


def _table(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""
