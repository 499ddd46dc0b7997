"""A small model is drawn as it stands in its file."""

from __future__ import annotations

import pytest
from tests.web.diagram.sketch import (
    DRAWN,
    ELEMENTS,
    SIMPLE,
    SVG,
    classes,
    edge,
    element,
    flow,
    model,
    parsed,
    paths,
    shape,
    written,
)

from laufzettel.errors import InputError
from laufzettel.web.diagram import StepState, draw

ONE_TASK = """<svg xmlns="http://www.w3.org/2000/svg" class="diagram" role="img" \
aria-labelledby="weg" viewBox="-14 -14 128 108" width="128" height="108" \
font-family="Fira Sans, DejaVu Sans, Noto Sans, Arial, sans-serif" font-size="12" fill="#171a2b">\
<title id="weg">Weg der Rechnung</title><g class="diagram-activity" data-element="a">\
<rect x="0" y="0" width="100" height="80" rx="8" class="diagram-shape" fill="#ffffff" \
stroke="#171a2b" stroke-width="1.5"/><text class="diagram-text" x="50" y="44" font-size="12" \
text-anchor="middle" fill="#171a2b">Prüfen</text></g></svg>"""


def test_a_single_task_is_a_rounded_rectangle_with_its_name() -> None:
    source = model('<task id="a" name="Prüfen"/>', shape("a", 0, 0, 100, 80))

    assert draw(source, {}, title="Weg der Rechnung", ident="weg") == ONE_TASK


def test_begin_task_and_end_are_drawn_with_their_names() -> None:
    svg = draw(SIMPLE, {}, title="Weg")

    assert written(svg) == ["Rechnung", "prüfen", "Eingang", "Fertig"]
    assert [each.get("class") for each in parsed(svg) if each.get("data-element")] == [
        "diagram-event",
        "diagram-activity",
        "diagram-event",
    ]


def test_begin_and_end_differ_by_the_thickness_of_their_border() -> None:
    svg = draw(SIMPLE, {}, title="Weg")

    borders = [element(svg, ident)[0].get("stroke-width") for ident in ("begin", "end")]
    assert borders == ["1.5", "4"]


def test_the_tip_of_an_arrow_touches_the_border_of_its_target() -> None:
    tips = [each.get("points", "").split()[0] for each in parsed(_simple()).iter(f"{SVG}polygon")]

    assert tips == ["80,40", "230,40"]


def _simple() -> str | None:
    return draw(SIMPLE, {}, title="Weg")


@pytest.mark.parametrize(
    ("end", "tip"),
    [((130, 40), "80,40"), ((70, 40), "80,40"), ((80, 40), "80,40"), ((20, 40), "20,40")],
    ids=["in the middle of it", "a little before it", "on its border", "far from it"],
)
def test_an_arrow_that_was_drawn_carelessly_is_brought_to_the_border(
    end: tuple[int, int], tip: str
) -> None:
    drawn = shape("check", 80, 0, 100, 80) + edge("f1", (0, 40), end)

    svg = draw(model(ELEMENTS, drawn), {}, title="Weg")

    (arrow,) = parsed(svg).iter(f"{SVG}polygon")
    assert arrow.get("points", "").split()[0] == tip


@pytest.mark.parametrize(
    ("target", "tip"),
    [("endEvent", "82,40"), ("exclusiveGateway", "80,40")],
)
def test_an_arrow_ends_at_circle_and_diamond_not_at_their_box(target: str, tip: str) -> None:
    """It aims at the middle; the box of both begins at 80, and the circle is not as wide."""
    source = model(
        f'<task id="a"/><{target} id="b"/>' + flow("f", "a", "b"),
        shape("b", 80, 20, 44, 40) + edge("f", (0, 40), (102, 40)),
    )

    (arrow, *_) = [
        each
        for each in parsed(draw(source, {}, title="Weg")).iter(f"{SVG}polygon")
        if each.get("class") == "diagram-ink"
    ]
    assert arrow.get("points", "").split()[0] == tip


def test_a_default_flow_has_a_slash_and_a_conditional_one_a_diamond() -> None:
    condition = "<conditionExpression>=x</conditionExpression>"
    source = model(
        '<task id="a" default="f1"/><task id="b"/><task id="c"/>'
        + flow("f1", "a", "b")
        + flow("f2", "a", "c", inside=condition),
        shape("a", 0, 0, 100, 80)
        + shape("b", 200, 0, 100, 80)
        + shape("c", 200, 100, 100, 80)
        + edge("f1", (100, 40), (200, 40))
        + edge("f2", (50, 80), (50, 140), (200, 140)),
    )

    root = parsed(draw(source, {}, title="Weg"))

    assert "M 104 35.5 L 109 44.5" in paths(root)
    diamonds = [each.get("points") for each in root.iter(f"{SVG}polygon")]
    assert "50,80 55,88 50,96 45,88" in diamonds


def test_a_gateway_marks_its_conditions_by_being_one() -> None:
    source = model(
        '<exclusiveGateway id="a"/><task id="b"/>'
        + flow("f", "a", "b", inside="<conditionExpression>=x</conditionExpression>"),
        shape("a", 0, 0, 50, 50) + shape("b", 100, 0, 100, 80) + edge("f", (50, 25), (100, 25)),
    )

    assert len(list(parsed(draw(source, {}, title="Weg")).iter(f"{SVG}polygon"))) == 2


@pytest.mark.parametrize(
    ("state", "fill", "width", "sign"),
    [
        (StepState.DONE, "#d9f3e8", "1.5", "M -3.8 0.2 L -1.2 3 L 4 -3"),
        (StepState.ACTIVE, "#dcebfb", "3", "M -2.2 -3.6 L 3.8 0 L -2.2 3.6 Z"),
        (StepState.INCIDENT, "#fde3e1", "3", "M 0 -4 V 1.2 M 0 3.6 V 4.4"),
    ],
)
def test_a_state_is_told_by_a_sign_and_a_border_and_not_only_by_colour(
    state: StepState, fill: str, width: str, sign: str
) -> None:
    group = element(draw(SIMPLE, {"check": state}, title="Weg"), "check")

    frame = next(each for each in group.iter() if each.get("class") == "diagram-shape")
    assert (frame.get("fill"), frame.get("stroke-width")) == (fill, width)
    assert sign in paths(group)
    assert group.get("class") == f"diagram-activity diagram-{state}"


def test_only_where_a_case_waits_there_is_a_halo() -> None:
    states = {"begin": StepState.DONE, "check": StepState.ACTIVE, "end": StepState.INCIDENT}

    svg = draw(SIMPLE, states, title="Weg")

    halos = ["diagram-ring" in classes(element(svg, ident)) for ident in states]
    assert halos == [False, True, True]


def test_the_sign_of_the_state_keeps_clear_of_events_on_the_border() -> None:
    source = model(
        ELEMENTS + '<boundaryEvent id="late" attachedToRef="check"/>',
        DRAWN + shape("late", 150, -18, 36, 36),
    )
    states = {"check": StepState.ACTIVE}

    plain = element(draw(SIMPLE, states, title="Weg"), "check")
    beside = element(draw(source, states, title="Weg"), "check")

    assert plain[-1].get("transform") == "translate(176 3)"
    assert beside[-1].get("transform") == "translate(176 77)"


def test_a_boundary_event_is_drawn_above_its_task_wherever_the_file_has_it() -> None:
    source = model(
        '<boundaryEvent id="late" attachedToRef="check"/>' + ELEMENTS,
        shape("late", 150, -18, 36, 36) + DRAWN,
    )

    order = [each.get("data-element") for each in parsed(draw(source, {}, title="Weg"))]

    assert order.index("late") > order.index("check")


def test_states_of_unknown_elements_are_passed_over() -> None:
    known = draw(SIMPLE, {}, title="Weg")

    assert draw(SIMPLE, {"gone": StepState.ACTIVE, "f1": StepState.DONE}, title="Weg") == known


def test_it_is_an_image_with_a_title_and_nothing_in_it_takes_the_focus() -> None:
    root = parsed(draw(SIMPLE, {}, title="Ablauf: Rechnung 4471"))

    title = root[0]
    assert (root.get("role"), title.tag, title.text) == (
        "img",
        f"{SVG}title",
        "Ablauf: Rechnung 4471",
    )
    assert root.get("aria-labelledby") == title.get("id")
    attributes = {name for each in root.iter() for name in each.attrib}
    assert not attributes & {"tabindex", "href", "focusable", "style", "onclick"}


def test_two_drawings_on_one_page_have_titles_of_their_own() -> None:
    whole, part = (
        parsed(draw(SIMPLE, {}, title="Weg", around=near))[0].get("id") for near in ((), ("check",))
    )

    assert whole != part


def test_the_same_drawing_has_the_same_text_again() -> None:
    assert draw(SIMPLE, {}, title="Weg") == draw(bytes(bytearray(SIMPLE)), {}, title="Weg")


def test_an_ident_that_is_no_id_is_a_bug_of_the_caller() -> None:
    with pytest.raises(ValueError, match="not an id"):
        draw(SIMPLE, {}, title="Weg", ident='x" onload="')


def test_without_a_drawing_in_the_model_there_is_none() -> None:
    assert draw(model(ELEMENTS), {}, title="Weg") is None


def test_what_is_no_bpmn_is_refused_in_german() -> None:
    with pytest.raises(InputError, match="kein BPMN-Modell"):
        draw(b"<html/>", {}, title="Weg")


def test_of_several_drawings_the_one_with_the_wanted_element_is_taken() -> None:
    second = f"<bpmndi:BPMNPlane>{shape('end', 0, 0, 36, 36)}</bpmndi:BPMNPlane>"
    source = SIMPLE.replace(
        b"</definitions>",
        f"<bpmndi:BPMNDiagram>{second}</bpmndi:BPMNDiagram></definitions>".encode(),
    )
    without_end = source.replace(shape("end", 230, 22, 36, 36).encode(), b"", 1)

    assert written(draw(without_end, {}, title="Weg", around=["end"])) == ["Fertig"]
