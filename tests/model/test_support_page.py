"""``docs/bpmn-support.md`` says what the front end does, no more and no less."""

from __future__ import annotations

from pathlib import Path

import pytest

from laufzettel.engine.model import probes
from laufzettel.engine.model.support import page, verdict
from laufzettel.engine.model.vocabulary import EVENTS, KINDS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "bpmn-support.md"
CELLS = [(kind, place) for kind, places in probes.ALLOWED.items() for place in sorted(places)]
#: Rules that refuse an element for what it is; any other one would blame the probe.
REFUSING = {
    "unsupported-element",
    "unsupported-event",
    "several-events",
    "event-subprocess-start",
    "for-compensation",
    "timer-cycle",
}


def test_the_page_is_what_the_program_says() -> None:
    """Renew it: ``./run -- lint --support > docs/bpmn-support.md``."""
    assert PAGE.read_text("utf-8") == page()


@pytest.mark.parametrize("name", [*probes.ELEMENTS, *probes.MARKERS])
def test_an_element_runs_or_is_refused_for_what_it_is(name: str) -> None:
    build = {**probes.ELEMENTS, **probes.MARKERS}[name]

    assert verdict(build()).rule.removeprefix("laufzettel/") in {*REFUSING, ""}


@pytest.mark.parametrize(("kind", "place"), CELLS)
def test_an_event_runs_or_is_refused_for_what_it_is(kind: str, place: str) -> None:
    assert verdict(probes.event(kind, place)).rule.removeprefix("laufzettel/") in {*REFUSING, ""}


def test_every_element_of_the_vocabulary_is_asked_for() -> None:
    """Events have a table of their own."""
    events = {tag for tag in KINDS if tag.endswith("Event")}

    assert KINDS.keys() - events <= probes.ELEMENTS.keys()


@pytest.mark.parametrize(
    ("kind", "place", "runs"),
    [
        ("message", "catch", True),
        ("timeDuration", "boundary beside", True),
        ("error", "boundary", True),
        ("terminate", "end", True),
        ("signal", "catch", True),
        ("escalation", "boundary beside", True),
        ("conditional", "event start beside", True),
        ("cancel", "end", False),
        ("compensate", "throw", False),
    ],
)
def test_the_answers_are_those_of_the_vocabulary(kind: str, place: str, runs: bool) -> None:
    assert (verdict(probes.event(kind, place)).rule == "") is runs


def test_every_event_of_the_vocabulary_has_a_cell_that_says_yes() -> None:
    """An event that the table of the vocabulary runs is not refused by some other rule."""
    tags = {"startEvent": "start", "intermediateCatchEvent": "catch", "boundaryEvent": "boundary"}
    tags |= {"intermediateThrowEvent": "throw", "endEvent": "end"}
    names = {"timerEventDefinition": "timeDuration"}
    for tag, definition in EVENTS:
        kind = names.get(definition, definition.removesuffix("EventDefinition"))
        assert verdict(probes.event(kind, tags[tag])).rule == "", (tag, definition)
