"""Progress: for people at a terminal, one line that vanishes; for programs nothing."""

from __future__ import annotations

import io
import time

import pytest

from laufzettel.cli.progress import EVERY_S, counted, working


class Terminal(io.StringIO):
    """Somebody sits before it."""

    def isatty(self) -> bool:
        return True


def test_a_program_that_reads_sees_nothing() -> None:
    pipe = io.StringIO()

    with working("Arbeit", stream=pipe) as line:
        line.done = 5
        time.sleep(2 * EVERY_S)

    assert list(counted(range(3), "Zeilen", stream=pipe)) == [0, 1, 2]
    assert pipe.getvalue() == ""


def test_a_person_sees_how_far_it_is_and_then_an_empty_line() -> None:
    terminal = Terminal()

    with working("Zeilen", 10, terminal) as line:
        line.done = 4
        time.sleep(3 * EVERY_S)

    written = terminal.getvalue()
    assert "\rZeilen: 4 von 10 (40 %), " in written
    assert written.endswith("\r" + " " * 78 + "\r")
    assert "\n" not in written


def test_what_is_quick_shows_nothing_at_all() -> None:
    terminal = Terminal()

    assert list(counted([1, 2], "Zeilen", stream=terminal)) == [1, 2]
    assert terminal.getvalue() == ""


def test_an_error_leaves_no_half_line_behind() -> None:
    terminal = Terminal()

    with pytest.raises(ValueError), working("Zeilen", stream=terminal):
        time.sleep(2 * EVERY_S)
        raise ValueError

    assert terminal.getvalue().endswith("\r")
