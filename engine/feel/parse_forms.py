"""What an expression can start with: literals, brackets, and the forms with keywords."""

from __future__ import annotations

from collections.abc import Callable
from decimal import DecimalException
from typing import Final, Protocol

from laufzettel.engine.feel import temporal
from laufzettel.engine.feel.cursor import Cursor
from laufzettel.engine.feel.lexer import Token, TokenKind
from laufzettel.engine.feel.names import BINDING_NAME, KEY_NAME, PARAMETER_NAME, Names
from laufzettel.engine.feel.nodes import (
    AtLiteral,
    Binding,
    ContextNode,
    Entry,
    For,
    FunctionDefinition,
    If,
    ListNode,
    Literal,
    Name,
    Negate,
    Node,
    Parameter,
    Quantified,
    RangeNode,
)
from laufzettel.engine.feel.types import SIMPLE, FeelType
from laufzettel.engine.feel.values import NUMBERS

_COMPARISONS: Final = ("<", "<=", ">", ">=", "=", "!=")
_TYPE_NAMES: Final = Names(SIMPLE)


class Expression(Protocol):
    """The parser of a whole expression, handed in because the two are recursive."""

    def __call__(self, cursor: Cursor, power: int = 0, *, range_end: bool = False) -> Node:
        """Return the expression that starts here."""
        ...


def prefix(cursor: Cursor, expression: Expression) -> Node:
    """Return the value or form that starts here."""
    token = cursor.peek()
    by_kind = _BY_KIND.get(token.kind)
    if by_kind:
        return by_kind(cursor)
    form = _FORMS.get(token.text)
    if form is None:
        cursor.fail(f"Hier fehlt ein Wert, gefunden: {cursor.found()}.")
    return form(cursor, expression)


def _number(cursor: Cursor) -> Literal:
    token = cursor.take()
    try:
        value = NUMBERS.create_decimal(token.text)
    except DecimalException:
        cursor.lexer.fail("Diese Zahl ist zu groß.", token.offset)
    return Literal(at=cursor.at(token), value=value)


def _string(cursor: Cursor) -> Node:
    token = cursor.take()
    return Literal(at=cursor.at(token), value=token.text)


def _name(cursor: Cursor) -> Node:
    token = cursor.take()
    return Name(at=cursor.at(token), name=token.text)


def _constant(cursor: Cursor, _: Expression) -> Node:
    token = cursor.take()
    value = {"true": True, "false": False, "null": None}[token.text]
    return Literal(at=cursor.at(token), value=value)


def _input(cursor: Cursor, _: Expression) -> Node:
    return Name(at=cursor.at(cursor.take()), name="?")


def _at_literal(cursor: Cursor, _: Expression) -> Node:
    token = cursor.take()
    if cursor.peek().kind is not TokenKind.STRING:
        cursor.fail('Hinter „@“ fehlt ein Text in Anführungszeichen, etwa @"2026-11-23".')
    text = cursor.take().text
    return AtLiteral(at=cursor.at(token), text=text, value=temporal.parse_any(text))


def _negate(cursor: Cursor, expression: Expression) -> Node:
    token = cursor.take()
    if cursor.peek().kind is TokenKind.NUMBER:  # the sign is part of the number (rule 37)
        number = _number(cursor)
        return Literal(at=cursor.at(token), value=NUMBERS.minus(number.value))
    operand = expression(cursor, 7, range_end=cursor.range_end)
    return Negate(at=cursor.at(token), operand=operand)


def _parenthesis(cursor: Cursor, expression: Expression) -> Node:
    token = cursor.take()
    if cursor.peek().is_one_of(*_COMPARISONS):
        return _open_range(cursor, token, expression)
    inner = expression(cursor)
    if cursor.peek().is_one_of(".."):
        return _range(cursor, token, inner, expression)
    cursor.expect(")", "Die Klammer wird nicht geschlossen.")
    return inner


def _unary_range(cursor: Cursor, expression: Expression) -> Node:
    """Return ``< 5`` as the range below 5 (DMN 1.5, grammar rules 2 and 7)."""
    token = cursor.take()
    op, end = token.text, expression(cursor, 3, range_end=cursor.range_end)
    is_below = op in ("<", "<=")
    return RangeNode(
        at=cursor.at(token),
        low=None if is_below else end,
        high=end if is_below else None,
        low_closed=op == ">=",
        high_closed=op == "<=",
    )


def _open_range(cursor: Cursor, token: Token, expression: Expression) -> Node:
    """Return ``(< 5)`` as the range below 5."""
    op = cursor.take().text
    end = expression(cursor)
    cursor.expect(")", "Die Klammer wird nicht geschlossen.")
    at, closed = cursor.at(token), op in ("<=", ">=", "=")
    if op == "!=":
        cursor.lexer.fail("„!=“ hat keinen Bereich. Bitte „not(…)“ verwenden.", token.offset)
    low = end if op in (">", ">=", "=") else None
    high = end if op in ("<", "<=", "=") else None
    return RangeNode(
        at=at,
        low=low,
        high=high,
        low_closed=closed and low is not None,
        high_closed=closed and high is not None,
    )


def _bracket(cursor: Cursor, expression: Expression) -> Node:
    token = cursor.take()
    if cursor.take_if("]"):
        return ListNode(at=cursor.at(token), items=())
    items = [expression(cursor)]
    if cursor.peek().is_one_of(".."):
        return _range(cursor, token, items[0], expression)
    while cursor.take_if(","):
        items.append(expression(cursor))
    cursor.expect("]", "Die Liste wird nicht geschlossen.")
    return ListNode(at=cursor.at(token), items=tuple(items))


def _reversed_bracket(cursor: Cursor, expression: Expression) -> Node:
    token = cursor.take()
    low = expression(cursor)
    if not cursor.peek().is_one_of(".."):
        cursor.fail(f"Im Bereich fehlt „..“, gefunden: {cursor.found()}.")
    return _range(cursor, token, low, expression)


def _range(cursor: Cursor, token: Token, low: Node, expression: Expression) -> Node:
    cursor.take()
    high = expression(cursor, range_end=True)
    end = cursor.take_if("]", ")", "[")
    if not end:
        cursor.fail(f"Der Bereich wird nicht mit „]“ oder „)“ beendet: {cursor.found()}.")
    return RangeNode(
        at=cursor.at(token),
        low=low,
        high=high,
        low_closed=token.text == "[",
        high_closed=end.text == "]",
    )


def _context(cursor: Cursor, expression: Expression) -> Node:
    token = cursor.take()
    entries: list[Entry] = []
    with cursor.scope():
        while not cursor.peek().is_one_of("}"):
            if entries:
                cursor.expect(",", "Zwischen Einträgen fehlt ein Komma.")
            entries.append(_entry(cursor, expression))
            cursor.declare([entries[-1].key])
    cursor.expect("}", "Der Kontext wird nicht geschlossen.")
    return ContextNode(at=cursor.at(token), entries=tuple(entries))


def _entry(cursor: Cursor, expression: Expression) -> Entry:
    key = cursor.take_declared(KEY_NAME)
    if key is None and cursor.peek().kind is TokenKind.STRING:
        key = cursor.take()
    if key is None:
        cursor.fail(f"Hier fehlt der Name eines Eintrags, gefunden: {cursor.found()}.")
    cursor.expect(":", "Hinter dem Namen des Eintrags fehlt der Doppelpunkt.")
    return Entry(at=cursor.at(key), key=key.text, value=expression(cursor))


def _if(cursor: Cursor, expression: Expression) -> Node:
    token = cursor.take()
    condition = expression(cursor)
    cursor.expect("then", "Zu „if“ fehlt „then“.")
    then = expression(cursor)
    if cursor.take_if("else"):
        otherwise = expression(cursor)
    else:
        otherwise = Literal(at=cursor.at(cursor.peek()), value=None)
    return If(at=cursor.at(token), condition=condition, then=then, otherwise=otherwise)


def _for(cursor: Cursor, expression: Expression) -> Node:
    token = cursor.take()
    with cursor.scope():
        bindings = _bindings(cursor, expression)
        cursor.expect("return", "Zu „for“ fehlt „return“.")
        body = expression(cursor)
    return For(at=cursor.at(token), bindings=bindings, body=body)


def _quantified(cursor: Cursor, expression: Expression) -> Node:
    token = cursor.take()
    with cursor.scope():
        bindings = _bindings(cursor, expression)
        cursor.expect("satisfies", f"Zu „{token.text}“ fehlt „satisfies“.")
        body = expression(cursor)
    return Quantified(
        at=cursor.at(token), every=token.text == "every", bindings=bindings, body=body
    )


def _bindings(cursor: Cursor, expression: Expression) -> tuple[Binding, ...]:
    bindings = [_binding(cursor, expression)]
    while cursor.take_if(","):
        bindings.append(_binding(cursor, expression))
    return tuple(bindings)


def _binding(cursor: Cursor, expression: Expression) -> Binding:
    name = cursor.take_declared(BINDING_NAME)
    if name is None:
        cursor.fail(f"Hier fehlt „Name in Liste“, gefunden: {cursor.found()}.")
    cursor.expect("in", "Hinter dem Namen fehlt „in“.")
    source = expression(cursor)
    if cursor.take_if(".."):
        source = RangeNode(
            at=source.at, low=source, high=expression(cursor), low_closed=True, high_closed=True
        )
    cursor.declare([name.text])
    return Binding(at=cursor.at(name), name=name.text, source=source)


def _function(cursor: Cursor, expression: Expression) -> Node:
    token = cursor.take()
    cursor.expect("(", "Hinter „function“ fehlen die Parameter.")
    with cursor.scope():
        parameters: list[Parameter] = []
        while not cursor.peek().is_one_of(")"):
            if parameters:
                cursor.expect(",", "Zwischen Parametern fehlt ein Komma.")
            parameters.append(_parameter(cursor))
        cursor.take()
        cursor.declare(parameter.name for parameter in parameters)
        external = _is_external(cursor.peek())
        if external:
            cursor.take()
        body = expression(cursor)
    return FunctionDefinition(
        at=cursor.at(token), parameters=tuple(parameters), body=body, external=external
    )


def _is_external(token: Token) -> bool:
    return token.kind is TokenKind.NAME and token.text == "external"


def _parameter(cursor: Cursor) -> Parameter:
    name = cursor.take_declared(PARAMETER_NAME)
    if name is None:
        cursor.fail(f"Hier fehlt der Name eines Parameters, gefunden: {cursor.found()}.")
    kind = type_reference(cursor) if cursor.take_if(":") else None
    return Parameter(at=cursor.at(name), name=name.text, type=kind)


def arguments(cursor: Cursor, expression: Expression) -> tuple[tuple[Node, ...], tuple[str, ...]]:
    """Return the arguments up to ``)`` and their names; positional ones have no names."""
    values: list[Node] = []
    names: list[str] = []
    while not cursor.peek().is_one_of(")"):
        if values:
            cursor.expect(",", "Die Klammer der Funktion wird nicht geschlossen.")
        start = cursor.peek()
        name = cursor.take_declared(KEY_NAME)
        if values and (name is None) == bool(names):
            cursor.lexer.fail(
                "Parameter stehen entweder alle mit Namen oder alle ohne Namen.", start.offset
            )
        if name:
            cursor.take()
            names.append(name.text)
        values.append(expression(cursor))
    cursor.take()
    return tuple(values), tuple(names)


def type_reference(cursor: Cursor) -> FeelType:
    """Return the type that is written here."""
    with cursor.nested():
        token = cursor.lexer.member(cursor.mark, _TYPE_NAMES)
        cursor.reset(token.end)
        name = token.text
        while cursor.take_if("."):
            name = f"{name}.{cursor.take_member().text}"
        inner, keys = _type_arguments(cursor, name)
        result = type_reference(cursor) if name == "function" and cursor.take_if("->") else None
    return FeelType(name=name, arguments=inner, keys=keys, result=result)


def _type_arguments(cursor: Cursor, name: str) -> tuple[tuple[FeelType, ...], tuple[str, ...]]:
    if name not in ("list", "range", "context", "function") or not cursor.take_if("<"):
        return (), ()
    inner: list[FeelType] = []
    keys: list[str] = []
    while not cursor.peek().is_one_of(">"):
        if inner:
            cursor.expect(",", "Die Liste der Typen wird nicht geschlossen.")
        if name == "context":
            keys.append(_type_key(cursor))
        inner.append(type_reference(cursor))
    cursor.take()
    return tuple(inner), tuple(keys)


def _type_key(cursor: Cursor) -> str:
    key = cursor.take_declared(KEY_NAME)
    if key is None:
        cursor.fail(f"Hier fehlt der Name eines Eintrags, gefunden: {cursor.found()}.")
    cursor.take()
    return key.text


_BY_KIND: Final[dict[TokenKind, Callable[[Cursor], Node]]] = {
    TokenKind.NUMBER: _number,
    TokenKind.STRING: _string,
    TokenKind.NAME: _name,
}
_FORMS: Final[dict[str, Callable[[Cursor, Expression], Node]]] = {
    **dict.fromkeys(("<", "<=", ">", ">="), _unary_range),
    **dict.fromkeys(("true", "false", "null"), _constant),
    "?": _input,
    "@": _at_literal,
    "-": _negate,
    "(": _parenthesis,
    "[": _bracket,
    "]": _reversed_bracket,
    "{": _context,
    "if": _if,
    "for": _for,
    "some": _quantified,
    "every": _quantified,
    "function": _function,
}
