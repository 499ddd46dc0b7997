"""Every extension that the Camunda Modeler can write is in one of our tables."""

from __future__ import annotations

import json
from pathlib import Path

from laufzettel.engine.model.vocabulary import EXTENSIONS_READ, REFUSED_EXTENSIONS

#: What lies inside another element and is read or refused with it.
INNER = {
    "input",
    "output",
    "header",
    "property",
    "executionListener",
    "taskListener",
    "linkedResource",
}


def test_nothing_of_the_zeebe_vocabulary_is_unknown(tools: Path) -> None:
    """A new version of the vocabulary shows what has to be decided."""
    file = tools / "node_modules" / "zeebe-bpmn-moddle" / "resources" / "zeebe.json"
    types = json.loads(file.read_text("utf-8"))["types"]
    elements = {
        each["name"][0].lower() + each["name"][1:]
        for each in types
        if "Element" in each.get("superClass", []) and not each.get("isAbstract")
    }

    known = EXTENSIONS_READ | REFUSED_EXTENSIONS.keys() | INNER
    assert len(elements) > 20
    assert sorted(elements - known) == []
