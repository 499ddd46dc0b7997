"""Business rule tasks: a decision is evaluated in the step, and its trace kept.

Which text decides is the task's binding: what was deployed with the model, the newest that
the tenant has, or the newest with a version tag. What was used stands in the trace and, by
its hash, in the audit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

import orjson

from laufzettel.engine import dmn, feel
from laufzettel.engine.dmn import Library, Result, Trace
from laufzettel.engine.execution.changes import Changes, NewDecision
from laufzettel.engine.execution.port import Unevaluable
from laufzettel.engine.feel import Code, Function
from laufzettel.engine.handler import Entry
from laufzettel.engine.model.definition import Element
from laufzettel.errors import NotFoundError

#: Largest record of one evaluation, in bytes of JSON; a larger one keeps the rules only.
RECORD_BYTES_MAX: Final = 16 * 1024


class Binding(StrEnum):
    """Which version of a decision a task asks for."""

    DEPLOYMENT = "deployment"  # the one in the case's own bundle
    LATEST = "latest"  # the newest that is deployed when the task is reached
    VERSION_TAG = "versionTag"  # the newest that carries this tag


class Decisions(Protocol):
    """Where a step finds decisions."""

    def find(self, decision: str, binding: Binding, tag: str) -> Library:
        """Return the files that hold the decision; raises NotFoundError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One token at one business rule task."""

    activation: str
    element: Element
    seen: Mapping[str, Any]
    now: datetime


def decide(occasion: Occasion, decisions: Decisions | None, changes: Changes) -> Any:
    """Return the decision's value and note its trace in ``changes``.

    A null born of an error is an incident (DESIGN decision 2), and so is a value that the
    decision does not allow as an input: raises Unevaluable with cause and line.
    """
    element = occasion.element
    try:
        if decisions is None:
            raise NotFoundError("Hier gibt es keine Entscheidungen.")
        binding = Binding(element.decision_binding or Binding.LATEST)
        library = decisions.find(element.decision, binding, element.decision_tag)
        result = dmn.evaluate(library, element.decision, occasion.seen, now=occasion.now)
    except (NotFoundError, feel.FeelBudgetError) as error:
        raise Unevaluable(
            element.id, f"Die Entscheidung „{element.decision}“ ist nicht auswertbar: {error}"
        ) from error
    if cause := _cause(result):
        raise Unevaluable(
            element.id, f"Die Entscheidung „{result.name}“ ergibt keinen Wert: {cause}"
        )
    _note(occasion, result, changes)
    return result.value


def _cause(result: Result) -> str:
    """Return why the value cannot be trusted, or the empty text."""
    errors = result.errors
    refused = [each for each in errors if each.code is Code.BAD_INPUT]
    is_trusted = not result.is_broken and not (errors and _has_null(result.value))
    if is_trusted and not refused:
        return ""
    return told((refused or errors)[0])


def told(error: feel.Warning_) -> str:
    """Return what went wrong and in which line of the file."""
    return f"{error.text_de} (Zeile {error.position.line})"


def _has_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_null, value.values()))
    return value is None or (isinstance(value, list) and any(map(_has_null, value)))


def _note(occasion: Occasion, result: Result, changes: Changes) -> None:
    element = occasion.element
    changes.decisions.append(
        NewDecision(
            activation=occasion.activation,
            element=element.id,
            decision=result.decision,
            sha256=result.sha256,
            record=record(result),
        )
    )
    rules = [list(table.rules) for trace in result.trace for table in trace.tables]
    data = {
        "element": element.id,
        "decision": result.decision,
        "sha256": result.sha256,
        "rules": rules[:50],
    }
    changes.entries.append(Entry(kind="decision.made", data=data))


def record(result: Result) -> dict[str, Any]:
    """Return the evaluation as JSON: value, and for each decision inputs, rules, output."""
    full = _record(result, is_full=True)
    if len(orjson.dumps(full)) <= RECORD_BYTES_MAX:
        return full
    return _record(result, is_full=False)


def _record(result: Result, *, is_full: bool) -> dict[str, Any]:
    return {
        "name": result.name,
        "value": _json(result.value) if is_full else None,
        "steps": [_step(trace, is_full=is_full) for trace in result.trace],
        "shortened": not is_full,
    }


def _step(trace: Trace, *, is_full: bool) -> dict[str, Any]:
    step: dict[str, Any] = {
        "decision": trace.decision,
        "name": trace.name,
        "tables": [
            {
                "line": table.line,
                "rules": list(table.rules),
                "ids": list(table.rule_ids),
                **({"inputs": [[k, _json(v)] for k, v in table.inputs]} if is_full else {}),
            }
            for table in trace.tables
        ],
    }
    if is_full:
        step["inputs"] = {name: _json(value) for name, value in trace.inputs.items()}
        step["output"] = _json(trace.output)
    return step


def _json(value: Any) -> Any:
    """Return the stored form of a value; a function has none but its name."""
    if isinstance(value, Function):
        return f"function {value.name}"
    if isinstance(value, list):
        return [_json(item) for item in value]
    if isinstance(value, dict) and "$" not in value:
        return {key: _json(item) for key, item in value.items()}
    try:
        return feel.to_json(value)
    except (TypeError, ValueError):
        return str(value)
