"""The compiled definition: what the executor runs, and all it runs.

A definition is plain data (``to_json``/``from_json``), stored at deploy and never made
again from the BPMN, so that a better compiler cannot strand a running case
(DESIGN decision 7). Expressions are FEEL texts without the leading ``=``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What an element does when a token reaches it."""

    USER = "user"  # waits for a person
    SERVICE = "service"  # calls the handler named by ``handler``
    SCRIPT = "script"  # evaluates ``script`` and stores the result
    RULE = "rule"  # evaluates the decision ``decision``
    SEND = "send"  # a service task drawn as sending
    PASS = "pass"  # noqa: S105 - manual task, none task, none throw event: passed through
    RECEIVE = "receive"  # receive task or intermediate catch event: waits for ``event``
    BOUNDARY = "boundary"  # waits for ``event`` while ``attached_to`` is active
    THROW = "throw"  # intermediate throw or end event with ``event``
    START = "start"
    ARMED = "armed"  # start of an event subprocess: waits while the scope around it lives
    END = "end"
    EXCLUSIVE = "exclusive"
    PARALLEL = "parallel"
    INCLUSIVE = "inclusive"
    EVENT_GATEWAY = "event_gateway"
    SUBPROCESS = "subprocess"
    CALL = "call"  # call activity


class EventKind(StrEnum):
    """What an event waits for or raises."""

    MESSAGE = "message"
    TIMER_DATE = "timer_date"
    TIMER_DURATION = "timer_duration"
    TIMER_CYCLE = "timer_cycle"
    ERROR = "error"
    SIGNAL = "signal"
    ESCALATION = "escalation"
    TERMINATE = "terminate"
    CONDITIONAL = "conditional"
    LINK = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The event of a catching or throwing element."""

    kind: EventKind
    name: str = ""  # message, signal or link name; error or escalation code ("" = any)
    expression: str = ""  # timer (FEEL) or condition
    correlation_key: str = ""  # FEEL, messages only


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """One input or output mapping: the value of ``source`` goes to ``target``."""

    source: str  # FEEL
    target: str  # ASCII identifier, or a dotted path


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Who is offered a user task and when; each a FEEL expression or empty."""

    assignee: str = ""
    candidate_groups: str = ""
    candidate_users: str = ""
    due_date: str = ""
    follow_up_date: str = ""
    priority: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A repeated activity: once per item of ``collection``, or while ``condition`` holds.

    Multi-instance (BPMN 2.0.2 § 13.3.7) has a collection, a standard loop (§ 13.3.6) has none.
    """

    sequential: bool = True
    collection: str = ""  # FEEL
    element: str = ""
    output_collection: str = ""
    output_element: str = ""  # FEEL
    completion_condition: str = ""  # FEEL
    condition: str = ""  # FEEL, standard loop: begin once more
    test_before: bool = False
    maximum: int = 0  # of a standard loop; 0: none


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One flow node of a process."""

    id: str
    kind: Kind
    name: str = ""
    line: int = 0
    scope: str = ""  # id of the enclosing process or subprocess
    incoming: tuple[str, ...] = ()  # ids of sequence flows
    outgoing: tuple[str, ...] = ()
    default_flow: str = ""
    handler: str = ""
    retries: str = ""  # literal or FEEL integer; empty: the handler's own
    headers: dict[str, str] = field(default_factory=dict)
    job_priority: str = ""  # FEEL, 0 to 100; empty: that of the process, or 50
    inputs: tuple[Mapping, ...] = ()
    outputs: tuple[Mapping, ...] = ()
    form: str = ""  # form id
    assignment: Assignment | None = None
    script: str = ""
    result_variable: str = ""
    decision: str = ""
    decision_binding: str = ""  # "deployment", "latest", "versionTag"; empty: latest
    decision_tag: str = ""
    called: str = ""  # process id of a call activity
    own_case: bool = False  # what is called runs as a case of its own, or as one an item
    bound_late: bool = False  # what is called is looked for when it is reached, see ``called_tag``
    called_tag: str = ""  # version tag of the process called; empty: the one for new cases
    propagate_parent: bool = True
    propagate_child: bool = False
    event: Event | None = None
    attached_to: str = ""
    interrupting: bool = True
    loop: Loop | None = None
    repeats: str = ""  # of the subprocess that is a repetition: the activity repeated
    triggered: bool = False  # an event subprocess
    lane: str = ""
    duty: str = ""  # laufzettel:duty
    properties: dict[str, str] = field(default_factory=dict)  # all zeebe:property


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A sequence flow; ``condition`` is FEEL or empty."""

    id: str
    source: str
    target: str
    condition: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One executable process with every element of its subprocesses."""

    id: str
    name: str
    version_tag: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    elements: dict[str, Element] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A compiled bundle: the main process, the processes it calls, forms, decisions.

    ``stripped`` is the extension-free BPMN, one document a process id, which the executor
    parses; its element ids are those of ``processes``. Every job-like element is a plain
    service task there, every catching event a signal event named by its element id, every
    condition the id of its sequence flow.
    """

    compiler: int  # COMPILER_VERSION that made it
    main: str  # process id
    processes: dict[str, Process]
    stripped: dict[str, str]  # process id -> BPMN XML
    forms: dict[str, dict[str, Any]] = field(default_factory=dict)  # form id -> form-js JSON
    decisions: dict[str, str] = field(default_factory=dict)  # decision id -> its version tag
    decision_files: dict[str, str] = field(default_factory=dict)  # file name -> DMN XML
    handlers: dict[str, dict[str, Any]] = field(default_factory=dict)  # name -> contract
    #: Every element and every flow of all processes by its id; not stored.
    elements: dict[str, Element] = field(init=False, repr=False, compare=False)
    flows: dict[str, Flow] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look the ids up once: each step of each case asks for them."""
        processes = self.processes.values()
        elements = {key: one for each in processes for key, one in each.elements.items()}
        object.__setattr__(self, "elements", elements)
        flows = {key: one for each in processes for key, one in each.flows.items()}
        object.__setattr__(self, "flows", flows)
