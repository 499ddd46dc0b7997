"""Any model gives well-formed SVG, and its list has every name that is written in it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.web.diagram.sketch import edge, model, parsed, shape, written
from tests.web.diagram.test_hostile_drawings import assert_harmless

from laufzettel.web.diagram import StepState, draw, steps
from laufzettel.web.diagram.text import cleaned
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


@dataclass(frozen=True)
class Drawn:
    """A made-up model."""

    source: bytes
    names: tuple[str, ...]


@st.composite
def models(make: st.DrawFn) -> Drawn:
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
    names = (*(each[2] for each in elements), *(each[3] for each in lines))
    return Drawn(source=model(text, "".join(drawn)), names=names)


@settings(deadline=None, max_examples=300)
@given(
    drawn=models(),
    states=st.dictionaries(IDS, st.sampled_from(StepState)),
    around=st.lists(IDS, max_size=2),
    title=st.text(max_size=30),
)
def test_any_model_is_drawn_harmlessly_and_said_wholly(
    drawn: Drawn, states: dict[str, StepState], around: list[str], title: str
) -> None:
    svg = draw(drawn.source, states, title=title, around=around)
    listed = steps(drawn.source, states)

    said = {text for step in listed for text in (step.name, *(way.name for way in step.onward))}
    if svg is None:
        return
    assert_harmless(svg)
    assert {each.get("font-size") for each in parsed(svg).iter() if each.get("font-size")} == {"12"}
    shown = "".join(written(svg)).replace(" ", "")
    for name in map(cleaned, drawn.names):
        # A name of a few letters may be a part of another one.
        if len(name) > 12 and name.replace(" ", "") in shown:
            assert name in said
