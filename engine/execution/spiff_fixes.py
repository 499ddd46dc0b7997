"""SpiffWorkflow 3.2 with the defects that would hit us mended, by subclassing only.

The numbers are those of reference spiffworkflow.md, section 3; two were found by our random
processes: 13, joins count the branches of earlier rounds, and 14, an inclusive join passes
while its siblings are still being told of their tokens. One idea carries most of it: case
data is ours and never lies in SpiffWorkflow's tasks, so nothing is copied, merged or
aliased (7); tasks are found by sets kept up to date, so nothing walks the tree (1, 12) and
a step costs the same after a thousand rounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from SpiffWorkflow.bpmn.specs.control import _EndJoin
from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import ErrorEventDefinition
from SpiffWorkflow.bpmn.specs.mixins import (
    EndEventMixin,
    InclusiveGatewayMixin,
    ParallelGatewayMixin,
    SubWorkflowTaskMixin,
)
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.util.task import BpmnTaskFilter
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.specs import MultiChoice
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from laufzettel.engine.execution.port import Unevaluable
from laufzettel.engine.execution.spiff_shape import Shape

OPEN = TaskState.WAITING | TaskState.READY | TaskState.STARTED


class FixedTask(Task):  # type: ignore[misc]
    """A token's visit of an element: numbered per case, without data, never logged."""

    _state: int

    def __init__(
        self,
        workflow: Any,
        task_spec: Any,
        parent: Any = None,
        state: int = TaskState.MAYBE,
        id: int | None = None,
    ) -> None:
        super().__init__(
            workflow, task_spec, parent, state, id or workflow.top_workflow.next_number()
        )
        workflow.note(self)

    def _add_child(self, task_spec: Any, state: int = TaskState.MAYBE) -> FixedTask:
        task = FixedTask(self.workflow, task_spec, self, state)
        task.thread_id = self.thread_id
        if state == TaskState.READY:
            task._ready()
        return task

    def _set_state(self, value: int) -> None:
        # (12) no log extras; and what may come next is predicted one level deep only, at
        # the moment the token arrives, instead of the whole way to the end each time.
        if value == self._state:
            return
        self._state = value
        self.workflow.note(self)
        if value & OPEN and not self._children:
            self.task_spec.expand(self)

    def _inherit_data(self) -> None:
        """Case data is not kept in tasks (7)."""

    def is_descendant_of(self, task: Task) -> bool:
        """Say so without recursion: trees of long loops are deep (1)."""
        parent = self.parent
        while parent is not None:
            if parent is task:
                return True
            parent = parent.parent
        return False

    def find_ancestor(self, spec_name: str) -> Task | None:
        """Return the nearest ancestor of that spec, without recursion (1)."""
        parent = self.parent
        while parent is not None and parent.task_spec.name != spec_name:
            parent = parent.parent
        return parent


class _Indexed:
    """A workflow that knows its ready, waiting and open tasks without searching (1)."""

    tasks: dict[int, FixedTask]
    completed: bool
    success: bool

    def _begin_index(self) -> None:
        self.ready: dict[int, FixedTask] = {}
        self.waiting_tasks: dict[int, FixedTask] = {}
        self.open: dict[int, FixedTask] = {}

    def _plant(self) -> None:
        """Put the token on the start, as Workflow.__init__ does, but with our task."""
        root = FixedTask(self, cast(Any, self).spec.start, state=TaskState.FUTURE)
        cast(Any, self).task_tree = root
        root._ready()

    def note(self, task: FixedTask) -> None:
        """Keep the sets true after a change of the task's state."""
        state, number = task._state, task.id
        for mask, kept in (
            (TaskState.READY, self.ready),
            (TaskState.WAITING, self.waiting_tasks),
            (OPEN, self.open),
        ):
            if state & mask:
                kept[number] = task
            else:
                kept.pop(number, None)

    def forget(self, number: int) -> None:
        """Drop a removed task from the sets."""
        for kept in (self.ready, self.waiting_tasks, self.open):
            kept.pop(number, None)

    def _task_removed_notify(self, task: FixedTask) -> None:
        self.forget(task.id)

    def update_waiting_tasks(self) -> None:
        """Let joins look again whether they may go on; inclusive ones when nothing moves."""
        for task in list(self.waiting_tasks.values()):
            if task.id in self.waiting_tasks and not isinstance(task.task_spec, _FixedInclusive):
                task.task_spec._update(task)

    def join(self) -> FixedTask | None:
        """Return the first token at an inclusive join that may pass, made ready."""
        in_turn = sorted(self.waiting_tasks.values(), key=lambda task: task.id)
        for task in in_turn:  # of their arrival, also in a case that was stored
            if isinstance(task.task_spec, _FixedInclusive):
                cast(Any, task.task_spec)._update(task)
                if task.has_state(TaskState.READY):
                    return task
        return None

    def get_tasks_iterator(self, first_task: Any = None, **kwargs: Any) -> Iterator[Any]:
        """Filter all tasks of this workflow; SpiffWorkflow stops at depth 1000 (1)."""
        kwargs.pop("skip_subprocesses", None)
        kwargs.pop("end_at_spec", None)
        matches = BpmnTaskFilter(**kwargs).matches
        inside = [
            task
            for task in self.tasks.values()
            if first_task is None or task is first_task or task.is_descendant_of(first_task)
        ]
        return iter([task for task in inside if matches(task)])

    def is_completed(self) -> bool:
        """Say whether no token is left (1: never by a search that ends early)."""
        self.completed = self.completed or not self.open
        return self.completed

    def disarm(self) -> None:
        """Let event subprocesses wait no more once nothing else is left to interrupt."""
        top = cast(Any, self).top_workflow
        if top.shape.armed and self.open and all(map(top.is_armed, self.open.values())):
            for task in list(self.open.values()):
                task.cancel()

    def cancel(self, success: bool = False) -> list[FixedTask]:
        """Cancel every open task and those of subprocesses below."""
        self.success = success
        self.completed = True
        cancelled = list(self.open.values())
        for task in cancelled:
            task.cancel()
        return cancelled

    def collect_log_extras(self, dct: Any = None) -> dict[str, Any]:
        """Return nothing: SpiffWorkflow collects this at every change, logged or not (12)."""
        return {}


class FixedSubWorkflow(_Indexed, BpmnSubWorkflow):  # type: ignore[misc]
    """An embedded subprocess or a called process while it runs."""

    def __init__(self, spec: Any, parent_task_id: int, top_workflow: Any, fresh: bool = True):
        self._begin_index()
        super().__init__(spec, parent_task_id, top_workflow, deserializing=True)
        if fresh:
            self._plant()


class FixedWorkflow(_Indexed, BpmnWorkflow):  # type: ignore[misc]
    """A case's process."""

    def __init__(
        self,
        spec: Any,
        subprocess_specs: Any,
        script_engine: Any,
        shape: Shape,
        fresh: bool = True,
    ):
        self._begin_index()
        self.shape = shape
        self._last_number = 0
        self.end = ""  # the end event reached last
        super().__init__(spec, subprocess_specs, script_engine, deserializing=True)
        if fresh:
            self._plant()

    def is_armed(self, task: FixedTask) -> bool:
        """Say whether a token is the start of an event subprocess that waits."""
        return task.task_spec.bpmn_id in self.shape.armed

    def begins_loop(self, task: FixedTask) -> bool:
        """Say whether a token has arrived at a repeated activity and is no item of it yet."""
        return task.task_spec.bpmn_id in self.shape.loops and "item" not in task.internal_data

    def next_number(self) -> int:
        """Return the next task number of the case; numbers are never used twice."""
        self._last_number += 1
        return self._last_number

    def create_subprocess(self, my_task: FixedTask, spec_name: str) -> FixedSubWorkflow:
        """Start the subprocess of an activity."""
        subprocess = FixedSubWorkflow(self.subprocess_specs[spec_name], my_task.id, self)
        self.subprocesses[my_task.id] = subprocess
        return subprocess

    def cancel(self, workflow: Any = None) -> list[FixedTask]:
        """Cancel the case or one of its subprocesses."""
        return _Indexed.cancel(workflow or self)

    def workflows(self) -> list[Any]:
        """Return every running workflow, the innermost first."""
        inner = sorted(self.subprocesses.values(), key=lambda sub: -sub.depth)
        return [*inner, self]


class _FixedSpec:
    """Mixed into every task spec after parsing (``fix``)."""

    def expand(self, my_task: FixedTask) -> None:
        """Predict the direct successors; conditions choose theirs when they run."""
        cast(Any, self)._predict_hook(my_task)

    def _predict(self, my_task: FixedTask, *_: Any, **__: Any) -> None:
        """Leave prediction to ``expand``."""

    def _run(self, my_task: FixedTask) -> bool | None:
        # (5, 6) an expression that cannot be evaluated holds the token where it is; stock
        # SpiffWorkflow would leave it in ERROR and lose it.
        try:
            return cast("bool | None", cast(Any, self)._run_hook(my_task))
        except Unevaluable as problem:
            my_task.internal_data["held"] = problem.text_de
            return None


class _FixedChoice(_FixedSpec):
    """Exclusive and inclusive gateways: nothing to predict before the decision."""

    def expand(self, my_task: FixedTask) -> None:
        """Predict nothing."""


class _FixedJoin(_FixedSpec):
    """Gateways that join: each token is consumed once (13).

    Stock SpiffWorkflow counts a branch as arrived when it has arrived in an earlier round
    of a loop, and drops what goes on behind an earlier passage of the same gateway.
    """

    def _update_hook(self, my_task: FixedTask) -> bool:
        others = my_task.workflow.waiting_tasks.values()
        waiting = [one for one in others if one.task_spec is self and one is not my_task]
        waiting.sort(key=lambda one: one.id)  # in a stored case they lie in no other order
        if not self._may_pass(my_task, [my_task, *waiting]):
            my_task._set_state(TaskState.WAITING)
            return False
        consumed = {my_task.parent.task_spec.name}
        for task in waiting:  # the oldest of each flow; what came twice stays
            source = task.parent.task_spec.name
            if source not in consumed:
                consumed.add(source)
                task.cancel()
        return True

    def _may_pass(self, my_task: FixedTask, tokens: list[FixedTask]) -> bool:
        raise NotImplementedError


class _FixedParallel(_FixedJoin):
    """The AND-join: a token on each of its flows."""

    def _may_pass(self, my_task: FixedTask, tokens: list[FixedTask]) -> bool:
        arrived = {task.parent.task_spec.name for task in tokens}
        return all(spec.name in arrived for spec in cast(Any, self).inputs)

    def _run_hook(self, my_task: FixedTask) -> bool:
        return True


class _FixedInclusive(_FixedJoin):
    """The OR-join by BPMN 2.0.2 § 13.4.3, over every kind of waiting token."""

    def expand(self, my_task: FixedTask) -> None:
        """Predict nothing before the decision."""

    def _update_hook(self, my_task: FixedTask) -> bool:
        # (14) tokens that are just on their way would come too late: siblings are told of theirs
        # one after the other. It is asked when nothing else moves (``join``).
        is_join = len(cast(Any, self).inputs) > 1
        if is_join and not my_task.has_state(TaskState.WAITING):
            my_task._set_state(TaskState.WAITING)
            return False
        return super()._update_hook(my_task)

    def _run_hook(self, my_task: FixedTask) -> bool:
        matches, defaults = cast(Any, self)._get_matching_outputs(my_task)
        if not matches and not defaults:
            text = "Keine Bedingung trifft zu, und es gibt keinen Standardpfad."
            raise Unevaluable(cast(Any, self).bpmn_id, text)
        my_task._sync_children(matches or defaults, TaskState.FUTURE)
        return True

    def _may_pass(self, my_task: FixedTask, tokens: list[FixedTask]) -> bool:
        arrived = {task.parent.task_spec.name for task in tokens}
        empty = [spec for spec in cast(Any, self).inputs if spec.name not in arrived]
        filled = [spec for spec in cast(Any, self).inputs if spec.name in arrived]
        to_empty = upstream(empty, self)
        to_filled = upstream(filled, self)
        return not any(
            task.task_spec.name in to_empty and task.task_spec.name not in to_filled
            for task in my_task.workflow.open.values()
            if task.task_spec is not self
        )


def upstream(specs: list[Any], stop: Any) -> set[str]:
    """Return the names of all specs from which one of ``specs`` is reached, not by ``stop``."""
    seen: set[str] = set()
    todo = list(specs)
    while todo:
        spec = todo.pop()
        if spec.name not in seen and spec is not stop:
            seen.add(spec.name)
            todo.extend(spec.inputs)
    return seen


class _FixedEnd(_FixedSpec):
    """End events: remembered, and an error end leaves the throwing to us (6)."""

    def _run_hook(self, my_task: FixedTask) -> bool | None:
        top = my_task.workflow.top_workflow
        if cast(Any, self).bpmn_id not in top.shape.added_ends:
            top.end = cast(Any, self).bpmn_id
        if isinstance(cast(Any, self).event_definition, ErrorEventDefinition):
            my_task.internal_data["error"] = True
            return None
        return cast("bool | None", cast(Any, super())._run_hook(my_task))


class _FixedEndJoin(_FixedSpec):
    """The implicit join before the end of a process: waits until it is alone."""

    def _check_threshold_unstructured(self, my_task: FixedTask) -> bool:
        is_armed = my_task.workflow.top_workflow.is_armed
        return not any(
            task is not my_task and task.task_spec is not self and not is_armed(task)
            for task in my_task.workflow.open.values()
        )


class _FixedSubprocess(_FixedSpec):
    """Subprocess and call activity: no data to copy (7)."""

    def _update_hook(self, my_task: FixedTask) -> bool | None:
        if my_task.workflow.top_workflow.begins_loop(my_task):
            return True  # ready; it begins when its items are known
        return cast("bool | None", cast(Any, super())._update_hook(my_task))

    def copy_data(self, my_task: FixedTask, subworkflow: Any) -> None:
        """Copy nothing."""

    def update_data(self, my_task: FixedTask, subworkflow: Any) -> None:
        """Copy nothing back."""


#: (SpiffWorkflow's class, ours); the first that fits is taken.
_FIXES: tuple[tuple[Any, type], ...] = (
    (InclusiveGatewayMixin, _FixedInclusive),
    (ParallelGatewayMixin, _FixedParallel),
    (MultiChoice, _FixedChoice),
    (EndEventMixin, _FixedEnd),
    (_EndJoin, _FixedEndJoin),
    (SubWorkflowTaskMixin, _FixedSubprocess),
    (object, _FixedSpec),
)
_fixed_classes: dict[type, type] = {}


def fix(process_spec: Any) -> None:
    """Give every task spec of a parsed process its mended class.

    The specs are made by SpiffWorkflow's parser, several of them by hard-coded classes;
    exchanging the class afterwards reaches all of them and touches no file of the library.
    """
    for spec in process_spec.task_specs.values():
        spec.__class__ = _fixed_class(type(spec))


def _fixed_class(cls: type) -> type:
    if issubclass(cls, _FixedSpec):
        return cls
    if cls not in _fixed_classes:
        ours = next(ours for theirs, ours in _FIXES if issubclass(cls, theirs))
        _fixed_classes[cls] = type(f"Fixed{cls.__name__}", (ours, cls), {})
    return _fixed_classes[cls]
