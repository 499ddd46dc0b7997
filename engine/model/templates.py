"""Element templates for the Camunda Modeler, made from what the handlers promise.

A template is what a designer picks in the Modeler instead of typing a handler's name: a form
with the parameters and results. Its file format is the public JSON schema of element
templates for Camunda 8; its version is that of the handler's signature, and the lint warns
of a model whose template is older.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from laufzettel.engine.model.contract import HandlerContract, HandlerKind, ParamSpec
from laufzettel.engine.model.vocabulary import DUTIES

SCHEMA: Final = (
    "https://unpkg.com/@camunda/zeebe-element-templates-json-schema/resources/schema.json"
)
#: What the ids of our templates begin with; the handler's name follows.
PREFIX: Final = "laufzettel."
DUTY: Final = f"{PREFIX}user-task"
DUTY_VERSION: Final = 1
_TYPES: Final = {
    "str": "Text",
    "Decimal": "Zahl",
    "int": "ganze Zahl",
    "bool": "wahr oder falsch",
    "date": "Datum",
    "datetime": "Zeitpunkt",
    "list": "Liste",
    "Sequence": "Liste",
    "dict": "Kontext",
    "Mapping": "Kontext",
}
_KINDS: Final = {
    HandlerKind.INLINE: "Läuft sofort im Schritt.",
    HandlerKind.WORK: "Läuft als Auftrag; eine Wiederholung schadet nicht.",
    HandlerKind.EFFECT: "Wirkt nach außen, höchstens einmal.",
}
_GROUPS: Final = [
    {"id": "input", "label": "Eingaben (FEEL)"},
    {"id": "output", "label": "Ergebnisse als Variablen"},
]


def templates(contracts: Iterable[HandlerContract]) -> list[dict[str, Any]]:
    """Return a template for each handler, by name, and one for user tasks with a duty.

    >>> made = templates([HandlerContract(name="note.write", label="Notiz", version=3)])
    >>> [(each["id"], each["name"], each["version"]) for each in made]
    [('laufzettel.note.write', 'Notiz', 3), ('laufzettel.user-task', 'Aufgabe mit Pflicht', 1)]
    """
    found = [_template(each) for each in sorted(contracts, key=lambda one: one.name)]
    return [*found, _user_task()]


def _template(contract: HandlerContract) -> dict[str, Any]:
    inputs = [_input(name, spec) for name, spec in contract.parameters.items()]
    outputs = [_output(name) for name in contract.results]
    return {
        "$schema": SCHEMA,
        "id": PREFIX + contract.name,
        "name": contract.label or contract.name,
        "version": contract.version,
        "description": _description(contract),
        "category": _category(contract.name),
        "appliesTo": ["bpmn:Task", "bpmn:ServiceTask", "bpmn:SendTask"],
        "elementType": {"value": "bpmn:ServiceTask"},
        "groups": _GROUPS,
        "properties": [
            {
                "type": "Hidden",
                "value": contract.name,
                "binding": {"type": "zeebe:taskDefinition", "property": "type"},
            },
            *inputs,
            *outputs,
        ],
    }


def _description(contract: HandlerContract) -> str:
    duties = ", ".join(contract.requires_duties)
    before = f" Davor muss gezeichnet sein: {duties}." if duties else ""
    return f"{contract.name}: {contract.summary} {_KINDS[contract.kind]}{before}"


def _category(name: str) -> dict[str, str]:
    area = name.partition(".")[0]
    return {"id": PREFIX + area, "name": f"Laufzettel: {area}"}


def _input(name: str, spec: ParamSpec) -> dict[str, Any]:
    kind = _TYPES.get(spec.type, spec.type)
    return {
        "id": f"input_{name}",
        "label": f"{name} ({kind}{'' if spec.required else ', nicht nötig'})",
        "type": "String",
        "feel": "required",
        "value": f"={name}" if spec.required else "=null",  # null: the handler's own default
        "constraints": {"notEmpty": True},
        "group": "input",
        "binding": {"type": "zeebe:input", "name": name},
    }


def _output(name: str) -> dict[str, Any]:
    return {
        "id": f"output_{name}",
        "label": name,
        "description": "Leer: Das Ergebnis wird nicht gebraucht.",
        "type": "String",
        "value": name,
        "optional": True,
        "group": "output",
        "binding": {"type": "zeebe:output", "source": f"={name}"},
    }


def _user_task() -> dict[str, Any]:
    """Return the template of a user task: its duty from the closed list, its group."""
    return {
        "$schema": SCHEMA,
        "id": DUTY,
        "name": "Aufgabe mit Pflicht",
        "version": DUTY_VERSION,
        "description": "Eine Aufgabe im Eingangskorb mit der Pflicht, die darin gezeichnet wird.",
        "category": {"id": f"{PREFIX}task", "name": "Laufzettel: Aufgaben"},
        "appliesTo": ["bpmn:Task", "bpmn:UserTask"],
        "elementType": {"value": "bpmn:UserTask"},
        "properties": [
            {"type": "Hidden", "binding": {"type": "zeebe:userTask"}},
            {
                "id": "duty",
                "label": "Pflicht",
                "type": "Dropdown",
                "value": "keine",
                "choices": [{"name": duty, "value": duty} for duty in DUTIES],
                "binding": {"type": "zeebe:property", "name": "laufzettel:duty"},
            },
            {
                "id": "groups",
                "label": "Gruppe",
                "description": "Ein Text oder ein FEEL-Ausdruck, der Gruppen ergibt.",
                "type": "String",
                "feel": "optional",
                "constraints": {"notEmpty": True},
                "binding": {"type": "zeebe:assignmentDefinition", "property": "candidateGroups"},
            },
        ],
    }
