"""Every kind of element has its own look."""

from __future__ import annotations

from typing import Final

import pytest
from tests.web.diagram.sketch import (
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

from laufzettel.engine.model import vocabulary
from laufzettel.web.diagram import draw
from laufzettel.web.diagram.icons import EVENT_SIGNS


def drawn(elements: str, ident: str, *box: int, **said: str) -> str | None:
    """Return the drawing of one element."""
    return draw(model(elements, shape(ident, *(box or (0, 0, 100, 80)), **said)), {}, title="Weg")


@pytest.mark.parametrize("tag", sorted(vocabulary.KINDS))
def test_every_kind_that_the_engine_runs_is_drawn_with_its_name(tag: str) -> None:
    svg = drawn(f'<{tag} id="a" name="Name"/>', "a")

    assert written(svg) == ["Name"]


@pytest.mark.parametrize(("tag", "definition"), sorted(vocabulary.EVENTS))
def test_every_event_that_the_engine_runs_carries_its_sign(tag: str, definition: str) -> None:
    group = element(drawn(f'<{tag} id="a"><{definition}/></{tag}>', "a", 0, 0, 36, 36), "a")

    assert paths(group) == [EVENT_SIGNS[definition.removesuffix("EventDefinition")]]


def test_every_event_of_the_standard_is_drawn_differently() -> None:
    looks = {
        paths(element(drawn(f'<startEvent id="a"><{name}/></startEvent>', "a"), "a"))[0]
        for name in vocabulary.REFUSED_EVENTS
    }

    assert len(looks) == len(vocabulary.REFUSED_EVENTS) == 10


@pytest.mark.parametrize(
    ("tag", "filled"),
    [("intermediateCatchEvent", False), ("intermediateThrowEvent", True), ("endEvent", True)],
)
def test_what_is_sent_is_filled_and_what_is_awaited_is_not(tag: str, filled: bool) -> None:
    svg = drawn(f'<{tag} id="a"><signalEventDefinition/></{tag}>', "a", 0, 0, 36, 36)

    assert ("diagram-ink" in classes(element(svg, "a"))) is filled


@pytest.mark.parametrize(
    ("elements", "circles", "dashed"),
    [
        ('<startEvent id="a"/>', 1, False),
        ('<startEvent id="a" isInterrupting="false"/>', 1, True),
        ('<intermediateCatchEvent id="a"/>', 2, False),
        ('<boundaryEvent id="a"/>', 2, False),
        ('<boundaryEvent id="a" cancelActivity="false"/>', 2, True),
        ('<endEvent id="a"/>', 1, False),
    ],
)
def test_the_border_of_an_event_tells_its_place_and_whether_it_interrupts(
    elements: str, circles: int, dashed: bool
) -> None:
    found = list(element(drawn(elements, "a", 0, 0, 36, 36), "a").iter(f"{SVG}circle"))

    assert len(found) == circles
    assert all((each.get("stroke-dasharray") is not None) is dashed for each in found)


TASKS: Final = [
    "userTask",
    "serviceTask",
    "sendTask",
    "receiveTask",
    "scriptTask",
    "businessRuleTask",
    "manualTask",
]


def sign(tag: str) -> list[tuple[str | None, str | None]]:
    """Return how the sign of a task is painted."""
    group = element(drawn(f'<{tag} id="a"/>', "a"), "a")
    return [(each.get("class"), each.get("d")) for each in group.iter(f"{SVG}path")]


def test_every_kind_of_task_has_its_own_sign() -> None:
    looks = {str(sign(tag)) for tag in TASKS}

    assert len(looks) == len(TASKS) == 7
    assert "[]" not in looks


def test_a_plain_task_has_none() -> None:
    assert len(element(drawn('<task id="a"/>', "a"), "a")) == 1


@pytest.mark.parametrize(
    ("tag", "sign"),
    [
        ("exclusiveGateway", ["M -7 -8 L 7 8 M -7 8 L 7 -8"]),
        ("parallelGateway", ["M 0 -11 V 11 M -11 0 H 11"]),
        ("inclusiveGateway", ["M 11 0 A 11 11 0 1 1 -11 0 A 11 11 0 1 1 11 0 Z"]),
        ("eventBasedGateway", [EVENT_SIGNS["multiple"]]),
    ],
)
def test_a_gateway_is_a_diamond_with_its_sign(tag: str, sign: list[str]) -> None:
    group = element(drawn(f'<{tag} id="a"/>', "a", 0, 0, 50, 50), "a")

    assert group[0].get("points") == "25,0 50,25 25,50 0,25"
    assert paths(group) == sign


def test_an_exclusive_gateway_may_hide_its_cross() -> None:
    svg = drawn('<exclusiveGateway id="a"/>', "a", 0, 0, 50, 50, isMarkerVisible="false")

    assert paths(element(svg, "a")) == []


def test_a_call_has_a_thick_border() -> None:
    frame = element(drawn('<callActivity id="a"/>', "a"), "a")[0]

    assert frame.get("stroke-width") == "4"


def test_a_closed_sub_process_has_a_plus_and_an_open_one_has_not() -> None:
    plus = "M -7 -7 H 7 V 7 H -7 Z M 0 -4.5 V 4.5 M -4.5 0 H 4.5"

    closed = drawn('<subProcess id="a" name="X"/>', "a", 0, 0, 100, 80, isExpanded="false")
    opened = drawn('<subProcess id="a" name="X"/>', "a", 0, 0, 300, 200, isExpanded="true")

    assert (plus in paths(element(closed, "a")), plus in paths(element(opened, "a"))) == (
        True,
        False,
    )


def test_what_lies_in_an_open_sub_process_is_drawn_above_it() -> None:
    source = model(
        '<subProcess id="s" triggeredByEvent="true"><task id="t" name="Innen"/></subProcess>',
        shape("t", 50, 50, 100, 80) + shape("s", 0, 0, 300, 200, isExpanded="true"),
    )

    svg = draw(source, {}, title="Weg")

    order = [each.get("data-element") for each in parsed(svg) if each.get("data-element")]
    assert order == ["s", "t"]
    assert element(svg, "s")[0].get("stroke-dasharray") == "1.5 3"


@pytest.mark.parametrize(
    ("loop", "sign"),
    [
        ("<standardLoopCharacteristics/>", "M -2 6 A 5.8 5.8 0 1 1 2.5 5.6 M -6.5 6.4 H -2 V 2"),
        ("<multiInstanceLoopCharacteristics/>", "M -4.5 -6 V 6 M 0 -6 V 6 M 4.5 -6 V 6"),
        (
            '<multiInstanceLoopCharacteristics isSequential="true"/>',
            "M -6 -4.5 H 6 M -6 0 H 6 M -6 4.5 H 6",
        ),
    ],
)
def test_what_repeats_says_so_at_its_foot(loop: str, sign: str) -> None:
    assert sign in paths(element(drawn(f'<task id="a">{loop}</task>', "a"), "a"))


def test_pools_lanes_messages_data_notes_and_groups_are_drawn() -> None:
    source = model(
        '<laneSet><lane id="l" name="Kasse"><flowNodeRef>t</flowNodeRef></lane></laneSet>'
        '<task id="t" name="Buchen"/><dataObjectReference id="d" name="Beleg"/>'
        '<dataStoreReference id="s" name="Archiv"/>'
        '<textAnnotation id="n"><text>Nur mit Beleg</text></textAnnotation>'
        '<association id="as" sourceRef="t" targetRef="n"/>'
        '<group id="g" categoryValueRef="v"/>',
        shape("pool", 0, 0, 600, 250)
        + shape("l", 30, 0, 570, 250)
        + shape("other", 0, 300, 600, 60)
        + shape("t", 100, 60, 100, 80)
        + shape("d", 260, 60, 36, 50)
        + shape("s", 340, 60, 50, 50)
        + shape("n", 430, 60, 120, 30)
        + shape("g", 80, 40, 140, 120)
        + edge("as", (200, 80), (430, 75))
        + edge("m", (150, 140), (150, 300)),
        '<category><categoryValue id="v" value="Abend"/></category><collaboration id="c">'
        '<participant id="pool" name="Rathaus" processRef="p"/>'
        '<participant id="other" name="Bank"/>'
        '<messageFlow id="m" name="Auftrag" sourceRef="t" targetRef="other"/></collaboration>',
    )

    svg = draw(source, {}, title="Weg")

    assert sorted(written(svg)) == [
        "Abend",
        "Archiv",
        "Auftrag",
        "Bank",
        "Beleg",
        "Buchen",
        "Kasse",
        "Nur mit Beleg",
        "Rathaus",
    ]
    dashes = [each.get("stroke-dasharray") for each in parsed(svg).iter(f"{SVG}path", f"{SVG}rect")]
    assert {"7 5", "1.5 4", "8 4 1.5 4"} <= set(dashes)
    assert "rotate(-90)" in (svg or "")


def test_a_flow_of_data_ends_in_an_open_arrow() -> None:
    source = model(
        '<dataObjectReference id="d"/><task id="t"><dataInputAssociation id="i">'
        "<sourceRef>d</sourceRef></dataInputAssociation></task>",
        shape("d", 0, 0, 36, 50) + shape("t", 100, 0, 100, 80) + edge("i", (36, 25), (100, 25)),
    )

    root = parsed(draw(source, {}, title="Weg"))

    assert "M 90 20.5 L 100 25 L 90 29.5" in paths(root)


def test_a_flow_between_gateways_bends_round() -> None:
    source = model(
        '<task id="a"/><task id="b"/>' + flow("f", "a", "b"),
        shape("a", 0, 0, 50, 50) + edge("f", (50, 25), (100, 25), (100, 200)),
    )

    assert "M 50 25 L 94 25 Q 100 25 100 31 L 100 195" in paths(parsed(draw(source, {}, title="W")))
