"""What of SpiffWorkflow's tasks is stored, and which finished ones are still needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.util.task import TaskState

from laufzettel.engine.execution.spiff_fixes import OPEN, FixedTask

#: History is looked at for dropping only above this many tasks; below it costs nothing.
COMPACT_ABOVE: Final = 24


def dump_tasks(workflow: Any) -> list[list[Any]]:
    """Return [number, parent, spec, state, internal data or nothing] of every task.

    Predicted successors too: predicting them again on loading would use up numbers, and
    a reloaded case would then name its activations differently.
    """
    kept = []
    for task in workflow.tasks.values():
        row = [task.id, task._parent or 0, task.task_spec.name, task._state]
        # Of what happened, only the living need to remember anything.
        internal = {key: value for key, value in task.internal_data.items() if value}
        internal = internal if task.has_state(OPEN) else {}
        kept.append([*row, internal] if internal else row)
    return kept


def load_tasks(workflow: Any, rows: list[list[Any]]) -> None:
    """Give a workflow the tasks that ``dump_tasks`` returned."""
    specs = workflow.spec.task_specs
    manager = workflow.top_workflow.event_manager
    for number, parent, name, state, *internal in rows:
        task = FixedTask(workflow, specs[name], state=state, id=number)
        if parent:
            task._parent = parent
            workflow.tasks[parent]._children.append(number)
        else:
            workflow.task_tree = task
        if internal:
            task.internal_data = internal[0]
        if task.has_state(TaskState.WAITING) and hasattr(task.task_spec, "event_definition"):
            manager.add_task(task)


def compact(workflow: Any) -> None:
    """Drop the finished history; tokens keep what may still be asked of it.

    A join asks from where a waiting token came, a boundary event for its split and what
    hangs beside it. Everything else that is finished is nobody's concern any more.
    """
    if len(workflow.tasks) <= COMPACT_ABOVE:
        return
    kept = _still_needed(workflow)
    parents = {number: _nearest(task.parent, kept) for number, task in kept.items()}
    for number in [number for number in workflow.tasks if number not in kept]:
        workflow.tasks.pop(number)
        workflow.forget(number)
    for task in kept.values():
        task._children = []
    for number, parent in parents.items():  # in the order of their making, parents first
        if parent is not None:
            kept[number]._parent = parent.id
            parent._children.append(number)


def _still_needed(workflow: Any) -> dict[int, FixedTask]:
    needed = {workflow.task_tree.id}
    for task in workflow.tasks.values():
        if not task.has_state(TaskState.FINISHED_MASK):
            needed.add(task.id)
            needed.add((task.parent or task).id)
        elif isinstance(task.task_spec, BoundaryEventSplit) and _is_active(task):
            needed.update([task.id, *task._children])
    return {number: task for number, task in workflow.tasks.items() if number in needed}


def _nearest(ancestor: FixedTask | None, kept: Mapping[int, FixedTask]) -> FixedTask | None:
    while ancestor is not None and ancestor.id not in kept:
        ancestor = ancestor.parent
    return ancestor


def _is_active(split: FixedTask) -> bool:
    """Say whether an activity, its boundary events or their join still wait under the split."""
    return any(
        child.has_state(OPEN) or any(join.has_state(TaskState.WAITING) for join in child.children)
        for child in split.children
    )
