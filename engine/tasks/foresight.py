"""What the variables of a case will be further on, as far as that can be known.

A value is known, or lost: written by a handler, a message or a person's free answer. What is
lost decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from laufzettel.engine import feel
from laufzettel.engine.feel.check import names_within
from laufzettel.engine.model.definition import Definition, Element, Kind
from laufzettel.engine.model.forms import parse_form

#: Among the lost names: every name.
ALL: Final = "*"
#: The property that names what a message brings.
_BRINGS: Final = "laufzettel:variables"


@dataclass(frozen=True, slots=True)
class View:
    """What is known at one place of the process."""

    known: Mapping[str, Any]
    lost: frozenset[str] = frozenset()

    def value(self, text: str, now: datetime) -> tuple[bool, Any]:
        """Return whether the expression can be evaluated, and its value."""
        try:
            used = names_within(feel.parse_expression(text, list(self.known)))
            if ALL in self.lost or used & self.lost:
                return False, None
            outcome = feel.evaluate(text, self.known, now=now)
        except (feel.FeelSyntaxError, feel.FeelBudgetError):
            return False, None
        return not outcome.errors, outcome.value

    def with_lost(self, names: Iterable[str]) -> View:
        """Return the view without these names."""
        gone = frozenset(names)
        known = {name: value for name, value in self.known.items() if name not in gone}
        return View(known, self.lost | gone)

    def with_known(self, values: Mapping[str, Any]) -> View:
        """Return the view with these values."""
        return View({**self.known, **values}, self.lost - values.keys())

    def meet(self, other: View) -> View:
        """Return what holds on both ways."""
        names = self.known.keys() | other.known.keys()
        missing = object()
        parted = {
            name
            for name in names
            if self.known.get(name, missing) != other.known.get(name, missing)
        }
        return View(self.known, self.lost | other.lost).with_lost(parted)


def passing(
    view: View, definition: Definition, element: Element, answer: Mapping[str, Any], now: datetime
) -> View:
    """Return the view behind the element, which a person answers with ``answer``."""
    inside = view.with_lost([*_brought(definition, element), *_own(element)]).with_known(answer)
    if element.kind is Kind.SCRIPT and element.result_variable:
        is_sure, value = view.value(element.script, now)
        inside = inside.with_known({element.result_variable: value}) if is_sure else inside
    if not element.outputs or element.loop is not None or element.kind is Kind.SUBPROCESS:
        return inside.with_lost(written(element))
    behind = view
    for mapping in element.outputs:
        is_sure, value = inside.value(mapping.source, now)
        if is_sure and "." not in mapping.target:
            behind = behind.with_known({mapping.target: value})
        else:
            behind = behind.with_lost([mapping.target.partition(".")[0]])
    return behind


def written(element: Element) -> list[str]:
    """Return the variables that the element's output mappings write."""
    return [one.target.partition(".")[0] for one in element.outputs]


def _own(element: Element) -> list[str]:
    """Return the names that the element itself makes up, whatever it does."""
    loop = [element.loop.element, element.loop.output_collection] if element.loop else []
    return [*(one.target for one in element.inputs), element.result_variable, *loop]


def _brought(definition: Definition, element: Element) -> list[str]:
    """Return the names that being done brings with it."""
    if element.kind is Kind.USER:
        return [*_asked(definition, element.form), "completed_by"]
    if element.kind in (Kind.SERVICE, Kind.SEND):
        contract = definition.handlers.get(element.handler)
        return [ALL] if contract is None else list(contract["results"])
    if element.kind in (Kind.RECEIVE, Kind.BOUNDARY, Kind.ARMED) and element.event is not None:
        named = element.properties.get(_BRINGS, "")
        is_sent = element.event.kind in ("message", "signal")
        return [ALL] if is_sent and not named else [one.strip() for one in named.split(",")]
    return [ALL] if element.kind in (Kind.CALL, Kind.RULE) else []


def _asked(definition: Definition, form_id: str) -> list[str]:
    raw = definition.forms.get(form_id)
    form = parse_form(form_id, orjson.dumps(raw))[0] if raw is not None else None
    return [] if form is None else [key for key, one in form.inputs().items() if not one.read_only]
