"""Whatever a file holds: a drawing, or a German sentence why there is none."""

from __future__ import annotations

from html import escape
from pathlib import Path

import pytest
from tests.web.diagram.sketch import (
    DRAWN,
    ELEMENTS,
    SIMPLE,
    SVG,
    edge,
    flow,
    model,
    parsed,
    shape,
    written,
)

from laufzettel.errors import InputError
from laufzettel.web.diagram import StepState, draw, steps
from laufzettel.web.diagram.read import ELEMENTS_MAX, LINES_MAX, SOURCE_MAX

ROOT = Path(__file__).resolve().parents[3]
HOSTILE = "</text></svg><script>alert(1)</script>\"'&amp;"


def drawn_ids(svg: str | None) -> list[str]:
    """Return what is drawn."""
    return [each.get("data-element", "") for each in parsed(svg) if each.get("data-element")]


def test_markup_in_a_name_stays_text() -> None:
    source = model(f'<task id="a" name="{escape(HOSTILE)}"/>', shape("a", 0, 0, 600, 80))

    svg = draw(source, {}, title=HOSTILE)

    assert [each.tag for each in parsed(svg).iter()] == [
        f"{SVG}{name}" for name in ("svg", "title", "g", "rect", "text")
    ]
    assert written(svg) == [HOSTILE]
    assert parsed(svg)[0].text == HOSTILE


def test_markup_in_an_id_stays_an_attribute() -> None:
    hostile = 'a" onload="alert(1)'
    source = model(f'<task id="{escape(hostile)}"/>', shape(escape(hostile), 0, 0, 100, 80))

    assert drawn_ids(draw(source, {hostile: StepState.DONE}, title="Weg")) == [hostile]


def test_what_cannot_be_seen_is_left_out_of_names() -> None:
    source = model(
        '<task id="a" name="Ab&#x202e;lage&#x7f; &#x9b;zu&#xa;Akte"/>', shape("a", 0, 0, 200, 80)
    )

    assert written(draw(source, {}, title="A\0B\ud800C")) == ["Ab lage zu Akte"]
    assert steps(source, {})[0].name == "Ab lage zu Akte"


def test_a_very_long_name_ends_in_an_ellipsis_and_the_list_has_more_of_it() -> None:
    source = model(f'<task id="a" name="{"wort " * 100_000}"/>', shape("a", 0, 0, 100, 80))

    lines = written(draw(source, {}, title="x" * 100_000))

    assert (len(lines), lines[-1]) == (5, "wort wort …")
    assert len(steps(source, {})[0].name) == 500


@pytest.mark.parametrize(
    "number", ["NaN", "INF", "-inf", "1e9", "-99999", "1_0", "٣", "", "zwei", "0x10", "1e-99999"]
)
def test_a_shape_without_a_place_is_left_out(number: str) -> None:
    source = model(ELEMENTS, DRAWN + shape("x", 0, 0, 9, 9)).replace(
        b'<dc:Bounds x="80"', f'<dc:Bounds x="{number}"'.encode()
    )

    assert drawn_ids(draw(source, {}, title="Weg")) == ["begin", "end"]


@pytest.mark.parametrize("size", ["0", "-5", "NaN", "1e308"])
def test_a_shape_without_a_size_is_left_out(size: str) -> None:
    assert draw(model('<task id="a"/>', shape("a", 0, 0, size, 80)), {}, title="Weg") is None


def test_negative_places_are_drawn() -> None:
    svg = draw(model('<task id="a"/>', shape("a", -300, -200, 100, 80)), {}, title="Weg")

    assert parsed(svg).get("viewBox") == "-314 -214 128 108"


@pytest.mark.parametrize(
    "points",
    [
        [],
        [(0, 0)],
        [(5, 5), (5, 5), (5, 5)],
        [("NaN", 0), (0, 0)],
    ],
    ids=["none", "one", "one thrice", "one in two"],
)
def test_a_line_that_has_no_way_is_left_out(points: list[tuple[object, object]]) -> None:
    drawn = shape("begin", 0, 22, 36, 36) + edge("f1", *points)

    svg = draw(model(ELEMENTS, drawn), {}, title="Weg")

    assert list(parsed(svg).iter(f"{SVG}polygon")) == []


def test_a_line_and_a_shape_that_belong_to_nothing_are_left_out() -> None:
    drawn = shape("gone", 0, 0, 100, 80) + edge("gone", (0, 0), (9, 9))

    assert draw(model(ELEMENTS, drawn), {}, title="Weg") is None


def test_a_line_to_nowhere_is_drawn_without_its_name_which_no_list_could_tell() -> None:
    source = model(
        '<task id="a"/>' + flow("f", "a", "gone", 'name="wohin"'),
        shape("a", 0, 0, 100, 80) + edge("f", (100, 40), (150, 40)),
    )

    assert written(draw(source, {}, title="Weg")) == []


def test_a_drawing_a_hundred_metres_wide_is_made_smaller() -> None:
    source = model(
        '<task id="a"/><task id="b"/>',
        shape("a", -49_000, 0, 100, 80) + shape("b", 49_000, 0, 100, 80),
    )

    assert parsed(draw(source, {}, title="Weg")).get("width") == "20000"


def test_a_shape_is_drawn_once_however_often_the_file_has_it() -> None:
    assert drawn_ids(draw(model(ELEMENTS, DRAWN * 50), {}, title="Weg")) == [
        "begin",
        "check",
        "end",
    ]


def test_of_two_elements_with_one_id_the_first_counts() -> None:
    source = model('<task id="a" name="A"/><task id="a" name="B"/>', shape("a", 0, 0, 100, 80))

    assert written(draw(source, {}, title="Weg")) == ["A"]
    assert [step.name for step in steps(source, {})] == ["A"]


def test_a_sub_process_called_as_its_process_hides_nothing() -> None:
    source = model('<subProcess id="p" name="S"><task id="t" name="T"/></subProcess>')

    assert [step.name for step in steps(source, {})] == ["S", "T"]


def test_an_event_on_its_own_border_does_not_hang() -> None:
    source = model(
        '<boundaryEvent id="b" name="B" attachedToRef="b"/>' + flow("f", "b", "b"),
        shape("b", 0, 0, 36, 36) + edge("f", (0, 0), (36, 36)),
    )

    assert written(draw(source, {}, title="Weg", around=["b"])) == ["B"]
    assert [step.name for step in steps(source, {}, around=["b"])] == ["B"]


def test_thousands_of_elements_in_a_row_are_drawn_and_listed() -> None:
    many = range(ELEMENTS_MAX)
    source = model(
        "".join(f'<task id="t{n}" name="T{n}"/>' for n in many)
        + "".join(flow(f"f{n}", f"t{n}", f"t{n + 1}") for n in many[:-1]),
        "".join(shape(f"t{n}", n % 100 * 150, n // 100 * 120, 100, 80) for n in many),
    )

    assert len(drawn_ids(draw(source, {}, title="Weg"))) == ELEMENTS_MAX
    assert [step.name for step in steps(source, {})][-1] == f"T{ELEMENTS_MAX - 1}"
    assert len(drawn_ids(draw(source, {}, title="Weg", around=["t50"]))) < 20


@pytest.mark.parametrize(
    ("elements", "words"),
    [
        ("<task/>" * (ELEMENTS_MAX + 1), "5001 Elemente; gezeichnet werden höchstens 5000"),
        ("<sequenceFlow/>" * (LINES_MAX + 1), "10001 Verbindungen"),
    ],
)
def test_a_model_beyond_the_limits_is_refused_in_german(elements: str, words: str) -> None:
    for ask in (lambda each: draw(each, {}, title="Weg"), lambda each: steps(each, {})):
        with pytest.raises(InputError, match=words):
            ask(model(elements))


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"<definitions",
        b"\xff\xfe\x00",
        b"<!DOCTYPE a><a/>",
        b"<a>" * 300 + b"</a>" * 300,
        SIMPLE + b" " * SOURCE_MAX,
    ],
    ids=["empty", "torn", "no text", "doctype", "deep", "large"],
)
def test_what_cannot_be_read_is_refused_in_german(source: bytes) -> None:
    with pytest.raises(InputError):
        draw(source, {}, title="Weg")


def test_no_model_of_the_attack_corpus_brings_anything_but_text_into_a_page() -> None:
    folder = ROOT.parent / "shared" / "attack-corpus" / "bpmn"
    if not folder.is_dir():
        pytest.skip("../shared with the attack corpus is not beside this checkout")
    files = sorted(folder.glob("*.bpmn"))
    assert len(files) > 10
    for path in files:
        try:
            svg = draw(path.read_bytes(), {}, title=path.name)
            steps(path.read_bytes(), {})
        except InputError:
            continue
        if svg is not None:
            assert_harmless(svg)


def assert_harmless(svg: str) -> None:
    """Refuse what loads, runs, links, or styles."""
    for each in parsed(svg).iter():
        assert each.tag in {
            f"{SVG}{name}"
            for name in ("svg", "title", "g", "rect", "circle", "path", "polygon", "text")
        }
        assert not {
            name for name in map(str, each.attrib) if name.startswith("on") or "href" in name
        }
        assert not any(
            "url(" in value or "javascript:" in value for value in map(str, each.attrib.values())
        )


def test_the_reference_models_of_the_standard_are_drawn() -> None:
    """The models of the OMG's interchange group hold every element there is."""
    folder = ROOT.parent / "shared" / "data" / "bpmn" / "Reference"
    if not folder.is_dir():
        pytest.skip("../shared with the reference models is not beside this checkout")
    for path in sorted(folder.glob("*.bpmn")):
        svg = draw(path.read_bytes(), {}, title=path.name)
        assert svg is not None, path.name
        assert_harmless(svg)
