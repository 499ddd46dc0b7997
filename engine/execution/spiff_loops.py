"""Repeated activities: one token for each item, each with a scope of its own.

The repetition is a subprocess of its own around the activity (``model.normalise``), so that
boundary events hang on the whole. Its tokens are siblings; SpiffWorkflow sees nothing but
several visits of one element.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.util.task import TaskState

from laufzettel.engine.execution.port import ITEM, After, Host
from laufzettel.engine.execution.spiff_fixes import OPEN, FixedTask


def scope_of(workflow: Any) -> str:
    """Return the name of the scope that a workflow's elements live in."""
    return "" if workflow.parent_task_id is None else str(workflow.parent_task_id)


def scope_around(task: FixedTask) -> str:
    """Return the name of the scope that a token's element sees: its item's, if it has one."""
    return f"{task.id}{ITEM}" if "item" in task.internal_data else scope_of(task.workflow)


def repeat(task: FixedTask, host: Host) -> None:
    """Begin a repeated activity whose first token has arrived; may raise Unevaluable."""
    count = host.repeat(task.task_spec.bpmn_id, scope_of(task.workflow))
    if count == 0:
        task.complete()
        return
    task.internal_data["item"] = 1
    if task.task_spec._update_hook(task):  # a subprocess begins by this, all else is ready
        task._set_state(TaskState.READY)
    for item in range(2, count + 1):
        _begin(task, item)


def follow(task: FixedTask, after: After) -> None:
    """Do what is to follow an item that is about to be done."""
    if after is After.ANOTHER:
        _begin(task, task.internal_data["item"] + 1)
    if after is After.STOP:
        for sibling in task.parent.children:
            if sibling is not task and sibling.has_state(OPEN):
                sibling.cancel()


def _begin(task: FixedTask, item: int) -> None:
    new = task.parent._add_child(task.task_spec, TaskState.FUTURE)
    new.internal_data["item"] = item
    new.task_spec._update(new)
