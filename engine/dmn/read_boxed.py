"""Reads boxed expressions: from XML elements to the classes of ``source``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lxml import etree

from laufzettel.engine.dmn.read_tables import table
from laufzettel.engine.dmn.source import (
    Boxed,
    BoxedList,
    Conditional,
    Context,
    Entry,
    FilterBox,
    Flaw,
    FunctionBox,
    Invocation,
    Literal,
    Relation,
)
from laufzettel.engine.dmn.source import Iterator as IteratorBox
from laufzettel.engine.dmn.xml import attribute, child, children, line_of, local, slot, text_in

#: Boxed expressions inside each other.
NESTING_MAX: Final = 30


class BoxReader:
    """Reads the expressions of one element of the model and notes what is wrong."""

    def __init__(self, element: str, name: str, language: str) -> None:
        self._element = element
        self._name = name
        self._language = language
        self.flaws: list[Flaw] = []

    def note(self, code: str, line: int, **values: str) -> None:
        """Remember a flaw of the element that is being read."""
        found = Flaw(code=code, line=line, element=self._element, name=self._name, values=values)
        self.flaws.append(found)

    def inside(self, parent: etree._Element, depth: int = 0) -> Boxed | None:
        """Return the one boxed expression among the children of ``parent``."""
        for each in parent:
            if local(each) in _READERS:
                return self.boxed(each, depth)
        return None

    def boxed(self, element: etree._Element, depth: int) -> Boxed:
        """Return the boxed expression that the element is."""
        if depth > NESTING_MAX:
            self.note("nested-too-deeply", line_of(element), most=str(NESTING_MAX))
            return Literal(text="null", line=line_of(element))
        return _READERS[local(element)](self, element, depth + 1)

    def required(self, parent: etree._Element, depth: int) -> Boxed:
        """Return the expression inside ``parent``; a missing one is a flaw and null."""
        found = self.inside(parent, depth)
        if found is None:
            self.note("no-expression", line_of(parent), place=local(parent))
            return Literal(text="null", line=line_of(parent))
        return found

    def part(self, element: etree._Element, name: str, depth: int) -> Boxed:
        """Return the expression inside the child of that name."""
        found = child(element, name)
        return self.required(element if found is None else found, depth)

    def cell(self, element: etree._Element) -> Literal:
        """Return a literal expression or a cell of a table."""
        found = child(element, "text")
        language = attribute(element, "expressionLanguage") or self._language
        line = line_of(element if found is None else found)
        if language and "feel" not in language.lower():
            self.note("foreign-language", line, language=language)
        text = text_in(element)
        return Literal(
            text=text, line=line, type_ref=attribute(element, "typeRef"), language=language
        )


def _literal(reader: BoxReader, element: etree._Element, depth: int) -> Boxed:
    return reader.cell(element)


def _context(reader: BoxReader, element: etree._Element, depth: int) -> Boxed:
    entries = []
    for each in children(element, "contextEntry"):
        variable = child(each, "variable")
        value = reader.required(each, depth)
        entries.append(Entry(slot=None if variable is None else slot(variable), value=value))
    return Context(
        entries=tuple(entries), line=line_of(element), type_ref=attribute(element, "typeRef")
    )


def _items(reader: BoxReader, element: etree._Element, depth: int) -> tuple[Boxed, ...]:
    return tuple(reader.boxed(each, depth) for each in element if local(each) in _READERS)


def _list(reader: BoxReader, element: etree._Element, depth: int) -> Boxed:
    items = _items(reader, element, depth)
    return BoxedList(items=items, line=line_of(element), type_ref=attribute(element, "typeRef"))


def _relation(reader: BoxReader, element: etree._Element, depth: int) -> Boxed:
    columns = tuple(map(slot, children(element, "column")))
    rows = []
    for each in children(element, "row"):
        row = _items(reader, each, depth)
        if len(row) != len(columns):
            reader.note("wrong-count", line_of(each), found=str(len(row)), wanted=str(len(columns)))
        rows.append(row)
    return Relation(
        columns=columns,
        rows=tuple(rows),
        line=line_of(element),
        type_ref=attribute(element, "typeRef"),
    )


def function(reader: BoxReader, element: etree._Element, depth: int) -> FunctionBox:
    """Return the function that the element defines."""
    kind = attribute(element, "kind") or "FEEL"
    if kind != "FEEL":
        reader.note("external-function", line_of(element), kind=kind)
    return FunctionBox(
        kind=kind,
        parameters=tuple(map(slot, children(element, "formalParameter"))),
        body=reader.inside(element, depth) if kind == "FEEL" else None,
        line=line_of(element),
        type_ref=attribute(element, "typeRef"),
    )


def _invocation(reader: BoxReader, element: etree._Element, depth: int) -> Boxed:
    bindings = []
    for each in children(element, "binding"):
        parameter = child(each, "parameter")
        if parameter is not None:
            value = reader.inside(each, depth) or Literal(text="null", line=line_of(each))
            bindings.append((slot(parameter).name, value))
    return Invocation(
        callee=reader.required(element, depth),
        bindings=tuple(bindings),
        line=line_of(element),
        type_ref=attribute(element, "typeRef"),
    )


def _conditional(reader: BoxReader, element: etree._Element, depth: int) -> Boxed:
    return Conditional(
        condition=reader.part(element, "if", depth),
        then=reader.part(element, "then", depth),
        otherwise=reader.part(element, "else", depth),
        line=line_of(element),
        type_ref=attribute(element, "typeRef"),
    )


def _filter(reader: BoxReader, element: etree._Element, depth: int) -> Boxed:
    return FilterBox(
        source=reader.part(element, "in", depth),
        match=reader.part(element, "match", depth),
        line=line_of(element),
        type_ref=attribute(element, "typeRef"),
    )


def _iterator(reader: BoxReader, element: etree._Element, depth: int) -> Boxed:
    kind = local(element)
    return IteratorBox(
        kind=kind,
        variable=" ".join(attribute(element, "iteratorVariable").split()),
        source=reader.part(element, "in", depth),
        body=reader.part(element, "return" if kind == "for" else "satisfies", depth),
        line=line_of(element),
        type_ref=attribute(element, "typeRef"),
    )


def _table(reader: BoxReader, element: etree._Element, depth: int) -> Boxed:
    return table(reader, element)


_READERS: Final[dict[str, Callable[[BoxReader, etree._Element, int], Boxed]]] = {
    "literalExpression": _literal,
    "decisionTable": _table,
    "context": _context,
    "list": _list,
    "relation": _relation,
    "functionDefinition": function,
    "invocation": _invocation,
    "conditional": _conditional,
    "filter": _filter,
    "for": _iterator,
    "some": _iterator,
    "every": _iterator,
}
