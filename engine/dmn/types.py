"""Types of a DMN file: whether a value fits, and the conversions of DMN 1.5, 10.3.2.9.4."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Final, TypeAlias

from laufzettel.engine.dmn.source import Flaw, ItemDefinition, Literal, Model
from laufzettel.engine.feel.compile_tests import is_instance
from laufzettel.engine.feel.compiler import Run, compile_node
from laufzettel.engine.feel.errors import FeelSyntaxError
from laufzettel.engine.feel.nodes import UnaryTests, size
from laufzettel.engine.feel.parser import parse_unary_tests
from laufzettel.engine.feel.runtime import Runtime, Scope
from laufzettel.engine.feel.types import SIMPLE, FeelType
from laufzettel.engine.feel.values import Function, Value

#: A chain of names for the same type, and types inside each other, may be so long.
_DEPTH_MAX: Final = 50

#: The components of the context around a value.
Siblings: TypeAlias = Mapping[str, Value] | None


@dataclass(slots=True, eq=False)
class Type:
    """A type that values can be held against; recursive types refer to themselves.

    ``base`` is the type it is made of, ``components`` those of a context. ``allowed`` says
    what the value, or each item of a collection, may be, ``constraint`` what the whole may.
    """

    name: str
    simple: FeelType | None = None
    base: Type | None = None
    components: dict[str, Type] = field(default_factory=dict)
    is_collection: bool = False
    is_function: bool = False
    allowed: Limit | None = None
    constraint: Limit | None = None

    def fits(
        self, value: Value, runtime: Runtime, depth: int = 0, siblings: Siblings = None
    ) -> bool:
        """Return whether the value is of this type; null is of every type.

        ``siblings`` are the other components of the context that the value is part of: a
        constraint may compare with them (DMN 1.5, 7.3.3).
        """
        if value is None:
            return self.base is None or self.base.fits(value, runtime, depth + 1)
        runtime.spend(1)
        if depth > _DEPTH_MAX:
            return False
        if self.is_collection:
            is_kind = type(value) is list and all(
                self._one(item, runtime, depth, siblings) for item in value
            )
        else:
            is_kind = self._one(value, runtime, depth, siblings)
        return is_kind and _within(self.constraint, value, runtime, siblings)

    def _one(self, value: Value, runtime: Runtime, depth: int, siblings: Siblings) -> bool:
        is_kind = self._is_kind(value, runtime, depth)
        return is_kind and _within(self.allowed, value, runtime, siblings)

    def _is_kind(self, value: Value, runtime: Runtime, depth: int) -> bool:
        if value is None:
            return True
        if self.simple is not None:
            return self.simple.name == "Any" or is_instance(value, self.simple)
        if self.is_function:
            return type(value) is Function
        if self.base is not None:
            return self.base.fits(value, runtime, depth + 1)
        if type(value) is not dict:
            return not self.components
        return all(
            inner.fits(value.get(name), runtime, depth + 1, value)
            for name, inner in self.components.items()
        )

    def whole(self) -> Type:
        """Return the type under all its other names that add nothing."""
        found = self
        for _ in range(_DEPTH_MAX):
            if found.is_collection or found.base is None or found.allowed or found.constraint:
                break
            found = found.base
        return found

    @property
    def shown(self) -> str:
        """The name as a message gives it."""
        return f"Liste von {self.name}" if self.is_collection else self.name


@dataclass(frozen=True, slots=True)
class Limit:
    """Unary tests on a value of the type."""

    tests: UnaryTests
    run: Run
    cost: int

    @classmethod
    def of(cls, tests: UnaryTests) -> Limit:
        """Return the limit that a cell writes."""
        return cls(tests, compile_node(tests), size(tests))

    def admits(self, value: Value, runtime: Runtime, siblings: Siblings = None) -> bool:
        """Return whether the value passes; what cannot be said is a no."""
        runtime.spend(self.cost)
        mark = len(runtime.warnings)
        outer = None if siblings is None else Scope(siblings, None, runtime)
        answer = self.run(Scope({"?": value}, outer, runtime))
        runtime.forget(mark)  # whoever asks says what does not fit
        return answer is True


def _within(limit: Limit | None, value: Value, runtime: Runtime, siblings: Siblings) -> bool:
    return limit is None or value is None or limit.admits(value, runtime, siblings)


ANY: Final = Type(name="Any", simple=FeelType(name="Any"))
_SIMPLE: Final = {name: Type(name=name, simple=FeelType(name=name)) for name in SIMPLE} | {
    "Any": ANY,
    # Older names that modelers still write.
    "integer": Type(name="number", simple=FeelType(name="number")),
    "double": Type(name="number", simple=FeelType(name="number")),
    "long": Type(name="number", simple=FeelType(name="number")),
    "<Undefined>": ANY,
}


def converted(value: Value, wanted: Type, runtime: Runtime) -> tuple[Value, bool]:
    """Return the value as the type wants it and True, or null and False.

    A list of one becomes its item, a date the midnight in UTC; nothing becomes a list.
    """
    if wanted is ANY or wanted.fits(value, runtime):
        return value, True
    for other in _conversions(value):
        if wanted.fits(other, runtime):
            return other, True
    return None, False


def _conversions(value: Value) -> list[Value]:
    found: list[Value] = []
    if type(value) is list and len(value) == 1:
        found.append(value[0])
    if type(value) is date:
        found.append(datetime.combine(value, time(), tzinfo=UTC))
    return found


class Types:
    """The types of one file by name, with those of its imports behind their prefix."""

    def __init__(self, model: Model, imported: Sequence[tuple[str, Types]]) -> None:
        self._own = {each.name: Type(name=each.name) for each in model.types}
        self._imported = imported
        self.flaws: list[Flaw] = []
        for definition in model.types:
            self._fill(self._own[definition.name], definition, ())
        for definition in model.types:
            self._refuse_circle(definition)
        #: Names behind a dot: components may have names with blanks and operators.
        self.members: frozenset[str] = frozenset(_members(model.types)).union(
            *(types.members for _, types in imported)
        )

    def get(self, name: str, *, line: int = 0) -> Type:
        """Return the type of that name; an unknown one is a flaw, and anything fits it."""
        found = self.find(name)
        if found is None:
            self.flaws.append(Flaw(code="unknown-type", line=line, values={"type": name}))
            return ANY
        return found

    def find(self, name: str) -> Type | None:
        """Return the type of that name, or None."""
        if not name:
            return ANY
        known = self._own.get(name) or _SIMPLE.get(name)
        if known is not None:
            return known
        for prefix, types in self._imported:
            inner = name.removeprefix(f"{prefix}.") if prefix else name
            if (not prefix or inner != name) and (found := types.find(inner)):
                return found
        # „feel:number“: the prefix of a namespace, as DMN 1.1 wrote types.
        _, colon, plain = name.partition(":")
        if not colon:
            return None
        imported = (types.find(plain) for _, types in self._imported)
        return self.find(plain) or next((each for each in imported if each is not None), None)

    @cached_property
    def checks(self) -> dict[str, Callable[[Value, Runtime], bool]]:
        """How ``instance of`` asks for the types of this file, by name."""
        named = {name: _instance(each) for name, each in self._own.items()}
        for prefix, types in self._imported:
            for name, check in types.checks.items():
                named[f"{prefix}.{name}" if prefix else name] = check
        return named

    def _fill(self, made: Type, definition: ItemDefinition, siblings: Sequence[str]) -> None:
        made.is_collection = definition.is_collection
        made.is_function = definition.is_function
        made.allowed = self._limit(definition.allowed, siblings)
        made.constraint = self._limit(definition.constraint, siblings)
        names = [each.name for each in definition.components]
        for each in definition.components:
            inner = Type(name=each.name)
            self._fill(inner, each, names)
            made.components[each.name] = inner
        if definition.type_ref:
            made.base = self.get(definition.type_ref, line=definition.line)

    def _limit(self, cell: Literal | None, siblings: Sequence[str]) -> Limit | None:
        if cell is None:
            return None
        try:
            return Limit.of(parse_unary_tests(cell.text, siblings))
        except FeelSyntaxError as error:
            line = cell.line + error.line - 1
            values = {"text": cell.text.strip(), "reason": error.message_de}
            self.flaws.append(Flaw(code="syntax", line=line, values=values))
            return None

    def _refuse_circle(self, definition: ItemDefinition) -> None:
        seen: list[Type] = []
        found: Type | None = self._own[definition.name]
        while found is not None and found not in seen:
            seen.append(found)
            found = found.base
        if found is not None:
            values = {"path": definition.name}
            self.flaws.append(Flaw(code="circular", line=definition.line, values=values))
            self._own[definition.name].base = None


def _instance(wanted: Type) -> Callable[[Value, Runtime], bool]:
    return lambda value, runtime: value is not None and wanted.fits(value, runtime)


def _members(types: tuple[ItemDefinition, ...]) -> list[str]:
    found: list[str] = []
    for each in types:
        found.extend(inner.name for inner in each.components)
        found.extend(_members(each.components))
    return found
