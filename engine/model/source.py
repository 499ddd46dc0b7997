"""What was read from the BPMN files, with line numbers, before anything is judged.

These classes keep more than can be run, so that the lint can refuse the rest by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """One extension element, e.g. ``zeebe:taskDefinition``, with its children."""

    tag: str  # "zeebe:local", or "{namespace}local" for namespaces we do not know
    line: int
    attributes: dict[str, str] = field(default_factory=dict)
    children: tuple[Extension, ...] = ()

    def get(self, attribute: str) -> str:
        """Return the attribute without surrounding blanks, or the empty text."""
        return self.attributes.get(attribute, "").strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A ``bpmn:message``."""

    id: str
    name: str
    line: int
    correlation_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A ``bpmn:error``, ``bpmn:escalation`` or ``bpmn:signal``: what events throw and catch.

    ``key`` is what throwing and catching are compared by: a code, or the signal's name.
    """

    id: str
    name: str
    key: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """The marker of a repeated activity."""

    tag: str  # local name of the loop characteristics
    line: int
    sequential: bool = False
    extension: Extension | None = None  # zeebe:loopCharacteristics
    completion: str = ""  # completionCondition
    condition: str = ""  # loopCondition of a standard loop
    test_before: bool = False
    maximum: str = ""  # loopMaximum
    foreign: tuple[str, ...] = ()  # children that have no effect here, by local name

    def get(self, attribute: str) -> str:
        """Return an attribute of ``zeebe:loopCharacteristics``, or the empty text."""
        return self.extension.get(attribute) if self.extension else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDefinition:
    """One event definition inside an event."""

    tag: str  # local name, e.g. "timerEventDefinition"
    line: int
    ref: str = ""  # messageRef, errorRef …
    timer: str = ""  # "timeDate", "timeDuration" or "timeCycle"
    text: str = ""  # the timer's expression, or the condition
    link: str = ""  # name of a link event


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """A child element that has no meaning here."""

    tag: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Something a finding can point at."""

    id: str
    name: str = ""
    line: int
    file: str
    tag: str  # local BPMN name
    extensions: tuple[Extension, ...] = ()
    foreign: tuple[str, ...] = ()  # names of attributes that belong to other tools

    def every(self, tag: str) -> list[Extension]:
        """Return the extension elements ``zeebe:tag``."""
        if not self.extensions:
            return []
        wanted = f"zeebe:{tag}"
        return [each for each in self.extensions if each.tag == wanted]

    def first(self, tag: str) -> Extension | None:
        """Return the first extension element ``zeebe:tag``."""
        found = self.every(tag)
        return found[0] if found else None

    def attribute(self, tag: str, name: str) -> str:
        """Return an attribute of the extension element ``zeebe:tag``, or the empty text."""
        found = self.first(tag)
        return found.get(name) if found else ""

    def inside(self, outer: str, inner: str) -> tuple[Extension, ...]:
        """Return the ``zeebe:inner`` elements inside ``zeebe:outer``."""
        found = self.every(outer)
        if not found:
            return ()
        wanted = f"zeebe:{inner}"
        return tuple(child for each in found for child in each.children if child.tag == wanted)

    @property
    def inputs(self) -> tuple[Extension, ...]:
        """The input mappings."""
        return self.inside("ioMapping", "input")

    @property
    def outputs(self) -> tuple[Extension, ...]:
        """The output mappings."""
        return self.inside("ioMapping", "output")

    @property
    def properties(self) -> dict[str, str]:
        """The ``zeebe:property`` entries by name."""
        return {
            each.get("name"): each.get("value") for each in self.inside("properties", "property")
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Node(Place):
    """A flow node: event, activity or gateway."""

    scope: str  # id of the enclosing process or subprocess
    process: str
    attributes: dict[str, str] = field(default_factory=dict)
    events: tuple[EventDefinition, ...] = ()
    loop: Loop | None = None
    code: bool = False  # carries a plain BPMN <script>
    strays: tuple[Stray, ...] = ()
    lane: str = ""

    @property
    def event(self) -> EventDefinition | None:
        """The only event definition, if there is one."""
        return self.events[0] if self.events else None

    @property
    def interrupting(self) -> bool:
        """Whether a boundary event ends its activity, or an event subprocess what is around it."""
        name = "isInterrupting" if self.tag == "startEvent" else "cancelActivity"
        return self.attributes.get(name, "true").strip() not in ("false", "0")

    @property
    def is_awaited(self) -> bool:
        """Whether an event is waited for inside a case; the start of a process is not."""
        return self.tag != "startEvent" or self.scope != self.process

    @property
    def may_be_empty(self) -> bool:
        """Whether a repeated activity may be passed without being done once."""
        loop = self.loop
        return loop is not None and (
            loop.tag == "multiInstanceLoopCharacteristics" or loop.test_before
        )

    @property
    def triggered(self) -> bool:
        """Whether this is an event subprocess."""
        return self.attributes.get("triggeredByEvent", "").strip() in ("true", "1")

    @property
    def handler(self) -> str:
        """The handler's name, or the empty text."""
        return self.attribute("taskDefinition", "type")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow(Place):
    """A sequence flow."""

    source: str
    target: str
    scope: str
    process: str
    condition: str | None = None  # None: no conditionExpression at all
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process(Place):
    """A process with every node and flow of its subprocesses, in document order."""

    executable: bool
    nodes: tuple[Node, ...] = ()
    flows: tuple[Flow, ...] = ()
    strays: tuple[Stray, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a whole file could not be read."""

    kind: str  # "not-xml", "unsafe-xml", "not-bpmn"
    text_de: str
    text_en: str
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One BPMN file."""

    name: str
    problem: Problem | None = None
    platform: str = ""  # modeler:executionPlatform
    platform_version: str = ""
    processes: tuple[Process, ...] = ()
    messages: dict[str, Message] = field(default_factory=dict)
    named: dict[str, Named] = field(default_factory=dict)  # errors, escalations, signals by id
    ids: tuple[tuple[str, int], ...] = ()  # every id of the model part with its line
    secrets: tuple[int, ...] = ()  # lines that name {{secrets.X}}
    unreferenced: tuple[Stray, ...] = ()  # root elements that have no effect here
