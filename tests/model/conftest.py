"""Small models for the tests of the front end, built from a few words each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from laufzettel.engine.model.check import Checked, check
from laufzettel.engine.model.contract import HandlerContract, HandlerKind, ParamSpec
from laufzettel.engine.model.sources import Sources

HEAD = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  xmlns:modeler="http://camunda.org/schema/modeler/1.0"
  modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.8.0">
"""
_FLOW = re.compile(r"(\w+)>(\w+)(?:\[([^\]]*)\])?")
#: Abbreviations of the tables: what stands in a model many times.
_SHORT = {
    "<ext>": "<extensionElements>",
    "</ext>": "</extensionElements>",
    "<io>": "<zeebe:ioMapping>",
    "</io>": "</zeebe:ioMapping>",
    "<in ": "<zeebe:input ",
    "<out ": "<zeebe:output ",
    "<handler ": "<zeebe:taskDefinition ",
    "<offered/>": '<zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="kasse"/>',
    "<prop ": "<zeebe:property ",
    "<props>": "<zeebe:properties>",
    "</props>": "</zeebe:properties>",
}
HANDLERS = {
    each.name: each
    for each in (
        HandlerContract(name="note.write", results=("note",)),
        HandlerContract(name="letter.print", version=3),
        HandlerContract(
            name="invoice.validate",
            kind=HandlerKind.WORK,
            parameters={
                "document": ParamSpec(type="str"),
                "deep": ParamSpec(type="bool", required=False),
            },
            results=("verdict",),
        ),
        HandlerContract(name="ledger.deliver", kind=HandlerKind.EFFECT),
        HandlerContract(name="ledger.ask", kind=HandlerKind.EFFECT, has_query=True),
        HandlerContract(name="order.issue", requires_duties=("sachlich", "anordnung")),
    )
}

Lint = Callable[..., Checked]


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Return the folder of official data beside the project, or skip."""
    folder = Path(__file__).resolve().parents[2].parent / "shared"
    if not folder.is_dir():
        pytest.skip("the shared data is not here")
    return folder


@pytest.fixture(scope="session")
def build() -> Callable[[Mapping[str, Any]], str]:
    """Return the writer of models: nodes, flows (``a>b c>d[=x]``), process and root parts."""
    return _build


@pytest.fixture(scope="session")
def lint() -> Lint:
    """Return the check of one built model, with its forms and further files."""
    return _lint


def _build(spec: Mapping[str, Any]) -> str:
    """Return a model; start and end events are there unless it is ``bare``."""
    lines = ["" if spec.get("bare") else '<startEvent id="start"/><endEvent id="end"/>']
    lines += [spec.get("process", ""), spec.get("nodes", "")]
    lines += [_flow(*match) for match in _FLOW.findall(spec.get("flows", "start>end"))]
    process = '<process id="main" isExecutable="true">\n' + "\n".join(lines) + "\n</process>\n"
    text: str = HEAD + process + spec.get("root", "") + "\n</definitions>"
    for short, full in _SHORT.items():
        text = text.replace(short, full)
    return text


def _flow(source: str, target: str, condition: str) -> str:
    inner = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
    name = f"{source}_{target}"
    return f'<sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def _lint(spec: Mapping[str, Any], **options: Any) -> Checked:
    text = spec.get("whole") or _build(spec)
    files = {"model.bpmn": text.encode()}
    files |= {name: content.encode() for name, content in spec.get("files", {}).items()}
    options.setdefault("handlers", HANDLERS)
    return check(Sources(files=files), **options)
