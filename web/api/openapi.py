"""The description of the API in OpenAPI 3.1, made from the declarations of its routes."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

from laufzettel.web.api import files, schemas, shapes
from laufzettel.web.api.operations import OPERATIONS, Operation
from laufzettel.web.api.problems import KINDS, MEDIA_TYPE

#: Of the API, not of the program: it grows with what is added; another first number is another path.
VERSION: Final = "1.0.0"
_ABOUT: Final = (
    "Vorgänge, Aufgaben, Rechnungen, Nachrichten, Störungen und Modelle von Laufzettel. Jede Anfrage trägt einen "
    "Zugang (Bearer), jeder POST einen Idempotency-Key. Beträge, Zahlen, Tage und Zeiten sind Texte. "
    "Fehler kommen als application/problem+json (RFC 9457); „code“ ist stabil."
)
_TAGS: Final = {
    "models": "Modelle",
    "deployments": "Was auf eine zweite Person wartet",
    "cases": "Vorgänge",
    "tasks": "Aufgaben",
    "messages": "Nachrichten",
    "incidents": "Störungen",
    "invoices": "Rechnungen",
}
_ID_PATTERN: Final = "^[0-9a-z]{26}$"
_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "Was nicht ging, warum, und was zu tun ist.",
    "required": ["type", "title", "status", "code", "detail", "remedy"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": sorted(KINDS)},
        "detail": {"type": "string"},
        "remedy": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON Pointer (RFC 6901)."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


@cache
def document() -> dict[str, Any]:
    """Return the whole description."""
    components: dict[str, Any] = {"Problem": _PROBLEM}
    paths: dict[str, Any] = {}
    for one in OPERATIONS.values():
        template = re.sub(r"<(\w+)>", r"{\1}", one.path)
        paths.setdefault(template, {})[one.method.lower()] = _operation(one, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Laufzettel",
            "version": VERSION,
            "description": _ABOUT,
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"bearer": []}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "responses": {str(status): _problem_answer(status) for status in _statuses()},
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Ein Zugang, angelegt mit „laufzettel tokens create“.",
                }
            },
        },
    }


def _operation(one: Operation, components: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": one.name,
        "tags": [_tag(one)],
        "summary": one.summary,
        "description": f"{one.about} Recht des Zugangs: `{one.scope}`.".strip(),
        "parameters": [*_path_parameters(one), *_query_parameters(one), *_headers(one)],
        "responses": _responses(one, components),
    }
    if one.takes_file:
        described["requestBody"] = files.body_schema()
    elif one.body is not None:
        schema = schemas.reference(one.body, components)
        described["requestBody"] = {
            "required": True,
            "description": f"Höchstens {one.body_max // 1024} KiB.",
            "content": {"application/json": {"schema": schema}},
        }
    return described


def _tag(one: Operation) -> str:
    first = one.path.split("/")[1]
    return {"signals": "messages"}.get(first, first)


def _path_parameters(one: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": _ID_PATTERN},
        }
        for name in re.findall(r"<(\w+)>", one.path)
    ]


def _query_parameters(one: Operation) -> list[dict[str, Any]]:
    if one.query is None:
        return []
    return [
        {"name": name, "in": "query", "required": False, "schema": schemas.parameter_schema(hint)}
        for name, hint in shapes.hints(one.query).items()
    ]


def _headers(one: Operation) -> list[dict[str, Any]]:
    if one.method != "POST":
        return []
    return [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": True,
            "description": "Dieselbe Anfrage mit demselben Schlüssel wirkt einmal.",
            "schema": {
                "type": "string",
                "minLength": 1,
                "maxLength": 200,
                "pattern": "^[!#-~]{1,200}$",
            },
        }
    ]


def _responses(one: Operation, components: dict[str, Any]) -> dict[str, Any]:
    statuses = {one.status, one.repeat_status or one.status}
    answers: dict[str, Any] = {
        str(status): _success(one, components) for status in sorted(statuses)
    }
    if one.waits is not None:
        waits = _success(one, components, one.waits)
        answers["202"] = waits | {"description": "Wartet auf eine zweite Person."}
    for status in one.problems:
        answers[str(status)] = {"$ref": f"#/components/responses/{status}"}
    return answers


def _success(
    one: Operation, components: dict[str, Any], shown: type | None = None
) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": "Geklappt."}
    shown = shown or one.answer
    if shown is not None:
        schema = schemas.reference(shown, components)
        answer["content"] = {"application/json": {"schema": schema}}
    if one.method == "POST" and not one.is_pure:
        answer["headers"] = {
            "Idempotency-Replayed": {
                "description": "„true“: die gespeicherte Antwort einer früheren Anfrage.",
                "schema": {"type": "string"},
            }
        }
    return answer


def _statuses() -> list[int]:
    return sorted({status for one in OPERATIONS.values() for status in one.problems})


def _problem_answer(status: int) -> dict[str, Any]:
    kinds = [kind for kind in KINDS.values() if kind.status == status]
    answer: dict[str, Any] = {
        "description": " ".join(f"`{kind.code}`: {kind.title}. {kind.remedy}" for kind in kinds),
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status == 401:
        answer["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    if status in (409, 429, 503):
        answer["headers"] = {"Retry-After": {"schema": {"type": "string"}}}
    return answer
