"""The order in which a list names the elements of a model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from laufzettel.web.diagram.sheet import Element, Sheet


def in_order(sheet: Sheet) -> Iterator[tuple[Element, int]]:
    """Yield every element with its depth: steps as a case comes by them, then the rest.

    What joins comes after all that leads to it, loops aside; what lies in a sub-process comes
    after it; what no way leads to keeps its place in the file.
    """
    scopes: defaultdict[str, list[Element]] = defaultdict(list)
    for element in sheet.elements.values():
        if element.is_node:
            scopes[element.scope].append(element)
    after = _after(sheet)
    opened: set[str] = set()
    # Last each scope by itself: two elements with one id may hide a scope from its parent.
    tops = [scope for scope in scopes if scope not in sheet.elements]
    for top in (*tops, *scopes):
        yield from _scope(top, scopes, after, opened)
    yield from ((each, 0) for each in sheet.elements.values() if not each.is_node)


def _after(sheet: Sheet) -> dict[str, list[str]]:
    """Return what follows on each element: its boundary events, then its ways."""
    after: defaultdict[str, list[str]] = defaultdict(list)
    for line in sheet.lines:
        if line.tag == "sequenceFlow":
            after[line.source].append(line.target)
    for element in sheet.elements.values():
        if element.attached_to:
            after[element.attached_to].append(element.id)
    return after


def _scope(
    top: str,
    scopes: Mapping[str, Sequence[Element]],
    after: Mapping[str, Sequence[str]],
    opened: set[str],
) -> Iterator[tuple[Element, int]]:
    """Yield the elements of a scope and of its sub-processes, no scope twice."""
    stack = [iter(_opening(top, scopes, after, opened))]
    while stack:
        element = next(stack[-1], None)
        if element is None:
            stack.pop()
            continue
        yield element, len(stack) - 1
        stack.append(iter(_opening(element.id, scopes, after, opened)))


def _opening(
    scope: str,
    scopes: Mapping[str, Sequence[Element]],
    after: Mapping[str, Sequence[str]],
    opened: set[str],
) -> list[Element]:
    if scope in opened or scope not in scopes:
        return []
    opened.add(scope)
    return _sorted(scopes[scope], after)


def _sorted(elements: Sequence[Element], after: Mapping[str, Sequence[str]]) -> list[Element]:
    """Return the elements of one scope so that what follows comes later.

    The reverse of the order in which a search in depth leaves the elements; it keeps its own
    stack because a model may be longer than Python's.
    """
    known = {element.id: element for element in elements}
    reached = {ident for each in elements for ident in after.get(each.id, ()) if ident in known}
    begins = [each.id for each in elements if each.id not in reached]
    left: list[str] = []
    seen: set[str] = set()
    for begin in reversed(begins):
        left += _left(begin, known, after, seen)
    circles = [ident for ident in known if ident not in seen]  # nothing leads into them
    return [known[ident] for ident in (*reversed(left), *circles)]


def _left(
    begin: str, known: Mapping[str, Element], after: Mapping[str, Sequence[str]], seen: set[str]
) -> Iterator[str]:
    """Yield elements in the order in which a search in depth is done with them."""
    seen.add(begin)
    stack = [(begin, iter(after.get(begin, ())[::-1]))]
    while stack:
        ident, ways = stack[-1]
        following = next((each for each in ways if each in known and each not in seen), None)
        if following is None:
            yield ident
            stack.pop()
        else:
            seen.add(following)
            stack.append((following, iter(after.get(following, ())[::-1])))
