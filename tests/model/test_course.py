"""The course of a process: where a token goes, and what it must have passed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.engine.execution.draw import compiled

from laufzettel.engine.model.course import Course
from laufzettel.engine.model.definition import Element, Flow, Kind, Process


def course(text: str) -> Course:
    definition = compiled(text)
    return Course(definition.processes[definition.main])


def test_what_lies_on_every_way_has_been_passed() -> None:
    found = course(
        "knows x\nuser a\nxor split\nuser b\nuser c\nxor join\nuser d\n"
        "start>a a>split split>b[x] split>c* b>join c>join join>d d>end"
    )

    assert list(found.passed("d")) == ["d", "join", "split", "a", "start"]
    assert list(found.passed("b")) == ["b", "split", "a", "start"]


def test_a_way_leads_back_where_a_token_has_been_however_long_the_ways_are() -> None:
    found = course(
        "knows x\nxor begin\nxor split\nuser short\nuser long\nuser longer\nxor join\nxor ok\n"
        "start>begin begin>split split>short[x] short>join split>long* long>longer "
        "longer>join\n"
        "join>ok ok>begin[x] ok>end*"
    )

    assert found.is_back("ok", "begin")
    assert not found.is_back("longer", "join")


def test_a_subprocess_is_entered_and_left() -> None:
    found = course(
        "user a\nsub s\nuser b\ns.start>b b>s.end\nclose\nboundary late s timer P1D\nuser c\n"
        "start>a a>s s>c c>end late>end"
    )

    assert found.after("s") == ["s.start"]
    assert found.after("s.end") == ["c"]
    assert found.boundaries("s") == ["late"]
    assert list(found.passed("c")) == ["c", "s.end", "b", "s.start", "s", "a", "start"]
    assert list(found.passed("late")) == ["late", "s", "a", "start"]
    assert (found.is_end("s.end"), found.is_end("end")) == (False, True)


def test_a_link_jumps() -> None:
    found = course("user a\nthrow t link far\ncatch c link far\nuser b\nstart>a a>t c>b b>end")

    assert found.after("t") == ["c"]
    assert "t" in list(found.passed("b"))
    assert not found.is_end("t")


EDGES = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=24)


@given(EDGES)
def test_whatever_the_flows_are_only_what_cannot_be_avoided_is_passed(
    edges: list[tuple[int, int]],
) -> None:
    """Compared with the plain definition: without it, the element is not reached."""
    found = Course(_process(edges))

    for number in _reached(edges, without=None):
        expected = {
            other
            for other in _reached(edges, without=None)
            if other == number or number not in _reached(edges, without=other)
        }
        assert {int(one[1:]) for one in found.passed(f"n{number}")} == expected


def _process(edges: list[tuple[int, int]]) -> Process:
    flows = {
        f"f{place}": Flow(id=f"f{place}", source=f"n{source}", target=f"n{target}")
        for place, (source, target) in enumerate(edges)
    }
    elements = {
        f"n{number}": Element(
            id=f"n{number}",
            kind=Kind.PASS if number else Kind.START,
            scope="p",
            outgoing=tuple(key for key, flow in flows.items() if flow.source == f"n{number}"),
        )
        for number in range(8)
    }
    return Process(id="p", name="", elements=elements, flows=flows)


def _reached(edges: list[tuple[int, int]], *, without: int | None) -> set[int]:
    found, todo = set[int](), [0]
    while todo:
        node = todo.pop()
        if node != without and node not in found:
            found.add(node)
            todo += [target for source, target in edges if source == node]
    return found
