"""The rival: stock SpiffWorkflow with its own serializer, on the same model, at its best.

It gets a plain BPMN of our model: user and receive tasks native, conditions and service
tasks in Python, timers in Python literals. Specs are parsed once. A case is one row, read
before and changed after every step by an optimistic version, over the bare driver.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from lxml import etree
from SpiffWorkflow.bpmn import BpmnEvent, BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.util.task import TaskState

from bench._life import END, MODEL, PROCESS, SERVICES, START, WAITS, Wait
from bench._rows import Extra, ExtraRows, StateRows

_BPMN: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
_WAITING: Final = {wait.element for wait in WAITS}
_DROPPED: Final = ("extensionElements", "documentation", "incoming", "outgoing")
#: FEEL of the model's conditions as Python.
_PYTHON: Final = {" = ": " == ", " null": " None", " true": " True", " false": " False"}


def plain_bpmn() -> bytes:
    """Return the model as anybody would write it for SpiffWorkflow.

    >>> b"zeebe" in plain_bpmn(), b'verdict == "accepted"' in plain_bpmn()
    (False, True)
    """
    root = etree.fromstring((MODEL / "model.bpmn").read_bytes())
    for child in list(root):
        if etree.QName(child).localname == "BPMNDiagram":
            root.remove(child)
    for name in _DROPPED:
        for node in list(root.iter(f"{{{_BPMN}}}{name}")):
            node.getparent().remove(node)  # type: ignore[union-attr]
    for node in root.iter(f"{{{_BPMN}}}conditionExpression"):
        node.text = _as_python((node.text or "").removeprefix("="))
    for node in root.iter(f"{{{_BPMN}}}timeDuration"):
        node.text = repr(node.text)
    kinds = [f"{{{_BPMN}}}{kind}" for kind in ("serviceTask", "scriptTask", "businessRuleTask")]
    for node in list(root.iter(*kinds)):
        name = node.get("id", "")
        if name in _WAITING:  # its own serializer cannot store a service task that waits
            node.tag = f"{{{_BPMN}}}userTask"
        else:
            _make_script(node, SERVICES.get(name, {}))
    etree.cleanup_namespaces(root)
    return etree.tostring(root)


def python_conditions() -> dict[str, str]:
    """Return the conditions of the model in Python by the id of their flow."""
    flows = etree.fromstring(plain_bpmn()).iter(f"{{{_BPMN}}}sequenceFlow")
    return {flow.get("id", ""): flow[0].text or "" for flow in flows if len(flow)}


def _as_python(condition: str) -> str:
    for feel, python in _PYTHON.items():
        condition = condition.replace(feel, python)
    return condition


def _make_script(node: etree._Element, values: Mapping[str, Any]) -> None:
    node.tag = f"{{{_BPMN}}}scriptTask"
    lines = [f"{name} = {value!r}" for name, value in values.items()] or ["pass"]
    etree.SubElement(node, f"{{{_BPMN}}}script").text = "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A case of the rival: where it lies and, where it is kept, the live object."""

    id: int
    live: BpmnWorkflow | None


class Rows(Protocol):
    """Where the rival's state lies."""

    def insert(self, state: str, within: Callable[[], None] | None = None) -> int:
        """Write a new case and return its number."""
        ...

    def read(self, number: int) -> tuple[int, Any]:
        """Return version and state."""
        ...

    def update(
        self, number: int, version: int, state: str, within: Callable[[], None] | None = None
    ) -> None:
        """Compare-and-set the state."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class Rival:
    """Runs lives; ``extra`` rows are written in the same transactions, one entry a commit.

    ``is_kept`` keeps the workflow in memory between the steps and never reads it back.
    """

    def __init__(
        self,
        file: str,
        *,
        extra: Sequence[Extra] = (),
        is_kept: bool = False,
        ballast: Mapping[str, Any] | None = None,
        rows: Rows | None = None,
    ) -> None:
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.fromstring(plain_bpmn()), filename="model.bpmn")
        self._spec = parser.get_spec(PROCESS)
        self._subprocesses = parser.get_subprocess_specs(PROCESS)
        self._serializer = BpmnWorkflowSerializer()
        self._engine = PythonScriptEngine()
        own = None if rows else StateRows(file)
        self._rows: Any = rows or own
        self._extra = ExtraRows(own.connection, extra) if own else None
        self._is_kept = is_kept
        self._begin = {**START, **(ballast or {})}

    def live(self) -> None:
        """Run one case from its start to its end."""
        workflow = BpmnWorkflow(self._spec, self._subprocesses, script_engine=self._engine)
        workflow.get_next_task(state=TaskState.READY).data.update(self._begin)
        workflow.do_engine_steps()
        state = self._serializer.serialize_json(workflow)
        number = self._rows.insert(state, lambda: self._write(0))
        instance = Instance(id=number, live=workflow if self._is_kept else None)
        for step, wait in enumerate(WAITS, 1):
            workflow = self._step(instance, wait, step)
        ended = [task.task_spec.bpmn_id for task in workflow.get_tasks(state=TaskState.COMPLETED)]
        assert workflow.is_completed() and END in ended, ended

    def _step(self, instance: Instance, wait: Wait, step: int) -> BpmnWorkflow:
        version, state = self._rows.read(instance.id)
        workflow = instance.live
        if workflow is None:
            workflow = self._serializer.deserialize_json(state)
            workflow.script_engine = self._engine
        _move(workflow, wait)
        workflow.do_engine_steps()
        state = self._serializer.serialize_json(workflow)
        self._rows.update(instance.id, version, state, lambda: self._write(step))
        return workflow

    def _write(self, commit: int) -> None:
        if self._extra is not None:
            self._extra.write(commit)

    def close(self) -> None:
        """Close the database."""
        self._rows.close()


def _move(workflow: BpmnWorkflow, wait: Wait) -> None:
    if wait.message:
        event = BpmnEvent(MessageEventDefinition(wait.message))
        for task in workflow.get_tasks(state=TaskState.WAITING):
            if task.task_spec.catches(task, event):
                task.data.update(wait.variables)
        workflow.send_event(event)
        return
    task = workflow.get_next_task(spec_name=wait.element, state=TaskState.READY | TaskState.STARTED)
    task.data.update(wait.variables)
    if task.state == TaskState.READY:
        task.run()
    else:
        task.complete()
