"""Any model gives well-formed SVG, and its list has every name that is written in it."""

from __future__ import annotations

from html import escape

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.web.diagram.sketch import edge, model, parsed, shape
from tests.web.diagram.test_hostile_drawings import assert_harmless

from laufzettel.web.diagram import StepState, draw, steps
from laufzettel.web.diagram.read import read
from laufzettel.web.diagram.vocabulary import FORMS, LINES

#: What XML can carry.
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00\ufffe\uffff").filter(
        lambda letter: letter >= " "
    ),
    max_size=60,
)
NAMES = st.one_of(TEXTS, st.sampled_from(["Prüfen", "Zahlungserinnerungsschreiben", "ja", ""]))
IDS = st.sampled_from([f"n{number}" for number in range(8)])
NUMBERS = st.one_of(
    st.integers(-400, 400).map(str), st.floats().map(repr), st.sampled_from(["", "x", "60000"])
)
SIZES = st.one_of(st.integers(1, 300).map(str), NUMBERS)


@st.composite
def models(make: st.DrawFn) -> bytes:
    """Make a model of any elements and lines, many of them broken."""
    elements = make(st.lists(st.tuples(st.sampled_from(sorted(FORMS)), IDS, NAMES), max_size=8))
    lines = make(st.lists(st.tuples(st.sampled_from(sorted(LINES)), IDS, IDS, NAMES), max_size=8))
    text = "".join(
        f'<{tag} id="{ident}" name="{escape(name)}" attachedToRef="n1"/>'
        for tag, ident, name in elements
    )
    text += "".join(
        f'<{tag} id="l{count}" sourceRef="{source}" targetRef="{target}" name="{escape(name)}"/>'
        for count, (tag, source, target, name) in enumerate(lines)
    )
    drawn = [shape(make(IDS), *make(st.tuples(NUMBERS, NUMBERS, SIZES, SIZES))) for _ in elements]
    points = st.lists(st.tuples(NUMBERS, NUMBERS), max_size=5)
    drawn += [edge(f"l{count}", *make(points)) for count in range(len(lines))]
    return model(text, "".join(drawn))


@settings(max_examples=150)
@given(
    source=models(),
    states=st.dictionaries(IDS, st.sampled_from(StepState)),
    around=st.lists(IDS, max_size=2),
    title=st.text(max_size=30),
)
def test_any_model_is_drawn_harmlessly_and_said_wholly(
    source: bytes, states: dict[str, StepState], around: list[str], title: str
) -> None:
    svg = draw(source, states, title=title, around=around)
    listed = steps(source, states)

    said = {text for step in listed for text in (step.name, *(way.name for way in step.onward))}
    assert names_on_planes(source) <= said
    if svg is not None:
        assert_harmless(svg)
        sizes = {each.get("font-size") for each in parsed(svg).iter()}
        assert sizes - {None} == {"12"}


def names_on_planes(source: bytes) -> set[str]:
    """Return whatever a drawing of the model may write."""
    planes = read(source).planes
    shapes = {shape.element.name for plane in planes for shape in plane.shapes}
    return (shapes | {edge.line.name for plane in planes for edge in plane.edges}) - {""}


@given(source=models(), around=st.lists(IDS, min_size=1, max_size=2))
@settings(max_examples=60)
def test_whatever_is_written_around_an_element_is_in_its_list(
    source: bytes, around: list[str]
) -> None:
    svg = draw(source, {}, title="Weg", around=around)
    listed = {step.id for step in steps(source, {}, around=around)}

    elements = read(source).elements
    drawn = {each.get("data-element", "") for each in parsed(svg)} if svg else set()
    assert {ident for ident in drawn if ident and elements[ident].name} <= listed
