"""The log: one line an event, with its case and nothing that anybody typed."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from laufzettel import logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the log goes; afterwards the loggers are as they were."""
    root, ours = logging.getLogger(), logging.getLogger("laufzettel")
    before = (root.handlers[:], root.level, ours.level)
    target = io.StringIO()
    logs.set_up("json", level=logging.INFO, stream=target)
    yield target
    root.handlers[:], root.level, ours.level = before


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    """Return what was written, each line as an object without its moment."""
    found = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert all(line.pop("at").endswith("+00:00") for line in found)
    return found


def test_an_event_carries_what_is_bound_around_it(stream: io.StringIO) -> None:
    log = logging.getLogger("laufzettel.engine.x")

    with logs.bound(request_id="r1", case_id=None), logs.bound(case_id="c1"):
        logs.event(log, "step.committed", ms=4)
    logs.event(log, "step.committed")

    assert lines(stream) == [
        {
            "level": "info",
            "logger": "laufzettel.engine.x",
            "event": "step.committed",
            "request_id": "r1",
            "case_id": "c1",
            "ms": 4,
        },
        {"level": "info", "logger": "laufzettel.engine.x", "event": "step.committed"},
    ]


def test_of_an_error_stand_its_places_and_never_its_words(stream: io.StringIO) -> None:
    def inner() -> None:
        raise ValueError("Erika Mustermann, DE02120300000000202051, 18.432,60 €")

    def outer() -> None:
        try:
            inner()
        except ValueError as error:
            raise RuntimeError("Mustermann") from error

    try:
        outer()
    except RuntimeError:
        logging.getLogger("laufzettel.engine").exception("job.failed")

    (line,) = lines(stream)
    assert line["error"] == "RuntimeError"
    assert [str(place).rpartition(" ")[2] for place in line["places"]] == [  # type: ignore[attr-defined]
        "outer",
        "inner",
        "ValueError",
        "test_of_an_error_stand_its_places_and_never_its_words",
        "outer",
    ]
    assert "Mustermann" not in stream.getvalue()
    assert "DE02" not in stream.getvalue()


def test_the_text_form_keeps_each_event_on_its_line(stream: io.StringIO) -> None:
    target = io.StringIO()
    logs.set_up("text", level=logging.INFO, stream=target)

    with logs.bound(case_id="c1"):
        logs.event(logging.getLogger("laufzettel.engine"), "job.ran", key="a\nb")

    assert target.getvalue().count("\n") == 1
    assert target.getvalue().endswith("laufzettel.engine: job.ran case_id=c1 key=a\\nb\n")


def test_of_libraries_only_warnings_are_written(stream: io.StringIO) -> None:
    logging.getLogger("waitress").info("quiet")
    logging.getLogger("waitress").warning("loud")

    assert [line["event"] for line in lines(stream)] == ["loud"]
