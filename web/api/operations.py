"""What a route of the API declares, and what happens around every call.

A resource's module declares its routes with ``operation``; from the same declarations comes the
description in OpenAPI. Around each call: the token (``guard``), the body read strictly within
its limits, the Idempotency-Key of a POST, the answer as JSON, the problem where there is one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

import orjson
from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from laufzettel.errors import InputError
from laufzettel.identity import Actor
from laufzettel.records.api_requests import Answer
from laufzettel.records.api_tokens import Scope
from laufzettel.web.api import files, problems, shapes
from laufzettel.web.api.bearer import caller
from laufzettel.web.api.once import Once, key_of_request, perform
from laufzettel.web.api.problems import MEDIA_TYPE, ProblemError
from laufzettel.web.api.shapes import FieldFault, ShapeError
from laufzettel.web.auth.guard import by_token
from laufzettel.web.parts import parts

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

#: Largest body that is read, in bytes, and of one that brings a model.
BODY_MAX: Final = 256 * 1024
MODEL_MAX: Final = 8 * 1024 * 1024
#: Objects and lists inside each other.
DEPTH_MAX: Final = 60
#: Longest value of a query parameter.
QUERY_MAX: Final = 500

#: Problems that every route may answer; 404 is that of its address.
_ALWAYS: Final = (400, 401, 403, 404, 405, 429, 500, 503)
_WITH_BODY: Final = (413, 415, 422)
_POSTED: Final = (409, 422)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call, as the function of its route gets it."""

    actor: Actor
    query: Any = None
    body: Any = None
    posted: Once | None = None  # only of a POST

    @property
    def once(self) -> Once:
        """What stores the answer of a POST in the transaction of what it does."""
        if self.posted is None:
            raise LookupError("only a POST is done once")
        return self.posted


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A declared route."""

    name: str
    method: str
    path: str
    scope: Scope
    summary: str
    about: str
    answer: type | None
    status: int
    body: type | None
    query: type | None
    body_max: int
    takes_file: bool
    repeat_status: int | None
    waits: type | None
    is_pure: bool
    problems: tuple[int, ...]
    call: Callable[..., Any] = field(repr=False)


#: Every route of the API, in the order of their modules.
OPERATIONS: Final[dict[str, Operation]] = {}

_Function = Callable[..., Any]


def operation(
    method: str,
    path: str,
    *,
    scope: Scope,
    answer: type | None,
    status: int = 200,
    body: type | None = None,
    query: type | None = None,
    body_max: int = BODY_MAX,
    takes_file: bool = False,
    repeat_status: int | None = None,
    waits: type | None = None,
    is_pure: bool = False,
    conflicts: bool = False,
) -> Callable[[_Function], _Function]:
    """Declare a route; the docstring's first line is its summary, the rest its description.

    ``is_pure``: a POST that changes nothing, so that a repeat is simply computed again.
    ``takes_file``: the body is a file (``files``), as large as the installation takes one in.
    ``repeat_status``: where what is asked for was there already.
    ``waits``: what is answered with 202 where a second person has to release it.
    ``conflicts``: a route other than POST that may answer 409.
    """

    def declare(function: _Function) -> _Function:
        summary, _, about = (function.__doc__ or "").partition("\n\n")
        declared = Operation(
            name=function.__name__,
            method=method,
            path=path,
            scope=scope,
            summary=" ".join(summary.split()),
            about=" ".join(about.split()),
            answer=answer,
            status=status,
            body=body,
            query=query,
            body_max=body_max,
            takes_file=takes_file,
            repeat_status=repeat_status,
            waits=waits,
            is_pure=is_pure,
            problems=_problems(method, has_query=query is not None, conflicts=conflicts),
            call=function,
        )
        OPERATIONS[declared.name] = declared
        view = by_token(scope)(_view(declared))
        blueprint.add_url_rule(
            path, declared.name, view, methods=[method], provide_automatic_options=False
        )
        return function

    return declare


def _problems(method: str, *, has_query: bool, conflicts: bool) -> tuple[int, ...]:
    found = set(_ALWAYS)
    if method != "GET":
        found |= set(_WITH_BODY)
    if method == "POST":
        found |= set(_POSTED)
    if has_query:
        found.add(422)
    return tuple(sorted(found | ({409} if conflicts else set())))


def _view(declared: Operation) -> Callable[..., Response]:
    def view(**named: str) -> Response:
        request.max_content_length = _most(declared)
        query = _query(declared)
        if declared.takes_file:
            _refuse_compressed()
            with files.read_file() as file:
                call = Call(actor=caller().actor, query=query, body=file)
                return _post(declared, file.identity(request.args.to_dict()), call, named)
        if declared.method == "GET":
            return _answer(
                declared, declared.call(Call(actor=caller().actor, query=query), **named)
            )
        raw = _raw_body(declared)
        body = _body(declared, raw)
        if declared.method != "POST":
            result = declared.call(Call(actor=caller().actor, query=query, body=body), **named)
            return _answer(declared, result)
        return _post(declared, raw, Call(actor=caller().actor, body=body), named)

    view.__name__ = declared.name
    return view


def _post(declared: Operation, raw: bytes, call: Call, named: Mapping[str, str]) -> Response:
    if declared.is_pure:
        key_of_request()
        return _answer(declared, declared.call(call, **named))

    def act(once: Once) -> None:
        declared.call(replace(call, posted=once), **named)

    answer, is_repeat = perform(raw, act)
    media = "application/json" if answer.status < 400 else MEDIA_TYPE
    response = Response(answer.body, answer.status, content_type=media)
    if answer.location:
        response.headers["Location"] = answer.location
    if is_repeat:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def answered(
    declared: str,
    shown: Any,
    *,
    location: str | None = None,
    is_repeat: bool = False,
    waits: bool = False,
) -> Answer:
    """Return the answer of a POST, to be stored with what it did.

    ``is_repeat``: what is asked for was there already, however that came about. ``waits``: it is
    not done before a second person has released it.
    """
    body = orjson.dumps(shapes.write(shown)).decode()
    one = OPERATIONS[declared]
    status = (one.repeat_status or one.status) if is_repeat else one.status
    if waits:
        status = 202
    return Answer(status=status, body=body, location=location)


def _answer(declared: Operation, shown: Any) -> Response:
    if declared.answer is None:
        return Response(status=declared.status)
    body = orjson.dumps(shapes.write(shown))
    return Response(body, declared.status, content_type="application/json")


# --- reading -----------------------------------------------------------------------------------


def _most(declared: Operation) -> int:
    """Return the largest body that is read, in bytes."""
    return parts().file_max + files.AROUND_MAX if declared.takes_file else declared.body_max


def _refuse_compressed() -> None:
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise ProblemError("wrong_media_type", "Komprimierte Bodies werden nicht gelesen.")


def _raw_body(declared: Operation) -> bytes:
    _refuse_compressed()
    raw = request.get_data()
    if not raw and declared.body is None:
        return b""
    if request.mimetype != "application/json":
        raise ProblemError("wrong_media_type", "Erwartet wird „Content-Type: application/json“.")
    return raw


def _body(declared: Operation, raw: bytes) -> Any:
    if declared.body is None:
        if raw and parsed(raw) != {}:
            raise ShapeError([FieldFault("", "Hier wird kein Body erwartet, höchstens {}.")])
        return None
    return shapes.read(declared.body, parsed(raw))


def parsed(raw: bytes) -> Any:
    """Return the JSON, numbers as Decimal; ProblemError for what is none or says a name twice.

    >>> parsed(b'{"a": 0.10}')
    {'a': Decimal('0.10')}
    """
    try:
        orjson.loads(raw)  # strict about UTF-8, lone surrogates, NaN and depth
        found = json.loads(
            raw, parse_float=Decimal, parse_int=Decimal, object_pairs_hook=_without_repeats
        )
    except (ValueError, RecursionError, ArithmeticError):
        raise ProblemError("unreadable", "Der Body ist kein eindeutiges JSON.") from None
    if _depth(found) > DEPTH_MAX:
        raise ProblemError("unreadable", f"Mehr als {DEPTH_MAX} Ebenen werden nicht gelesen.")
    return found


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _depth(value: Any) -> int:
    """Return how deep lists and objects lie inside each other, without recursion."""
    deepest, todo = 0, [(value, 1)]
    while todo:
        one, depth = todo.pop()
        if isinstance(one, dict | list):
            deepest = max(deepest, depth)
            inner = one.values() if isinstance(one, dict) else one
            todo.extend((each, depth + 1) for each in inner)
    return deepest


def _query(declared: Operation) -> Any:
    """Return the query as its dataclass; numbers are read from their text."""
    shape = declared.query
    known = shapes.hints(shape) if shape else {}
    if unknown := [name for name in request.args if name not in known]:
        raise _unknown_parameters(unknown)
    raw: dict[str, Any] = {}
    for name, values in request.args.lists():
        if len(values) > 1 or len(values[0]) > QUERY_MAX:
            raise ShapeError([FieldFault(f"/{name}", "Erwartet wird ein einzelner Wert.")])
        raw[name] = _from_text(shapes.unwrapped(known[name])[0], values[0])
    return shapes.read(shape, raw) if shape else None


def _from_text(kind: Any, text: str) -> Any:
    if kind is int and text.isascii() and text.isdecimal() and len(text) < 12:
        return Decimal(text)
    return text


def _unknown_parameters(names: list[str]) -> InputError:
    faults = [
        FieldFault(f"/{name[:100]}", "Diesen Parameter gibt es hier nicht.") for name in names
    ]
    return ShapeError(faults)


def problem_of(error: Exception) -> Response:
    """Return the problem that an error under ``/api/`` is."""
    if isinstance(error, HTTPException) and error.code is not None and error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    problem = problems.of_error(error)
    problems.note(error, problem)
    return problem.response()
