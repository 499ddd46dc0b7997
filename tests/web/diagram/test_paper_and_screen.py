"""The same drawing on paper, in light and in dark."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader
from tests.web.diagram.sketch import SHIPPED, SIMPLE, classes, parsed

from laufzettel import pdf
from laufzettel.web.diagram import StepState, draw

STYLES = (Path(__file__).resolve().parents[3] / "web" / "diagram" / "diagram.css").read_text(
    "utf-8"
)
STATES = {
    "validate": StepState.DONE,
    "certify": StepState.ACTIVE,
    "deliver": StepState.INCIDENT,
}


@pytest.fixture(scope="module")
def printed() -> PdfReader:
    """A page with a small drawing, and one with the shipped model; skips without libraries."""
    small = draw(SIMPLE, {"begin": StepState.DONE, "check": StepState.ACTIVE}, title="Weg")
    whole = draw(SHIPPED, STATES, title="Weg")
    style = "@page { size: A3 landscape } div { break-after: page } svg { max-width: 100% }"
    try:
        data = pdf.render(f"<title>x</title><div>{small}</div>{whole}", css=style)
    except pdf.PdfUnavailableError as error:
        pytest.skip(str(error))
    return PdfReader(BytesIO(data))


def test_on_paper_shapes_have_their_colours_and_nothing_is_black(printed: PdfReader) -> None:
    """WeasyPrint ignores the page's CSS inside of SVG; without attributes all would be black."""
    content = printed.pages[0].get_contents()

    assert content is not None
    painted = re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) (?:rg|scn)\b", content.get_data())
    colours = {tuple(round(255 * float(part)) for part in colour) for colour in painted}
    assert {(0xD9, 0xF3, 0xE8), (0xDC, 0xEB, 0xFB), (0xFF, 0xFF, 0xFF)} <= colours
    assert (0, 0, 0) not in colours


def test_on_paper_the_names_can_be_searched(printed: PdfReader) -> None:
    first, second = (page.extract_text() for page in printed.pages)

    assert ("Eingang" in first, "benachrichtigen" in second) == (True, True)


def test_every_class_that_is_painted_is_restyled_for_the_theme() -> None:
    everything = draw(SHIPPED, STATES, title="Weg")
    styled = set(re.findall(r"\.(diagram[a-z-]*)", STYLES))

    groups = {f"diagram-{form}" for form in ("event", "activity", "gateway")}
    assert classes(parsed(everything)) - groups <= styled


def test_whatever_is_painted_has_a_class() -> None:
    """Else a part of the drawing would stay dark on dark."""
    painted = [
        each
        for each in parsed(draw(SHIPPED, STATES, title="Weg")).iter()
        if each.get("fill") or each.get("stroke")
    ]

    assert len(painted) > 300
    assert [each.tag for each in painted if not each.get("class")] == []


def test_the_style_sheet_takes_its_colours_from_the_theme_only() -> None:
    rules = re.sub(r"/\*.*?\*/", "", STYLES, flags=re.DOTALL)

    values = re.findall(r"(?:fill|stroke|--diagram-[a-z-]+):\s*([^;]+);", rules)
    assert len(values) > 20
    allowed = r"var\(--(kern-color|diagram)-[a-z-]+\)|CanvasText|Canvas|GrayText|Highlight"
    assert [value for value in values if not re.fullmatch(allowed, value)] == []
    assert "#" not in rules


def test_every_property_of_its_own_that_the_style_sheet_uses_is_set_by_it() -> None:
    used = set(re.findall(r"var\((--diagram-[a-z-]+)\)", STYLES))

    assert used <= set(re.findall(r"(--diagram-[a-z-]+):", STYLES))
