"""What weighs in a change of a model, so that a second person must look (DESIGN decision 16).

Duties, effects and limits can be changed by whatever is executed: a way round a task is as good as
a task without its duty. So every change of an element, a way or a table weighs; what things are
called, how they are drawn, and forms weigh nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from laufzettel.engine.model.definition import Definition, Element, Flow

T = TypeVar("T")


def weighty(before: Definition, after: Definition) -> tuple[str, ...]:
    """Return in German what a second person has to look at, empty where nothing weighs."""
    return (
        *_differences(before.elements, after.elements, _bare_element, _called),
        *_differences(before.flows, after.flows, _bare_flow, _way),
        *_differences(before.decision_files, after.decision_files, str, lambda file: "Tabelle"),
        *_differences(_contracts(before), _contracts(after), str, lambda _contract: "Handler"),
    )


def _differences(
    before: Mapping[str, T],
    after: Mapping[str, T],
    bare: Callable[[T], object],
    called: Callable[[T], str],
) -> Iterator[str]:
    """Yield what came, went or does something else; the names of its parts tell which."""
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old is None or new is None:
            there = new if old is None else old
            assert there is not None  # noqa: S101 - the key is one of theirs
            yield f"{called(there)} „{key}“ {'kommt hinzu' if old is None else 'entfällt'}"
        elif bare(old) != bare(new):
            yield f"{called(new)} „{key}“ ändert sich"


def _bare_element(one: Element) -> object:
    return replace(one, name="", line=0, lane="", form="")


def _bare_flow(one: Flow) -> object:
    return replace(one, name="")


def _called(one: Element) -> str:
    if one.duty:
        return f"Pflicht {one.duty} an"
    return one.name or "Schritt"


def _way(one: Flow) -> str:
    return f"{'Bedingung' if one.condition else 'Weg'} {one.name}".rstrip()


def _contracts(definition: Definition) -> Mapping[str, str]:
    return {name: repr(sorted(each.items())) for name, each in definition.handlers.items()}
