"""Rules about element templates: as old as the handler they were made of, and of its name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from laufzettel.engine.model.bundle import Bundle
from laufzettel.engine.model.finding import Severity
from laufzettel.engine.model.rules.table import Hit, rule
from laufzettel.engine.model.source import Node
from laufzettel.engine.model.templates import DUTY, DUTY_VERSION, PREFIX


@rule(
    "outdated-template",
    Severity.WARNING,
    de="{what} ist mit Fassung {used} der Elementvorlage „{template}“ gezeichnet; es gibt "
    "Fassung {current}.",
    en="{what} was drawn with version {used} of the element template “{template}”; the current "
    "one is {current}.",
    remedy_de="Erzeugen Sie die Vorlagen neu (laufzettel templates) und wählen Sie im Modeler "
    "„Update“ an diesem Element; prüfen Sie dann Eingaben und Ergebnisse.",
    remedy_en="Make the templates anew (laufzettel templates), choose “Update” at this element in "
    "the Modeler, then check inputs and results.",
)
def outdated_template(bundle: Bundle) -> Iterator[Hit]:
    """A template is as new as the signature of its handler."""
    for _, node in bundle.nodes():
        template, used = _template(node)
        current = _current(bundle, template)
        if current and used < current:
            values = {"template": template, "used": str(used), "current": str(current)}
            yield Hit(at=node, values=values)


@rule(
    "foreign-template",
    Severity.WARNING,
    de="{what} trägt die Elementvorlage „{template}“, ruft aber „{handler}“.",
    en="{what} carries the element template “{template}” but calls “{handler}”.",
    remedy_de="Wählen Sie die Vorlage der Funktion neu, die gerufen werden soll.",
    remedy_en="Choose the template of the function that is to be called.",
)
def foreign_template(bundle: Bundle) -> Iterator[Hit]:
    """What a template shows is what is called."""
    for _, node in bundle.nodes():
        template, _version = _template(node)
        if template and node.handler and template != PREFIX + node.handler:
            yield Hit(at=node, values={"template": template, "handler": node.handler})


def _template(node: Node) -> tuple[str, int]:
    """Return id and version of one of our templates, or the empty text."""
    template = node.attributes.get("zeebe:modelerTemplate", "").strip()
    version = node.attributes.get("zeebe:modelerTemplateVersion", "").strip()
    if not template.startswith(PREFIX):
        return "", 0
    return template, int(version) if re.fullmatch("[0-9]{1,9}", version) else 0


def _current(bundle: Bundle, template: str) -> int:
    """Return the version that would be generated now, 0 where nobody knows."""
    if template == DUTY:
        return DUTY_VERSION
    contract = (bundle.handlers or {}).get(template.removeprefix(PREFIX))
    return contract.version if contract is not None else 0
