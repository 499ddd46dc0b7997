"""Runs decision tables: inputs once, then rule by rule, then the hit policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from laufzettel.engine.dmn import hits
from laufzettel.engine.dmn.nodes import (
    TRACED_MAX,
    Column,
    DmnRuntime,
    Fired,
    Head,
    TableNode,
    fitted,
    runtime_of,
    say,
)
from laufzettel.engine.dmn.source import Aggregation, HitPolicy
from laufzettel.engine.dmn.types import converted
from laufzettel.engine.feel.compiler import Run, compile_node, compiles
from laufzettel.engine.feel.nodes import AnyInput, Node, UnaryTests
from laufzettel.engine.feel.runtime import Code, Refusal, Scope
from laufzettel.engine.feel.values import Value, kind_de


@dataclass(frozen=True, slots=True)
class _Rule:
    """A compiled rule; a test that any input passes is left out."""

    tests: tuple[tuple[int, Run], ...]  # number of the column from 0, and its test
    outputs: tuple[Run, ...]
    line: int
    id: str


def _tests(nodes: tuple[Node, ...]) -> Iterator[tuple[int, Run]]:
    for column, node in enumerate(nodes):
        body = getattr(node, "body", node)  # behind the mark of its line
        is_any = isinstance(body, UnaryTests) and isinstance(body.tests[0], AnyInput)
        if not is_any:
            yield column, compile_node(node)


@compiles(TableNode)
def _table(node: TableNode) -> Run:
    head = node.head
    columns = [compile_node(each) for each in node.inputs]
    defaults = [compile_node(each) for each in node.defaults]
    rules = [
        _Rule(
            tuple(_tests(row.tests)),
            tuple(compile_node(each) for each in row.outputs),
            row.at.line,
            row.id,
        )
        for row in node.rules
    ]

    def run(scope: Scope) -> Value:
        runtime = runtime_of(scope)
        inputs, are_allowed = _inputs(head, [column(scope) for column in columns], runtime)
        if not are_allowed:
            _trace(head, inputs, [], runtime)
            return None
        found = list(_matching(rules, inputs, scope, is_first=head.policy is HitPolicy.FIRST))
        _trace(head, inputs, [(number, rule.id) for number, rule in found], runtime)
        if not found:
            return _nothing(head, [default(scope) for default in defaults], runtime)
        matches = [_match(head, number, rule, scope, runtime) for number, rule in found]
        try:
            return hits.answer(head.policy, head.aggregation, matches, runtime)
        except Refusal as refusal:
            say(runtime, refusal.code, refusal.text_de, head.line, is_error=refusal.is_error)
            return None

    return run


def _inputs(head: Head, values: list[Value], runtime: DmnRuntime) -> tuple[list[Value], bool]:
    """Return the inputs as their columns want them, and whether all are allowed."""
    inputs: list[Value] = []
    are_allowed = True
    for column, value in zip(head.inputs, values, strict=True):
        found, is_kind = converted(value, column.wanted, runtime)
        fits = is_kind
        if fits and found is not None and column.limit is not None:
            fits = column.limit.admits(found, runtime)
        if not fits:
            why = "ist keiner der erlaubten Werte"
            if not is_kind:
                why = f"ist kein Wert für „{column.wanted.shown}“, sondern: {kind_de(value)}"
            say(runtime, Code.BAD_INPUT, f"Der Eingangswert „{column.label}“ {why}.", head.line)
            are_allowed = False
        inputs.append(found if is_kind else value)  # the trace shows what was refused
    return inputs, are_allowed


def _matching(
    rules: list[_Rule], inputs: list[Value], scope: Scope, *, is_first: bool
) -> Iterator[tuple[int, _Rule]]:
    scopes = [Scope({"?": value}, scope, scope.runtime) for value in inputs]
    for number, rule in enumerate(rules, start=1):
        if all(_passes(test, scopes[column]) for column, test in rule.tests):
            yield number, rule
            if is_first:
                return


def _passes(test: Run, scope: Scope) -> bool:
    """Return whether the input passes a cell.

    A cell that cannot be evaluated counts as not passed, as the standard says, and makes the
    table broken: it did not decide on what it was asked. What is harmless is not kept, or the
    cells of a long table would leave no room for what is not.
    """
    runtime = runtime_of(scope)
    mark = len(runtime.warnings)
    answer = test(scope)
    if len(runtime.warnings) > mark:
        errors = [warning for warning in runtime.warnings[mark:] if warning.is_error]
        runtime.warnings[mark:] = errors
        runtime.is_broken |= bool(errors) and answer is None
    return answer is True


def _match(head: Head, number: int, rule: _Rule, scope: Scope, runtime: DmnRuntime) -> hits.Match:
    values: list[Value] = []
    ranks: list[int] = []
    for column, output in zip(head.outputs, rule.outputs, strict=True):
        value = _output(head, column, output(scope), rule.line, runtime)
        values.append(value)
        ranks.append(_rank(column, value, runtime))
    return hits.Match(number, _joined(head, values), tuple(ranks))


def _output(head: Head, column: Column, value: Value, line: int, runtime: DmnRuntime) -> Value:
    what = f"Die Ausgabe „{column.name or column.label}“".replace(" „“", "")
    value = fitted(runtime, value, column.wanted, what, line)
    if value is not None and column.limit is not None and not column.limit.admits(value, runtime):
        say(runtime, Code.BAD_ARGUMENT, f"{what} ist keiner der möglichen Werte.", line)
        return None
    return value


def _rank(column: Column, value: Value, runtime: DmnRuntime) -> int:
    """Return the place of the output among the possible values; what is none comes last."""
    for place, limit in enumerate(column.order):
        if limit.admits(value, runtime):
            return place
    return len(column.order)


def _joined(head: Head, values: list[Value]) -> Value:
    if len(head.outputs) == 1:
        return values[0]
    return {
        column.name or column.label or f"output{place}": value
        for place, (column, value) in enumerate(zip(head.outputs, values, strict=True), start=1)
    }


def _nothing(head: Head, defaults: list[Value], runtime: DmnRuntime) -> Value:
    """Return the value of a table of which no rule matches: the default, or null.

    For a list it is the list of nothing, which has a count; where one value was asked for,
    a missing default is an error of the table and says so.
    """
    if defaults:
        value = _joined(head, defaults)
        is_list = head.policy in hits.LISTS and head.aggregation is None
        return [value] if is_list and type(value) is not list else value
    if head.aggregation is Aggregation.COUNT:
        return Decimal(0)
    if head.policy in hits.LISTS:
        return [] if head.aggregation is None else None
    text = "Keine Regel trifft zu, und die Tabelle hat keinen Vorgabewert."
    say(runtime, Code.NO_RULE, text, head.line)
    return None


def _trace(
    head: Head, inputs: list[Value], found: list[tuple[int, str]], runtime: DmnRuntime
) -> None:
    if len(runtime.fired) < TRACED_MAX:
        labels = [column.label for column in head.inputs]
        runtime.fired.append(
            Fired(
                table=head.id,
                line=head.line,
                inputs=tuple(zip(labels, inputs, strict=True)),
                rules=tuple(number for number, _ in found),
                rule_ids=tuple(rule_id for _, rule_id in found),
            )
        )
