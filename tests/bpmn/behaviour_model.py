"""Small models as YAML, written as the BPMN that a modeller would save.

An element is its kind with the rest in words, or a mapping with ``is`` and details; the
README of ``behaviour/`` lists both. A name that is only in ``flows`` is a start event when
nothing leads to it and an end event when nothing leaves it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any, Final
from xml.etree import ElementTree as ET

import orjson

BPMN: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE: Final = "http://camunda.org/schema/zeebe/1.0"
MODELER: Final = "http://camunda.org/schema/modeler/1.0"
_TASKS: Final = {
    "pass": "task",
    "manual": "manualTask",
    "xor": "exclusiveGateway",
    "and": "parallelGateway",
    "or": "inclusiveGateway",
    "race": "eventBasedGateway",
}
_EVENTS: Final = {
    "start": "startEvent",
    "catch": "intermediateCatchEvent",
    "throw": "intermediateThrowEvent",
    "end": "endEvent",
}
#: Kind of an event -> (root element, attribute of its name, attribute that refers to it).
_ROOTS: Final = {
    "message": ("message", "name", "messageRef"),
    "signal": ("signal", "name", "signalRef"),
    "error": ("error", "errorCode", "errorRef"),
    "escalation": ("escalation", "escalationCode", "escalationRef"),
}
_BESIDE: Final = " non-interrupting"


class ModelError(Exception):
    """The YAML says what no model can be made of."""


def files(
    model: Mapping[str, Any], called: Mapping[str, Any], known: Iterable[str]
) -> dict[str, bytes]:
    """Return the files of a bundle: the model, the processes it calls, forms."""
    found: dict[str, bytes] = {}
    for process, content in {"main": model, **called}.items():
        writer = _Writer(process)
        names = sorted({*known, *content.get("knows", ())}) if process == "main" else []
        name = "model.bpmn" if process == "main" else f"{process}.bpmn"
        found[name] = writer.document(content, names or content.get("knows", ()))
        found |= writer.forms
    return found


class _Writer:
    """One BPMN file while it is being written."""

    def __init__(self, process: str) -> None:
        self.root = ET.Element(
            _bpmn("definitions"),
            {
                "targetNamespace": "urn:behaviour",
                f"{{{MODELER}}}executionPlatform": "Camunda Cloud",
                f"{{{MODELER}}}executionPlatformVersion": "8.8.0",
            },
        )
        self.process = ET.SubElement(
            self.root, _bpmn("process"), {"id": process, "isExecutable": "true"}
        )
        self.forms: dict[str, bytes] = {}
        self._roots: dict[tuple[str, str], str] = {}

    def document(self, model: Mapping[str, Any], knows: Iterable[str]) -> bytes:
        """Return the file."""
        if names := ", ".join(knows):
            _property(self.process, "laufzettel:variables", names)
        for name, value in model.get("properties", {}).items():
            _property(self.process, name, str(value))
        self._fill(self.process, {k: v for k, v in model.items() if k not in _HEAD})
        return bytes(ET.tostring(self.root))

    def _fill(self, scope: ET.Element, model: Mapping[str, Any]) -> None:
        flows = [_flow(text) for text in model.get("flows", ())]
        made = {
            name: self._element(scope, name, spec)
            for name, spec in model.items()
            if name != "flows"
        }
        hops = [hop for flow in flows for hop in flow]
        for name in dict.fromkeys(end for hop in hops for end in hop[:2]):
            if name not in made:
                made[name] = _implied(scope, name, hops)
        for number, (source, target, condition) in enumerate(hops):
            self._connect(scope, made[source], (source, target, condition), number)

    def _connect(
        self, scope: ET.Element, origin: ET.Element, hop: tuple[str, str, str], number: int
    ) -> None:
        source, target, condition = hop
        id_ = f"{source}_to_{target}"
        if any(one.get("id") == id_ for one in scope):
            id_ += f"_{number}"
        flow = ET.SubElement(
            scope, _bpmn("sequenceFlow"), {"id": id_, "sourceRef": source, "targetRef": target}
        )
        if condition == "otherwise":
            origin.set("default", id_)
        elif condition:
            ET.SubElement(flow, _bpmn("conditionExpression")).text = f"={condition}"

    def _element(self, scope: ET.Element, name: str, spec: Any) -> ET.Element:
        detail = spec if isinstance(spec, Mapping) else {"is": spec}
        if unknown := set(detail) - _DETAILS:
            raise ModelError(f"{name}: {', '.join(sorted(unknown))} is not known")
        kind, _, rest = str(detail["is"]).partition(" ")
        if kind not in _KINDS:
            raise ModelError(f"{name}: there is no kind “{kind}”")
        element = _KINDS[kind](self, scope, name, rest)
        if "asks" in detail:
            self._ask(element, name, detail["asks"])
        _map(element, detail)
        if "variables" in detail:
            _property(element, "laufzettel:variables", ", ".join(detail["variables"]))
        for key, value in detail.get("properties", {}).items():
            _property(element, key, str(value))
        for key, write in (("each", _repeat), ("while", _go_on)):
            if key in detail:
                write(element, detail)
        if "model" in detail:
            self._fill(element, detail["model"])
        return element

    def _ask(self, element: ET.Element, name: str, keys: Iterable[str]) -> None:
        fields = [{"type": "textfield", "id": f"f_{k}", "key": k, "label": k} for k in keys]
        form = {"type": "default", "id": name, "schemaVersion": 18, "components": fields}
        self.forms[f"forms/{name}.form"] = orjson.dumps(form)
        _extend(element, "formDefinition", formId=name, bindingType="deployment")

    def event(self, element: ET.Element, text: str) -> None:
        """Add the event definition of ``timer PT1H``, ``message paid for order`` and so on."""
        kind, _, rest = text.partition(" ")
        if kind == "":
            return
        if kind == "timer":
            definition = ET.SubElement(element, _bpmn("timerEventDefinition"))
            shape = {"P": "timeDuration", "R": "timeCycle"}.get(rest[0], "timeDate")
            ET.SubElement(definition, _bpmn(shape)).text = rest
        elif kind == "condition":
            definition = ET.SubElement(element, _bpmn("conditionalEventDefinition"))
            ET.SubElement(definition, _bpmn("condition")).text = f"={rest}"
        elif kind in _ROOTS:
            ET.SubElement(element, _bpmn(f"{kind}EventDefinition"), self.refer(kind, rest))
        elif kind in ("terminate", "link", "compensate", "cancel"):
            attributes = {"name": rest} if rest else {}
            ET.SubElement(element, _bpmn(f"{kind}EventDefinition"), attributes)
        else:
            raise ModelError(f"{element.get('id')}: there is no event “{kind}”")

    def refer(self, kind: str, text: str) -> dict[str, str]:
        """Return the reference to the message, signal, error or escalation; make it once."""
        name, _, key = text.partition(" for ")
        if not name:
            return {}  # an error or escalation event that catches any
        tag, attribute, reference = _ROOTS[kind]
        if (kind, text) not in self._roots:
            id_ = f"{kind}_{len(self._roots)}"
            self._roots[kind, text] = id_
            root = ET.SubElement(self.root, _bpmn(tag), {"id": id_, "name": name, attribute: name})
            if key:
                _extend(root, "subscription", correlationKey=f"={key}")
        return {reference: self._roots[kind, text]}


def _flow(text: str) -> list[tuple[str, str, str]]:
    """Return the flows of a line: (source, target, condition).

    >>> _flow("g > high if amount > 1000")
    [('g', 'high', 'amount > 1000')]
    >>> _flow("start > a > end")
    [('start', 'a', ''), ('a', 'end', '')]
    """
    chain, _, condition = text.partition(" if ")
    if chain.endswith(" otherwise"):
        chain, condition = chain.removesuffix(" otherwise"), "otherwise"
    names = [name.strip() for name in chain.split(">")]
    if not all(re.fullmatch(r"\w+", name) for name in names) or len(names) < 2:
        raise ModelError(f"“{text}” is no flow")
    if condition and len(names) != 2:
        raise ModelError(f"“{text}”: a condition belongs to one flow alone")
    return [(a, b, condition) for a, b in pairwise(names)]


def _implied(scope: ET.Element, name: str, hops: list[tuple[str, str, str]]) -> ET.Element:
    is_entered = any(target == name for _, target, _ in hops)
    is_left = any(source == name for source, _, _ in hops)
    if is_entered and is_left:
        raise ModelError(f"what is “{name}”?")
    tag = "endEvent" if is_entered else "startEvent"
    return ET.SubElement(scope, _bpmn(tag), {"id": name})


def _bpmn(tag: str) -> str:
    return f"{{{BPMN}}}{tag}"


def _zeebe(tag: str) -> str:
    return f"{{{ZEEBE}}}{tag}"


def _once(outer: ET.Element, tag: str) -> ET.Element:
    found = outer.find(tag)
    if found is not None:
        return found
    made = ET.Element(tag)
    outer.insert(0 if tag == _bpmn("extensionElements") else len(outer), made)
    return made


def _extend(element: ET.Element, tag: str, **attributes: str) -> ET.Element:
    return ET.SubElement(_once(element, _bpmn("extensionElements")), _zeebe(tag), attributes)


def _property(element: ET.Element, name: str, value: str) -> None:
    outer = _once(_once(element, _bpmn("extensionElements")), _zeebe("properties"))
    ET.SubElement(outer, _zeebe("property"), {"name": name, "value": value})


def _map(element: ET.Element, detail: Mapping[str, Any]) -> None:
    """Write the mappings of ``in`` and ``out``."""
    for side, tag in (("in", "input"), ("out", "output")):
        for target, source in detail.get(side, {}).items():
            outer = _once(_once(element, _bpmn("extensionElements")), _zeebe("ioMapping"))
            ET.SubElement(outer, _zeebe(tag), {"source": f"={source}", "target": target})


def _repeat(element: ET.Element, detail: Mapping[str, Any]) -> None:
    """Write ``each: item of items`` with ``collects``, ``until`` and ``in_turn``."""
    item, _, collection = str(detail["each"]).partition(" of ")
    turn = str(bool(detail.get("in_turn"))).lower()
    tag = _bpmn("multiInstanceLoopCharacteristics")
    loop = ET.SubElement(element, tag, {"isSequential": turn})
    given = {"inputCollection": f"={collection}", "inputElement": item}
    if "collects" in detail:
        name, _, source = str(detail["collects"]).partition(" = ")
        given |= {"outputCollection": name, "outputElement": f"={source}"}
    _extend(loop, "loopCharacteristics", **given)
    if "until" in detail:
        ET.SubElement(loop, _bpmn("completionCondition")).text = f"={detail['until']}"


def _go_on(element: ET.Element, detail: Mapping[str, Any]) -> None:
    """Write the standard loop of ``while`` with ``at_most`` and ``tests_before``."""
    given = {"testBefore": str(bool(detail.get("tests_before"))).lower()}
    if "at_most" in detail:
        given["loopMaximum"] = str(detail["at_most"])
    loop = ET.SubElement(element, _bpmn("standardLoopCharacteristics"), given)
    ET.SubElement(loop, _bpmn("loopCondition")).text = f"={detail['while']}"


def _user(_writer: _Writer, scope: ET.Element, name: str, rest: str) -> ET.Element:
    element = ET.SubElement(scope, _bpmn("userTask"), {"id": name})
    _extend(element, "userTask")
    _extend(element, "assignmentDefinition", candidateGroups=rest or "kasse")
    return element


def _service(_writer: _Writer, scope: ET.Element, name: str, rest: str) -> ET.Element:
    element = ET.SubElement(scope, _bpmn("serviceTask"), {"id": name})
    _extend(element, "taskDefinition", type=rest)
    return element


def _script(_writer: _Writer, scope: ET.Element, name: str, rest: str) -> ET.Element:
    variable, _, expression = rest.partition(" = ")
    element = ET.SubElement(scope, _bpmn("scriptTask"), {"id": name})
    _extend(element, "script", expression=f"={expression}", resultVariable=variable)
    return element


def _receive(writer: _Writer, scope: ET.Element, name: str, rest: str) -> ET.Element:
    reference = writer.refer("message", rest)
    return ET.SubElement(scope, _bpmn("receiveTask"), {"id": name, **reference})


def _call(_writer: _Writer, scope: ET.Element, name: str, rest: str) -> ET.Element:
    process, *ways = rest.split()
    element = ET.SubElement(scope, _bpmn("callActivity"), {"id": name})
    _extend(
        element,
        "calledElement",
        processId=process,
        propagateAllParentVariables=str("down" in ways).lower(),
        propagateAllChildVariables=str("up" in ways).lower(),
    )
    return element


def _sub(_writer: _Writer, scope: ET.Element, name: str, rest: str) -> ET.Element:
    attributes = {"triggeredByEvent": "true"} if rest == "by event" else {}
    return ET.SubElement(scope, _bpmn("subProcess"), {"id": name, **attributes})


def _boundary(writer: _Writer, scope: ET.Element, name: str, rest: str) -> ET.Element:
    host, _, event = rest.partition(" ")
    attributes = {"id": name, "attachedToRef": host}
    if event.endswith(_BESIDE):
        attributes["cancelActivity"] = "false"
    element = ET.SubElement(scope, _bpmn("boundaryEvent"), attributes)
    writer.event(element, event.removesuffix(_BESIDE))
    return element


def _event(kind: str) -> Callable[[_Writer, ET.Element, str, str], ET.Element]:
    def write(writer: _Writer, scope: ET.Element, name: str, rest: str) -> ET.Element:
        attributes = {"isInterrupting": "false"} if rest.endswith(_BESIDE) else {}
        element = ET.SubElement(scope, _bpmn(_EVENTS[kind]), {"id": name, **attributes})
        writer.event(element, rest.removesuffix(_BESIDE))
        return element

    return write


def _plain(kind: str) -> Callable[[_Writer, ET.Element, str, str], ET.Element]:
    def write(_writer: _Writer, scope: ET.Element, name: str, _rest: str) -> ET.Element:
        return ET.SubElement(scope, _bpmn(_TASKS[kind]), {"id": name})

    return write


_KINDS: Final[dict[str, Callable[[_Writer, ET.Element, str, str], ET.Element]]] = {
    "user": _user,
    "service": _service,
    "script": _script,
    "receive": _receive,
    "call": _call,
    "sub": _sub,
    "boundary": _boundary,
    **{kind: _plain(kind) for kind in _TASKS},
    **{kind: _event(kind) for kind in _EVENTS},
}
#: What a model says beside its elements and flows.
_HEAD: Final = frozenset({"knows", "properties"})
#: What can be said of an element that is a mapping.
_DETAILS: Final = frozenset({"is", "in", "out", "asks", "variables", "properties", "model"}) | {
    "each",
    "in_turn",
    "until",
    "collects",
    "while",
    "at_most",
    "tests_before",
}
