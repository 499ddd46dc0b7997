"""Small models that ask the front end what it runs: one for each element, event and marker.

What ``support`` says of the vocabulary is what the lint says of these models, so that the
documentation cannot promise anything else. In each of them the element in question has the
id ``x``, and everything else is known to run.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from laufzettel.engine.model.vocabulary import BPMN, MODELER, PLATFORM, ZEEBE

_HEAD: Final = (
    f'<definitions xmlns="{BPMN}" xmlns:zeebe="{ZEEBE}" xmlns:modeler="{MODELER}" '
    f'modeler:executionPlatform="{PLATFORM}" modeler:executionPlatformVersion="8.8.0">'
)
_FLOW: Final = re.compile(r"(\w+)>(\w+)")
_USER: Final = (
    "<extensionElements><zeebe:userTask/>"
    '<zeebe:assignmentDefinition candidateGroups="kasse"/></extensionElements>'
)
_HANDLER: Final = '<extensionElements><zeebe:taskDefinition type="a.b"/></extensionElements>'
_ROOTS: Final = (
    '<message id="m" name="paid"><extensionElements>'
    '<zeebe:subscription correlationKey="=key"/></extensionElements></message>'
    '<error id="e" name="E1" errorCode="E1"/><signal id="s" name="closing"/>'
    '<escalation id="n" name="N1" escalationCode="N1"/>'
)
_DECISION: Final = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"
  id="d" name="d" namespace="urn:d"><decision id="route" name="route">
  <variable name="route"/><literalExpression><text>1</text></literalExpression>
  </decision></definitions>"""
#: Event -> its definition; ``none`` has none.
DEFINITIONS: Final = {
    "none": "",
    "message": '<messageEventDefinition messageRef="m"/>',
    "timeDate": '<timerEventDefinition><timeDate>=date("2026-12-24")</timeDate>'
    "</timerEventDefinition>",
    "timeDuration": "<timerEventDefinition><timeDuration>P3D</timeDuration></timerEventDefinition>",
    "timeCycle": "<timerEventDefinition><timeCycle>R3/P1D</timeCycle></timerEventDefinition>",
    "error": '<errorEventDefinition errorRef="e"/>',
    "escalation": '<escalationEventDefinition escalationRef="n"/>',
    "signal": '<signalEventDefinition signalRef="s"/>',
    "conditional": "<conditionalEventDefinition><condition>=key = 1</condition>"
    "</conditionalEventDefinition>",
    "link": '<linkEventDefinition name="onwards"/>',
    "compensate": "<compensateEventDefinition/>",
    "cancel": "<cancelEventDefinition/>",
    "terminate": "<terminateEventDefinition/>",
}
DEFINITIONS_SEVERAL: Final = DEFINITIONS["message"] + DEFINITIONS["timeDuration"]


def model(nodes: str, flows: str) -> dict[str, bytes]:
    """Return the files of a bundle with a process of these nodes and flows."""
    drawn = "".join(
        f'<sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>'
        for a, b in _FLOW.findall(flows)
    )
    knows = '<zeebe:property name="laufzettel:variables" value="key, items"/>'
    head = f"<extensionElements><zeebe:properties>{knows}</zeebe:properties></extensionElements>"
    process = f'<process id="main" isExecutable="true">{head}{nodes}{drawn}</process>'
    called = (
        '<process id="other" isExecutable="true"><startEvent id="o1"/><endEvent id="o2"/>'
        '<sequenceFlow id="o12" sourceRef="o1" targetRef="o2"/></process>'
    )
    text = f"{_HEAD}{process}{_ROOTS}</definitions>"
    other = f"{_HEAD}{called}</definitions>"
    return {"model.bpmn": text.encode(), "other.bpmn": other.encode(), "d.dmn": _DECISION}


def element(xml: str) -> dict[str, bytes]:
    """Return the model in which ``xml`` with the id ``x`` lies between start and end."""
    return model(f'<startEvent id="a"/>{xml}<endEvent id="z"/>', "a>x x>z")


def _gateway(tag: str) -> dict[str, bytes]:
    """Return the model in which the gateway parts two ways, where need be by conditions."""
    default = ' default="x_t"' if tag in ("exclusiveGateway", "inclusiveGateway") else ""
    condition = "<conditionExpression>=key = 1</conditionExpression>" if default else ""
    nodes = (
        f'<startEvent id="a"/><{tag} id="x"{default}/><task id="t"/><endEvent id="z"/>'
        f'<endEvent id="y"/><sequenceFlow id="x_z" sourceRef="x" targetRef="z">{condition}'
        "</sequenceFlow>"
    )
    return model(nodes, "a>x x>t t>y")


def _race() -> dict[str, bytes]:
    catch = "<intermediateCatchEvent id='{}'>{}</intermediateCatchEvent>"
    nodes = '<startEvent id="a"/><eventBasedGateway id="x"/><endEvent id="z"/>'
    nodes += catch.format("c", DEFINITIONS["message"])
    nodes += catch.format("d", DEFINITIONS["timeDuration"])
    return model(nodes, "a>x x>c x>d c>z d>z")


_INNER: Final = (
    '<startEvent id="i1"/><endEvent id="i2"/><sequenceFlow id="i12" sourceRef="i1" targetRef="i2"/>'
)


def _call() -> dict[str, bytes]:
    return element(
        '<callActivity id="x"><extensionElements><zeebe:calledElement processId="other" '
        'propagateAllParentVariables="false" propagateAllChildVariables="false"/>'
        "</extensionElements></callActivity>"
    )


def _rule_task() -> dict[str, bytes]:
    return element(
        '<businessRuleTask id="x"><extensionElements><zeebe:calledDecision decisionId="route" '
        'resultVariable="route"/></extensionElements></businessRuleTask>'
    )


#: Element -> its model; gateways and what is refused at once follow from their names.
ELEMENTS: Final[dict[str, Callable[[], dict[str, bytes]]]] = {
    "task": lambda: element('<task id="x"/>'),
    "userTask": lambda: element(f'<userTask id="x">{_USER}</userTask>'),
    "manualTask": lambda: element('<manualTask id="x"/>'),
    "serviceTask": lambda: element(f'<serviceTask id="x">{_HANDLER}</serviceTask>'),
    "sendTask": lambda: element(f'<sendTask id="x">{_HANDLER}</sendTask>'),
    "receiveTask": lambda: element('<receiveTask id="x" messageRef="m"/>'),
    "scriptTask": lambda: element(
        '<scriptTask id="x"><extensionElements><zeebe:script expression="=1" '
        'resultVariable="n"/></extensionElements></scriptTask>'
    ),
    "businessRuleTask": _rule_task,
    "subProcess": lambda: element(f'<subProcess id="x">{_INNER}</subProcess>'),
    "callActivity": _call,
    "transaction": lambda: element(f'<transaction id="x">{_INNER}</transaction>'),
    "adHocSubProcess": lambda: element('<adHocSubProcess id="x"><task id="i"/></adHocSubProcess>'),
    "exclusiveGateway": lambda: _gateway("exclusiveGateway"),
    "parallelGateway": lambda: _gateway("parallelGateway"),
    "inclusiveGateway": lambda: _gateway("inclusiveGateway"),
    "complexGateway": lambda: _gateway("complexGateway"),
    "eventBasedGateway": _race,
}


def _multi(sequential: str) -> dict[str, bytes]:
    return element(
        f'<userTask id="x">{_USER}<multiInstanceLoopCharacteristics isSequential="{sequential}">'
        '<extensionElements><zeebe:loopCharacteristics inputCollection="=items" '
        'inputElement="item"/></extensionElements></multiInstanceLoopCharacteristics></userTask>'
    )


#: Marker at an activity -> its model.
MARKERS: Final[dict[str, Callable[[], dict[str, bytes]]]] = {
    "multiInstanceLoopCharacteristics (parallel)": lambda: _multi("false"),
    "multiInstanceLoopCharacteristics (sequentiell)": lambda: _multi("true"),
    "standardLoopCharacteristics": lambda: element(
        f'<userTask id="x">{_USER}<standardLoopCharacteristics><loopCondition>=loopCounter &lt; 3'
        "</loopCondition></standardLoopCharacteristics></userTask>"
    ),
    "isForCompensation": lambda: element(
        f'<userTask id="x" isForCompensation="true">{_USER}</userTask>'
    ),
}


def _raises(kind: str, end: str = "h3") -> str:
    """Return the inside of a subprocess that may raise what an error or escalation catches."""
    thrown = DEFINITIONS[kind] if kind in ("error", "escalation") else ""
    return (
        f'<startEvent id="h1"/><userTask id="h2">{_USER}</userTask>'
        f'<exclusiveGateway id="hg" default="hg4"/><endEvent id="{end}">{thrown}</endEvent>'
        '<endEvent id="h4"/><sequenceFlow id="h12" sourceRef="h1" targetRef="h2"/>'
        '<sequenceFlow id="h2g" sourceRef="h2" targetRef="hg"/>'
        f'<sequenceFlow id="hg3" sourceRef="hg" targetRef="{end}"><conditionExpression>=key = 1'
        "</conditionExpression></sequenceFlow>"
        '<sequenceFlow id="hg4" sourceRef="hg" targetRef="h4"/>'
    )


def _start(kind: str, xml: str) -> dict[str, bytes]:
    return model(f'<startEvent id="x">{xml}</startEvent><endEvent id="z"/>', "x>z")


def _event_start(calm: bool) -> Callable[[str, str], dict[str, bytes]]:
    interrupts = ' isInterrupting="false"' if calm else ""

    def build(kind: str, xml: str) -> dict[str, bytes]:
        nodes = (
            f'<startEvent id="a"/><subProcess id="host">{_raises(kind)}<subProcess id="on" '
            f'triggeredByEvent="true"><startEvent id="x"{interrupts}>{xml}</startEvent>'
            '<endEvent id="i2"/><sequenceFlow id="i12" sourceRef="x" targetRef="i2"/>'
            '</subProcess></subProcess><endEvent id="z"/>'
        )
        return model(nodes, "a>host host>z")

    return build


def _catch(kind: str, xml: str) -> dict[str, bytes]:
    caught = f'<intermediateCatchEvent id="x">{xml}</intermediateCatchEvent>'
    if kind != "link":
        return element(caught)
    thrown = f'<intermediateThrowEvent id="l">{xml}</intermediateThrowEvent>'
    return model(f'<startEvent id="a"/>{thrown}{caught}<endEvent id="z"/>', "a>l x>z")


def _throw(kind: str, xml: str) -> dict[str, bytes]:
    thrown = f'<intermediateThrowEvent id="x">{xml}</intermediateThrowEvent>'
    if kind != "link":
        return element(thrown)
    caught = f'<intermediateCatchEvent id="l">{xml}</intermediateCatchEvent>'
    return model(f'<startEvent id="a"/>{thrown}{caught}<endEvent id="z"/>', "a>x l>z")


def _boundary(calm: bool) -> Callable[[str, str], dict[str, bytes]]:
    cancels = "false" if calm else "true"

    def build(kind: str, xml: str) -> dict[str, bytes]:
        nodes = (
            f'<startEvent id="a"/><subProcess id="host">{_raises(kind)}</subProcess>'
            f'<boundaryEvent id="x" attachedToRef="host" cancelActivity="{cancels}">{xml}'
            '</boundaryEvent><endEvent id="y"/><endEvent id="z"/>'
        )
        return model(nodes, "a>host host>y x>z")

    return build


def _end(kind: str, xml: str) -> dict[str, bytes]:
    if kind not in ("error", "escalation"):
        return model(f'<startEvent id="a"/><endEvent id="x">{xml}</endEvent>', "a>x")
    nodes = (
        f'<startEvent id="a"/><subProcess id="host">{_raises(kind, end="x")}</subProcess>'
        f'<boundaryEvent id="b" attachedToRef="host">{xml}</boundaryEvent>'
        '<endEvent id="y"/><endEvent id="z"/>'
    )
    return model(nodes, "a>host host>y b>z")


#: Where an event stands -> how its model is built.
POSITIONS: Final[dict[str, Callable[[str, str], dict[str, bytes]]]] = {
    "start": _start,
    "event start": _event_start(calm=False),
    "event start beside": _event_start(calm=True),
    "catch": _catch,
    "throw": _throw,
    "boundary": _boundary(calm=False),
    "boundary beside": _boundary(calm=True),
    "end": _end,
}
#: Event -> the positions it may have (BPMN 2.0.2, table 10.93).
_BOTH: Final = frozenset({"event start", "event start beside", "boundary", "boundary beside"})
_CAUGHT: Final = _BOTH | {"start", "catch"}
ALLOWED: Final = {
    "none": frozenset({"start", "throw", "end"}),
    "message": _CAUGHT | {"throw", "end"},
    "timeDate": _CAUGHT,
    "timeDuration": _CAUGHT,
    "timeCycle": _CAUGHT,
    "error": frozenset({"event start", "boundary", "end"}),
    "escalation": _BOTH | {"throw", "end"},
    "signal": _CAUGHT | {"throw", "end"},
    "conditional": _CAUGHT,
    "link": frozenset({"catch", "throw"}),
    "compensate": frozenset({"event start", "boundary", "throw", "end"}),
    "cancel": frozenset({"boundary", "end"}),
    "terminate": frozenset({"end"}),
    "several": _CAUGHT | {"throw", "end"},
}


def event(kind: str, position: str) -> dict[str, bytes]:
    """Return the model with this event at this place."""
    xml = DEFINITIONS_SEVERAL if kind == "several" else DEFINITIONS[kind]
    return POSITIONS[position](kind, xml)
