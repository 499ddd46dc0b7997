"""Around an element only its neighbourhood is drawn, so that a half page is wide enough."""

from __future__ import annotations

import itertools

import pytest
from tests.web.diagram.sketch import (
    SHIPPED,
    SVG,
    edge,
    element,
    flow,
    model,
    parsed,
    shape,
    written,
)

from laufzettel.web.diagram import StepState, draw, steps
from laufzettel.web.diagram.read import read

NODES = sorted(each.id for each in read(SHIPPED).elements.values() if each.is_node)


def ids(svg: str | None) -> set[str]:
    """Return what is drawn."""
    found = (each.get("data-element") for each in parsed(svg))
    return {ident for ident in found if ident}


def row(count: int, distance: int = 150) -> bytes:
    """Return a process of tasks in a row."""
    names = [f"t{number}" for number in range(count)]
    tasks = "".join(f'<task id="{name}" name="{name.upper()}"/>' for name in names)
    pairs = list(itertools.pairwise(names))
    flows = "".join(flow(f"{a}{b}", a, b) for a, b in pairs)
    shapes = "".join(shape(name, n * distance, 0, 100, 80) for n, name in enumerate(names))
    edges = "".join(
        edge(f"{a}{b}", (n * distance + 100, 40), ((n + 1) * distance, 40))
        for n, (a, b) in enumerate(pairs)
    )
    return model(tasks + flows, shapes + edges)


def test_it_shows_one_step_before_and_one_after() -> None:
    svg = draw(row(7), {}, title="Weg", around=["t3"])

    assert ids(svg) == {"t2", "t3", "t4"}
    assert parsed(svg).get("viewBox") == "264 -36 472 152"


def test_lines_that_lead_elsewhere_go_on_in_three_dots() -> None:
    dots = [
        each.get("cx")
        for each in parsed(draw(row(7), {}, title="W", around=["t3"])).iter(f"{SVG}circle")
    ]

    assert dots == ["277", "272", "267", "723", "728", "733"]


def test_at_the_beginning_and_at_the_end_nothing_goes_on() -> None:
    root = parsed(draw(row(3), {}, title="Weg", around=["t1"]))

    assert list(root.iter(f"{SVG}circle")) == []


def test_gateways_are_passed_to_the_next_step_where_there_is_room() -> None:
    source = model(
        '<task id="a"/><exclusiveGateway id="x"/><task id="b"/><task id="c"/>'
        + flow("f1", "a", "x")
        + flow("f2", "x", "b")
        + flow("f3", "b", "c"),
        shape("a", 0, 0, 100, 80)
        + shape("x", 140, 15, 50, 50)
        + shape("b", 230, 0, 100, 80)
        + shape("c", 400, 0, 100, 80),
    )

    assert ids(draw(source, {}, title="Weg", around=["a"])) == {"a", "x", "b"}


def test_what_is_too_far_away_is_left_to_the_list() -> None:
    source = row(3, distance=900)

    assert ids(draw(source, {}, title="Weg", around=["t1"])) == {"t1"}
    assert [step.name for step in steps(source, {}, around=["t1"])] == ["T0", "T1", "T2"]


def test_several_wanted_elements_are_all_drawn_however_far_apart() -> None:
    svg = draw(row(7), {}, title="Weg", around=["t0", "t6"])

    assert {"t0", "t6"} <= ids(svg)
    assert parsed(svg).get("width") == "1072"


def test_wanted_elements_that_nobody_knows_leave_the_whole_model() -> None:
    assert draw(row(3), {}, title="W", around=["gone"], ident="i") == draw(
        row(3), {}, title="W", ident="i"
    )


def test_a_pool_that_goes_on_outside_is_named_at_the_top() -> None:
    beside = '<collaboration><participant id="pool" name="Rathaus" processRef="p"/></collaboration>'
    drawn = shape("pool", -100, -200, 1200, 400)
    source = row(7).replace(b'<process id="p">', f'{beside}<process id="p">'.encode())
    source = source.replace(
        b"<bpmndi:BPMNPlane>",
        f"<bpmndi:BPMNPlane>{drawn}".encode(),
    )

    svg = draw(source, {}, title="Weg", around=["t3"])

    assert "Rathaus" in written(svg)
    assert parsed(svg).get("viewBox") == "264 -58 472 174"


@pytest.mark.parametrize("ident", NODES)
def test_every_neighbourhood_of_the_shipped_model_is_readable_in_half_a_page(ident: str) -> None:
    states = {ident: StepState.ACTIVE}

    svg = draw(SHIPPED, states, title="Weg", around=[ident])

    root = parsed(svg)
    assert int(root.get("width", "")) <= 600
    assert int(root.get("height", "")) <= 420
    assert {each.get("font-size") for each in root.iter(f"{SVG}text")} <= {"12"}
    assert "diagram-active" in element(svg, ident).get("class", "")


@pytest.mark.parametrize("ident", NODES)
def test_what_is_drawn_around_an_element_is_in_its_list(ident: str) -> None:
    svg = draw(SHIPPED, {}, title="Weg", around=[ident])
    listed = steps(SHIPPED, {}, around=[ident])

    unnamed = {each.id for each in read(SHIPPED).elements.values() if not each.name}
    assert ids(svg) - unnamed <= {step.id for step in listed}


def test_the_shipped_model_is_drawn_whole() -> None:
    svg = draw(SHIPPED, {}, title="Weg")

    assert ids(svg) == set(NODES)
    assert parsed(svg).get("viewBox") == "86 6 5023.06 993"
    assert len(NODES) == 92


@pytest.mark.parametrize("around", [(), ("certify",), ("order",), ("await_payment",)])
def test_no_text_of_the_shipped_model_leaves_its_drawing(around: tuple[str, ...]) -> None:
    root = parsed(draw(SHIPPED, {}, title="Weg", around=around))

    x, y, width, height = map(float, root.get("viewBox", "").split())
    for text in root.iter(f"{SVG}text"):
        assert x < float(text.get("x", "")) < x + width
        assert y < float(text.get("y", "")) < y + height


def test_nothing_of_the_shipped_model_is_shortened_but_in_the_drawing_of_a_part() -> None:
    assert [text for text in written(draw(SHIPPED, {}, title="Weg")) if "…" in text] == []
