"""SpiffWorkflow behind the port: tokens in, tokens out.

State is one short list a running workflow. Finished history is dropped, so that neither
state nor step grows with the age of a case.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
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

from laufzettel.engine.execution import spiff_moves
from laufzettel.engine.execution.port import (
    ITEM,
    After,
    Executor,
    Host,
    Scope,
    Unevaluable,
    Waiting,
)
from laufzettel.engine.execution.spiff_adopt import NOBODY, Adoption
from laufzettel.engine.execution.spiff_fixes import (
    FixedSubWorkflow,
    FixedTask,
    FixedWorkflow,
    fix,
)
from laufzettel.engine.execution.spiff_loops import follow, repeat, scope_around, scope_of
from laufzettel.engine.execution.spiff_shape import Shape
from laufzettel.engine.execution.spiff_state import compact, dump_tasks, load_tasks
from laufzettel.engine.model.definition import Definition

#: SpiffWorkflow's parser is not safe for threads.
_parsing = threading.Lock()


class SpiffExecutor:
    """The parsed specs of one definition; specs never change after parsing (defect 3)."""

    def __init__(self, definition: Definition) -> None:
        with _parsing:
            parser = BpmnParser()
            for name, xml in definition.stripped.items():
                parser.add_bpmn_xml(etree.fromstring(xml.encode()), filename=name)
            self._spec = parser.get_spec(definition.main)
            self._subprocesses = parser.get_subprocess_specs(definition.main)
        for spec in (self._spec, *self._subprocesses.values()):
            fix(spec)
        self._shape = Shape(definition)

    def new(self, host: Host) -> SpiffRun:
        """Return a run whose token stands at the start."""
        return SpiffRun(self._workflow(host), host)

    def load(self, state: Any, host: Host) -> SpiffRun:
        """Return the run that ``SpiffRun.dump`` wrote."""
        top = self._workflow(host, fresh=False)
        top._last_number, top.end, top.completed, tasks = state[:4]
        load_tasks(top, tasks)
        for spec_name, parent_id, completed, sub_tasks in state[4:]:
            sub = FixedSubWorkflow(self._subprocesses[spec_name], parent_id, top, fresh=False)
            top.subprocesses[parent_id] = sub
            sub.completed = completed
            load_tasks(sub, sub_tasks)
        return SpiffRun(top, host)

    def adopt(self, state: Any, origin: Executor, names: Mapping[str, str]) -> Any:
        """Return the state that a case of ``origin`` has here; raises Unmovable."""
        run = origin.load(state, NOBODY)
        if not isinstance(run, SpiffRun):
            raise TypeError("a case of another kind of executor")
        top = self._workflow(NOBODY, fresh=False)
        Adoption(run._top, top, names).run()
        return SpiffRun(top, NOBODY).dump()

    def _workflow(self, host: Host, *, fresh: bool = True) -> FixedWorkflow:
        conditions = _Conditions(host)
        return FixedWorkflow(self._spec, self._subprocesses, conditions, self._shape, fresh=fresh)


class _Conditions:
    """The script engine SpiffWorkflow asks; it can decide sequence flows and nothing else."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def evaluate(self, task: FixedTask, flow_id: str, external_context: Any = None) -> bool:
        return self._host.decide(flow_id, scope_of(task.workflow))

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
            self._move(task)
        self._forget_subprocesses()
        return -1 if self._next_ready() is not None else 0

    def _move(self, task: FixedTask) -> None:
        try:
            if self._top.begins_loop(task):
                repeat(task, self._host)
                return
            if task.id in self._top.subprocesses:
                follow(task, self._host.leave(str(task.id)))
        except Unevaluable as problem:
            task.internal_data["held"] = problem.text_de
            task._set_state(TaskState.STARTED)
            return
        task.run()

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
            workflow.disarm()
            if workflow is not self._top:
                lifted = self._lift(workflow)
                if lifted is not None:
                    return lifted
        joins = (workflow.join() for workflow in self._top.workflows())
        return next((task for task in joins if task is not None), None)

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
            for task in workflow.open.values():
                found.extend((task.id, wait) for wait in _waits(task))
        return [wait for _, wait in sorted(found, key=lambda pair: pair[0])]

    def complete(self, activation: str, after: After = After.NOTHING) -> None:
        """Let the activity be done; raises KeyError when it does not wait any more."""
        task = self._find(activation)
        if not task.has_state(TaskState.STARTED):
            raise KeyError(activation)
        follow(task, after)
        task.complete()

    def fire(self, activation: str) -> None:
        """Let the event happen; raises KeyError when nothing waits for it any more."""
        number, _, alternative = activation.partition(".")
        task = self._find(number)
        if task.has_state(TaskState.STARTED):
            self._trigger(task)
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

    def _trigger(self, task: FixedTask) -> None:
        """Begin an event subprocess if the task is its start: stop the others, or wait again."""
        interrupts = self._top.shape.armed.get(task.task_spec.bpmn_id)
        if interrupts:
            for other in list(task.workflow.open.values()):
                if other is not task:
                    other.cancel()
        elif interrupts is False:
            again = task.parent._add_child(task.task_spec, TaskState.FUTURE)
            again._set_state(TaskState.STARTED)

    def catcher(self, activation: str, matches: Callable[[str], bool]) -> Waiting | None:
        """Return the nearest event that catches what the activity throws; None if none does."""
        task: FixedTask | None = self._find(activation)
        while task is not None:
            for found in self._catching(task):
                if matches(found.task_spec.bpmn_id):
                    return _wait(found)
            parent_id = task.workflow.parent_task_id
            task = None if parent_id is None else self._top.get_task_from_id(parent_id)
        return None

    def _catching(self, task: FixedTask) -> Iterator[FixedTask]:
        """Yield the events at the border of the activity, then the starts beside it."""
        split = task.parent
        if split is not None and isinstance(split.task_spec, BoundaryEventSplit):
            yield from (one for one in split.children if one.has_state(TaskState.WAITING))
        for other in task.workflow.open.values():
            if other is not task and self._top.is_armed(other):
                yield other

    def stop(self) -> None:
        """Take every token away: nothing is left to do."""
        self._top.cancel()

    def retry(self, activation: str) -> None:
        """Try a held token again."""
        task = self._find(activation)
        if task.internal_data.pop("lacks", None) is not None:
            return  # it waits at a join as before
        if task.internal_data.pop("held", None) is None:
            raise KeyError(activation)
        task._set_state(TaskState.READY)

    def scope(self, name: str) -> Scope:
        """Return the living scope of that name; raises KeyError when it is no more."""
        task = self._find(name.removesuffix(ITEM))
        element = task.task_spec.bpmn_id
        if name.endswith(ITEM):
            return Scope(element, scope_of(task.workflow), task.internal_data["item"])
        return Scope(element, scope_around(task))

    def scopes(self) -> set[str]:
        """Return the names of all living scopes but the process's own."""
        names = {str(number) for number in self._top.subprocesses}
        for workflow in self._top.workflows():
            names |= {
                f"{task.id}{ITEM}"
                for task in workflow.open.values()
                if "item" in task.internal_data
            }
        return names

    def place(self, element: str, scope: str) -> None:
        """Let a new token arrive at the element; raises KeyError where there is no place."""
        workflow = self._top.subprocesses[int(scope)] if scope else self._top
        spiff_moves.place(self._top, workflow, element)

    def drop(self, token: str) -> None:
        """Take a waiting token away, or a whole subprocess by its scope; raises KeyError."""
        task = self._find(token.partition(".")[0])
        spiff_moves.drop(task)

    def strand(self) -> bool:
        """Let joins look once more, or their tokens be seen to wait; False where nothing changes."""
        workflows = self._top.workflows()
        for workflow in workflows:
            workflow.update_waiting_tasks()  # in a migrated case the join may be another one
        if any(workflow.ready for workflow in workflows):
            return True
        found = [spiff_moves.strand(workflow) for workflow in workflows]
        return any(found)

    def starving(self) -> set[str]:
        """Return the gateways at which a token waits, or will, for one that cannot come."""
        return {one for each in self._top.workflows() for one in spiff_moves.starving(each)}

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
            compact(workflow)
        subprocesses = [
            [sub.spec.name, number, sub.completed, dump_tasks(sub)]
            for number, sub in sorted(top.subprocesses.items())
        ]
        return [top._last_number, top.end, top.completed, dump_tasks(top), *subprocesses]

    def _find(self, activation: str) -> FixedTask:
        number = int(activation)
        for workflow in self._top.workflows():
            if number in workflow.tasks:
                task: FixedTask = workflow.tasks[number]
                return task
        raise KeyError(activation)


def _waits(task: FixedTask) -> list[Waiting]:
    spec = task.task_spec
    if task.has_state(TaskState.WAITING) and isinstance(spec, EventBasedGatewayMixin):
        scope = scope_around(task)
        return [
            Waiting(f"{task.id}.{child.task_spec.bpmn_id}", child.task_spec.bpmn_id, scope)
            for child in task.children
        ]
    is_boundary = task.has_state(TaskState.WAITING) and isinstance(spec, BoundaryEventMixin)
    is_stranded = task.has_state(TaskState.WAITING) and "lacks" in task.internal_data
    is_activity = task.has_state(TaskState.STARTED) and (
        "held" in task.internal_data or not isinstance(spec, SubWorkflowTaskMixin)
    )
    return [_wait(task)] if is_boundary or is_activity or is_stranded else []


def _wait(task: FixedTask) -> Waiting:
    spec = task.task_spec
    held, lacks = task.internal_data.get("held", ""), task.internal_data.get("lacks", ())
    return Waiting(str(task.id), spec.bpmn_id or spec.name, scope_around(task), held, tuple(lacks))


__all__ = ["SpiffExecutor", "SpiffRun"]
