"""What DMN adds to the tree of FEEL: tables, types, and the lines of the file.

A decision is compiled as one tree of FEEL nodes, so that boxed expressions share budget,
scopes and checks with the text inside them. These few kinds have no form in FEEL's text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from laufzettel.engine.dmn.source import Aggregation, HitPolicy
from laufzettel.engine.dmn.types import Limit, Type, Types, converted
from laufzettel.engine.feel.compiler import MISSING, Run, compile_node, compiles
from laufzettel.engine.feel.nodes import Node, Position
from laufzettel.engine.feel.runtime import NO_TYPES, Code, Runtime, Scope
from laufzettel.engine.feel.values import Value, kind_de

#: Tables that one evaluation keeps in its trace.
TRACED_MAX: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """One evaluation of a table: what its columns saw, and which rules matched."""

    table: str  # its id, or empty
    line: int
    inputs: tuple[tuple[str, Value], ...]  # label of the column -> value
    rules: tuple[int, ...]  # numbers of the rules that matched, from 1
    rule_ids: tuple[str, ...]  # their ids, empty where the file gives none


class DmnRuntime(Runtime):
    """The budget and the warnings of one evaluation, with places in the file."""

    __slots__ = ("fired", "is_broken", "line")

    def __init__(self, now: datetime | None, steps: int) -> None:
        super().__init__(now, steps)
        self.line = 1  # of the file, where the text that is running starts
        self.fired: list[Fired] = []
        self.is_broken = False  # a cell of a table could not be evaluated

    def warn(self, code: Code, text_de: str, at: Position, *, is_error: bool = True) -> Value:
        """Remember a warning at its line of the file and return null."""
        place = Position(at.offset, self.line + at.line - 1, at.column)
        return super().warn(code, text_de, place, is_error=is_error)


def runtime_of(scope: Scope) -> DmnRuntime:
    """Return the runtime, which in a decision is always ours."""
    assert isinstance(scope.runtime, DmnRuntime)  # noqa: S101 - a bug, not data
    return scope.runtime


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed(Node):
    """A text of the file: its warnings get the lines of the file, it knows the file's types."""

    body: Node
    line: int
    types: Types | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Typed(Node):
    """A value that is to be of a type; ``what`` names it in a message."""

    body: Node
    wanted: Type
    what: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wanted:
    """The types of a function's parameters, by name."""

    types: dict[str, Type]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bound(Node):
    """The body of a function whose arguments are to be of their types."""

    body: Node
    wanted: Wanted
    line: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Column:
    """What a table knows of a column besides its expression."""

    label: str
    limit: Limit | None  # allowed input values, or possible output values in their order
    wanted: Type
    name: str = ""
    order: tuple[Limit, ...] = ()  # the output values one by one


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Head:
    """A table without its expressions."""

    id: str
    line: int
    policy: HitPolicy
    aggregation: Aggregation | None
    inputs: list[Column] = field(default_factory=list)
    outputs: list[Column] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row(Node):
    """A rule: a test for each input, an expression for each output."""

    id: str
    tests: tuple[Node, ...]
    outputs: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TableNode(Node):
    """A decision table; ``defaults`` is empty or has a node for each output."""

    head: Head
    inputs: tuple[Node, ...]
    rules: tuple[Row, ...]
    defaults: tuple[Node, ...]


def place(line: int) -> Position:
    """Return the start of a line; what is not text has no column."""
    return Position(0, line, 1)


@compiles(Placed)
def _placed(node: Placed) -> Run:
    body, line = compile_node(node.body), node.line
    types = NO_TYPES if node.types is None else node.types.checks

    def run(scope: Scope) -> Value:
        runtime = runtime_of(scope)
        outer, runtime.line = (runtime.line, runtime.types), line
        runtime.types = types
        try:
            return body(scope)
        finally:
            runtime.line, runtime.types = outer

    return run


def say(runtime: DmnRuntime, code: Code, text_de: str, line: int, *, is_error: bool = True) -> None:
    """Remember a warning about a line of the file."""
    outer, runtime.line = runtime.line, 1
    runtime.warn(code, text_de, place(line), is_error=is_error)
    runtime.line = outer


@compiles(Typed)
def _typed(node: Typed) -> Run:
    body, wanted, what, line = compile_node(node.body), node.wanted, node.what, node.line

    def run(scope: Scope) -> Value:
        return fitted(runtime_of(scope), body(scope), wanted, what, line)

    return run


def fitted(
    runtime: DmnRuntime,
    value: Value,
    wanted: Type,
    what: str,
    line: int,
    code: Code = Code.WRONG_TYPE,
) -> Value:
    """Return the value as its type wants it; null with an error where it does not fit."""
    found, fits = converted(value, wanted, runtime)
    if not fits:
        text = f"{what} ist kein erlaubter Wert für „{wanted.shown}“: {kind_de(value)}."
        say(runtime, code, text, line)
    return found


@compiles(Bound)
def _bound(node: Bound) -> Run:
    body, wanted, line = compile_node(node.body), node.wanted.types, node.line

    def run(scope: Scope) -> Value:
        runtime = runtime_of(scope)
        given: dict[str, Value] = {}
        for name, type_ in wanted.items():
            value = scope.variables.get(name, MISSING)
            found, fits = converted(None if value is MISSING else value, type_, runtime)
            if not fits:
                text = f"Der Parameter „{name}“ ist kein Wert für „{type_.shown}“."
                say(runtime, Code.WRONG_TYPE, text, line)
                return None
            given[name] = found
        outer, runtime.line = runtime.line, 1
        try:
            return body(Scope(given, scope, runtime))
        finally:
            runtime.line = outer

    return run


@compiles(Row)
def _row(node: Row) -> Run:
    raise NotImplementedError("a rule is part of its table")
