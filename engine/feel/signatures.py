"""How built-ins are declared, found and given their arguments.

A declaration reads like the standard: ``"string: string, start position: number, length:
number?"``. ``?`` may be left out or null, a last ``*`` takes all that follows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeAlias

from laufzettel.engine.feel.runtime import Code, Refusal
from laufzettel.engine.feel.values import KINDS, Value, kind, kind_de

Answer: TypeAlias = Callable[..., Value]

#: Alternative words for groups of kinds in a declaration.
_GROUPS: Final = {
    "any": frozenset([*KINDS.values()]),
    "day": frozenset(["date", "date and time"]),
    "clock": frozenset(["time", "date and time"]),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a built-in: its name and the kinds of value that it takes."""

    name: str
    kinds: frozenset[str]
    takes_null: bool
    optional: bool

    def accept(self, value: Value) -> Value:
        """Return the value as the function wants it, with the conversions of the standard.

        A single value becomes a list of one, a list of one its item. Raises Refusal.
        """
        found = kind(value)
        if found in self.kinds or (value is None and self.takes_null):
            return value
        if value is None:
            raise Refusal(Code.NULL_OPERAND, f"„{self.name}“ ist null.")
        if "list" in self.kinds:
            return [value]
        if isinstance(value, list) and len(value) == 1 and kind(value[0]) in self.kinds:
            return value[0]
        raise Refusal(
            Code.WRONG_TYPE, f"„{self.name}“ passt nicht: {kind_de(value)} ist hier nicht erlaubt."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Overload:
    """One way to call a built-in."""

    name: str
    parameters: tuple[Parameter, ...]
    answer: Answer
    rest: bool  # the last parameter takes all further arguments
    spread: bool  # several arguments count as one list: min(1, 2, 3)

    @property
    def module(self) -> str:
        """The last part of the name of the module that declares it."""
        return self.answer.__module__.rpartition(".")[2]

    def fits_count(self, count: int) -> bool:
        """Return whether so many arguments by position can be meant."""
        least = sum(not parameter.optional for parameter in self.parameters)
        most = 10**9 if self.rest or self.spread else len(self.parameters)
        return max(least, 1 if self.spread else 0) <= count <= most

    def fits_names(self, names: tuple[str, ...]) -> bool:
        """Return whether these parameters by name are all there are to give."""
        known = {parameter.name for parameter in self.parameters}
        required = {parameter.name for parameter in self.parameters if not parameter.optional}
        return required <= set(names) <= known and len(set(names)) == len(names)

    def bind(self, args: list[Value], names: tuple[str, ...]) -> list[Value]:
        """Return the arguments in order and converted. Raises Refusal."""
        if names:
            given = dict(zip(names, args, strict=True))
            return [
                parameter.accept(given[parameter.name]) if parameter.name in given else None
                for parameter in self.parameters
            ]
        if self.spread and len(args) > 1:
            args = [args]
        last = self.parameters[-1:] * max(0, len(args) - len(self.parameters))
        return [
            parameter.accept(value)
            for parameter, value in zip((*self.parameters, *last), args, strict=False)
        ]


#: Name -> the ways to call it, tried in the order of declaration.
REGISTRY: Final[dict[str, list[Overload]]] = {}


def builtin(name: str, declaration: str = "", *, spread: bool = False) -> Callable[[Any], Any]:
    """Register a function ``(runtime, *arguments)`` under its FEEL name."""
    parts = [part.strip() for part in declaration.split(",") if part.strip()]
    parameters = tuple(_parameter(part) for part in parts)

    def register(answer: Answer) -> Answer:
        overload = Overload(
            name=name,
            parameters=parameters,
            answer=answer,
            rest=bool(parts) and parts[-1].endswith("*"),
            spread=spread,
        )
        REGISTRY.setdefault(name, []).append(overload)
        return answer

    return register


def _parameter(part: str) -> Parameter:
    name, _, kinds = part.partition(":")
    words = [word.strip() for word in kinds.strip().rstrip("?*").split("|")]
    accepted = frozenset().union(*(_GROUPS.get(word, frozenset([word])) for word in words))
    optional = part.endswith(("?", "*"))
    return Parameter(
        name=name.strip(),
        kinds=accepted,
        takes_null=part.endswith("?") or "null" in accepted,
        optional=optional,
    )


def candidates(name: str, count: int, names: tuple[str, ...]) -> list[Overload]:
    """Return the ways to call ``name`` that these arguments can mean. Raises Refusal for none."""
    ways = REGISTRY[name]
    if names:
        fitting = [way for way in ways if way.fits_names(names)]
    else:
        fitting = [way for way in ways if way.fits_count(count)]
    return fitting or _no_way(name, ways)


def _no_way(name: str, ways: list[Overload]) -> NoReturn:
    raise Refusal(Code.BAD_ARGUMENT, f"So wird „{name}“ aufgerufen: {usage(name, ways)}.")


def usage(name: str, ways: list[Overload]) -> str:
    """Return how a built-in is called, for a message."""
    return " oder ".join(
        f"{name}({', '.join(parameter.name for parameter in way.parameters)})" for way in ways
    )
