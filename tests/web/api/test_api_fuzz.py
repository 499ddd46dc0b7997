"""The API against what its own description allows and forbids, on the real application.

Schemathesis makes requests that follow the description and requests that break it, half of them
for things that exist. Every code, header and body of an answer must be described, what breaks
the description must be refused, and nothing may answer 5xx.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import (
    ensure_resource_availability,
    ignored_auth,
    negative_data_rejection,
    positive_data_acceptance,
    use_after_free,
)
from tests.web.api.conftest import FILES, MACHINE, WEIGHTY, MakeProgram, Program, token
from tests.web.conftest import Town, town_reader

from laufzettel.records.api_tokens import Scope
from laufzettel.web.api.operations import OPERATIONS

#: Requests for each route and each kind; in all about a minute.
EXAMPLES = 10
#: What a state that no schema can tell decides, and what other tests here look at more closely.
NOT_ASKED = [positive_data_acceptance, ensure_resource_availability, use_after_free, ignored_auth]
PERSONAL = {Scope.TASKS_READ, Scope.TASKS_WORK}


@pytest.fixture
def migrated_url(migrated_sqlite_url: str) -> str:
    """SQLite alone: what is tried is what comes in."""
    return migrated_sqlite_url


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The application, what exists in it, and the tokens that may ask."""

    schema: Any
    ids: dict[str, list[str]]
    machine: str
    clerk: str
    designer: str


@pytest.fixture
def target(musterstadt: Town, program: MakeProgram) -> Iterator[Target]:
    """The town with a model, some cases with tasks, and an incident."""
    setter = program(*MACHINE)
    setter.post("/models", {"files": FILES})
    for number in range(8):
        body = {"process_id": "antrag", "business_key": f"antrag:{number}"}
        assert setter.post("/cases", body).status_code == 201
    assert setter.post("/models", {"files": WEIGHTY}).status_code == 202
    musterstadt.receive(b"<Invoice/>")
    musterstadt.app.engine.report(
        town_reader(), code="rueckmeldung_pruefen", cause="Unlesbar.", subject="x"
    )
    clerk = Program(
        setter.client,
        token(musterstadt, *PERSONAL, login="yilmaz"),
    )
    yield Target(
        schema=schemathesis.openapi.from_wsgi("/api/v1/openapi.json", musterstadt.pages),
        ids={
            "case_id": [one["id"] for one in setter.get("/cases").json["items"]],
            "task_id": [one["id"] for one in clerk.get("/tasks").json["items"]],
            "invoice_id": [setter.get("/invoices").json["items"][0]["id"]],
            "change_id": [one["id"] for one in setter.get("/deployments").json["items"]],
            "incident_id": [one["id"] for one in setter.get("/incidents").json["items"]],
        },
        machine=setter.secret,
        clerk=clerk.secret,
        designer=token(musterstadt, Scope.MODELS_APPROVE, login="lohmann"),
    )


def test_no_request_gets_an_answer_that_is_not_described(target: Target) -> None:
    seen: set[int] = set()
    operations = [found.ok() for found in target.schema.get_all_operations()]
    assert {one.definition.raw["operationId"] for one in operations} == set(OPERATIONS)

    for operation in operations:
        for mode in (
            schemathesis.GenerationMode.POSITIVE,
            schemathesis.GenerationMode.NEGATIVE,
        ):
            seen |= codes(target, operation, mode)

    assert {200, 201, 202, 204, 400, 404, 422} <= seen  # it came far enough to mean something
    assert not {code for code in seen if code >= 500}


_KEYS = itertools.count()


def codes(target: Target, operation: Any, mode: Any) -> set[int]:
    """Ask one route many times and return the codes it answered."""
    seen: set[int] = set()
    chance = random.Random(operation.label)
    declared = OPERATIONS[operation.definition.raw["operationId"]]
    secret = target.clerk if declared.scope in PERSONAL else target.machine
    if declared.scope is Scope.MODELS_APPROVE:
        secret = target.designer

    @settings(
        max_examples=EXAMPLES,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        headers = {"Authorization": f"Bearer {secret}"}
        if mode is schemathesis.GenerationMode.POSITIVE:
            for name in case.path_parameters or {}:
                if chance.random() < 0.8:
                    case.path_parameters[name] = chance.choice(target.ids[name])
            if declared.name == "start_case":
                case.body["process_id"] = "antrag"
            if declared.method == "POST" and chance.random() < 0.8:
                headers["Idempotency-Key"] = f"fuzz-{next(_KEYS)}"
        answer = case.call(headers=headers)
        # What is too large is refused before anybody looks at what is wrong with it.
        refused = [negative_data_rejection] if answer.status_code == 413 else []
        case.validate_response(answer, headers=headers, excluded_checks=[*NOT_ASKED, *refused])
        seen.add(answer.status_code)

    ask()
    return seen
