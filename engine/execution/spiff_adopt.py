"""A case's tokens, grafted onto the specs of another definition.

Only what waits is taken over, every token under its number: so what waits for it (tasks,
timers, subscriptions, jobs) finds it again. Boundary events that the other definition has
begin, those that it lacks are left behind. Joins keep what has arrived at them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit, _EndJoin
from SpiffWorkflow.bpmn.specs.mixins import (
    BoundaryEventMixin,
    EventBasedGatewayMixin,
    InclusiveGatewayMixin,
    ParallelGatewayMixin,
    SubWorkflowTaskMixin,
)
from SpiffWorkflow.util.task import TaskState

from laufzettel.engine.execution.port import After, Unmovable
from laufzettel.engine.execution.spiff_fixes import FixedSubWorkflow, FixedTask
from laufzettel.engine.execution.spiff_moves import arm, armed, entry, spec_of
from laufzettel.engine.model.normalise import is_drawn


class _Nobody:
    """The host of a run that does not move."""

    def decide(self, flow: str, scope: str) -> bool:
        raise AssertionError("a token moved")

    def leave(self, scope: str) -> After:
        raise AssertionError("a token moved")

    def repeat(self, element: str, scope: str) -> int:
        raise AssertionError("a token moved")


NOBODY = _Nobody()
_JOINS = (ParallelGatewayMixin, InclusiveGatewayMixin)


class Adoption:
    """Carries the tokens of one running case over."""

    def __init__(self, old: Any, new: Any, names: Mapping[str, str]) -> None:
        self._old = old  # the top workflows; the new one has no task yet
        self._new = new
        self._names = names

    def run(self) -> None:
        """Fill the new workflow; raises Unmovable."""
        self._new._last_number = self._old._last_number
        self._new.end = self._named(self._old.end) if self._old.end else ""
        self._carry(self._old, self._new)
        for number in sorted(self._old.subprocesses, key=lambda one: self._depth(one)):
            sub = self._old.subprocesses[number]
            activity = self._new.get_task_from_id(number)
            begun = FixedSubWorkflow(
                self._new.subprocess_specs[activity.task_spec.spec], number, self._new, fresh=False
            )
            self._new.subprocesses[number] = begun
            self._carry(sub, begun)

    def _depth(self, number: int) -> tuple[int, int]:
        return (self._old.subprocesses[number].depth, number)

    def _carry(self, old: Any, new: Any) -> None:
        root = FixedTask(new, new.spec.start, state=TaskState.COMPLETED, id=old.task_tree.id)
        new.task_tree = root
        for task in sorted(old.open.values(), key=lambda one: one.id):
            spec = task.task_spec
            if task.has_state(TaskState.READY):
                text = "Der Vorgang ist mitten in einem langen Schritt. Bitte gleich noch einmal."
                raise Unmovable(spec.bpmn_id or spec.name, text)
            if isinstance(spec, (BoundaryEventMixin, BoundaryEventJoin)):
                continue  # comes with its activity; a join that only ends it is not missed
            if self._is_left_behind(new, task):
                continue
            if isinstance(spec, (*_JOINS, _EndJoin)) and task.has_state(TaskState.WAITING):
                self._arrived(new, task)
            else:
                self._graft(new, task)
        self._arm(old, new)

    def _is_left_behind(self, new: Any, task: Any) -> bool:
        """Say whether it is the start of an event subprocess that is no more."""
        is_armed = self._old.is_armed(task)
        return is_armed and spec_of(new, self._named(task.task_spec.bpmn_id)) is None

    def _arm(self, old: Any, new: Any) -> None:
        """Let the event subprocesses begin to wait that only the other definition has.

        Not where one has interrupted the scope: then none of its starts waits any more.
        """
        known = armed(old)
        waiting = {task.task_spec.name for task in old.open.values()}
        if all(spec.name in waiting for spec in known):
            names = {self._named(spec.bpmn_id) for spec in known}
            for spec in armed(new):
                if spec.bpmn_id not in names:
                    arm(new, spec)

    def _arrived(self, new: Any, task: Any) -> None:
        """Let a token that waits at a join have arrived there by the same flow."""
        spec = task.task_spec
        join = (
            next(one for one in new.spec.task_specs.values() if isinstance(one, _EndJoin))
            if isinstance(spec, _EndJoin)
            else self._spec(new, spec)
        )
        source = self._spec(new, task.parent.task_spec)
        if source not in join.inputs:
            text = f"„{source.bpmn_id}“ führt im anderen Modell nicht zu diesem Gateway."
            raise Unmovable(spec.bpmn_id or spec.name, text)
        before = FixedTask(new, source, new.task_tree, TaskState.COMPLETED)
        FixedTask(new, join, before, TaskState.WAITING, task.id)

    def _graft(self, new: Any, task: Any) -> None:
        spec = self._spec(new, task.task_spec)
        _check_alike(task, spec)
        parent, first = new.task_tree, entry(spec)
        if first is not spec:
            parent = FixedTask(new, first, parent, TaskState.COMPLETED)
        main = FixedTask(new, spec, parent, task._state, task.id)
        main.internal_data = dict(task.internal_data)
        spec.expand(main)
        if isinstance(spec, EventBasedGatewayMixin):
            new.top_workflow.event_manager.add_task(main)
        for event in first.outputs if first is not spec else ():
            if isinstance(event, BoundaryEventMixin):
                self._watch(new, parent, event, self._beside(task))

    def _watch(self, new: Any, split: Any, event: Any, beside: Mapping[str, int]) -> None:
        number = beside.get(event.bpmn_id)
        watching = FixedTask(new, event, split, TaskState.WAITING, number)
        new.top_workflow.event_manager.add_task(watching)

    def _beside(self, task: Any) -> dict[str, int]:
        """Return the events that wait at the activity's border: new name -> number."""
        split = task.parent
        if split is None or not isinstance(split.task_spec, BoundaryEventSplit):
            return {}
        return {
            self._named(one.task_spec.bpmn_id): one.id
            for one in split.children
            if one.has_state(TaskState.WAITING) and isinstance(one.task_spec, BoundaryEventMixin)
        }

    def _spec(self, new: Any, old: Any) -> Any:
        name = self._named(old.bpmn_id)
        spec = spec_of(new, name)
        if spec is None:
            text = f"Im anderen Modell gibt es an dieser Stelle keinen Schritt „{name}“."
            raise Unmovable(old.bpmn_id or old.name, text)
        return spec

    def _named(self, element: str) -> str:
        """Return what the element is called here; what is added to it goes by its name."""
        if element in self._names or is_drawn(element):
            return self._names.get(element, element)
        base, mark, ending = element.rpartition("__")
        return f"{self._named(base)}{mark}{ending}"


def _check_alike(task: Any, spec: Any) -> None:
    """Raise Unmovable where a token of one sort of element would stand at another sort."""
    old = task.task_spec
    for sort in (SubWorkflowTaskMixin, EventBasedGatewayMixin):
        if isinstance(old, sort) is not isinstance(spec, sort):
            raise Unmovable(old.bpmn_id, f"„{spec.bpmn_id}“ ist ein Schritt anderer Art.")
    if isinstance(old, EventBasedGatewayMixin):
        events, others = ({one.bpmn_id for one in each.outputs} for each in (old, spec))
        if events != others:
            text = "Hinter dem Gateway stehen im anderen Modell andere Ereignisse."
            raise Unmovable(old.bpmn_id, text)
