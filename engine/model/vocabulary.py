"""The tables of the vocabulary: what runs, what is refused by name, what has no effect.

Everything that is not in one of these tables is an error, so that nothing is skipped
silently. Sources: BPMN 2.0.2, the public ``zeebe:`` extension vocabulary of Camunda 8.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from laufzettel.engine.model.definition import EventKind, Kind

BPMN: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE: Final = "http://camunda.org/schema/zeebe/1.0"
MODELER: Final = "http://camunda.org/schema/modeler/1.0"
#: Namespaces of the drawing, which have no effect on execution.
DRAWING: Final = frozenset(
    {
        "http://www.omg.org/spec/BPMN/20100524/DI",
        "http://www.omg.org/spec/DD/20100524/DC",
        "http://www.omg.org/spec/DD/20100524/DI",
        "http://bpmn.io/schema/bpmn/biocolor/1.0",
    }
)
PLATFORM: Final = "Camunda Cloud"

#: Local name of a flow node -> what it becomes.
KINDS: Final = {
    "startEvent": Kind.START,
    "endEvent": Kind.END,
    "userTask": Kind.USER,
    "serviceTask": Kind.SERVICE,
    "sendTask": Kind.SEND,
    "businessRuleTask": Kind.RULE,
    "scriptTask": Kind.SCRIPT,
    "receiveTask": Kind.RECEIVE,
    "manualTask": Kind.PASS,
    "task": Kind.PASS,
    "intermediateCatchEvent": Kind.RECEIVE,
    "intermediateThrowEvent": Kind.THROW,
    "boundaryEvent": Kind.BOUNDARY,
    "exclusiveGateway": Kind.EXCLUSIVE,
    "parallelGateway": Kind.PARALLEL,
    "inclusiveGateway": Kind.INCLUSIVE,
    "eventBasedGateway": Kind.EVENT_GATEWAY,
    "subProcess": Kind.SUBPROCESS,
    "callActivity": Kind.CALL,
}

ACTIVITIES: Final = frozenset(tag for tag in KINDS if tag.endswith("Task")) | {
    "task",
    "subProcess",
    "callActivity",
}
#: Elements that hold flow nodes.
SCOPES: Final = frozenset({"process", "subProcess", "transaction", "adHocSubProcess"})
GATEWAYS: Final = frozenset(tag for tag in KINDS if tag.endswith("Gateway"))
#: Elements that decide by conditions on their outgoing flows.
DECIDING: Final = frozenset({"exclusiveGateway", "inclusiveGateway"})
#: Elements that call a handler when they carry a taskDefinition.
CALLING: Final = frozenset(
    {"serviceTask", "sendTask", "scriptTask", "businessRuleTask", "intermediateThrowEvent"}
    | {"endEvent"}
)

#: (element, event definition) that run. Everything else is refused by name.
EVENTS: Final = {
    ("startEvent", "messageEventDefinition"),
    ("startEvent", "timerEventDefinition"),
    ("startEvent", "signalEventDefinition"),
    ("intermediateCatchEvent", "messageEventDefinition"),
    ("intermediateCatchEvent", "timerEventDefinition"),
    ("intermediateThrowEvent", "messageEventDefinition"),
    ("boundaryEvent", "messageEventDefinition"),
    ("boundaryEvent", "timerEventDefinition"),
    ("boundaryEvent", "errorEventDefinition"),
    ("boundaryEvent", "escalationEventDefinition"),
    ("boundaryEvent", "conditionalEventDefinition"),
    ("boundaryEvent", "signalEventDefinition"),
    ("intermediateCatchEvent", "conditionalEventDefinition"),
    ("intermediateCatchEvent", "signalEventDefinition"),
    ("intermediateThrowEvent", "escalationEventDefinition"),
    ("intermediateThrowEvent", "signalEventDefinition"),
    ("endEvent", "escalationEventDefinition"),
    ("endEvent", "signalEventDefinition"),
    ("endEvent", "messageEventDefinition"),
    ("endEvent", "errorEventDefinition"),
    ("endEvent", "terminateEventDefinition"),
    ("intermediateThrowEvent", "linkEventDefinition"),
    ("intermediateCatchEvent", "linkEventDefinition"),
}

#: Starts of event subprocesses, BPMN 2.0.2 table 10.86.
ARMED_EVENTS: Final = frozenset(
    f"{kind}EventDefinition"
    for kind in ("message", "timer", "error", "escalation", "signal", "conditional")
)

#: Event definitions that name what they throw or catch.
NAMED: Final = {
    "errorEventDefinition": EventKind.ERROR,
    "escalationEventDefinition": EventKind.ESCALATION,
    "signalEventDefinition": EventKind.SIGNAL,
}
MULTI_INSTANCE: Final = "multiInstanceLoopCharacteristics"
STANDARD_LOOP: Final = "standardLoopCharacteristics"

TIMERS: Final = {
    "timeDate": EventKind.TIMER_DATE,
    "timeDuration": EventKind.TIMER_DURATION,
    "timeCycle": EventKind.TIMER_CYCLE,
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is refused: its name and what to draw instead."""

    name_de: str
    name_en: str
    remedy_de: str
    remedy_en: str


_NOT_YET_DE: Final = "Das wird noch nicht ausgeführt. "
_NOT_YET_EN: Final = "This is not executed yet. "

#: Flow elements that are refused by name.
REFUSED_ELEMENTS: Final = {
    "complexGateway": Refusal(
        "Komplexes Gateway",
        "complex gateway",
        "Ersetzen Sie es durch exklusive, parallele oder inklusive Gateways.",
        "Replace it by exclusive, parallel or inclusive gateways.",
    ),
    "transaction": Refusal(
        "Transaktion",
        "transaction",
        "Verwenden Sie einen Teilprozess und zeichnen Sie eine Rücknahme als eigenen Weg.",
        "Use a subprocess and draw a reversal as its own path.",
    ),
    "adHocSubProcess": Refusal(
        "Ad-hoc-Teilprozess",
        "ad-hoc subprocess",
        "Zeichnen Sie die Schritte in ihrer Reihenfolge oder hinter einem inklusiven Gateway.",
        "Draw the steps in their order or behind an inclusive gateway.",
    ),
    "choreographyTask": Refusal(
        "Choreografie-Aufgabe",
        "choreography task",
        "Zeichnen Sie nur den eigenen Prozess; Partner werden durch Nachrichten erreicht.",
        "Draw your own process only; partners are reached by messages.",
    ),
    "callChoreography": Refusal(
        "Choreografie-Aufruf",
        "call choreography",
        "Zeichnen Sie nur den eigenen Prozess; Partner werden durch Nachrichten erreicht.",
        "Draw your own process only; partners are reached by messages.",
    ),
    "subChoreography": Refusal(
        "Teil-Choreografie",
        "sub choreography",
        "Zeichnen Sie nur den eigenen Prozess; Partner werden durch Nachrichten erreicht.",
        "Draw your own process only; partners are reached by messages.",
    ),
    "implicitThrowEvent": Refusal(
        "Implizites Ereignis",
        "implicit throw event",
        "Entfernen Sie es oder zeichnen Sie ein Zwischenereignis.",
        "Remove it or draw an intermediate event.",
    ),
}

#: Event definitions that are refused where EVENTS does not list them.
REFUSED_EVENTS: Final = {
    "messageEventDefinition": Refusal(
        "Nachricht",
        "message",
        "An dieser Stelle gibt es keine Nachricht; verwenden Sie ein Zwischenereignis.",
        "There is no message at this place; use an intermediate event.",
    ),
    "timerEventDefinition": Refusal(
        "Zeit",
        "timer",
        "Auf eine Zeit warten Start-, Zwischen- und Randereignisse.",
        "Start, intermediate and boundary events wait for a time.",
    ),
    "errorEventDefinition": Refusal(
        "Fehler",
        "error",
        "Ein Fehler gehört an ein Endereignis oder an den Rand eines Schritts.",
        "An error belongs to an end event or to the boundary of an activity.",
    ),
    "signalEventDefinition": Refusal(
        "Signal",
        "signal",
        "Ein Signal wird von Zwischen- und Endereignissen ausgelöst und von Start-, Zwischen- und "
        "Randereignissen gefangen.",
        "A signal is thrown by intermediate and end events and caught by start, intermediate and "
        "boundary events.",
    ),
    "escalationEventDefinition": Refusal(
        "Eskalation",
        "escalation",
        "Eine Eskalation wird am Rand eines Teilprozesses oder Aufrufs gefangen oder vom Start eines "
        "Ereignis-Teilprozesses.",
        "An escalation is caught at the boundary of a subprocess or call, or by the start of an "
        "event subprocess.",
    ),
    "conditionalEventDefinition": Refusal(
        "Bedingung",
        "conditional",
        "Auf eine Bedingung warten Zwischen- und Randereignisse und der Start eines "
        "Ereignis-Teilprozesses; ein Vorgang beginnt durch eine Nachricht.",
        "Intermediate and boundary events and the start of an event subprocess wait for a "
        "condition; a case begins by a message.",
    ),
    "linkEventDefinition": Refusal(
        "Link",
        "link",
        "Ein Link verbindet ein auslösendes mit einem eintretenden Zwischenereignis.",
        "A link connects a throwing with a catching intermediate event.",
    ),
    "compensateEventDefinition": Refusal(
        "Kompensation",
        "compensation",
        "Zeichnen Sie die Rücknahme als eigenen Weg mit eigener Unterschrift; "
        "eine Buchung wird nie selbsttätig zurückgenommen.",
        "Draw the reversal as its own signed path; a booking is never undone automatically.",
    ),
    "cancelEventDefinition": Refusal(
        "Abbruch einer Transaktion",
        "cancel",
        "Verwenden Sie ein Fehler-Endereignis und fangen Sie es am Rand des Teilprozesses.",
        "Use an error end event and catch it at the boundary of the subprocess.",
    ),
    "terminateEventDefinition": Refusal(
        "Terminierung",
        "terminate",
        "Eine Terminierung gehört an ein Endereignis.",
        "A termination belongs to an end event.",
    ),
}

#: Elements inside a process that describe but do not act; named with level info.
WITHOUT_EFFECT: Final = frozenset(
    {
        "dataObject",
        "dataObjectReference",
        "dataStoreReference",
        "ioSpecification",
        "dataInputAssociation",
        "dataOutputAssociation",
        "property",
        "performer",
        "humanPerformer",
        "potentialOwner",
        "resourceRole",
        "auditing",
        "monitoring",
        "correlationSubscription",
        "supportedInterfaceRef",
        "ioBinding",
        "rendering",
        "dataInput",
        "dataOutput",
        "inputSet",
        "outputSet",
    }
)
#: Elements that only draw, name or comment.
SILENT: Final = frozenset(
    {"incoming", "outgoing", "documentation", "extensionElements", "laneSet", "eventDefinitionRef"}
    | {"textAnnotation", "association", "group", "sequenceFlow", "category", "script"}
)

#: zeebe: elements that are read.
EXTENSIONS_READ: Final = frozenset(
    {"taskDefinition", "ioMapping", "taskHeaders", "userTask", "formDefinition"}
    | {"assignmentDefinition", "taskSchedule", "priorityDefinition", "jobPriorityDefinition"}
    | {"calledDecision", "calledElement", "subscription", "script", "properties", "versionTag"}
    | {"loopCharacteristics"}
)
#: zeebe: elements that are refused by name.
REFUSED_EXTENSIONS: Final = {
    "executionListeners": Refusal(
        "Ausführungs-Listener",
        "execution listeners",
        "Zeichnen Sie, was der Listener tut, als eigene Service-Aufgabe.",
        "Draw what the listener does as a service task of its own.",
    ),
    "taskListeners": Refusal(
        "Aufgaben-Listener",
        "task listeners",
        "Zeichnen Sie, was der Listener tut, als eigene Service-Aufgabe davor oder dahinter.",
        "Draw what the listener does as a service task before or behind.",
    ),
    "userTaskForm": Refusal(
        "Eingebettetes Formular",
        "embedded form",
        "Speichern Sie das Formular als Datei in forms/ und verknüpfen Sie es mit seiner Id.",
        "Save the form as a file in forms/ and link it by its id.",
    ),
    "adHoc": Refusal(
        "Ad-hoc-Angaben",
        "ad-hoc settings",
        "Entfernen Sie den Ad-hoc-Teilprozess.",
        "Remove the ad-hoc subprocess.",
    ),
    "linkedResources": Refusal(
        "Verknüpfte Ressourcen",
        "linked resources",
        "Entfernen Sie die Verknüpfung.",
        "Remove the link.",
    ),
    "agentDefinition": Refusal(
        "Agenten-Angaben", "agent definition", "Entfernen Sie sie.", "Remove it."
    ),
    "conditionalFilter": Refusal(
        "Filter eines bedingten Ereignisses",
        "filter of a conditional event",
        "Verwenden Sie ein exklusives Gateway oder eine Nachricht.",
        "Use an exclusive gateway or a message.",
    ),
}

#: zeebe: element -> the elements on which it is read; the others are read everywhere.
EXTENSION_PLACES: Final = {
    "taskDefinition": CALLING,
    "taskHeaders": CALLING,
    "userTask": frozenset({"userTask"}),
    "formDefinition": frozenset({"userTask"}),
    "assignmentDefinition": frozenset({"userTask"}),
    "taskSchedule": frozenset({"userTask"}),
    "priorityDefinition": frozenset({"userTask"}),
    "jobPriorityDefinition": CALLING | {"process"},
    "calledDecision": frozenset({"businessRuleTask"}),
    "calledElement": frozenset({"callActivity"}),
    "script": frozenset({"scriptTask"}),
    "versionTag": frozenset({"process"}),
    "subscription": frozenset[str](),  # belongs to the message
    "loopCharacteristics": frozenset[str](),  # belongs to the marker, which reads it
}

#: Namespaces of other engines, whose marks would carry behaviour.
DIALECTS: Final = {
    "http://camunda.org/schema/1.0/bpmn": "Camunda 7",
    "http://activiti.org/bpmn": "Activiti",
    "http://flowable.org/bpmn": "Flowable",
    "http://spiffworkflow.org/bpmn/schema/1.0/core": "SpiffWorkflow",
    "http://www.jboss.org/drools": "jBPM",
}

#: The mark of a called process whose cases are its own, and its value.
CASE: Final = "laufzettel:case"
OWN: Final = "own"

#: Duties a user task can carry (docs/glossary.md).
DUTIES: Final = (
    "erfassung",
    "sachlich",
    "rechnerisch",
    "fachtechnisch",
    "anordnung",
    "mitzeichnung",
    "visa",
    "freigabe",
    "keine",
)

#: laufzettel: property -> elements on which it has a meaning.
_CATCHING: Final = frozenset(
    {"startEvent", "receiveTask", "intermediateCatchEvent", "boundaryEvent", "callActivity"}
)
PROPERTIES: Final = {
    "laufzettel:duties": frozenset({"process"}),
    "laufzettel:case": frozenset({"process"}),
    "laufzettel:duty": frozenset({"userTask"}),
    "laufzettel:signs": frozenset({"userTask"}),
    "laufzettel:start": frozenset({"startEvent"}),
    "laufzettel:receivers": frozenset({"receiveTask", "intermediateCatchEvent", "boundaryEvent"}),
    "laufzettel:variables": frozenset({"process"}) | _CATCHING,
}
#: laufzettel: property -> its allowed values, where they are a closed list.
PROPERTY_VALUES: Final = {
    "laufzettel:case": ("own", "caller"),
    "laufzettel:duties": ("required", "none"),
    "laufzettel:start": ("always", "once"),
    "laufzettel:receivers": ("one", "several"),
}
