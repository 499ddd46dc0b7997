"""Cursors: every place can be told in a URL, and nothing else is read from one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laufzettel.errors import InputError
from laufzettel.web.inbox.cursor import Cursor

CURSORS = st.builds(
    Cursor,
    sort_at=st.datetimes(timezones=st.just(UTC)),
    id=st.text("0123456789abcdefghjkmnpqrstvwxyz", min_size=1, max_size=26),
    is_backward=st.booleans(),
)


@given(CURSORS)
def test_every_cursor_comes_back_from_its_text(cursor: Cursor) -> None:
    assert Cursor.decode(cursor.encode()) == cursor


@given(st.text(max_size=60) | st.from_regex(r"[nv][0-9]{1,20}-[0-9a-z]{0,27}", fullmatch=True))
def test_a_text_is_a_cursor_that_reads_the_same_or_is_refused(text: str) -> None:
    try:
        cursor = Cursor.decode(text)
    except InputError:
        return
    assert cursor.encode() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "n",
        "n1",
        "n01-a",
        "x1-a",
        "n1-A",
        "n1-a ",
        "n1-a\n",
        "n-1-a",
        "n١-a",
        "n999999999999999999-a",
        "n1-" + "a" * 27,
        "n1-a'--",
    ],
)
def test_what_is_no_cursor_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(InputError, match="Bitte den Korb neu öffnen"):
        Cursor.decode(text)


def test_the_end_of_time_has_a_place_too() -> None:
    never = Cursor(sort_at=datetime(9999, 12, 31, tzinfo=UTC), id="0")

    assert never.encode() == "n315537811200000000-0"
    assert Cursor.decode("n315537811200000000-0") == never
