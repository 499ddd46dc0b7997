"""The syntax tree of FEEL: what the parser makes and the compiler reads.

Every node knows where it stands. A node with an infix operator stands at its operator,
every other node at its first character.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import NamedTuple

from laufzettel.engine.feel.types import FeelType
from laufzettel.engine.feel.values import Value


class Position(NamedTuple):
    """A place in the text: offset from 0, line and column from 1."""

    offset: int
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Node:
    """One piece of an expression."""

    at: Position


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Literal(Node):
    """A value written down: number, string, boolean, null."""

    value: Value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AtLiteral(Node):
    """A date, time or duration as ``@"…"``; ``value`` is None when the text is none."""

    text: str
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Name(Node):
    """A name, with single blanks between its words; ``?`` is the input of a unary test."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Path(Node):
    """``source.name``."""

    source: Node
    name: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Filter(Node):
    """``source[predicate]``: a condition for each item, or an index from 1."""

    source: Node
    predicate: Node


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Call(Node):
    """``callee(args)`` or ``callee(name: value)``; ``names`` is empty for positions."""

    callee: Node
    args: tuple[Node, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Negate(Node):
    """``-operand``."""

    operand: Node


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arithmetic(Node):
    """``left op right`` with ``+ - * / **``."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison(Node):
    """``left op right`` with ``= != < <= > >=``."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Logic(Node):
    """``a and b and …`` or ``a or b or …``, kept flat so that long chains stay shallow."""

    op: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Between(Node):
    """``value between low and high``, both ends included."""

    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OperatorTest(Node):
    """A unary test with an operator, such as ``< 10``; the left side is the input."""

    op: str
    value: Node


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AnyInput(Node):
    """The unary test ``-``, which any input passes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class In(Node):
    """``value in test`` or ``value in (test, test)``."""

    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnaryTests(Node):
    """A cell of a decision table: one of ``tests``, or none of them when ``negated``."""

    tests: tuple[Node, ...]
    negated: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InstanceOf(Node):
    """``value instance of type``."""

    value: Node
    type: FeelType


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class If(Node):
    """``if condition then then else otherwise``; a missing else is null."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Binding(Node):
    """``name in source`` of for, some and every."""

    name: str
    source: Node


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class For(Node):
    """``for bindings return body``; the body also knows ``partial``, the results so far."""

    bindings: tuple[Binding, ...]
    body: Node


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quantified(Node):
    """``some`` or ``every bindings satisfies body``."""

    every: bool
    bindings: tuple[Binding, ...]
    body: Node


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parameter(Node):
    """A parameter of a function definition; without a type anything fits."""

    name: str
    type: FeelType | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FunctionDefinition(Node):
    """``function(parameters) body``; ``external`` ones are read but never run."""

    parameters: tuple[Parameter, ...]
    body: Node
    external: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ListNode(Node):
    """``[a, b]``."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Entry(Node):
    """``key: value`` of a context."""

    key: str
    value: Node


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ContextNode(Node):
    """``{a: 1, b: a + 1}``: later entries see earlier ones."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RangeNode(Node):
    """``[low..high]`` with each end closed or open; a missing end has no limit."""

    low: Node | None
    high: Node | None
    low_closed: bool
    high_closed: bool


def children(node: Node) -> Iterator[Node]:
    """Yield the nodes directly below ``node`` in the order of the text."""
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple) and field.name not in ("at", "names"):
            yield from value


def walk(node: Node) -> Iterator[Node]:
    """Yield ``node`` and everything below it without recursion."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(tuple(children(current))))


def size(node: Node) -> int:
    """Return how many nodes the tree has: the steps that evaluating it once costs."""
    return sum(1 for _ in walk(node))


def height(node: Node) -> int:
    """Return how many nodes lie on the longest way down."""
    highest = 0
    waiting = [(node, 1)]
    while waiting:
        current, level = waiting.pop()
        highest = max(highest, level)
        waiting.extend((child, level + 1) for child in children(current))
    return highest
