"""Gaps and overlaps of a decision table, each with an input that shows it.

Column by column the rules that still match are followed through the regions of the column
(``regions``); regions that leave the same rules are one. What no rule matches is a gap, what
several match an overlap. Bounded: a table that is too large or depends on more than its
columns is not analysed, and says so. Null is not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from laufzettel.engine.dmn.hits import LISTS
from laufzettel.engine.dmn.nodes import Column, DmnRuntime, Placed, TableNode
from laufzettel.engine.dmn.regions import NotAnalysableError, constants, samples
from laufzettel.engine.dmn.source import HitPolicy
from laufzettel.engine.dmn.types import Limit, Type
from laufzettel.engine.feel.compiler import compile_node
from laufzettel.engine.feel.errors import FeelBudgetError
from laufzettel.engine.feel.nodes import AnyInput, Literal, Node, UnaryTests, walk
from laufzettel.engine.feel.runtime import Scope
from laufzettel.engine.feel.texts import literal_text
from laufzettel.engine.feel.values import Value

#: Cells asked, and sets of rules followed, in one table.
CELLS_MAX: Final = 20_000
SETS_MAX: Final = 20_000
#: Gaps and overlaps that are shown of one table.
SHOWN_MAX: Final = 3

_DEPENDS: Final = (
    "eine Zelle hängt von mehr ab als ihrer Spalte",
    "a cell depends on more than its column",
)
#: Policies under which it matters that two rules match.
_SINGLE: Final = (HitPolicy.UNIQUE, HitPolicy.ANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """An input that several rules match."""

    example: str
    rules: tuple[int, ...]  # their numbers, from 1


@dataclass(slots=True, kw_only=True)
class Analysis:
    """What was found; ``why_not`` says in German and English why nothing was looked for."""

    gaps: list[str] = field(default_factory=list)  # inputs that no rule matches
    overlaps: list[Overlap] = field(default_factory=list)
    unreachable: tuple[int, ...] = ()  # rules that no input reaches, from 1
    why_not: tuple[str, str] | None = None


def analyse(table: TableNode, known: Sequence[Type | None]) -> Analysis:
    """Return gaps, overlaps and unreachable rules; ``known`` are the types of the inputs."""
    if not table.inputs or not table.rules:
        return Analysis()
    try:
        columns = [_column(table, place, known[place]) for place in range(len(table.inputs))]
        return _Walk(table, columns).run()
    except NotAnalysableError as error:
        return Analysis(why_not=error.args or _DEPENDS)
    except FeelBudgetError:
        return Analysis(why_not=("sie rechnet zu lange", "it computes too long"))


@dataclass(frozen=True, slots=True)
class _Region:
    """Values of a column that the same rules match; bit n stands for rule n."""

    sample: Value
    rules: int


def _column(table: TableNode, place: int, known: Type | None) -> list[_Region]:
    head = table.head.inputs[place]
    cells = [_unwrapped(row.tests[place]) for row in table.rules]
    limits = [limit.tests for limit in _limits(head, known)]
    cuts = [value for node in (*cells, *limits) for value in constants(node)]
    picked = samples(cuts)
    if len(picked) * len(cells) > CELLS_MAX:
        raise NotAnalysableError("sie ist dafür zu groß", "it is too large for that")
    runtime = DmnRuntime(None, CELLS_MAX * 20)
    allowed = [value for value in picked if _is_allowed(head, known, value, runtime)]
    tests = [None if _is_any(cell) else compile_node(cell) for cell in cells]
    merged: dict[tuple[int, int], _Region] = {}
    holes = 0
    for value in allowed:
        scope = Scope({"?": value}, None, runtime)
        runtime.spend(len(cells))
        rules = sum(1 << n for n, test in enumerate(tests) if test is None or test(scope) is True)
        # What no rule matches is merged with its neighbour only: each hole is an example.
        holes += bool(rules)
        merged.setdefault((rules, 0 if rules else holes), _Region(value, rules))
    return list(merged.values())


def _unwrapped(node: Node) -> Node:
    return node.body if isinstance(node, Placed) else node


def _is_any(node: Node) -> bool:
    return isinstance(node, UnaryTests) and isinstance(node.tests[0], AnyInput)


def _asks_for_null(node: Node) -> bool:
    return any(isinstance(part, Literal) and part.value is None for part in walk(node))


def _limits(head: Column, known: Type | None) -> list[Limit]:
    found = [head.limit]
    for wanted in (head.wanted, known):
        while wanted is not None and not wanted.is_collection:
            found += [wanted.allowed, wanted.constraint]
            wanted = wanted.base
    return [limit for limit in found if limit is not None]


def _is_allowed(head: Column, known: Type | None, value: Value, runtime: DmnRuntime) -> bool:
    if value is None:  # no cell of the column asks for anything
        return True
    if head.limit is not None and not head.limit.admits(value, runtime):
        return False
    return all(each is None or each.fits(value, runtime) for each in (head.wanted, known))


class _Walk:
    """Follows sets of rules through the columns."""

    def __init__(self, table: TableNode, columns: list[list[_Region]]) -> None:
        self._table = table
        self._columns = columns
        self._policy = table.head.policy
        self._found = Analysis()
        self._seen: set[tuple[int, int]] = set()
        self._reached = 0
        self._pairs: set[tuple[int, int]] = set()

    def run(self) -> Analysis:
        """Return what was found."""
        everything = (1 << len(self._table.rules)) - 1
        self._follow(0, everything, ())
        self._found.unreachable = tuple(
            number
            for number, row in enumerate(self._table.rules, start=1)
            if not self._reached >> (number - 1) & 1 and not any(map(_asks_for_null, row.tests))
        )
        return self._found

    def _follow(self, place: int, rules: int, path: tuple[Value, ...]) -> None:
        if rules == 0:
            self._gap(path)
            return
        if (place, rules) in self._seen:
            return
        self._seen.add((place, rules))
        if len(self._seen) > SETS_MAX:
            raise NotAnalysableError("sie ist dafür zu groß", "it is too large for that")
        if place == len(self._columns):
            self._end(rules, path)
            return
        for region in self._columns[place]:
            self._follow(place + 1, rules & region.rules, (*path, region.sample))

    def _end(self, rules: int, path: tuple[Value, ...]) -> None:
        numbers = tuple(n + 1 for n in range(rules.bit_length()) if rules >> n & 1)
        if self._policy is HitPolicy.FIRST:
            self._reached |= rules & -rules
        else:
            self._reached |= rules
        if len(numbers) > 1 and self._policy in _SINGLE:
            self._overlap(numbers, path)

    def _gap(self, path: tuple[Value, ...]) -> None:
        if not self._has_answer and len(self._found.gaps) < SHOWN_MAX:
            example = self._example(path)
            if example not in self._found.gaps:
                self._found.gaps.append(example)

    @property
    def _has_answer(self) -> bool:
        """Whether the table says something when no rule matches."""
        return bool(self._table.defaults) or self._policy in LISTS

    def _overlap(self, numbers: tuple[int, ...], path: tuple[Value, ...]) -> None:
        if self._policy is HitPolicy.ANY and self._says_the_same(numbers):
            return
        pair = (numbers[0], numbers[1])
        if pair not in self._pairs and len(self._found.overlaps) < SHOWN_MAX:
            self._pairs.add(pair)
            self._found.overlaps.append(Overlap(example=self._example(path), rules=numbers[:5]))

    def _says_the_same(self, numbers: tuple[int, ...]) -> bool:
        """Return whether the outputs are the same constants."""
        said = set()
        for number in numbers:
            outputs = [_unwrapped(each) for each in self._table.rules[number - 1].outputs]
            if not all(isinstance(each, Literal) for each in outputs):
                return True  # what is computed may be the same
            said.add(tuple(repr(getattr(each, "value", None)) for each in outputs))
        return len(said) == 1

    def _example(self, path: tuple[Value, ...]) -> str:
        """Return the inputs as FEEL; what does not matter is left out."""
        parts = [
            f"{column.label} = {literal_text(value)}"
            for column, value in zip(self._table.head.inputs, path, strict=False)
            if value is not None
        ]
        return ", ".join(parts) or "–"
