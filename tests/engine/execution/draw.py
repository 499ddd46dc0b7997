"""Small models from a few lines of text, so that a test shows its process.

One element a line, its kind first; ``in`` and ``out`` are mappings of the element above::

    knows amount
    user check
    asks decision
    out verdict = decision
    xor ok
    check>ok ok>end[verdict = "yes"] ok>check*

``knows`` names the variables a process begins with, ``version`` gives it a version tag, ``asks`` a field of the user task's form
(``asks amount number``, ``asks decision radio yes,no``). A line of flows has ``a>b`` with
``[condition]`` or ``*`` for the default. ``rule choose unit = level latest`` puts the
decision ``level`` into ``unit``. ``start`` and ``end`` are always there. ``sub x``
opens a subprocess that ``close`` ends, ``watch x timer P1D calm`` an event subprocess; ``each
[1, 2] in turn`` repeats the element above; ``process p`` begins a further process, for calls;
``begin message paid`` gives the start event its trigger. The model is checked and compiled as any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import orjson

from laufzettel.engine.model.check import check
from laufzettel.engine.model.contract import HandlerContract
from laufzettel.engine.model.definition import Definition
from laufzettel.engine.model.sources import Sources

_HEAD = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  xmlns:modeler="http://camunda.org/schema/modeler/1.0"
  modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.8.0">
"""
_FLOW = re.compile(r"([\w.]+)>([\w.]+)(?:\[([^\]]*)\])?(\*)?")


class RefusedModelError(Exception):
    """The lint refuses the drawn model."""


def compiled(text: str, contracts: Mapping[str, HandlerContract] | None = None) -> Definition:
    """Return the drawn model as the front end compiles it."""
    checked = check(Sources(files=drawn(text)), handlers=contracts)
    if checked.definition is None:
        errors = [f"{one.rule}: {one.text_en}" for one in checked.findings]
        raise RefusedModelError("\n".join(errors))
    return checked.definition


def drawn(text: str) -> dict[str, bytes]:
    """Return the files of the drawn model."""
    sheet = _Sheet()
    for line in text.strip().splitlines():
        sheet.read(line.strip())
    return sheet.files()


class _Element:
    """An element while it is being drawn."""

    def __init__(self, tag: str, name: str, inner: str = "", **attributes: str) -> None:
        self.tag, self.name, self.inner, self.attributes = tag, name, inner, attributes
        self.extensions: list[str] = []
        self.mappings: list[str] = []
        self.properties: list[str] = []

    def xml(self) -> str:
        parts = list(self.extensions)
        if self.mappings:
            parts.append(f"<zeebe:ioMapping>{''.join(self.mappings)}</zeebe:ioMapping>")
        if self.properties:
            parts.append(f"<zeebe:properties>{''.join(self.properties)}</zeebe:properties>")
        head = f"<extensionElements>{''.join(parts)}</extensionElements>" if parts else ""
        given = {"id": self.name, **self.attributes}
        attributes = "".join(f' {key}="{escape(value)}"' for key, value in given.items())
        return f"<{self.tag}{attributes}>{head}{self.inner}</{self.tag}>"


class _Sheet:
    """Everything drawn so far."""

    def __init__(self) -> None:
        self.roots: dict[str, str] = {}
        self.done: dict[str, str] = {}
        self.forms: dict[str, bytes] = {}
        self._begin("main")

    def _begin(self, process: str) -> None:
        self.process = process
        self.scopes: list[list[_Element | str]] = [[]]
        self.owners: list[_Element] = []
        self.head = _Element("process", process, isExecutable="true")
        self._ends()

    def _ends(self) -> None:
        prefix = "" if self.process == "main" and not self.owners else f"{self._prefix()}."
        self.scopes[-1] += [_Element("startEvent", f"{prefix}start")]
        self.scopes[-1] += [_Element("endEvent", f"{prefix}end")]

    def _prefix(self) -> str:
        return self.owners[-1].name if self.owners else self.process

    def read(self, line: str) -> None:
        kind, _, rest = line.partition(" ")
        if ">" in kind:
            self.scopes[-1] += [self._flow(*each) for each in _FLOW.findall(line)]
        elif kind in _HEADS:
            _HEADS[kind](self.head, rest)
        elif kind == "asks":
            self._ask(self._last(), *rest.split())
        elif kind in _MARKS:
            _MARKS[kind](self._last(), rest)
        elif kind in _FRAMES:
            _FRAMES[kind](self, rest)
        elif kind:
            name, _, more = rest.partition(" ")
            self.scopes[-1].append(_KINDS[kind](self, name, more))

    def _start(self, event: str) -> None:
        """Let the start event wait for ``event``; marks that follow are its own."""
        start = self.scopes[-1].pop(0)
        assert isinstance(start, _Element)
        start.inner = self.event(event)
        self.scopes[-1].append(start)

    def _close(self) -> None:
        owner = self.owners.pop()
        owner.inner = self._inner(self.scopes.pop())
        self.scopes[-1].append(owner)

    def _next_process(self, name: str) -> None:
        self._finish()
        self._begin(name)

    def _open(self, owner: _Element) -> None:
        self.owners.append(owner)
        self.scopes.append([])
        self._ends()

    def _watch(self, name: str, event: str) -> None:
        self._open(_Element("subProcess", name, triggeredByEvent="true"))
        start = next(one for one in self.scopes[-1] if isinstance(one, _Element))
        start.inner = self.event(event.removesuffix(" calm"))
        start.attributes["isInterrupting"] = str(not event.endswith(" calm")).lower()

    def _last(self) -> _Element:
        return [one for one in self.scopes[-1] if isinstance(one, _Element)][-1]

    def _flow(self, source: str, target: str, condition: str, default: str) -> str:
        name = f"{source}__{target}".replace("__", "_to_")
        if default:
            found = [one for one in self.scopes[-1] if isinstance(one, _Element)]
            next(one for one in found if one.name == source).attributes["default"] = name
        inner = f"<conditionExpression>={escape(condition)}</conditionExpression>"
        ends = f'sourceRef="{source}" targetRef="{target}"'
        return f'<sequenceFlow id="{name}" {ends}>{inner if condition else ""}</sequenceFlow>'

    def _inner(self, parts: list[_Element | str]) -> str:
        flows = " ".join(one for one in parts if isinstance(one, str))
        unused = [name for name in (f"{self._prefix()}.end", "end") if f'"{name}"' not in flows]
        return "\n".join(
            one if isinstance(one, str) else one.xml()
            for one in parts
            if isinstance(one, str) or one.name not in unused
        )

    def _finish(self) -> None:
        self.head.inner = self._inner(self.scopes[0])
        self.done[self.process] = self.head.xml()

    def files(self) -> dict[str, bytes]:
        self._finish()
        roots = "".join(self.roots.values())
        files = dict(self.forms)
        for process, xml in self.done.items():
            name = "model.bpmn" if process == "main" else f"{process}.bpmn"
            files[name] = f"{_HEAD}{xml}{roots}</definitions>".encode()
        return files

    def _ask(self, element: _Element, key: str, kind: str = "textfield", options: str = "") -> None:
        """Add a field to the form of the user task."""
        name = f"forms/{element.name}.form"
        empty: dict[str, Any] = {
            "type": "default",
            "id": element.name,
            "schemaVersion": 18,
            "components": [],
        }
        form = orjson.loads(self.forms[name]) if name in self.forms else empty
        field: dict[str, Any] = {"type": kind, "id": f"f_{key}", "key": key, "label": key}
        if options:
            field["values"] = [{"value": one, "label": one} for one in options.split(",")]
        form["components"].append(field)
        self.forms[name] = orjson.dumps(form)
        if len(form["components"]) == 1:
            link = f'formId="{element.name}" bindingType="deployment"'
            element.extensions.append(f"<zeebe:formDefinition {link}/>")

    def event(self, text: str) -> str:
        """Return the event definition of ``timer PT1H``, ``message paid order`` and so on."""
        kind, _, rest = text.partition(" ")
        if kind == "timer":
            shape = "timeDate" if rest.startswith(("=date", "20")) else "timeDuration"
            shape = "timeCycle" if rest.startswith("R") else shape
            inner = f"<{shape}>{escape(rest)}</{shape}>"
            return f"<timerEventDefinition>{inner}</timerEventDefinition>"
        if kind == "message":
            return f'<messageEventDefinition messageRef="{self.message(rest)}"/>'
        if kind == "error":
            return f"<errorEventDefinition {self.error(rest)}/>"
        if kind == "link":
            return f'<linkEventDefinition name="{rest}"/>'
        if kind == "signal":
            self.roots[f"signal_{rest}"] = f'<signal id="signal_{rest}" name="{rest}"/>'
            return f'<signalEventDefinition signalRef="signal_{rest}"/>'
        if kind == "conditional":
            inner = f"<condition>={escape(rest)}</condition>"
            return f"<conditionalEventDefinition>{inner}</conditionalEventDefinition>"
        return f"<{kind}EventDefinition/>"

    def message(self, text: str) -> str:
        name, _, key = text.partition(" ")
        inner = f'<zeebe:subscription correlationKey="={escape(key)}"/>'
        inner = f"<extensionElements>{inner}</extensionElements>" if key else ""
        reference = f"message_{len(self.roots)}"
        self.roots[reference] = f'<message id="{reference}" name="{name}">{inner}</message>'
        return reference

    def error(self, code: str) -> str:
        if not code:
            return ""
        self.roots[f"error_{code}"] = f'<error id="error_{code}" name="{code}" errorCode="{code}"/>'
        return f'errorRef="error_{code}"'


def _user(_sheet: _Sheet, name: str, more: str) -> _Element:
    element = _Element("userTask", name)
    element.extensions = ["<zeebe:userTask/>"]
    group = escape(more) or "kasse"
    element.extensions.append(f'<zeebe:assignmentDefinition candidateGroups="{group}"/>')
    return element


def _service(_sheet: _Sheet, name: str, more: str) -> _Element:
    handler, _, retries = more.partition(" ")
    element = _Element("serviceTask", name)
    tries = f' retries="{retries}"' if retries else ""
    element.extensions = [f'<zeebe:taskDefinition type="{handler}"{tries}/>']
    return element


def _script(_sheet: _Sheet, name: str, more: str) -> _Element:
    variable, _, expression = more.partition(" = ")
    element = _Element("scriptTask", name)
    text = f'expression="={escape(expression)}" resultVariable="{variable}"'
    element.extensions = [f"<zeebe:script {text}/>"]
    return element


def _rule(_sheet: _Sheet, name: str, more: str) -> _Element:
    variable, _, rest = more.partition(" = ")
    decision, _, binding = rest.partition(" ")
    kind, _, tag = binding.partition(" ")
    element = _Element("businessRuleTask", name)
    bound = f' bindingType="{kind}"' if kind else ""
    bound += f' versionTag="{tag}"' if tag else ""
    element.extensions = [
        f'<zeebe:calledDecision decisionId="{decision}" resultVariable="{variable}"{bound}/>'
    ]
    return element


def _call(_sheet: _Sheet, name: str, more: str) -> _Element:
    process, _, flags = more.partition(" ")
    element = _Element("callActivity", name)
    parent, child = str("down" in flags).lower(), str("up" in flags).lower()
    tag = flags.partition("tag:")[2]
    bound = ' bindingType="latest"' if "latest" in flags else ""
    bound += f' bindingType="versionTag" versionTag="{tag}"' if tag else ""
    element.extensions = [
        (
            f'<zeebe:calledElement processId="{process}" propagateAllParentVariables="{parent}" '
            f'propagateAllChildVariables="{child}"{bound}/>'
        )
    ]
    return element


def _event(tag: str) -> Callable[[_Sheet, str, str], _Element]:
    return lambda sheet, name, more: _Element(tag, name, sheet.event(more) if more else "")


def _boundary(sheet: _Sheet, name: str, more: str) -> _Element:
    host, _, event = more.partition(" ")
    calm = event.endswith(" calm")
    inner = sheet.event(event.removesuffix(" calm"))
    cancels = "false" if calm else "true"
    return _Element("boundaryEvent", name, inner, attachedToRef=host, cancelActivity=cancels)


def _receive(sheet: _Sheet, name: str, more: str) -> _Element:
    return _Element("receiveTask", name, messageRef=sheet.message(more))


def _plain(tag: str) -> Callable[[_Sheet, str, str], _Element]:
    return lambda _sheet, name, _more: _Element(tag, name)


#: What begins or ends a part of the model.
_FRAMES: dict[str, Callable[[_Sheet, str], None]] = {
    "begin": _Sheet._start,
    "process": _Sheet._next_process,
    "sub": lambda sheet, name: sheet._open(_Element("subProcess", name)),
    "watch": lambda sheet, rest: sheet._watch(*rest.split(" ", 1)),
    "close": lambda sheet, _: sheet._close(),
}
_KINDS: dict[str, Callable[[_Sheet, str, str], _Element]] = {
    "user": _user,
    "service": _service,
    "script": _script,
    "rule": _rule,
    "call": _call,
    "xor": _plain("exclusiveGateway"),
    "and": _plain("parallelGateway"),
    "or": _plain("inclusiveGateway"),
    "race": _plain("eventBasedGateway"),
    "pass": _plain("task"),
    "catch": _event("intermediateCatchEvent"),
    "throw": _event("intermediateThrowEvent"),
    "stop": _event("endEvent"),
    "receive": _receive,
    "boundary": _boundary,
}


def _mapping(tag: str) -> Callable[[_Element, str], None]:
    def note(element: _Element, text: str) -> None:
        target, _, source = text.partition(" = ")
        element.mappings.append(f'<zeebe:{tag} source="={escape(source)}" target="{target}"/>')

    return note


def _property(element: _Element, text: str) -> None:
    name, _, value = text.partition(" = ")
    element.properties.append(f'<zeebe:property name="laufzettel:{name}" value="{value}"/>')


def _extension(element: _Element, text: str) -> None:
    element.extensions = [
        one for one in element.extensions if one.split()[0].rstrip("/>") != text.split()[0]
    ]
    element.extensions.append(text)


def _each(element: _Element, text: str) -> None:
    collection = text.removesuffix(" in turn")
    in_turn = str(text.endswith(" in turn")).lower()
    loop = f'<zeebe:loopCharacteristics inputCollection="={escape(collection)}"/>'
    element.inner += (
        f'<multiInstanceLoopCharacteristics isSequential="{in_turn}"><extensionElements>{loop}'
        "</extensionElements></multiInstanceLoopCharacteristics>"
    )


_MARKS: dict[str, Callable[[_Element, str], None]] = {
    "in": _mapping("input"),
    "out": _mapping("output"),
    "mark": _property,
    "with": _extension,
    "each": _each,
}
_HEADS: dict[str, Callable[[_Element, str], None]] = {
    "knows": lambda head, names: _property(head, f"variables = {names}"),
    "version": lambda head, tag: head.extensions.append(f'<zeebe:versionTag value="{tag}"/>'),
}
