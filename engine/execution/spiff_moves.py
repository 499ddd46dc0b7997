"""Tokens taken away and put elsewhere, which no model does but an operator may.

A token is put by letting one arrive under the root of its workflow, as if it had come by a
flow: so boundary events, subprocesses and event gateways begin as they always do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.mixins import (
    InclusiveGatewayMixin,
    ParallelGatewayMixin,
    SubWorkflowTaskMixin,
)
from SpiffWorkflow.util.task import TaskState

from laufzettel.engine.execution.spiff_fixes import OPEN, upstream

_JOINS: Final = (ParallelGatewayMixin, InclusiveGatewayMixin)


def spec_of(workflow: Any, element: str) -> Any:
    """Return the spec of a BPMN element in a workflow, None where it has no such element."""
    spec = workflow.spec.task_specs.get(element)
    return spec if spec is not None and spec.bpmn_id == element else None


def entry(spec: Any) -> Any:
    """Return where a token enters: before the boundary events, if the element has any."""
    split = next((one for one in spec.inputs if isinstance(one, BoundaryEventSplit)), None)
    return spec if split is None else split


def place(top: Any, workflow: Any, element: str) -> None:
    """Let a token arrive at the element, in this workflow or a subprocess it begins directly.

    Raises KeyError where neither knows the element.
    """
    spec = spec_of(workflow, element)
    if spec is not None:
        _arrive(workflow, entry(spec))
        return
    outer = next((one for one in _around(top, workflow, element)), None)
    if outer is None:
        raise KeyError(element)
    before = set(top.subprocesses)
    arrived = _arrive(workflow, entry(outer))
    if arrived.task_spec is not outer:
        arrived.run()
    begun = next(sub for number, sub in top.subprocesses.items() if number not in before)
    started = list(begun.open.values())
    _arrive(begun, entry(spec_of(begun, element)))
    for task in started:
        task.cancel()
    for spec in armed(begun):
        arm(begun, spec)


def armed(workflow: Any) -> list[Any]:
    """Return the starts of the event subprocesses of a workflow's spec."""
    starts = workflow.top_workflow.shape.armed
    return [spec for spec in workflow.spec.task_specs.values() if spec.bpmn_id in starts]


def arm(workflow: Any, spec: Any) -> None:
    """Let the start of an event subprocess wait."""
    waiting = workflow.task_tree._add_child(spec, TaskState.FUTURE)
    waiting._set_state(TaskState.STARTED)


def _arrive(workflow: Any, spec: Any) -> Any:
    task = workflow.task_tree._add_child(spec, TaskState.FUTURE)
    task.task_spec._update(task)
    return task


def _around(top: Any, workflow: Any, element: str) -> Iterator[Any]:
    """Yield the subprocesses of a workflow's spec that hold the element."""
    for spec in workflow.spec.task_specs.values():
        inner = top.subprocess_specs.get(getattr(spec, "spec", None))
        if isinstance(spec, SubWorkflowTaskMixin) and inner and element in inner.task_specs:
            yield spec


def drop(task: Any) -> None:
    """Take the token away with the boundary events beside it; what these began goes on.

    Raises KeyError when it does not wait any more.
    """
    if not task.has_state(OPEN):
        raise KeyError(task.id)
    split = task.parent
    if split is None or not isinstance(split.task_spec, BoundaryEventSplit):
        task.cancel()
        return
    for beside in split.children:
        if not beside.has_state(TaskState.FINISHED_MASK):
            beside.cancel()
        for join in beside.children:  # of an event that fired beside the activity
            if isinstance(join.task_spec, BoundaryEventJoin) and join.has_state(OPEN):
                join.cancel()


def strand(workflow: Any) -> bool:
    """Note at the first token of each join from where nothing comes; False where it stands there."""
    at: dict[Any, list[Any]] = {}
    for task in sorted(workflow.waiting_tasks.values(), key=lambda task: task.id):
        if isinstance(task.task_spec, _JOINS):
            at.setdefault(task.task_spec, []).append(task)
    new = {join: tokens for join, tokens in at.items() if "lacks" not in tokens[0].internal_data}
    for join, tokens in new.items():
        arrived = {task.parent.task_spec for task in tokens}
        lacks = [flow.bpmn_id or flow.name for flow in join.inputs if flow not in arrived]
        tokens[0].internal_data["lacks"] = lacks
    return bool(new)


def starving(workflow: Any) -> Iterator[str]:
    """Yield the joins that some flow can still bring a token to, and another cannot."""
    for spec in workflow.spec.task_specs.values():
        if isinstance(spec, ParallelGatewayMixin) and len(spec.inputs) > 1:
            reached = [_can_come(workflow, spec, flow) for flow in spec.inputs]
            if any(reached) and not all(reached):
                yield spec.bpmn_id


def _can_come(workflow: Any, join: Any, flow: Any) -> bool:
    """Say whether a token has arrived at the join by this flow, or may still do so."""
    before = upstream([flow], join)
    for task in workflow.open.values():
        if task.task_spec is join:
            if task.parent.task_spec is flow:
                return True
        elif task.task_spec.name in before:
            return True
    return False
