"""SpiffWorkflow behind the port: tokens in, tokens out.

State is one short list a running workflow. Finished history is dropped, so that neither
state nor step grows with the age of a case.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.mixins import (
    BoundaryEventMixin,
    EventBasedGatewayMixin,
    SubWorkflowTaskMixin,
)
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.util.task import TaskState

from laufzettel.engine.execution.port import Host, Unevaluable, Waiting
from laufzettel.engine.execution.spiff_fixes import (
    OPEN,
    FixedSubWorkflow,
    FixedTask,
    FixedWorkflow,
    fix,
)

#: History is looked at for dropping only above this many tasks; below it costs nothing.
COMPACT_ABOVE = 24
#: SpiffWorkflow's parser is not safe for threads.
_parsing = threading.Lock()


class SpiffExecutor:
    """The parsed specs of one definition; specs never change after parsing (defect 3)."""

    def __init__(self, main: str, stripped: Mapping[str, str]) -> None:
        with _parsing:
            parser = BpmnParser()
            for name, xml in stripped.items():
                parser.add_bpmn_xml(etree.fromstring(xml.encode()), filename=name)
            self._spec = parser.get_spec(main)
            self._subprocesses = parser.get_subprocess_specs(main)
        for spec in (self._spec, *self._subprocesses.values()):
            fix(spec)

    def new(self, host: Host) -> SpiffRun:
        """Return a run whose token stands at the start."""
        return SpiffRun(FixedWorkflow(self._spec, self._subprocesses, _Conditions(host)), host)

    def load(self, state: Any, host: Host) -> SpiffRun:
        """Return the run that ``SpiffRun.dump`` wrote."""
        top = FixedWorkflow(self._spec, self._subprocesses, _Conditions(host), fresh=False)
        top._last_number, top.end, top.completed, tasks = state[:4]
        _load_tasks(top, tasks)
        for spec_name, parent_id, completed, sub_tasks in state[4:]:
            sub = FixedSubWorkflow(self._subprocesses[spec_name], parent_id, top, fresh=False)
            top.subprocesses[parent_id] = sub
            sub.completed = completed
            _load_tasks(sub, sub_tasks)
        return SpiffRun(top, host)


class _Conditions:
    """The script engine SpiffWorkflow asks; it can decide sequence flows and nothing else."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def evaluate(self, task: FixedTask, flow_id: str, external_context: Any = None) -> bool:
        return self._host.decide(flow_id, _scope(task.workflow))

    def execute(self, task: FixedTask, script: Any, external_context: Any = None) -> None:
        """Leave a service task waiting: the work is ours."""


class SpiffRun:
    """One case in memory; belongs to one thread."""

    def __init__(self, top: FixedWorkflow, host: Host) -> None:
        self._top = top
        self._host = host

    def advance(self, limit: int) -> int:
        """Move every token until all wait; return the moves left, -1 if they did not suffice."""
        for moved in range(limit):
            task = self._next_ready()
            if task is None:
                self._forget_subprocesses()
                return limit - moved
            if task.id not in self._top.subprocesses or self._leave(task):
                task.run()
        self._forget_subprocesses()
        return -1 if self._next_ready() is not None else 0

    def _leave(self, activity: FixedTask) -> bool:
        """Have the host take over what a subprocess leaves; False when that is held."""
        try:
            self._host.leave(str(activity.id))
        except Unevaluable as problem:
            activity.internal_data["held"] = problem.text_de
            activity._set_state(TaskState.STARTED)
            return False
        return True

    def _forget_subprocesses(self) -> None:
        """Drop the subprocesses whose activity is done or was interrupted."""
        activities = {
            number: self._top.get_task_from_id(number) for number in self._top.subprocesses
        }
        for number, activity in activities.items():
            if activity.has_state(TaskState.FINISHED_MASK):
                del self._top.subprocesses[number]

    def _next_ready(self) -> FixedTask | None:
        for workflow in self._top.workflows():
            for task in workflow.ready.values():
                ready: FixedTask = task
                return ready
            if workflow is not self._top:
                lifted = self._lift(workflow)
                if lifted is not None:
                    return lifted
        return None

    def _lift(self, sub: FixedSubWorkflow) -> FixedTask | None:
        """Return the activity of a subprocess that has no token left, made ready."""
        activity: FixedTask = self._top.get_task_from_id(sub.parent_task_id)
        is_held = "held" in activity.internal_data
        if is_held or not sub.is_completed() or not activity.has_state(TaskState.STARTED):
            return None
        activity._set_state(TaskState.READY)
        return activity

    def waiting(self) -> list[Waiting]:
        """Return every token that waits, in the order of arrival."""
        found: list[tuple[int, Waiting]] = []
        for workflow in self._top.workflows():
            scope = _scope(workflow)
            for task in workflow.open.values():
                found.extend((task.id, wait) for wait in _waits(task, scope))
        return [wait for _, wait in sorted(found, key=lambda pair: pair[0])]

    def complete(self, activation: str) -> None:
        """Let the activity be done; raises KeyError when it does not wait any more."""
        task = self._find(activation)
        if not task.has_state(TaskState.STARTED):
            raise KeyError(activation)
        task.complete()

    def fire(self, activation: str) -> None:
        """Let the event happen; raises KeyError when nothing waits for it any more."""
        number, _, alternative = activation.partition(".")
        task = self._find(number)
        if task.has_state(TaskState.STARTED):
            task.complete()
            return
        if not task.has_state(TaskState.WAITING):
            raise KeyError(activation)
        if alternative:
            definitions = task.task_spec.event_definition.event_definitions
            definition = next(one for one in definitions if one.name == alternative)
        else:
            definition = task.task_spec.event_definition
        if isinstance(task.task_spec, BoundaryEventMixin) and not task.task_spec.cancel_activity:
            again = task.parent._add_child(task.task_spec, TaskState.WAITING)
            self._top.event_manager.add_task(again)
        task.task_spec.catch(task, BpmnEvent(definition))
        task.task_spec._update(task)

    def throw(self, activation: str, matches: Callable[[str], bool]) -> bool:
        """Raise a BPMN error at the activity; False when no boundary event catches it."""
        task: FixedTask | None = self._find(activation)
        while task is not None:
            split = task.parent
            if split is not None and isinstance(split.task_spec, BoundaryEventSplit):
                for sibling in split.children:
                    if sibling.has_state(TaskState.WAITING) and matches(sibling.task_spec.bpmn_id):
                        self.fire(str(sibling.id))
                        return True
            parent_id = task.workflow.parent_task_id
            task = None if parent_id is None else self._top.get_task_from_id(parent_id)
        return False

    def retry(self, activation: str) -> None:
        """Try a held token again."""
        task = self._find(activation)
        if task.internal_data.pop("held", None) is None:
            raise KeyError(activation)
        task._set_state(TaskState.READY)

    def scopes(self) -> dict[str, tuple[str, str]]:
        """Return the living subprocess instances: scope -> (element, parent scope)."""
        found = {}
        for sub in self._top.subprocesses.values():
            activity = self._top.get_task_from_id(sub.parent_task_id)
            found[_scope(sub)] = (activity.task_spec.bpmn_id, _scope(activity.workflow))
        return found

    @property
    def is_done(self) -> bool:
        """Whether no token is left."""
        return self._top.is_completed()

    @property
    def end(self) -> str:
        """The end element that was reached last, "" if none."""
        return str(self._top.end)

    def dump(self) -> Any:
        """Return the state as JSON-ready data."""
        top = self._top
        for workflow in top.workflows():
            _compact(workflow)
        subprocesses = [
            [sub.spec.name, number, sub.completed, _dump_tasks(sub)]
            for number, sub in sorted(top.subprocesses.items())
        ]
        return [top._last_number, top.end, top.completed, _dump_tasks(top), *subprocesses]

    def _find(self, activation: str) -> FixedTask:
        number = int(activation)
        for workflow in self._top.workflows():
            if number in workflow.tasks:
                task: FixedTask = workflow.tasks[number]
                return task
        raise KeyError(activation)


def _scope(workflow: Any) -> str:
    return "" if workflow.parent_task_id is None else str(workflow.parent_task_id)


def _waits(task: FixedTask, scope: str) -> list[Waiting]:
    spec = task.task_spec
    held = task.internal_data.get("held", "")
    if task.has_state(TaskState.WAITING) and isinstance(spec, EventBasedGatewayMixin):
        return [
            Waiting(f"{task.id}.{child.task_spec.bpmn_id}", child.task_spec.bpmn_id, scope)
            for child in task.children
        ]
    is_boundary = task.has_state(TaskState.WAITING) and isinstance(spec, BoundaryEventMixin)
    is_activity = task.has_state(TaskState.STARTED) and (
        held or not isinstance(spec, SubWorkflowTaskMixin)
    )
    if is_boundary or is_activity:
        return [Waiting(str(task.id), spec.bpmn_id or spec.name, scope, held)]
    return []


def _dump_tasks(workflow: Any) -> list[list[Any]]:
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


def _load_tasks(workflow: Any, rows: list[list[Any]]) -> None:
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


def _compact(workflow: Any) -> None:
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


__all__ = ["SpiffExecutor", "SpiffRun"]
