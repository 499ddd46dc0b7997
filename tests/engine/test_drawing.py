"""Where a case stands in its drawing."""

from __future__ import annotations

from tests.engine.execution.desk import Desk
from tests.engine.execution.lab_handlers import behaviour

from laufzettel.engine.api import Drawing, ElementState
from laufzettel.engine.handler import NotSentError


def drawn(desk: Desk, case_id: str) -> Drawing:
    return desk.engine.drawing(desk.all, case_id)


def states(desk: Desk, case_id: str) -> dict[str, list[str]]:
    """The elements by their state."""
    found = drawn(desk, case_id).states
    return {
        state: sorted(element for element, one in found.items() if one is state)
        for state in ElementState
    }


def test_the_drawing_is_the_file_that_was_deployed(desk: Desk) -> None:
    case_id = desk.start(
        "call c other\nuser a\nstart>c c>a a>end\nprocess other\nother.start>other.end"
    )

    found = drawn(desk, case_id)

    assert found.process == "main"
    assert b'<process id="main"' in found.source


def test_done_is_what_a_token_has_certainly_passed(desk: Desk) -> None:
    case_id = desk.start(
        "knows x\nxor split\nuser a\nuser b\nxor join\nuser c\n"
        "start>split split>a[x] split>b* a>join b>join join>c c>end",
        x=True,
    )
    assert states(desk, case_id) == {"done": ["split", "start"], "active": ["a"], "incident": []}

    desk.complete("a")
    assert states(desk, case_id) == {
        "done": ["a", "join", "split", "start"],
        "active": ["c"],
        "incident": [],
    }

    desk.complete("c")
    assert states(desk, case_id) == {
        "done": ["a", "c", "end", "join", "split", "start"],
        "active": [],
        "incident": [],
    }


def test_a_boundary_event_is_not_active_while_its_activity_is(desk: Desk) -> None:
    case_id = desk.start("user a\nboundary b a timer P3D\nstart>a a>end b>end")

    assert states(desk, case_id)["active"] == ["a"]


def test_around_what_is_active_the_subprocess_is_active(desk: Desk) -> None:
    case_id = desk.start("sub s\nuser a\ns.start>a a>s.end\nclose\nstart>s s>end")

    assert states(desk, case_id) == {
        "done": ["s.start", "start"],
        "active": ["a", "s"],
        "incident": [],
    }


def test_what_is_done_again_is_active_and_not_done(desk: Desk) -> None:
    case_id = desk.start(
        "xor begin\nuser a\nasks again checkbox\nxor ok\n"
        "start>begin begin>a a>ok ok>begin[again] ok>end*"
    )
    desk.complete("a", again="true")

    assert states(desk, case_id) == {
        "done": ["begin", "start"],
        "active": ["a"],
        "incident": [],
    }


def test_what_a_person_must_look_at_is_marked(desk: Desk) -> None:
    behaviour["slow"] = NotSentError("Kein Netz.")
    case_id = desk.start(
        "and split\nuser a\nservice s lab.slow 1\nstart>split split>a split>s a>end s>end"
    )
    assert states(desk, case_id)["active"] == ["a", "s"]
    desk.run_jobs()

    assert states(desk, case_id) == {
        "done": ["split", "start"],
        "active": ["a"],
        "incident": ["s"],
    }


def test_what_could_not_start_is_marked_as_well(desk: Desk) -> None:
    case_id = desk.start("service s lab.refuse\nstart>s s>end")

    assert states(desk, case_id)["incident"] == ["s"]


def test_what_was_handed_over_is_done(desk: Desk) -> None:
    case_id = desk.start("service s lab.send\nuser a\nstart>s s>a a>end")
    desk.run_jobs()

    assert states(desk, case_id) == {"done": ["s", "start"], "active": ["a"], "incident": []}


def test_a_cancelled_case_shows_what_was_done(desk: Desk) -> None:
    case_id = desk.start("user a\nuser b\nstart>a a>b b>end")
    desk.complete("a")
    desk.engine.cancel(desk.all, case_id, "Irrläufer")

    assert states(desk, case_id) == {"done": ["a", "start"], "active": [], "incident": []}
