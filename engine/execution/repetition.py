"""Repeated activities: how many items there are, what each sees, and what they leave.

Multi-instance by BPMN 2.0.2 § 13.3.7, the standard loop by § 13.3.6. The attributes of
table 10.30 (numberOfInstances …) are seen by the completion condition, ``loopCounter`` by
every item; both under the names that BPMN gives them, counted from 1.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any, Final

from laufzettel.engine.execution.port import After, Unevaluable
from laufzettel.engine.feel import free_names, parse_expression
from laufzettel.engine.model.definition import Element, Loop

#: Most items of one repetition in one case; more are cases of their own.
ITEMS_MAX: Final = 200
#: Most items of which each is a case of its own.
OWN_ITEMS_MAX: Final = 10_000
#: Evaluates an expression of the element over variables.
Evaluate = Callable[[str, Mapping[str, Any]], Any]


class Repetitions:
    """The repetitions that are under way in a case, by the scope around their items.

    Each is kept as [items, outputs, begun, done]; ``items`` is empty for a standard loop.
    """

    def __init__(self, stored: Mapping[str, list[Any]]) -> None:
        self.stored: dict[str, list[Any]] = {name: list(one) for name, one in stored.items()}

    def begin(
        self, element: Element, scope: str, seen: Mapping[str, Any], evaluate: Evaluate
    ) -> int:
        """Return how many items begin at once; raises Unevaluable for what is no list."""
        loop = element.loop
        assert loop is not None, "only a repeated activity is repeated"  # noqa: S101
        if not loop.collection:
            count = int(not loop.test_before or _goes_on(loop, 0, seen, evaluate, element))
            items = []
        else:
            items = items_of(element, seen, evaluate)
            count = min(len(items), 1) if loop.sequential else len(items)
        self.stored[scope] = [items, [None] * len(items), count, 0]
        return count

    def item(self, element: Element, scope: str, number: int) -> dict[str, Any]:
        """Return the variables that an item begins with."""
        return variables_of(element, self.stored[scope][0], number)

    def leave(
        self,
        element: Element,
        scope: str,
        number: int,
        seen: Mapping[str, Any],
        evaluate: Evaluate,
    ) -> After:
        """Take over what an item leaves and say what follows; may raise Unevaluable.

        Items complete in any order; the outputs keep the order of the items.
        """
        loop = element.loop
        assert loop is not None, "only a repeated activity is repeated"  # noqa: S101
        items, outputs, begun, done = self.stored[scope]
        if loop.output_element:
            outputs = list(outputs)
            outputs[number - 1] = evaluate(loop.output_element, seen)
        done += 1
        after = self._after(element, loop, (items, begun, done), seen, evaluate)
        self.stored[scope] = [items, outputs, begun + (after is After.ANOTHER), done]
        return after

    def _after(
        self,
        element: Element,
        loop: Loop,
        counts: tuple[list[Any], int, int],
        seen: Mapping[str, Any],
        evaluate: Evaluate,
    ) -> After:
        items, begun, done = counts
        if not loop.collection:
            again = _goes_on(loop, done, seen, evaluate, element)
            return After.ANOTHER if again else After.NOTHING
        if loop.completion_condition:
            numbers = {
                "numberOfInstances": len(items),
                "numberOfActiveInstances": begun - done,
                "numberOfCompletedInstances": done,
                "numberOfTerminatedInstances": 0,
            }
            known = {**seen, **{name: Decimal(count) for name, count in numbers.items()}}
            if _truth(loop.completion_condition, known, evaluate, element):
                return After.STOP
        return After.ANOTHER if loop.sequential and begun < len(items) else After.NOTHING

    def keep(self, living: Collection[str]) -> None:
        """Forget the repetitions that were stopped from outside."""
        for scope in [one for one in self.stored if one not in living]:
            del self.stored[scope]

    def end(self, element: Element, scope: str) -> dict[str, Any]:
        """Return the output collection of a repetition that is over, and forget it."""
        outputs = self.stored.pop(scope)[1] if scope in self.stored else []
        loop = element.loop
        return {loop.output_collection: outputs} if loop and loop.output_collection else {}


def output_name(loop: Loop) -> str:
    """Return the variable that the output element reads if it is nothing but its name.

    >>> output_name(Loop(output_element="verdict")), output_name(Loop(output_element="a + 1"))
    ('verdict', '')
    """
    text = loop.output_element.strip()
    return text if text and {text} == set(free_names(parse_expression(text))) else ""


def variables_of(element: Element, items: list[Any], number: int) -> dict[str, Any]:
    """Return the variables that an item begins with."""
    loop = element.loop
    values: dict[str, Any] = {"loopCounter": Decimal(number)}
    if loop is not None and (name := output_name(loop)):
        values[name] = None  # what an item brings stays its own
    if loop is not None and loop.element:
        values[loop.element] = items[number - 1]
    return values


def items_of(element: Element, seen: Mapping[str, Any], evaluate: Evaluate) -> list[Any]:
    """Return the items of a repeated activity; raises Unevaluable for what is no usable list."""
    loop = element.loop
    assert loop is not None, "only a repeated activity is repeated"  # noqa: S101
    most = OWN_ITEMS_MAX if element.own_case else ITEMS_MAX
    found = evaluate(loop.collection, seen)
    if not isinstance(found, list):
        text = f"„{loop.collection}“ ergibt keine Liste, über die wiederholt werden kann."
        raise Unevaluable(element.id, text)
    if len(found) > most:
        text = (
            f"Die Liste „{loop.collection}“ hat {len(found)} Einträge; in einem Vorgang werden "
            f"höchstens {most} bearbeitet. Für mehr rufen Sie einen Prozess auf, dessen "
            "Vorgänge eigene sind (laufzettel:case = own)."
        )
        raise Unevaluable(element.id, text)
    return found


def _goes_on(
    loop: Loop, done: int, seen: Mapping[str, Any], evaluate: Evaluate, element: Element
) -> bool:
    """Say whether a standard loop begins once more after ``done`` rounds."""
    if loop.maximum and done >= loop.maximum:
        return False
    return _truth(loop.condition, {**seen, "loopCounter": Decimal(done)}, evaluate, element)


def _truth(text: str, seen: Mapping[str, Any], evaluate: Evaluate, element: Element) -> bool:
    value = evaluate(text, seen)
    if not isinstance(value, bool):
        raise Unevaluable(element.id, f"Die Bedingung „{text}“ ergibt weder wahr noch falsch.")
    return value
