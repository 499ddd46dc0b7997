"""What weighs in a change of a model, so that a second person must look (DESIGN decision 16).

Duties, effects and limits can be changed by whatever is executed: a way round a task is as good as
a task without its duty. So every change of an element, a way, a table or of what a form asks
weighs; what things are called, how they are drawn and explained weighs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, Final, TypeVar

import orjson

from laufzettel.engine.model.definition import (
    Assignment,
    Definition,
    Element,
    Event,
    Flow,
    Kind,
    Loop,
)
from laufzettel.engine.model.definition import Mapping as Copied

T = TypeVar("T")

#: Marks that are not compared: names for the lint, and the duty, which is told by itself.
_ELSEWHERE: Final = frozenset({"laufzettel:variables", "laufzettel:duty"})
#: What a form asks and demands; the rest of a component is words and layout.
_ASKED: Final = frozenset(
    {"type", "key", "subtype", "validate", "values", "defaultValue", "decimalDigits"}
    | {"conditional", "readonly", "disabled", "properties", "components"}
)
#: Attribute of an element -> what people call it; others are „Ablauf“.
_ASPECTS: Final = {
    "handler": "Funktion",
    "headers": "Angaben an die Funktion",
    "retries": "Wiederholungen",
    "inputs": "Eingaben",
    "outputs": "Ausgaben",
    "assignment": "Zuordnung",
    "script": "Berechnung",
    "decision": "Entscheidung",
    "decision_binding": "Fassung der Entscheidung",
    "decision_tag": "Fassung der Entscheidung",
    "called": "aufgerufener Prozess",
    "called_tag": "Fassung des aufgerufenen Prozesses",
    "bound_late": "Fassung des aufgerufenen Prozesses",
    "event": "Ereignis",
    "interrupting": "Unterbrechung",
    "loop": "Mehrfachausführung",
    "properties": "Eigenschaften",
    "form": "Formular",
    "outgoing": "Reihenfolge der Wege",
}
#: Components that carry no value.
_ONLY_SHOWN: Final = frozenset({"text", "separator", "spacer", "group"})
_RULE: Final = re.compile(r"<(?:\w+:)?rule[\s>]")
#: Most characters of a condition or another text that are told.
_QUOTED_MAX: Final = 200
_NO_DUTY: Final = frozenset({"", "keine"})


def weighty(before: Definition, after: Definition) -> tuple[str, ...]:
    """Return in German what a second person has to look at, empty where nothing weighs."""
    return (
        *_differences(_elements(before, after), _elements(after, before), _same, _called, _changed),
        *_differences(before.flows, after.flows, _bare_flow, _way, _condition),
        *_differences(
            before.decision_files, after.decision_files, str, lambda _: "Tabelle", _table
        ),
        *_differences(_contracts(before), _contracts(after), str, lambda _: "Handler"),
        *_differences(_properties(before), _properties(after), str, lambda _: "Eigenschaft"),
    )


def weighty_alone(new: Definition) -> tuple[str, ...]:
    """Return what weighs in a process that nothing preceded: it signs, acts, sends or calls."""
    return tuple(text for one in new.elements.values() for text in _powers(one))


def _powers(one: Element) -> Iterator[str]:
    where = f"„{one.name or one.id}“"
    if one.duty not in _NO_DUTY:
        yield f"Neuer Prozess: {where} zeichnet die Pflicht „{one.duty}“"
    if one.handler:
        yield f"Neuer Prozess: {where} ruft die Funktion „{one.handler}“"
    if one.called:
        yield f"Neuer Prozess: {where} ruft den Prozess „{one.called}“"
    if one.kind is Kind.THROW and one.event is not None and one.event.name and not one.handler:
        yield f"Neuer Prozess: {where} meldet „{one.event.name}“"


def _differences(
    before: Mapping[str, T],
    after: Mapping[str, T],
    bare: Callable[[T], object],
    called: Callable[[T], str],
    changed: Callable[[T, T], str] = lambda _old, _new: "",
) -> Iterator[str]:
    """Yield what came, went or does something else; the names of its parts tell which."""
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old is None or new is None:
            there = new if old is None else old
            assert there is not None  # noqa: S101 - the key is one of theirs
            yield f"{called(there)} „{key}“ {'kommt hinzu' if old is None else 'entfällt'}"
        elif bare(old) != bare(new):
            what = changed(old, new)
            yield f"{called(new)} „{key}“ ändert sich{f': {what}' if what else ''}"


def _same(one: Element) -> object:
    return replace(one, name="")


def _elements(definition: Definition, other: Definition) -> Mapping[str, Element]:
    """Return the elements without place and drawing, each with what its form asks in its stead.

    Ways that came or went are told by themselves; in which order the others are tried stays.
    """
    return {
        key: replace(
            one,
            line=0,
            lane="",
            incoming=(),
            outgoing=tuple(each for each in one.outgoing if each in other.flows),
            form=_text(_asked(definition.forms.get(one.form))),
            duty="" if one.duty in _NO_DUTY else one.duty,
            properties=_weighing(one.properties),
        )
        for key, one in definition.elements.items()
    }


def _asked(raw: Any) -> Any:
    """Return what a form asks, demands and hides, without the rest of its words.

    The words of a choice stay: whoever exchanges them changes what is signed.

    >>> _asked({"id": "f", "components": [{"type": "text", "text": "Bitte"},
    ...     {"type": "number", "key": "sum", "label": "Betrag", "validate": {"max": 9}}]})
    {'components': [{'type': 'number', 'key': 'sum', 'validate': {'max': 9}}]}
    """
    if isinstance(raw, Mapping):
        kept = {key: value for key, value in raw.items() if key in _ASKED}
        if "components" in kept:
            kept["components"] = [found for one in kept["components"] if (found := _asked(one))]
        elif "key" not in kept and kept.get("type") in _ONLY_SHOWN:
            return {}
        return kept
    return raw


def _text(value: Any) -> str:
    """Return the value as a text that does not depend on the order in which it was written."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=str).decode()


def _changed(old: Element, new: Element) -> str:
    """Return which parts of an element differ; duty and texts in full.

    >>> _changed(Element(id="a", kind=Kind.USER, duty="sachlich"), Element(id="a", kind=Kind.USER))
    'Pflicht „sachlich“ wird „keine“'
    """
    parts = [_becomes("Pflicht", old.duty, new.duty)] if old.duty != new.duty else []
    for name in (each.name for each in fields(Element) if each.name not in {"duty", "name"}):
        before, after = getattr(old, name), getattr(new, name)
        if before == after:
            continue
        aspect = _ASPECTS.get(name, "Ablauf")
        parts.append(aspect if name == "form" else _becomes(aspect, _said(before), _said(after)))
    return ", ".join(dict.fromkeys(parts))


def _said(value: Any) -> str:
    """Return a part of an element as people read it; empty where there is none.

    >>> _said(Assignment(candidate_groups="kasse")), _said((Copied(source="a", target="b"),))
    ('kasse', 'b = a')
    """
    if isinstance(value, Assignment | Event | Loop):
        each = (getattr(value, one.name) for one in fields(value))
        return ", ".join(str(one) for one in each if isinstance(one, str) and one)
    if isinstance(value, tuple):
        return "; ".join(
            f"{one.target} = {one.source}" if isinstance(one, Copied) else str(one) for one in value
        )
    if isinstance(value, dict):
        return "; ".join(f"{key} = {value[key]}" for key in sorted(value))
    if isinstance(value, bool):
        return "ja" if value else "nein"
    return str(value or "")


def _becomes(aspect: str, old: str, new: str) -> str:
    told = [(one or "keine")[:_QUOTED_MAX] for one in (old, new)]
    return f"{aspect} „{told[0]}“ wird „{told[1]}“"


def _condition(old: Flow, new: Flow) -> str:
    """Return how the condition changes; nothing where the way leads elsewhere."""
    is_same_way = (old.source, old.target) == (new.source, new.target)
    return _becomes("Bedingung", old.condition, new.condition) if is_same_way else ""


def _table(old: str, new: str) -> str:
    return f"{_rules(old)} Regeln werden {_rules(new)}" if _rules(old) != _rules(new) else ""


def _rules(xml: str) -> int:
    return len(_RULE.findall(xml))


def _bare_flow(one: Flow) -> object:
    return replace(one, name="")


def _called(one: Element) -> str:
    if one.duty not in _NO_DUTY:
        return f"Pflicht {one.duty} an"
    return one.name or "Schritt"


def _way(one: Flow) -> str:
    return f"{'Weg mit Bedingung' if one.condition else 'Weg'} {one.name}".rstrip()


def _contracts(definition: Definition) -> Mapping[str, str]:
    return {name: _text(each) for name, each in definition.handlers.items()}


def _properties(definition: Definition) -> Mapping[str, str]:
    """Return what the processes themselves are marked with: property at process -> value."""
    return {
        f"{key} an {process.id}": value
        for process in definition.processes.values()
        for key, value in _weighing(process.properties).items()
    }


def _weighing(properties: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in properties.items() if key not in _ELSEWHERE}
