"""Checking an expression before it runs: everything wrong at once, each with its place."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from laufzettel.engine.feel import patterns
from laufzettel.engine.feel.builtins import SPECIAL, is_builtin, takes_functions
from laufzettel.engine.feel.compiler import COMPILERS
from laufzettel.engine.feel.errors import FeelSyntaxError
from laufzettel.engine.feel.names import normal
from laufzettel.engine.feel.nodes import (
    AnyInput,
    AtLiteral,
    Binding,
    Call,
    ContextNode,
    Entry,
    Filter,
    For,
    FunctionDefinition,
    InstanceOf,
    Literal,
    Name,
    Node,
    OperatorTest,
    Parameter,
    Position,
    Quantified,
    UnaryTests,
    children,
    walk,
)
from laufzettel.engine.feel.parser import parse_expression, parse_unary_tests
from laufzettel.engine.feel.runtime import Code, Refusal
from laufzettel.engine.feel.signatures import candidates
from laufzettel.engine.feel.values import FarDate

#: Nodes that others run: they need no compiler of their own.
_PARTS: Final = (AnyInput, Binding, Entry, Parameter, OperatorTest)
#: Functions whose second argument is a pattern.
_WITH_PATTERN: Final = ("matches", "replace", "split")
_SYNTAX: Final = "syntax"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that is wrong in an expression, whatever the data will be.

    ``code`` is ``"syntax"`` or a value of ``Code``.
    """

    code: str
    text_de: str
    position: Position
    name: str = ""  # that is unknown


@dataclass(frozen=True, slots=True)
class Use:
    """One name that is read, and what is known about the place.

    ``in_filter`` says that it may be an entry of the filtered items, ``as_function`` that it
    is called or handed on as a function.
    """

    node: Name
    in_filter: bool
    as_function: bool


def _uses(node: Node, bound: frozenset[str], in_filter: bool) -> Iterator[Use]:
    """Yield every name below ``node`` that nothing inside the expression binds."""
    if isinstance(node, Name):
        if node.name not in bound:
            yield Use(node, in_filter, False)
        return
    special = _BINDERS.get(type(node))
    if special:
        yield from special(node, bound, in_filter)
        return
    for child in children(node):
        yield from _uses(child, bound, in_filter)


def _uses_of_loop(node: For | Quantified, bound: frozenset[str], in_filter: bool) -> Iterator[Use]:
    inner = bound | {"partial"} if isinstance(node, For) else bound
    for binding in node.bindings:
        yield from _uses(binding.source, inner, in_filter)
        inner = inner | {binding.name}
    yield from _uses(node.body, inner, in_filter)


def _uses_of_context(node: ContextNode, bound: frozenset[str], in_filter: bool) -> Iterator[Use]:
    for entry in node.entries:
        yield from _uses(entry.value, bound, in_filter)
        bound = bound | {entry.key}


def _uses_of_function(
    node: FunctionDefinition, bound: frozenset[str], in_filter: bool
) -> Iterator[Use]:
    inner = bound | {parameter.name for parameter in node.parameters}
    if not node.external:  # the body of an external one describes Java, it names nothing here
        yield from _uses(node.body, inner, in_filter)


def _uses_of_filter(node: Filter, bound: frozenset[str], in_filter: bool) -> Iterator[Use]:
    yield from _uses(node.source, bound, in_filter)
    yield from _uses(node.predicate, bound | {"item"}, True)


def _uses_of_call(node: Call, bound: frozenset[str], in_filter: bool) -> Iterator[Use]:
    handed_on = node.args if takes_functions(node.callee) else ()
    for part in (node.callee, *node.args):
        is_function = part is node.callee or part in handed_on
        for use in _uses(part, bound, in_filter):
            is_direct = is_function and use.node is part
            yield Use(use.node, use.in_filter, use.as_function or is_direct)


_BINDERS: Final[dict[type[Node], Callable[..., Iterator[Use]]]] = {
    For: _uses_of_loop,
    Quantified: _uses_of_loop,
    ContextNode: _uses_of_context,
    FunctionDefinition: _uses_of_function,
    Filter: _uses_of_filter,
    Call: _uses_of_call,
}


@lru_cache(maxsize=4096)
def names_within(node: Node) -> frozenset[str]:
    """Return every name that could be a variable, entries of filtered items included."""
    return frozenset(use.node.name for use in _uses(node, frozenset(), False)) - {"?"}


def free_names(node: Node) -> frozenset[str]:
    """Return the variables that the expression certainly reads.

    A name inside a filter may be an entry of the items and is left out, and so is a built-in
    where it is called.

    >>> sorted(free_names(parse_expression("sum(xs[price > 5].price) > limit")))
    ['limit', 'xs']
    """
    return frozenset(
        use.node.name
        for use in _uses(node, frozenset(), False)
        if not use.in_filter
        and use.node.name != "?"
        and not (use.as_function and is_builtin(use.node.name))
    )


def called_functions(node: Node) -> frozenset[str]:
    """Return the names that are called, such as ``now``, which a decision table must not.

    >>> called_functions(parse_expression("today() + @'P1D'".replace("'", '"')))
    frozenset({'today'})
    """
    return frozenset(
        part.callee.name
        for part in walk(node)
        if isinstance(part, Call) and isinstance(part.callee, Name)
    )


def check(text: str, names: Iterable[str], *, unary: bool = False) -> list[Problem]:
    """Return everything that is wrong with the expression, in the order of the text.

    ``names`` are the variables there are; ``unary`` reads the text as a cell of a table.

    >>> [problem.text_de for problem in check("gross_amuont > 5", ["gross_amount"])]
    ['Den Namen „gross_amuont“ gibt es hier nicht. Gemeint ist vielleicht „gross_amount“.']
    """
    known = [normal(name) for name in names]
    try:
        node: Node = parse_unary_tests(text, known) if unary else parse_expression(text, known)
    except FeelSyntaxError as error:
        at = Position(error.offset, error.line, error.column)
        return [Problem(code=_SYNTAX, text_de=error.message_de, position=at)]
    return check_node(node, known)


def check_node(node: Node, names: Iterable[str], *, types: Container[str] = ()) -> list[Problem]:
    """Return everything that is wrong with a parsed expression, in the order of the text.

    ``types`` are those that somebody defined besides the standard's.
    """
    known = frozenset(names)
    problems = [*_unknown_names(node, known), *_problems_of_nodes(node, Known(known, types))]
    return sorted(problems, key=lambda problem: problem.position.offset)


def _unknown_names(node: Node, known: frozenset[str]) -> Iterator[Problem]:
    if isinstance(node, UnaryTests):
        known = known | {"?"}
    for use in _uses(node, frozenset(), False):
        name = use.node.name
        is_known = name in known or (use.as_function and is_builtin(name))
        if is_known or (use.in_filter and not use.as_function and " " not in name):
            continue
        yield Problem(
            code=Code.UNKNOWN_NAME, text_de=_unknown(name, known), position=use.node.at, name=name
        )


def _unknown(name: str, known: frozenset[str]) -> str:
    if name == "?":
        return "„?“ gibt es nur in den Zellen einer Entscheidungstabelle."
    first, _, rest = name.partition(" ")
    if rest and (first in known or is_builtin(first)):
        return f"Hinter „{first}“ fehlt ein Operator vor „{rest}“."
    near = _nearest(name, known)
    hint = f" Gemeint ist vielleicht „{near}“." if near else ""
    return f"Den Namen „{name}“ gibt es hier nicht.{hint}"


def _nearest(name: str, known: frozenset[str]) -> str | None:
    from difflib import get_close_matches  # only when something is wrong

    return next(iter(get_close_matches(name, sorted(known), n=1, cutoff=0.75)), None)


class Known(NamedTuple):
    """What an expression may name."""

    names: frozenset[str]
    types: Container[str]


def _problems_of_nodes(node: Node, known: Known) -> Iterator[Problem]:
    for part in walk(node):
        if type(part) not in COMPILERS and not isinstance(part, _PARTS):
            text = "Das wird noch nicht ausgeführt."
            yield Problem(code=Code.UNSUPPORTED, text_de=text, position=part.at)
        inspect = _INSPECTORS.get(type(part))
        if inspect:
            yield from inspect(part, known)


def _problem(code: Code, text_de: str, node: Node) -> Problem:
    return Problem(code=code, text_de=text_de, position=node.at)


def _check_at_literal(node: AtLiteral, known: Known) -> Iterator[Problem]:
    if node.value is None or isinstance(node.value, FarDate):
        text = f"„{node.text[:40]}“ ist kein Datum, keine Uhrzeit und keine Dauer."
        yield _problem(Code.FAILED_CONVERSION, text, node)


def _check_function(node: FunctionDefinition, known: Known) -> Iterator[Problem]:
    if node.external:
        text = "Funktionen mit „external“ werden nicht ausgeführt."
        yield _problem(Code.UNSUPPORTED, text, node)
    for parameter in node.parameters:
        if parameter.type is not None and not parameter.type.is_known(known.types):
            yield _problem(Code.UNSUPPORTED, parameter.type.unknown_de(), parameter)


def _check_type(node: InstanceOf, known: Known) -> Iterator[Problem]:
    if not node.type.is_known(known.types):
        yield _problem(Code.UNSUPPORTED, node.type.unknown_de(), node)


def _check_context(node: ContextNode, known: Known) -> Iterator[Problem]:
    seen: set[str] = set()
    for entry in node.entries:
        if entry.key in seen:
            text = f"Der Eintrag „{entry.key}“ steht zweimal da."
            yield _problem(Code.DUPLICATE_KEY, text, entry)
        seen.add(entry.key)


def _check_call(node: Call, known: Known) -> Iterator[Problem]:
    if not isinstance(node.callee, Name):
        return
    name = node.callee.name
    if name in known.names or not is_builtin(name) or name in SPECIAL:
        return
    try:
        candidates(name, len(node.args), node.names)
        if name in _WITH_PATTERN and not node.names and isinstance(node.args[1], Literal):
            patterns.ready(str(node.args[1].value), _flags(node, name))
    except Refusal as refusal:
        yield _problem(refusal.code, refusal.text_de, node)


def _flags(node: Call, name: str) -> str:
    place = {"matches": 2, "replace": 3}.get(name, 9)
    flags = node.args[place] if len(node.args) > place else None
    return str(flags.value or "") if isinstance(flags, Literal) else ""


_INSPECTORS: Final[dict[type[Node], Callable[..., Iterator[Problem]]]] = {
    AtLiteral: _check_at_literal,
    FunctionDefinition: _check_function,
    InstanceOf: _check_type,
    ContextNode: _check_context,
    Call: _check_call,
}
