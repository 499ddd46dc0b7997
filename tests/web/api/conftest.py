"""A program that asks the API of the town with a token."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from tests.web.conftest import Town
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from laufzettel.cli.demo import town
from laufzettel.engine.tables import case
from laufzettel.records import api_tokens
from laufzettel.records.api_tokens import Scope

_NAMES = itertools.count(1)
READ_TASKS = (Scope.TASKS_READ, Scope.TASKS_WORK, Scope.CASES_READ)
#: Everything that a machine may have.
MACHINE = [scope for scope in Scope if scope not in api_tokens.PERSONAL]

SIMPLE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
             xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <message id="m" name="antwort">
    <extensionElements><zeebe:subscription correlationKey="=nummer"/></extensionElements>
  </message>
  <process id="antrag" isExecutable="true">
    <extensionElements><zeebe:properties>
      <zeebe:property name="laufzettel:variables" value="nummer, betrag"/>
    </zeebe:properties></extensionElements>
    <startEvent id="s"/>
    <userTask id="pruefen" name="Antrag prüfen">
      <extensionElements>
        <zeebe:userTask/>
        <zeebe:formDefinition formId="pruefen" bindingType="deployment"/>
        <zeebe:assignmentDefinition candidateGroups="=[&quot;bauamt&quot;]"/>
      </extensionElements>
    </userTask>
    <receiveTask id="warten" name="Antwort abwarten" messageRef="m"/>
    <endEvent id="e"/>
    <sequenceFlow id="f1" sourceRef="s" targetRef="pruefen"/>
    <sequenceFlow id="f2" sourceRef="pruefen" targetRef="warten"/>
    <sequenceFlow id="f3" sourceRef="warten" targetRef="e"/>
  </process>
</definitions>
"""
FORM = """{"type": "default", "id": "pruefen", "components": [
  {"type": "number", "key": "betrag", "label": "Betrag", "validate": {"required": true}},
  {"type": "textfield", "key": "vermerk", "label": "Vermerk"}]}"""
FILES = {"model.bpmn": SIMPLE, "forms/pruefen.form": FORM}
#: The same with another office that is offered the task: a second person has to look.
WEIGHTY = {**FILES, "model.bpmn": SIMPLE.replace("bauamt", "kaemmerei")}


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered; ``json`` is what the test takes it for."""

    status_code: int
    json: Any
    headers: Headers
    text: str
    content_type: str | None


def reply_of(response: TestResponse) -> Reply:
    """Return the answer of a client."""
    found = response.get_json(silent=True) if response.data else None
    return Reply(
        response.status_code, found, response.headers, response.text, response.content_type
    )


@dataclass(slots=True)
class Program:
    """A client that sends a token and a fresh Idempotency-Key."""

    client: FlaskClient
    secret: str
    _keys: Any = field(default_factory=lambda: itertools.count(1))

    def get(self, path: str, **query: Any) -> Reply:
        """Ask for something."""
        return reply_of(
            self.client.get(f"/api/v1{path}", query_string=query or None, headers=self._auth())
        )

    def post(self, path: str, body: Any = None, *, key: str | None = None, **headers: str) -> Reply:
        """Have something done."""
        given = self._auth() | {"Idempotency-Key": key or f"key-{next(self._keys)}"} | headers
        if body is None:
            return reply_of(self.client.post(f"/api/v1{path}", headers=given))
        return reply_of(self.client.post(f"/api/v1{path}", json=body, headers=given))

    def put(self, path: str, body: Any) -> Reply:
        """Store something."""
        return reply_of(self.client.put(f"/api/v1{path}", json=body, headers=self._auth()))

    def _auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}


def token(
    musterstadt: Town, *scopes: Scope, login: str | None = None, tenant: str = town.TENANT
) -> str:
    """Make a token and return its secret."""
    with musterstadt.app.db.write() as connection:
        now = musterstadt.app.db.now(connection)
        name = f"probe-{next(_NAMES)}"
        made = api_tokens.create(
            connection, tenant, name=name, scopes=scopes, login=login, days=30, now=now
        )
    return made[1]


MakeProgram = Callable[..., Program]


@pytest.fixture
def program(musterstadt: Town) -> MakeProgram:
    """Return a program with a token of these scopes, of a person or of a machine."""

    def make(*scopes: Scope, login: str | None = None) -> Program:
        given = scopes or (MACHINE if login is None else ())
        return Program(musterstadt.pages.test_client(), token(musterstadt, *given, login=login))

    return make


@pytest.fixture
def machine(program: MakeProgram) -> Program:
    """A machine that may do everything that a machine may, its model deployed."""
    made = program()
    assert made.post("/models", {"files": FILES}).status_code == 201
    return made


def started(machine: Program, number: str = "A-1") -> str:
    """Start a case and return its id."""
    answer = machine.post("/cases", start_of(number))
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def start_of(number: str) -> dict[str, object]:
    """Return what starts a case of that number."""
    variables = {"nummer": {"type": "text", "value": number}}
    return {"process_id": "antrag", "business_key": f"antrag:{number}", "variables": variables}


def rows(town: Town) -> int:
    """Return how many cases there are."""
    with town.app.db.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(case)).scalar_one()
