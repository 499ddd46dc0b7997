"""What boxed forms ask for and FEEL's text does not: conditions that are booleans.

A boxed if, filter, some or every with a condition that is neither true, false nor null is
null (DMN 1.5, 7.3.7 to 7.3.10; kit 1150 to 1154), where the text would go on with false.
"""

from __future__ import annotations

from dataclasses import dataclass

from laufzettel.engine.dmn.nodes import runtime_of, say
from laufzettel.engine.feel.compiler import Run, compile_node, compiles
from laufzettel.engine.feel.nodes import Node
from laufzettel.engine.feel.runtime import Code, Refusal, Scope
from laufzettel.engine.feel.values import Value, kind_de


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Boolean(Node):
    """A condition of the form around it."""

    body: Node


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Strict(Node):
    """A form that is null when one of its conditions is no boolean."""

    body: Node
    line: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verdict(Node):
    """Whether every, or some, of the answers in a list is true; all are looked at."""

    answers: Node
    every: bool


class _NotBooleanError(Refusal):
    """A condition is no boolean."""


@compiles(Boolean)
def _boolean(node: Boolean) -> Run:
    body = compile_node(node.body)

    def run(scope: Scope) -> Value:
        value = body(scope)
        if value is None or type(value) is bool:
            return value
        text = f"Die Bedingung ist kein Wahrheitswert, sondern: {kind_de(value)}."
        raise _NotBooleanError(Code.WRONG_TYPE, text)

    return run


@compiles(Strict)
def _strict(node: Strict) -> Run:
    body, line = compile_node(node.body), node.line

    def run(scope: Scope) -> Value:
        runtime = runtime_of(scope)
        outer, depth = runtime.line, runtime.depth
        try:
            return body(scope)
        except _NotBooleanError as refusal:
            runtime.line, runtime.depth = outer, depth
            say(runtime, refusal.code, refusal.text_de, line)
            return None

    return run


@compiles(Verdict)
def _verdict(node: Verdict) -> Run:
    answers, decisive = compile_node(node.answers), not node.every

    def run(scope: Scope) -> Value:
        found = answers(scope)
        if found is None:
            return None
        if decisive in found:
            return decisive
        return None if None in found else not decisive

    return run
