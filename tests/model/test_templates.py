"""Element templates say what a handler's signature says, in words of a designer."""

from __future__ import annotations

import argparse
import json
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest

from laufzettel.cli import templates as command
from laufzettel.engine.handler import Effect, Handlers, Inline, Services, Values, effect, inline
from laufzettel.engine.model.templates import templates
from laufzettel.handlers import modules

CONTRACTS = Handlers(modules(), Services()).contracts


@inline("demo.round", results=("rounded",), version=4, label="Betrag runden")
def round_(step: Inline, *, amount: Decimal, places: int | None = None) -> Values:
    """Round an amount.

    This line is for developers.
    """
    return {"rounded": round(amount, places)}


def bound(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the properties by what they are bound to."""
    found = {}
    for each in template["properties"]:
        binding = each["binding"]
        name = binding.get("name") or binding.get("source") or binding.get("property", "")
        found[f"{binding['type']} {name}".strip()] = each
    return found


def test_a_template_has_the_parameters_and_results_of_the_signature() -> None:
    """A required parameter takes the variable of its name, an optional one its default."""
    made = templates([round_.contract])[0]
    found = bound(made)

    assert (made["id"], made["name"], made["version"]) == (
        "laufzettel.demo.round",
        "Betrag runden",
        4,
    )
    assert made["description"] == ("demo.round: Round an amount. Läuft sofort im Schritt.")
    assert found["zeebe:taskDefinition type"]["value"] == "demo.round"
    assert found["zeebe:input amount"]["label"] == "amount (Zahl)"
    assert found["zeebe:input amount"]["value"] == "=amount"
    assert found["zeebe:input places"]["label"] == "places (ganze Zahl, nicht nötig)"
    assert found["zeebe:input places"]["value"] == "=null"
    assert found["zeebe:output =rounded"]["value"] == "rounded"


def test_the_template_of_a_user_task_offers_the_closed_list_of_duties() -> None:
    duty = bound(templates([])[0])["zeebe:property laufzettel:duty"]

    assert {"name": "anordnung", "value": "anordnung"} in duty["choices"]
    assert duty["value"] == "keine"


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_every_shipped_handler_has_a_german_name_and_says_what_it_does(name: str) -> None:
    contract = CONTRACTS[name]

    assert contract.label and contract.summary, name
    assert contract.label != name


def test_an_effect_carries_its_version_and_the_duties_before_it() -> None:
    class Told(Effect):
        """Tells somebody."""

        name: ClassVar[str] = "demo.tell"
        channel: ClassVar[str] = "demo"
        version: ClassVar[int] = 2
        requires_duties: ClassVar[tuple[str, ...]] = ("sachlich",)

        def prepare(self, step: Inline, *, text: str) -> Any:  # type: ignore[override]
            return text, {}

    contract = effect(Told).contract  # type: ignore[type-abstract]

    assert (contract.version, contract.summary) == (2, "Tells somebody.")
    assert "Davor muss gezeichnet sein: sachlich." in templates([contract])[0]["description"]


def test_the_command_writes_one_list_where_the_modeler_looks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / ".camunda" / "element-templates" / "laufzettel.json"

    assert command.run(argparse.Namespace(output=file)) == 0
    assert command.run(argparse.Namespace(output=None)) == 0
    told, _, printed = capsys.readouterr().out.partition("\n")
    assert told == f"{file}: {len(CONTRACTS) + 1} Vorlagen"
    assert json.loads(printed) == json.loads(file.read_text("utf-8"))
