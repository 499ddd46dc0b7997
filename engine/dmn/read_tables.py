"""Reads decision tables, and notes what their hit policies ask for and they have not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from lxml import etree

from laufzettel.engine.dmn.source import (
    Aggregation,
    HitPolicy,
    InputClause,
    Literal,
    OutputClause,
    Rule,
    Table,
)
from laufzettel.engine.dmn.xml import attribute, child, children, line_of

#: Most rules of one table.
RULES_MAX: Final = 2_000


class Reader(Protocol):
    """What reading a table needs of the reader of the element around it."""

    def note(self, code: str, line: int, **values: str) -> None:
        """Remember a flaw."""
        ...

    def cell(self, element: etree._Element) -> Literal:
        """Return a cell."""
        ...


def table(reader: Reader, element: etree._Element) -> Table:
    """Return the decision table that the element is, its flaws noted."""
    inputs = tuple(_input(reader, each) for each in children(element, "input"))
    outputs = tuple(_output(reader, each) for each in children(element, "output"))
    rows = children(element, "rule")
    if len(rows) > RULES_MAX:
        reader.note("too-many-rules", line_of(element), count=str(len(rows)), most=str(RULES_MAX))
        rows = rows[:RULES_MAX]
    if not outputs:
        reader.note("no-output", line_of(element))
    wanted = (len(inputs), len(outputs))
    found = Table(
        id=attribute(element, "id"),
        policy=_policy(reader, element),
        aggregation=_aggregation(reader, element),
        inputs=inputs,
        outputs=outputs,
        rules=tuple(_rules(reader, rows, wanted)),
        line=line_of(element),
        type_ref=attribute(element, "typeRef"),
    )
    _judge(reader, found)
    return found


def _policy(reader: Reader, element: etree._Element) -> HitPolicy:
    written = attribute(element, "hitPolicy") or "UNIQUE"
    try:
        return HitPolicy(written)
    except ValueError:
        reader.note("unknown-policy", line_of(element), policy=written)
        return HitPolicy.UNIQUE


def _aggregation(reader: Reader, element: etree._Element) -> Aggregation | None:
    written = attribute(element, "aggregation")
    try:
        return Aggregation(written) if written else None
    except ValueError:
        reader.note("unknown-policy", line_of(element), policy=written)
        return None


def _judge(reader: Reader, table: Table) -> None:
    """Note what the hit policy asks for and the table has not (DMN 1.5, 8.2.8)."""
    if table.policy is HitPolicy.COLLECT and table.aggregation and len(table.outputs) > 1:
        reader.note("aggregated-columns", table.line, aggregation=table.aggregation)


def _input(reader: Reader, element: etree._Element) -> InputClause:
    expression = child(element, "inputExpression")
    values = child(element, "inputValues")
    if expression is None:
        reader.note("no-expression", line_of(element), place="input")
    cell = reader.cell(element if expression is None else expression)
    label = attribute(element, "label") or " ".join(cell.text.split())
    return InputClause(
        label=label,
        expression=cell,
        values=None if values is None else _filled(reader.cell(values)),
        line=line_of(element),
    )


def _filled(cell: Literal) -> Literal | None:
    return cell if cell.text.strip() else None


def _output(reader: Reader, element: etree._Element) -> OutputClause:
    values, default = child(element, "outputValues"), child(element, "defaultOutputEntry")
    return OutputClause(
        name=" ".join(attribute(element, "name").split()),
        label=attribute(element, "label"),
        type_ref=attribute(element, "typeRef"),
        values=None if values is None else _filled(reader.cell(values)),
        default=None if default is None else _filled(reader.cell(default)),
        line=line_of(element),
    )


def _rules(reader: Reader, rows: list[etree._Element], wanted: tuple[int, int]) -> Iterator[Rule]:
    for row in rows:
        rule = Rule(
            id=attribute(row, "id"),
            inputs=tuple(reader.cell(each) for each in children(row, "inputEntry")),
            outputs=tuple(reader.cell(each) for each in children(row, "outputEntry")),
            line=line_of(row),
        )
        found = (len(rule.inputs), len(rule.outputs))
        if found == wanted:
            yield rule
        else:
            values = {"found": f"{found[0]}/{found[1]}", "wanted": f"{wanted[0]}/{wanted[1]}"}
            reader.note("wrong-count", rule.line, **values)
