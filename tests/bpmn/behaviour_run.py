"""Plays the runs of a behaviour file: an act, then exactly what must be open after it.

Every run goes through ``Lab``, which takes each step twice, straight and from the stored
state, and compares both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from tests.bpmn import behaviour_model
from tests.engine.execution.lab import Lab, handlers

from laufzettel.engine.execution.timing import due
from laufzettel.engine.model.check import Checked, check
from laufzettel.engine.model.definition import Definition, EventKind
from laufzettel.engine.model.sources import Sources
from laufzettel.scenarios.path import Recorder

#: What a file, a run and a step may say; anything else is a slip of the pen.
FILE: Final = frozenset({"title", "clause", "model", "called", "runs", "refused"})
RUN: Final = frozenset({"name", "given", "open", "steps", "path", "variables", "ends"}) | {
    "held",
    "throws",
}
STEP: Final = frozenset({"with", "code", "open", "variables", "held", "throws", "ends"})


def linted(file: Mapping[str, Any]) -> Checked:
    """Return what the front end says of the model of a file."""
    assert set(file) <= FILE, set(file) - FILE
    given = {name for run in file.get("runs", ()) for name in run.get("given", {})}
    written = behaviour_model.files(file["model"], file.get("called", {}), given)
    return check(Sources(files=written), handlers=handlers().contracts)


def definition_of(file: Mapping[str, Any]) -> Definition:
    """Return the model of a file as the front end compiles it; it must lint without error."""
    checked = linted(file)
    errors = [f"{one.rule} {one.element}: {one.text_en}" for one in checked.findings]
    assert checked.definition is not None, "\n".join(errors)
    return checked.definition


def play(file: Mapping[str, Any], run: Mapping[str, Any]) -> None:
    """Play one run of the file."""
    assert set(run) <= RUN, set(run) - RUN
    definition = definition_of(file)
    recorder = Recorder(definition)
    lab = Lab(
        definition,
        watch=lambda inner: recorder.wrap(lambda _: inner)(definition),
        **_values(run.get("given", {})),
    )
    steps = run.get("steps", [])
    _look(lab, {**run, "ends": run.get("ends") if not steps else None}, "the start")
    for number, step in enumerate(steps, start=1):
        act = _act(step)
        ACTS[act](lab, step)
        ends = step.get("ends", run.get("ends") if number == len(steps) else None)
        _look(lab, {**step, "ends": ends}, f"step {number} ({act} {step[act]})")
    if "path" in run:
        [trip] = recorder._pending
        assert trip.way.elements == run["path"]
    if "variables" in run:
        assert dict(lab.variables) == _values(run["variables"])


def _act(step: Mapping[str, Any]) -> str:
    found = [key for key in step if key not in STEP]
    assert len(found) == 1 and found[0] in ACTS, f"one act a step, not {found}"
    return found[0]


def _look(lab: Lab, expected: Mapping[str, Any], where: str) -> None:
    """Compare what is open, held and thrown with what is expected."""
    assert sorted(lab.waits) == sorted(expected.get("open", [])), f"open after {where}"
    held = {trouble.element: trouble.cause for trouble in lab.changes.troubles}
    assert sorted(held) == sorted(expected.get("held", {})), f"held after {where}: {held}"
    for element, words in expected.get("held", {}).items():
        assert words in held[element], f"held after {where}"
    thrown = [one.name for one in lab.changes.messages]
    thrown += [one.name for one in lab.changes.signals]
    assert thrown == expected.get("throws", []), f"thrown after {where}"
    ends = expected.get("ends")
    assert lab.ended == (ends is not None), f"ended after {where}: {lab.ended}"
    if ends is not None:
        assert lab.end == ends, f"end after {where}"
    if "steps" not in expected:  # of a run they are what is left at its end
        for name, value in expected.get("variables", {}).items():
            assert lab.variables.get(name) == _value(value), f"{name} after {where}"


def _values(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in given.items()}


def _value(value: Any) -> Any:
    """Return a value of YAML as expressions know it."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return Decimal(str(value))
    if isinstance(value, list):
        return [_value(one) for one in value]
    if isinstance(value, dict):
        return _values(value)
    return value


def _complete(lab: Lab, step: Mapping[str, Any]) -> None:
    lab.complete(step["complete"], **_values(step.get("with", {})))


def _fire(lab: Lab, step: Mapping[str, Any]) -> None:
    lab.fire(step["fire"], **_values(step.get("with", {})))


def _fail(lab: Lab, step: Mapping[str, Any]) -> None:
    lab.fail(step["fail"], step["code"])


def _later(lab: Lab, step: Mapping[str, Any]) -> None:
    """Let time pass as a timer of that duration would count it."""
    now = lab.now
    lab.later(due(EventKind.TIMER_DURATION, step["later"], now=now, element="later") - now)


#: The acts: who does what from outside.
ACTS: Final[dict[str, Callable[[Lab, Mapping[str, Any]], object]]] = {
    "complete": _complete,  # an activity is done, with results
    "fire": _fire,  # the event at an element happens, with its payload
    "fail": _fail,  # the handler of an activity raises a BPMN error with a code
    "later": _later,  # time passes; what is due fires in its order
    "retry": lambda lab, step: lab.retry(step["retry"]),  # a held token is tried again
    "set": lambda lab, step: lab.set(**_values(step["set"])),  # variables are mended
}
