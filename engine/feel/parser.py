"""The Pratt parser: infix operators by binding power, everything else by its first token.

Two entry points, because ``-`` and ``not(…)`` and ``,`` mean something else in a cell of a
decision table than in an expression.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Final, cast

import laufzettel.engine.feel.parse_forms as forms
from laufzettel.engine.feel.builtins import FUNCTION_NAMES
from laufzettel.engine.feel.cursor import Cursor
from laufzettel.engine.feel.errors import FeelSyntaxError
from laufzettel.engine.feel.lexer import Token, TokenKind
from laufzettel.engine.feel.names import Names
from laufzettel.engine.feel.nodes import (
    AnyInput,
    Arithmetic,
    Between,
    Call,
    Comparison,
    Filter,
    In,
    InstanceOf,
    Logic,
    Name,
    Node,
    OperatorTest,
    Path,
    UnaryTests,
    height,
)

#: How deep the finished tree may be: evaluating it uses one Python frame a level.
HEIGHT_MAX: Final = 150

_COMPARISONS: Final = frozenset(["=", "!=", "<", "<=", ">", ">="])
#: Binding power; the higher the closer. Unary minus binds at 6, above ``**`` (TCK 0100).
_POWER: Final = {
    "or": 1,
    "and": 2,
    **dict.fromkeys((*_COMPARISONS, "between", "in"), 3),
    "+": 4,
    "-": 4,
    "*": 5,
    "/": 5,
    "**": 6,
    "instance": 8,
    ".": 9,
    "[": 9,
    "(": 9,
}
#: Operators that no value starts with, so that a ``[`` before them has closed a range.
_AFTER_RANGE: Final = frozenset([*_COMPARISONS, *",)]}*/+.", "**", ".."])
ARITHMETIC: Final = 3  # the power above which a comparison does not reach
NEGATION: Final = 7

_PLAIN: Final[frozenset[str]] = frozenset()
_BUILTIN_SCOPE: Final = Names((*FUNCTION_NAMES, "start included", "end included", "time offset"))


def parse_expression(text: str, names: Collection[str] = ()) -> Node:
    """Return the tree of an expression; ``names`` are the variables it may use.

    >>> parse_expression("a-b * 2", ["a-b"]).op
    '*'
    >>> parse_expression("1 +")
    Traceback (most recent call last):
    ...
    laufzettel.engine.feel.errors.FeelSyntaxError: Zeile 1, Spalte 4: Hier fehlt ein Wert, gefunden: das Ende.
    """
    return _cached(text, _keys(names), False)


def parse_unary_tests(text: str, names: Collection[str] = ()) -> UnaryTests:
    """Return the tree of a cell of a decision table, where ``?`` is the input.

    >>> tests = parse_unary_tests('not("A", "B")')
    >>> tests.negated, len(tests.tests)
    (True, 2)
    """
    tests = _cached(text, _keys(names), True)
    return cast(UnaryTests, tests)


def _keys(names: Collection[str]) -> frozenset[str]:
    """Return the names that change how a text is read: those of several words or symbols."""
    if all(map(str.isidentifier, names)):
        return _PLAIN
    return frozenset([name for name in names if not name.isidentifier()])


@lru_cache(maxsize=4096)
def _cached(text: str, names: frozenset[str], unary: bool) -> Node:
    cursor = Cursor(text, Names(names, _BUILTIN_SCOPE))
    try:
        node = _unary_tests(cursor) if unary else expression(cursor)
    except RecursionError:
        raise FeelSyntaxError("Der Ausdruck ist zu tief verschachtelt.", 0, 1, 1) from None
    if cursor.peek().kind is not TokenKind.END:
        cursor.fail(f"Hier fehlt ein Operator oder der Ausdruck endet; gefunden: {cursor.found()}.")
    if height(node) > HEIGHT_MAX:
        raise FeelSyntaxError(
            f"Der Ausdruck hat mehr als {HEIGHT_MAX} Ebenen. Bitte aufteilen.", 0, 1, 1
        )
    return node


def expression(cursor: Cursor, power: int = 0, *, range_end: bool = False) -> Node:
    """Return the expression that starts here and binds closer than ``power``."""
    with cursor.nested(range_end=range_end):
        left = forms.prefix(cursor, expression)
        while True:
            token = cursor.peek()
            if not _continues(cursor, token, power):
                return left
            left = _INFIX[token.text](cursor, left)


def _continues(cursor: Cursor, token: Token, power: int) -> bool:
    if token.kind not in (TokenKind.OPERATOR, TokenKind.KEYWORD):
        return False
    if _POWER.get(token.text, 0) <= power:
        return False
    return not (token.text == "[" and cursor.range_end and _closes_range(cursor.after(token)))


def _closes_range(following: Token) -> bool:
    """Return whether a ``[`` before this token ends a range: a filter would go on."""
    if following.kind is TokenKind.END:
        return True
    if following.kind is TokenKind.KEYWORD:
        return following.text in ("and", "or", "then", "else", "return", "satisfies", "in")
    return following.kind is TokenKind.OPERATOR and following.text in _AFTER_RANGE


def _arithmetic(cursor: Cursor, left: Node) -> Node:
    token = cursor.take()
    right = expression(cursor, _POWER[token.text], range_end=cursor.range_end)
    return Arithmetic(at=cursor.at(token), op=token.text, left=left, right=right)


def _comparison(cursor: Cursor, left: Node) -> Node:
    token = cursor.take()
    right = expression(cursor, ARITHMETIC, range_end=cursor.range_end)
    return Comparison(at=cursor.at(token), op=token.text, left=left, right=right)


def _logic(cursor: Cursor, left: Node) -> Node:
    token = cursor.take()
    operands = [left, expression(cursor, _POWER[token.text], range_end=cursor.range_end)]
    while cursor.take_if(token.text):
        operands.append(expression(cursor, _POWER[token.text], range_end=cursor.range_end))
    return Logic(at=cursor.at(token), op=token.text, operands=tuple(operands))


def _between(cursor: Cursor, left: Node) -> Node:
    token = cursor.take()
    low = expression(cursor, ARITHMETIC)
    cursor.expect("and", "Zu „between“ gehören zwei Grenzen.")
    high = expression(cursor, ARITHMETIC)
    return Between(at=cursor.at(token), value=left, low=low, high=high)


def _in(cursor: Cursor, left: Node) -> Node:
    token = cursor.take()
    mark = cursor.mark
    if cursor.take_if("("):
        tests = _parenthesised_tests(cursor)
        if tests is not None:
            return In(at=cursor.at(token), value=left, tests=tests)
        cursor.reset(mark)
    return In(at=cursor.at(token), value=left, tests=(_test(cursor, ARITHMETIC),))


def _parenthesised_tests(cursor: Cursor) -> tuple[Node, ...] | None:
    """Return the tests up to ``)``, or None when the bracket opens a range or a value."""
    with cursor.nested():
        tests = [_test(cursor, 0)]
        while cursor.take_if(","):
            tests.append(_test(cursor, 0))
    if not cursor.take_if(")"):
        return None
    following = cursor.peek()
    goes_on = following.is_one_of("+", "-", "*", "/", "**", ".", "[")
    return None if goes_on and len(tests) == 1 else tuple(tests)


def _test(cursor: Cursor, power: int) -> Node:
    token = cursor.peek()
    if token.kind is TokenKind.OPERATOR and token.text in _COMPARISONS:
        cursor.take()
        return OperatorTest(
            at=cursor.at(token), op=token.text, value=expression(cursor, ARITHMETIC)
        )
    return expression(cursor, power)


def _instance_of(cursor: Cursor, left: Node) -> Node:
    token = cursor.take()  # with its "of"
    return InstanceOf(at=cursor.at(token), value=left, type=forms.type_reference(cursor))


def _path(cursor: Cursor, left: Node) -> Node:
    cursor.take()
    member = cursor.take_member()
    return Path(at=cursor.at(member), source=left, name=member.text)


def _filter(cursor: Cursor, left: Node) -> Node:
    token = cursor.take()
    with cursor.know_members():
        predicate = expression(cursor)
        closed = cursor.peek().is_one_of("]")
    if not closed:
        cursor.fail(f"Der Filter wird nicht mit „]“ geschlossen, gefunden: {cursor.found()}.")
    cursor.take()
    return Filter(at=cursor.at(token), source=left, predicate=predicate)


def _call(cursor: Cursor, left: Node) -> Node:
    token = cursor.take()
    args, names = forms.arguments(cursor, expression)
    at = left.at if isinstance(left, Name) else cursor.at(token)
    return Call(at=at, callee=left, args=args, names=names)


_INFIX: Final[dict[str, Callable[[Cursor, Node], Node]]] = {
    **dict.fromkeys(("+", "-", "*", "/", "**"), _arithmetic),
    **dict.fromkeys(_COMPARISONS, _comparison),
    "and": _logic,
    "or": _logic,
    "between": _between,
    "in": _in,
    "instance": _instance_of,
    ".": _path,
    "[": _filter,
    "(": _call,
}


def _unary_tests(cursor: Cursor) -> UnaryTests:
    at = cursor.at(cursor.peek())
    if cursor.take_if("-"):
        if cursor.peek().kind is TokenKind.END:
            return UnaryTests(at=at, tests=(AnyInput(at=at),), negated=False)
        cursor.reset(0)
    negated = _negated_tests(cursor)
    if negated:
        return UnaryTests(at=at, tests=negated, negated=True)
    cursor.reset(0)
    return UnaryTests(at=at, tests=_list_of_tests(cursor), negated=False)


def _negated_tests(cursor: Cursor) -> tuple[Node, ...] | None:
    """Return the tests inside ``not(…)`` when that is the whole text."""
    token = cursor.take()
    if token.kind is not TokenKind.NAME or token.text != "not" or not cursor.take_if("("):
        return None
    try:
        tests = _list_of_tests(cursor)
    except FeelSyntaxError:
        return None  # read again as an expression, which says what is wrong
    if not cursor.take_if(")") or cursor.peek().kind is not TokenKind.END:
        return None
    return tests


def _list_of_tests(cursor: Cursor) -> tuple[Node, ...]:
    tests = [_test(cursor, 0)]
    while cursor.take_if(","):
        tests.append(_test(cursor, 0))
    return tuple(tests)
