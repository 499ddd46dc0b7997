"""What a process writes about its work: one line an event, with the case it belongs to.

``LAUFZETTEL_LOG=json`` writes JSON lines, ``text`` (the default) lines for people. The words of
an event are fixed and its fields are ids, codes and durations: never a name, an amount, a
token or what a person typed. Of an error only its class and its places in the program are
written, because its message may quote data.

>>> with bound(case_id="01hf"):
...     with bound(job="timer"):
...         current()
{'case_id': '01hf', 'job': 'timer'}
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, TextIO

import orjson

from laufzettel.errors import InputError

#: Forms of the log, by the setting.
FORMATS: Final = ("text", "json")
#: Longest value of a field; longer ones are cut.
FIELD_MAX: Final = 300

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_bound: ContextVar[Mapping[str, str]] = ContextVar("laufzettel_log", default=_NOTHING)
_FIELDS: Final = "laufzettel_fields"


@contextmanager
def bound(**fields: str | None) -> Iterator[None]:
    """Let every line of this thread carry the fields, until the block ends; None adds nothing."""
    given = {name: value for name, value in fields.items() if value}
    token = _bound.set({**_bound.get(), **given})
    try:
        yield
    finally:
        _bound.reset(token)


def bind(**fields: str) -> None:
    """Let lines carry the fields from here on, until the block of ``bound`` around it ends.

    >>> with bound():
    ...     bind(case_id="01hf")
    ...     current()
    {'case_id': '01hf'}
    """
    _bound.set({**_bound.get(), **fields})


def current() -> dict[str, str]:
    """Return the fields that lines carry now: request, case, job."""
    return dict(_bound.get())


def event(log: logging.Logger, name: str, *, level: int = logging.INFO, **fields: Any) -> None:
    """Write one event; its fields are ids, codes and durations."""
    if log.isEnabledFor(level):
        log.log(level, name, extra={_FIELDS: {**_bound.get(), **fields}})


def set_up(form: str, *, level: int = logging.WARNING, stream: TextIO | None = None) -> None:
    """Write the log of this process in the given form to ``stream`` (stderr).

    ``level`` is that of our own lines; of libraries only warnings are written.
    """
    root, handler = logging.getLogger(), logging.StreamHandler(stream or _Stderr())
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    for old in [one for one in root.handlers if isinstance(one.formatter, _FORMATTERS)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("laufzettel").setLevel(level)


class _Stderr:
    """Standard error as it is at the moment of writing: a program may put another in its place."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def checked(form: str) -> str:
    """Return the name of a form; raises InputError for another one.

    >>> checked("xml")
    Traceback (most recent call last):
    ...
    laufzettel.errors.InputError: LAUFZETTEL_LOG ist „xml“, möglich sind text und json.
    """
    if form not in FORMATS:
        raise InputError(f"LAUFZETTEL_LOG ist „{form}“, möglich sind text und json.")
    return form


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, event, the bound fields, an error's places."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **{name: _short(value) for name, value in _fields(record).items()},
        }
        if record.exc_info and record.exc_info[1]:
            line["error"] = type(record.exc_info[1]).__name__
            line["places"] = places(record.exc_info[1])
        return orjson.dumps(line, default=str).decode()


class TextFormatter(logging.Formatter):
    """A line for people: time, logger, event, fields as name=value."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text; line breaks in what was logged become visible."""
        moment = datetime.fromtimestamp(record.created).astimezone()
        fields = [f"{name}={_short(value)}" for name, value in _fields(record).items()]
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            fields.append(type(error).__name__)
        said = " ".join([record.getMessage(), *fields]).replace("\r", "\\r").replace("\n", "\\n")
        trace = "".join(f"\n    {place}" for place in places(error)) if error else ""
        return f"{moment:%Y-%m-%d %H:%M:%S},{int(record.msecs):03d} {record.name}: {said}{trace}"


_FORMATTERS: Final = (JsonFormatter, TextFormatter)


def places(error: BaseException) -> list[str]:
    """Return where in the program an error came by: file, line and function, innermost last.

    Its message is left out: a driver or a parser quotes the data in it.
    """
    found: list[str] = []
    seen: set[int] = set()
    todo: BaseException | None = error
    while todo is not None and id(todo) not in seen:
        seen.add(id(todo))
        frames = traceback.extract_tb(todo.__traceback__)
        lines = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        found = [*lines, type(todo).__name__, *found] if found else lines
        todo = todo.__cause__ or (None if todo.__suppress_context__ else todo.__context__)
    return found


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    fields: dict[str, Any] = getattr(record, _FIELDS, None) or dict(_bound.get())
    return fields


def _short(value: Any) -> Any:
    if isinstance(value, bool | int) or value is None:
        return value
    return str(value)[:FIELD_MAX]
