"""From a YAML file to scenarios; every mistake is told in German with file and line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from laufzettel.cli.demo.town import PEOPLE, SETTINGS, Resident
from laufzettel.connectors.kasse.behaviour import Reply
from laufzettel.records.people import PRESETS
from laufzettel.scenarios.read_acts import begin_of, invoice_of, reply_of, stub_of
from laufzettel.scenarios.read_steps import step_of
from laufzettel.scenarios.read_values import amount, moment, one_of
from laufzettel.scenarios.scenario import START, Given, Place, Scenario, Step, Stub
from laufzettel.scenarios.yaml_tree import Branch, read_documents

_SCENARIO: Final = frozenset({"scenario", "given", "steps"})
_GIVEN: Final = frozenset({"now", "tenant", "people", "stubs", "ledger", "invoice", "start"})


def read_file(file: Path) -> list[Scenario]:
    """Return the scenarios of a file, one a document; raises ScenarioFileError."""
    return [scenario_of(document) for document in read_documents(file)]


def scenario_of(document: Branch) -> Scenario:
    """Return the scenario that a document describes."""
    entries = document.mapping(_SCENARIO)
    for key in ("scenario", "steps"):
        if key not in entries:
            raise document.error(f"Dem Szenario fehlt „{key}“.")
    given, first = _given(entries.get("given"))
    people = frozenset(resident.id for resident in given.people)
    steps = [
        step_of(branch, people, number=number)
        for number, branch in enumerate(entries["steps"].items(), start=1)
    ]
    if not first and not any(step.act is not None for step in steps):
        raise document.error("Es geschieht nichts: „given“ braucht „invoice“ oder „start“.")
    return Scenario(
        title=entries["scenario"].text(),
        place=Place(file=document.file, line=document.line),
        given=given,
        steps=tuple(_merged(first, steps)),
    )


def _merged(first: list[Step], steps: list[Step]) -> list[Step]:
    """Let a first step that only looks look at what is given."""
    if len(first) == 1 and steps and steps[0].act is None and not steps[0].case:
        return [replace(steps[0], act=first[0].act), *steps[1:]]
    return [*first, *steps]


def _given(branch: Branch | None) -> tuple[Given, list[Step]]:
    """Return the world before, and the step with which it begins."""
    if branch is None:
        return Given(), []
    entries = branch.mapping(_GIVEN)
    given = Given(
        now=moment(entries["now"]) if "now" in entries else START,
        settings=_settings(entries.get("tenant")),
        people=_people(entries.get("people")),
        stubs=_stubs(entries.get("stubs")),
        reply=reply_of(entries["ledger"]) if "ledger" in entries else Reply(),
    )
    first = [
        Step(place=Place(file=branch.file, line=entries[key].line), act=read(entries[key]))
        for key, read in (("invoice", invoice_of), ("start", begin_of))
        if key in entries
    ]
    return given, first


# --- the tenant and its people ----------------------------------------------------------


def _settings(branch: Branch | None) -> dict[str, Any]:
    """Return the settings of the standard town with what the scenario changes."""
    if branch is None:
        return dict(SETTINGS)
    found = {key: _SETTINGS[key](value) for key, value in branch.mapping(_SETTINGS).items()}
    return {**SETTINGS, **found}


def _routing(branch: Branch) -> dict[str, str]:
    found = {part: unit.text() for part, unit in branch.mapping().items()}
    return {"": "poststelle", **found}


_SETTINGS: Final[dict[str, Callable[[Branch], Any]]] = {
    "second_signature_above": lambda branch: str(amount(branch)),
    "duty_preset": lambda branch: one_of(branch, PRESETS),
    "routing": _routing,
}


def _people(branch: Branch | None) -> tuple[Resident, ...]:
    """Return the standard town's people, with those that the scenario adds or changes."""
    known = {resident.id: resident for resident in PEOPLE}
    for key, value in (branch.mapping() if branch is not None else {}).items():
        known[key] = _resident(key, value)
    return tuple(known.values())


_PERSON: Final = frozenset({"name", "office", "groups", "powers"})


def _resident(person: str, branch: Branch) -> Resident:
    entries = branch.mapping(_PERSON)
    powers = entries["powers"].mapping() if "powers" in entries else {}
    return Resident(
        id=person,
        name=entries["name"].text() if "name" in entries else person,
        office=entries["office"].text() if "office" in entries else "erfunden",
        groups=entries["groups"].texts() if "groups" in entries else (),
        powers=tuple((duty, _limit(limit)) for duty, limit in powers.items()),
    )


def _limit(branch: Branch) -> str | None:
    return None if branch.content == "unbegrenzt" else str(amount(branch))


# --- the outside ------------------------------------------------------------------------


def _stubs(branch: Branch | None) -> tuple[Stub, ...]:
    if branch is None:
        return ()
    return tuple(stub_of(name, value) for name, value in branch.mapping().items())
