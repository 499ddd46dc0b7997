"""Names break where a reader would break them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laufzettel.web.diagram.text import width, wrapped


@pytest.mark.parametrize(
    ("text", "room", "lines"),
    [
        ("", 100, ()),
        ("Prüfen", 100, ("Prüfen",)),
        (
            "Sachlich und rechnerisch feststellen",
            102,
            ("Sachlich und", "rechnerisch", "feststellen"),
        ),
        ("Kosten-/Leistungsrechnung", 110, ("Kosten-/", "Leistungsrech-", "nung")),
        ("Zahlungs\u00aderinnerung", 90, ("Zahlungs-", "erinnerung")),
        ("Auszahlungsanordnung", 100, ("Auszahlungsa-", "nordnung")),
    ],
)
def test_words_go_to_the_next_line(text: str, room: int, lines: tuple[str, ...]) -> None:
    assert wrapped(text, room, 5) == lines


def test_what_has_no_room_is_said_by_an_ellipsis() -> None:
    assert wrapped("Die Rechnung der Firma noch einmal prüfen", 90, 2) == (
        "Die Rechnung",
        "der Firma …",
    )


@given(
    st.text(min_size=1, max_size=200).map(lambda text: " ".join(text.split())),
    st.integers(40, 300),
    st.integers(1, 6),
)
def test_no_line_is_wider_than_its_room(text: str, room: int, lines_max: int) -> None:
    lines = wrapped(text, room, lines_max)

    assert len(lines) <= lines_max
    assert all(width(line) <= room for line in lines)


@given(st.text("abcdefghijklmnopqrstuvwxyz ", min_size=1, max_size=120), st.integers(40, 200))
def test_with_enough_lines_every_letter_is_shown(text: str, room: int) -> None:
    text = " ".join(text.split())

    shown = "".join(wrapped(text, room, 200))

    assert shown.replace("-", "").replace(" ", "") == text.replace(" ", "")


def test_wider_letters_need_more_room() -> None:
    assert all(width(a) < width(b) for a, b in pairwise(["i", "r", "e", "W", "漢"]))
