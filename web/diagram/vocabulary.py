"""The elements of BPMN as a drawing knows them: how each is shaped, and its German noun."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

BPMN: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
BPMNDI: Final = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC: Final = "{http://www.omg.org/spec/DD/20100524/DC}"
DI: Final = "{http://www.omg.org/spec/DD/20100524/DI}"


class Form(StrEnum):
    """How an element is drawn."""

    EVENT = "event"  # a circle
    ACTIVITY = "activity"  # a rounded rectangle with its name inside
    SCOPE = "scope"  # an activity that holds others
    GATEWAY = "gateway"  # a diamond
    POOL = "pool"  # a participant, its name in a band
    LANE = "lane"  # a part of a pool
    DATA = "data"  # a sheet of paper
    STORE = "store"  # a cylinder
    NOTE = "note"  # a bracket with text
    GROUP = "group"  # a dashed frame around others


#: Local name → how it is drawn.
FORMS: Final = {
    **dict.fromkeys(
        [
            "startEvent",
            "intermediateCatchEvent",
            "intermediateThrowEvent",
            "boundaryEvent",
            "endEvent",
            "implicitThrowEvent",
        ],
        Form.EVENT,
    ),
    **dict.fromkeys(
        [
            "task",
            "userTask",
            "serviceTask",
            "sendTask",
            "receiveTask",
            "manualTask",
            "scriptTask",
            "businessRuleTask",
            "callActivity",
            "choreographyTask",
            "callChoreography",
            "subChoreography",
        ],
        Form.ACTIVITY,
    ),
    **dict.fromkeys(("subProcess", "transaction", "adHocSubProcess"), Form.SCOPE),
    **dict.fromkeys(
        [
            "exclusiveGateway",
            "parallelGateway",
            "inclusiveGateway",
            "eventBasedGateway",
            "complexGateway",
        ],
        Form.GATEWAY,
    ),
    "participant": Form.POOL,
    "lane": Form.LANE,
    "dataObjectReference": Form.DATA,
    "dataObject": Form.DATA,
    "dataInput": Form.DATA,
    "dataOutput": Form.DATA,
    "dataStoreReference": Form.STORE,
    "textAnnotation": Form.NOTE,
    "group": Form.GROUP,
}
#: What a case can pass through.
NODES: Final = frozenset({Form.EVENT, Form.ACTIVITY, Form.SCOPE, Form.GATEWAY})
#: What lies behind everything else, because others stand in it.
BEHIND: Final = frozenset({Form.POOL, Form.LANE, Form.GROUP})

#: Local names of the lines between elements.
LINES: Final = frozenset(
    {"sequenceFlow", "messageFlow", "association"}
    | {"dataInputAssociation", "dataOutputAssociation"}
)

#: Local name → what a person calls it.
NOUNS: Final = {
    "startEvent": "Beginn",
    "endEvent": "Ende",
    "boundaryEvent": "Randereignis",
    "intermediateCatchEvent": "Zwischenereignis",
    "intermediateThrowEvent": "Zwischenereignis",
    "implicitThrowEvent": "Zwischenereignis",
    "task": "Aufgabe",
    "userTask": "Aufgabe einer Person",
    "serviceTask": "Schritt des Systems",
    "sendTask": "Sendeaufgabe",
    "receiveTask": "Empfangsaufgabe",
    "manualTask": "Manuelle Aufgabe",
    "scriptTask": "Skriptaufgabe",
    "businessRuleTask": "Geschäftsregelaufgabe",
    "callActivity": "Aufruf eines Prozesses",
    "choreographyTask": "Choreografie-Aufgabe",
    "callChoreography": "Choreografie-Aufruf",
    "subChoreography": "Teil-Choreografie",
    "subProcess": "Teilprozess",
    "transaction": "Transaktion",
    "adHocSubProcess": "Ad-hoc-Teilprozess",
    "exclusiveGateway": "Entscheidung",
    "parallelGateway": "Parallele Wege",
    "inclusiveGateway": "Ein oder mehrere Wege",
    "eventBasedGateway": "Warten auf das erste Ereignis",
    "complexGateway": "Komplexe Verzweigung",
    "participant": "Beteiligter",
    "lane": "Bahn",
    "dataObjectReference": "Datenobjekt",
    "dataObject": "Datenobjekt",
    "dataInput": "Dateneingang",
    "dataOutput": "Datenausgang",
    "dataStoreReference": "Datenspeicher",
    "textAnnotation": "Anmerkung",
    "group": "Gruppe",
    "messageFlow": "Nachrichtenfluss",
    "association": "Verbindung",
    "dataInputAssociation": "Datenfluss",
    "dataOutputAssociation": "Datenfluss",
}

#: Local name of an event definition → its short name, and what a person calls it.
EVENTS: Final = {
    "messageEventDefinition": ("message", "Nachricht"),
    "timerEventDefinition": ("timer", "Zeit"),
    "errorEventDefinition": ("error", "Fehler"),
    "signalEventDefinition": ("signal", "Signal"),
    "escalationEventDefinition": ("escalation", "Eskalation"),
    "conditionalEventDefinition": ("conditional", "Bedingung"),
    "linkEventDefinition": ("link", "Verbinder"),
    "compensateEventDefinition": ("compensate", "Rücknahme"),
    "cancelEventDefinition": ("cancel", "Abbruch"),
    "terminateEventDefinition": ("terminate", "beendet alles"),
}
#: Short name of an event → what a person calls it.
EVENT_NOUNS: Final = {
    **dict(EVENTS.values()),
    "multiple": "eines von mehreren",
    "parallel": "mehrere zugleich",
}
