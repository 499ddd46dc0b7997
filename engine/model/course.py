"""A compiled process as a graph: where a token goes next, and what it must have passed.

``graph`` does this for a model that is being checked; here every flow is known to be right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from laufzettel.engine.model.definition import Element, EventKind, Kind, Process

#: Node -> nodes that follow.
Next = Callable[[str], Sequence[str]]


class Course:
    """The elements of one process, indexed, with what dominates each of them."""

    def __init__(self, process: Process) -> None:
        self.elements = process.elements
        self._flows = process.flows
        self._boundaries: dict[str, list[str]] = defaultdict(list)
        self._starts: dict[str, list[str]] = defaultdict(list)
        for one in process.elements.values():
            if one.kind is Kind.BOUNDARY:
                self._boundaries[one.attached_to].append(one.id)
            if one.kind is Kind.START:
                self._starts[one.scope].append(one.id)
        self._above = _dominators(self._starts[process.id], self._onward)

    def after(self, element: str) -> list[str]:
        """Return where a token goes that has done the element: all ways there are."""
        one = self.elements[element]
        if one.kind is Kind.SUBPROCESS and self._starts[one.id]:
            return self._starts[one.id]
        following = self._targets(one) + self._links(one)
        return following or self._left(one)

    def is_end(self, element: str) -> bool:
        """Say whether a token is at its end there, in good order."""
        one = self.elements[element]
        return not (one.outgoing or self.after(element) or _is(one, EventKind.ERROR))

    def boundaries(self, element: str) -> list[str]:
        """Return the events at the element's border."""
        return self._boundaries[element]

    def is_back(self, source: str, target: str) -> bool:
        """Say whether a way leads back: every token at ``source`` has passed ``target``."""
        return target in self.passed(source)

    def passed(self, element: str) -> Iterator[str]:
        """Yield what every token must have reached that is at the element, itself first."""
        while element:
            yield element
            element = self._above.get(element, "")

    def order(self, start: str, following: Next) -> list[str]:
        """Return what ``following`` leads to from ``start``, nothing before what precedes it."""
        return _postorder([start], following)[::-1]

    def _onward(self, element: str) -> list[str]:
        return self.after(element) + self._boundaries[element]

    def _targets(self, one: Element) -> list[str]:
        return [self._flows[flow].target for flow in one.outgoing]

    def _links(self, one: Element) -> list[str]:
        if one.kind is not Kind.THROW or not _is(one, EventKind.LINK):
            return []
        return [
            each.id
            for each in self.elements.values()
            if each.kind is Kind.RECEIVE and each.event == one.event and each.scope == one.scope
        ]

    def _left(self, end: Element) -> list[str]:
        """Return what follows the subprocess that ends; an error leaves it by its boundary."""
        outer = self.elements.get(end.scope)
        return [] if outer is None or _is(end, EventKind.ERROR) else self._targets(outer)


def _is(element: Element, kind: EventKind) -> bool:
    return element.event is not None and element.event.kind is kind


def _postorder(roots: Sequence[str], following: Next) -> list[str]:
    order: list[str] = []
    seen = set(roots)
    todo = [(root, iter(following(root)[::-1])) for root in roots]
    while todo:
        node, rest = todo[-1]
        new = next((one for one in rest if one not in seen), None)
        if new is None:
            order.append(node)
            todo.pop()
        else:
            seen.add(new)
            todo.append((new, iter(following(new)[::-1])))
    return order


def _dominators(roots: Sequence[str], following: Next) -> dict[str, str]:
    """Return the nearest node that every way to a node passes; "" above the roots.

    Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm.
    """
    order = _postorder(roots, following)
    number = {node: place for place, node in enumerate(order)} | {"": len(order)}
    before: dict[str, list[str]] = defaultdict(list)
    for node in order:
        for one in following(node):
            before[one].append(node)
    above = dict.fromkeys(roots, "") | {"": ""}
    is_moving = True
    while is_moving:
        is_moving = False
        for node in reversed(order):
            known = [one for one in before[node] if one in above]
            nearest = "" if node in roots else _common(known, above, number)
            if above.get(node) != nearest:
                above[node], is_moving = nearest, True
    return above


def _common(nodes: Sequence[str], above: dict[str, str], number: dict[str, int]) -> str:
    first = nodes[0]
    for other in nodes[1:]:
        while first != other:
            if number[first] < number[other]:
                first = above[first]
            else:
                other = above[other]
    return first
