"""Moving a token: from where a case waits to another element.

Within one process or subprocess, out of a subprocess (which ends with it), or into one that
begins with it. What would leave the case or its signatures unsound is refused by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

import sqlalchemy as sa

from laufzettel.engine.execution.bundles import Bundles
from laufzettel.engine.execution.case_run import CaseRun, Wait
from laufzettel.engine.execution.changes import WaitKind
from laufzettel.engine.execution.port import Scope
from laufzettel.engine.execution.step import Loaded
from laufzettel.engine.model.definition import Definition, Element, Kind
from laufzettel.engine.operations import duties_ahead
from laufzettel.engine.operations.acts import Act
from laufzettel.engine.operations.forecast import Forecast, compare, places
from laufzettel.engine.operations.hand import Hand
from laufzettel.engine.work import cancelling
from laufzettel.errors import ConflictError, InputError

#: Where a token may be put. Joining gateways wait for what has gone another way, boundary
#: events belong to their activity, and a start would be a second beginning.
_TARGETS: Final = frozenset(
    {
        *(Kind.USER, Kind.SERVICE, Kind.SCRIPT, Kind.RULE, Kind.SEND, Kind.PASS, Kind.RECEIVE),
        *(Kind.THROW, Kind.END, Kind.EXCLUSIVE, Kind.EVENT_GATEWAY, Kind.SUBPROCESS, Kind.CALL),
    }
)


class _Way(NamedTuple):
    """What is taken away, and where and in which scope the new token arrives."""

    token: str
    scope: str
    element: str


class Move:
    """One token of one case, to be moved."""

    def __init__(self, bundles: Bundles, source: str, target: str) -> None:
        self._bundles = bundles
        self._source = source
        self._target = target
        self._forecast: Forecast | None = None

    def look(self, hand: Hand, act: Act) -> Forecast:
        """Return what the move would do; raises InputError for one that makes no sense."""
        hand.look(act, self._change)
        return self._found()

    def take(self, hand: Hand, act: Act, *, seen: int | None) -> Forecast:
        """Move the token in one step; raises ConflictError with the first refusal."""
        event = act.event("case.moved", {"from": self._source, "to": self._target})

        def change(connection: sa.Connection, loaded: Loaded) -> Loaded:
            changed = self._change(connection, loaded)
            if refused := self._found().refusals_de:
                raise ConflictError(refused[0])
            return changed

        hand.take(act, change, lambda loaded: ({}, [event]), seen=seen)
        return self._found()

    def _found(self) -> Forecast:
        if self._forecast is None:
            raise RuntimeError("nothing was looked at")
        return self._forecast

    def _change(self, connection: sa.Connection, loaded: Loaded) -> Loaded:
        definition = self._bundles.load(
            connection, loaded.row.bundle_id, loaded.row.process_id
        ).definition
        elements = duties_ahead.elements_of(definition)
        run = loaded.run
        way = _way(run, definition, self._source, self._target)
        before, starved = places(run, elements), run.starving()
        run.move(way.token, way.element, way.scope)
        run.settle()
        found = compare(before, loaded, elements)
        refused = [
            *_on_the_way(connection, loaded.row.id),
            *_starved(run.starving() - starved),
            *duties_ahead.refusals(connection, loaded.row, definition, run),
        ]
        self._forecast = replace(found, refusals_de=tuple(refused))
        return loaded


def _on_the_way(connection: sa.Connection, case_id: str) -> Iterator[str]:
    for key in cancelling.on_the_way(connection, case_id):
        yield (
            f"„{key}“ ist gerade unterwegs. Der Vorgang kann erst versetzt werden, wenn "
            "feststeht, was daraus geworden ist."
        )


def _starved(joins: set[str]) -> Iterator[str]:
    for join in sorted(joins):
        yield (
            f"Am Gateway „{join}“ bliebe der Vorgang für immer liegen: aus einem der Zweige "
            "käme dort nichts mehr an. Versetzen Sie zuerst die anderen Zweige."
        )


def _way(run: CaseRun, definition: Definition, source: str, target: str) -> _Way:
    elements = duties_ahead.elements_of(definition)
    aim = _aim(elements, target)
    token, scope = _token(run, elements, source)
    scopes = run.scopes()
    while True:
        inside = _inside(elements, scopes, scope, definition.main)
        outer = elements.get(aim.scope)
        begins = outer is not None and _is_plain(outer) and outer.scope == inside
        if aim.scope == inside or begins:
            return _Way(token, scope, aim.id)
        if not scope:
            raise InputError(
                f"„{target}“ liegt in „{aim.scope}“; dorthin kann der Vorgang nicht versetzt "
                "werden. Möglich ist derselbe Prozess, ein Teilprozess um die Stelle herum "
                "oder einer, der unmittelbar darin beginnt."
            )
        token, scope = scope, scopes[scope].above


def _is_plain(outer: Element) -> bool:
    """Say whether it is a subprocess that a token may begin in its middle."""
    return outer.kind is Kind.SUBPROCESS and not outer.triggered and not outer.loop


def _whole(elements: Mapping[str, Element], name: str) -> str:
    """Return the element, or the repetition around it: an activity is moved with all its items."""
    one = elements.get(name)
    outer = elements.get(one.scope) if one is not None else None
    return outer.id if outer is not None and outer.repeats == name else name


def _aim(elements: Mapping[str, Element], target: str) -> Element:
    aim = elements.get(_whole(elements, target))
    if aim is None:
        raise InputError(f"Das Modell dieses Vorgangs hat keinen Schritt „{target}“.")
    behind_race = any(
        one.kind is Kind.EVENT_GATEWAY and set(one.outgoing) & set(aim.incoming)
        for one in elements.values()
    )
    if aim.kind not in _TARGETS or behind_race or aim.triggered:
        raise InputError(
            f"Auf „{target}“ kann kein Vorgang versetzt werden: dorthin kommt er nur von "
            "selbst. Nennen Sie den Schritt davor oder danach."
        )
    return aim


def _token(run: CaseRun, elements: Mapping[str, Element], source: str) -> tuple[str, str]:
    """Return the token at the source, named by its element or activation, and its scope."""
    whole, scopes = _whole(elements, source), run.scopes()
    found = [(name, one.above) for name, one in scopes.items() if one.element == whole]
    if not found:
        found = [(wait.activation, wait.scope) for wait in run.waits() if _is_at(wait, source)]
    if any(scope in scopes and scopes[scope].item for _, scope in found):
        raise InputError(
            f"„{source}“ ist einer von mehreren Durchläufen. Nennen Sie den Schritt selbst: er "
            "wird als Ganzes versetzt."
        )
    known = elements.get(source)
    if known is not None and known.kind is Kind.BOUNDARY:
        raise InputError(
            f"„{source}“ ist ein Ereignis am Rand von „{known.attached_to}“. Nennen Sie diesen "
            "Schritt."
        )
    if not found:
        raise InputError(f"Bei „{source}“ wartet der Vorgang nicht.")
    if len(found) > 1:
        several = ", ".join(activation for activation, _ in found)
        raise InputError(
            f"Bei „{source}“ wartet der Vorgang mehrfach. Nennen Sie statt des Schritts eine "
            f"der Stellen: {several}."
        )
    return found[0]


def _is_at(wait: Wait, source: str) -> bool:
    silent = wait.kind in (WaitKind.SPENT, WaitKind.ERROR)
    return not silent and source in (wait.element, wait.activation)


def _inside(
    elements: Mapping[str, Element], scopes: Mapping[str, Scope], scope: str, main: str
) -> str:
    """Return the process or subprocess whose elements live in the scope."""
    if not scope:
        return main
    one = elements[scopes[scope].element]
    return one.called if one.kind is Kind.CALL else one.id
