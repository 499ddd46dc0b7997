"""Turns boxed expressions into one tree of FEEL, with everything that is wrong in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from laufzettel.engine.dmn import source
from laufzettel.engine.dmn.nodes import (
    Bound,
    Column,
    Head,
    Placed,
    Row,
    TableNode,
    Typed,
    Wanted,
    place,
)
from laufzettel.engine.dmn.source import Boxed, Flaw, HitPolicy, Literal, Slot
from laufzettel.engine.dmn.strict import Boolean, Strict, Verdict
from laufzettel.engine.dmn.types import ANY, Limit, Type, Types
from laufzettel.engine.feel import nodes as feel
from laufzettel.engine.feel.errors import FeelSyntaxError
from laufzettel.engine.feel.parser import parse_expression, parse_unary_tests

#: The entry of a context whose value is the context's own; no name can be written so.
_RESULT: Final = "\0result"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text of FEEL in its place, for the rules of the lint."""

    node: feel.Node
    cell: Literal
    names: frozenset[str]
    in_table: bool


class Builder:
    """Builds the trees of one decision or knowledge model."""

    def __init__(self, types: Types, element: str, name: str) -> None:
        self._types = types
        self._element = element
        self._name = name
        self._table_depth = 0
        self.flaws: list[Flaw] = []
        self.texts: list[Text] = []
        self.tables: list[TableNode] = []

    def build(self, boxed: Boxed | None, names: frozenset[str], at: int) -> feel.Node:
        """Return the tree; ``names`` are the variables there are, ``at`` the line."""
        if boxed is None:
            return feel.Literal(at=place(at), value=None)
        node: feel.Node = _BUILDERS[type(boxed)](self, boxed, names)
        return self._typed(node, boxed.type_ref, "Das Ergebnis", boxed.line)

    def function(self, box: source.FunctionBox, names: frozenset[str], result: str) -> feel.Node:
        """Return the function; ``result`` is the type it is to answer with."""
        at = place(box.line)
        inner = names | {each.name for each in box.parameters}
        body = self.build(box.body, inner, box.line)
        body = self._typed(body, result, "Das Ergebnis der Funktion", box.line)
        wanted = {each.name: self.type(each.type_ref, box.line) for each in box.parameters}
        return feel.FunctionDefinition(
            at=at,
            parameters=tuple(
                feel.Parameter(at=at, name=each.name, type=None) for each in box.parameters
            ),
            body=Bound(at=at, body=body, wanted=Wanted(types=wanted), line=box.line),
            external=box.kind != "FEEL",
        )

    def type(self, name: str, line: int) -> Type:
        """Return the type of that name; an unknown one is a flaw of this element."""
        mark = len(self._types.flaws)
        found = self._types.get(name, line=line)
        self._take(mark)
        return found

    def _take(self, mark: int) -> None:
        """Take over what the types have noted since ``mark``: it belongs to this element."""
        for flaw in self._types.flaws[mark:]:
            self.flaws.append(replace(flaw, element=self._element, name=self._name))
        del self._types.flaws[mark:]

    def _typed(self, node: feel.Node, type_ref: str, what: str, line: int) -> feel.Node:
        wanted = self.type(type_ref, line)
        if wanted is ANY:
            return node
        return Typed(at=place(line), body=node, wanted=wanted, what=what, line=line)

    def _parsed(
        self,
        cell: Literal,
        names: frozenset[str],
        parse: Callable[[str, frozenset[str]], feel.Node],
    ) -> feel.Node:
        try:
            node = parse(cell.text, names | self._types.members)
        except FeelSyntaxError as error:
            self._syntax(cell, error)
            return feel.Literal(at=place(cell.line), value=None)
        text = Text(node=node, cell=cell, names=names, in_table=self._table_depth > 0)
        self.texts.append(text)
        return Placed(at=place(cell.line), body=node, line=cell.line, types=self._types)

    def _syntax(self, cell: Literal, error: FeelSyntaxError) -> None:
        self.flaws.append(
            Flaw(
                code="syntax",
                line=cell.line + error.line - 1,
                element=self._element,
                name=self._name,
                values={"text": " ".join(cell.text.split()), "reason": error.message_de},
            )
        )

    def expression(self, cell: Literal, names: frozenset[str]) -> feel.Node:
        """Return the tree of a literal expression."""
        return self._parsed(cell, names, parse_expression)

    def tests(self, cell: Literal, names: frozenset[str]) -> feel.Node:
        """Return the tree of a cell of conditions; an empty one is any input."""
        if not cell.text.strip():
            cell = replace(cell, text="-")
        return self._parsed(cell, names | {"?"}, parse_unary_tests)

    def limit(self, cell: Literal | None, names: frozenset[str]) -> Limit | None:
        """Return the limit that a list of values sets."""
        if cell is None:
            return None
        node = self.tests(cell, names)
        tests = node.body if isinstance(node, Placed) else node
        return Limit.of(tests) if isinstance(tests, feel.UnaryTests) else None

    def table(self, box: source.Table, names: frozenset[str]) -> feel.Node:
        """Return the decision table."""
        self._table_depth += 1
        head = Head(id=box.id, line=box.line, policy=box.policy, aggregation=box.aggregation)
        for clause in box.inputs:
            head.inputs.append(self._input(clause, names))
        for output in box.outputs:
            head.outputs.append(self._output(output, names))
        self._judge(head)
        node = TableNode(
            at=place(box.line),
            head=head,
            inputs=tuple(self.expression(each.expression, names) for each in box.inputs),
            rules=tuple(self._row(rule, names) for rule in box.rules),
            defaults=self._defaults(box, names),
        )
        self._table_depth -= 1
        self.tables.append(node)
        return node

    def _judge(self, head: Head) -> None:
        """Note a policy that ranks outputs where nothing ranks them (DMN 1.5, 8.2.8)."""
        ranks = head.policy in (HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER)
        if ranks and not any(column.order for column in head.outputs):
            self.flaws.append(
                Flaw(
                    code="no-output-values",
                    line=head.line,
                    element=self._element,
                    name=self._name,
                    values={"policy": head.policy.value},
                )
            )

    def _input(self, clause: source.InputClause, names: frozenset[str]) -> Column:
        return Column(
            label=clause.label,
            limit=self.limit(clause.values, names),
            wanted=self.type(clause.expression.type_ref, clause.line),
        )

    def _output(self, output: source.OutputClause, names: frozenset[str]) -> Column:
        limit, wanted = self.limit(output.values, names), self.type(output.type_ref, output.line)
        ranked = limit or wanted.whole().allowed  # the type's values, where the table has none
        one_by_one = () if ranked is None else ranked.tests.tests
        return Column(
            label=output.label,
            name=output.name,
            limit=limit,
            wanted=wanted,
            order=tuple(
                Limit.of(feel.UnaryTests(at=each.at, tests=(each,), negated=False))
                for each in one_by_one
            ),
        )

    def _row(self, rule: source.Rule, names: frozenset[str]) -> Row:
        return Row(
            at=place(rule.line),
            id=rule.id,
            tests=tuple(self.tests(each, names) for each in rule.inputs),
            outputs=tuple(self._cell(each, names) for each in rule.outputs),
        )

    def _cell(self, cell: Literal, names: frozenset[str]) -> feel.Node:
        """Return an output; an empty cell and „-“ are null."""
        if cell.text.strip() in ("", "-"):
            return feel.Literal(at=place(cell.line), value=None)
        return self.expression(cell, names)

    def _defaults(self, box: source.Table, names: frozenset[str]) -> tuple[feel.Node, ...]:
        if not any(output.default for output in box.outputs):
            return ()
        nothing = [Literal(text="", line=box.line, type_ref="")]
        return tuple(self._cell(each.default or nothing[0], names) for each in box.outputs)

    def context(self, box: source.Context, names: frozenset[str]) -> feel.Node:
        """Return the boxed context, or the value of its last entry without a name."""
        at = place(box.line)
        entries: list[feel.Entry] = []
        result = False
        for entry in box.entries:
            slot = entry.slot or Slot(name=_RESULT)
            value = self.build(entry.value, names, box.line)
            value = self._typed(value, slot.type_ref, f"Der Eintrag „{slot.name}“", slot.line)
            entries.append(feel.Entry(at=at, key=slot.name, value=value))
            names = names | {slot.name}
            result = result or entry.slot is None
        node = feel.ContextNode(at=at, entries=tuple(entries))
        return feel.Path(at=at, source=node, name=_RESULT) if result else node

    def items(self, box: source.BoxedList, names: frozenset[str]) -> feel.Node:
        """Return the boxed list."""
        items = tuple(self.build(each, names, box.line) for each in box.items)
        return feel.ListNode(at=place(box.line), items=items)

    def relation(self, box: source.Relation, names: frozenset[str]) -> feel.Node:
        """Return the relation as a list of contexts."""
        at = place(box.line)
        rows = tuple(
            feel.ContextNode(at=at, entries=tuple(self._fields(box, row, names)))
            for row in box.rows
        )
        return feel.ListNode(at=at, items=rows)

    def _fields(
        self, box: source.Relation, row: tuple[Boxed, ...], names: frozenset[str]
    ) -> Iterable[feel.Entry]:
        for column, value in zip(box.columns, row, strict=False):
            node = self.build(value, names, box.line)
            what = f"Die Spalte „{column.name}“"
            node = self._typed(node, column.type_ref, what, column.line)
            yield feel.Entry(at=place(box.line), key=column.name, value=node)

    def invocation(self, box: source.Invocation, names: frozenset[str]) -> feel.Node:
        """Return the call with its parameters by name."""
        at = place(box.line)
        callee = self.build(box.callee, names, box.line)
        if isinstance(callee, Placed) and isinstance(callee.body, feel.Name):
            callee = callee.body  # the name of a built-in is no value
        args = tuple(self.build(value, names, box.line) for _, value in box.bindings)
        call = feel.Call(
            at=at, callee=callee, args=args, names=tuple(name for name, _ in box.bindings)
        )
        return Placed(at=at, body=call, line=1)

    def conditional(self, box: source.Conditional, names: frozenset[str]) -> feel.Node:
        """Return the boxed if."""
        parts = (box.condition, box.then, box.otherwise)
        condition, then, otherwise = (self.build(each, names, box.line) for each in parts)
        at = place(box.line)
        condition = Boolean(at=at, body=condition)
        form = feel.If(at=at, condition=condition, then=then, otherwise=otherwise)
        return Strict(at=at, body=form, line=box.line)

    def filter(self, box: source.FilterBox, names: frozenset[str]) -> feel.Node:
        """Return the boxed filter."""
        items = self.build(box.source, names, box.line)
        match = self.build(box.match, names | {"item"} | self._types.members, box.line)
        at = place(box.line)
        form = feel.Filter(at=at, source=items, predicate=Boolean(at=at, body=match))
        return Strict(at=at, body=form, line=box.line)

    def iterator(self, box: source.Iterator, names: frozenset[str]) -> feel.Node:
        """Return the boxed for, some or every."""
        at = place(box.line)
        items = self.build(box.source, names, box.line)
        bindings = (feel.Binding(at=at, name=box.variable, source=items),)
        inner = names | {box.variable} | ({"partial"} if box.kind == "for" else set())
        body = self.build(box.body, inner, box.line)
        if box.kind == "for":
            return feel.For(at=at, bindings=bindings, body=body)
        answers = feel.For(at=at, bindings=bindings, body=Boolean(at=at, body=body))
        verdict = Verdict(at=at, answers=answers, every=box.kind == "every")
        return Strict(at=at, body=verdict, line=box.line)


def _function(builder: Builder, box: source.FunctionBox, names: frozenset[str]) -> feel.Node:
    return builder.function(box, names, "")


_BUILDERS: Final[dict[type[Any], Callable[[Builder, Any, frozenset[str]], feel.Node]]] = {
    source.Literal: Builder.expression,
    source.Table: Builder.table,
    source.Context: Builder.context,
    source.BoxedList: Builder.items,
    source.Relation: Builder.relation,
    source.FunctionBox: _function,
    source.Invocation: Builder.invocation,
    source.Conditional: Builder.conditional,
    source.FilterBox: Builder.filter,
    source.Iterator: Builder.iterator,
}
