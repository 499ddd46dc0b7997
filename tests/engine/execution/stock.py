"""SpiffWorkflow as it comes, to show beside ours what would go wrong."""

from __future__ import annotations

from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:x="urn:extension"><process id="main" isExecutable="true">'
)


def spec(process: str, roots: str = "") -> tuple[Any, Any]:
    """Return what the stock parser makes of the process's inner XML."""
    parser = BpmnParser()
    text = f"{_HEAD}{process}</process>{roots}</definitions>"
    parser.add_bpmn_xml(etree.fromstring(text.encode()))
    return parser.get_spec("main"), parser.get_subprocess_specs("main")


def flows(text: str) -> str:
    """Return sequence flows from ``a>b c>d``."""
    pairs = [each.split(">") for each in text.split()]
    return "".join(
        f'<sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in pairs
    )


def run(process: str, roots: str = "", **options: Any) -> BpmnWorkflow:
    """Return the workflow, moved as far as it goes by itself."""
    workflow = BpmnWorkflow(*spec(process, roots), **options)
    workflow.do_engine_steps()
    return workflow


def ready(workflow: BpmnWorkflow) -> list[str]:
    return [task.task_spec.name for task in workflow.get_tasks(state=TaskState.READY)]
