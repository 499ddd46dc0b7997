"""The API as programs use it: cases from start to end, lists, and what each act leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from openapi_spec_validator import OpenAPIV31SpecValidator
from tests.web.api.conftest import (
    READ_TASKS,
    MakeProgram,
    Program,
    started,
)
from tests.web.conftest import Town, town_reader

from laufzettel.engine.tables import duty_signature
from laufzettel.records import api_tokens


def test_the_description_is_valid_openapi_3_1(musterstadt: Town) -> None:
    described: Any = musterstadt.pages.test_client().get("/api/v1/openapi.json").json

    OpenAPIV31SpecValidator(described).validate()
    assert described["openapi"] == "3.1.0"
    assert sorted(described["paths"]["/cases"]) == ["get", "post"]


def test_every_declared_route_is_described_and_asks_for_its_scope(musterstadt: Town) -> None:
    described: Any = musterstadt.pages.test_client().get("/api/v1/openapi.json").json
    told = {
        (method.upper(), path.replace("{", "<").replace("}", ">")): one["operationId"]
        for path, methods in described["paths"].items()
        for method, one in methods.items()
    }
    served = {
        (method, rule.rule.removeprefix("/api/v1")): rule.endpoint.removeprefix("api.")
        for rule in musterstadt.pages.url_map.iter_rules()
        for method in (rule.methods or set()) & {"GET", "POST", "PUT", "DELETE", "PATCH"}
        if rule.rule.startswith("/api/v1/") and rule.endpoint not in ("api.docs", "api.openapi")
    }

    assert told == served


def test_a_case_goes_from_start_to_end_by_programs_alone(
    musterstadt: Town, machine: Program, program: MakeProgram
) -> None:
    case_id = started(machine)
    clerk = program(*READ_TASKS, login="yilmaz")

    (task,) = clerk.get("/tasks", case_id=case_id).json["items"]
    sheet = clerk.get(f"/tasks/{task['id']}").json
    assert [one["key"] for one in sheet["fields"]] == ["betrag", "vermerk"]
    assert clerk.post(f"/tasks/{task['id']}/claim").status_code == 200
    assert clerk.put(f"/tasks/{task['id']}/draft", {"values": {"vermerk": "x"}}).status_code == 204
    done = clerk.post(
        f"/tasks/{task['id']}/complete",
        {"values": {"betrag": "1234,50"}, "seen": sheet["case_version"]},
    )
    assert (done.status_code, done.json) == (200, {"id": task["id"]})
    told = {"name": "antwort", "key": "A-1", "message_id": "m-1"}
    assert machine.post("/messages", told).status_code == 202
    musterstadt.settle()

    found = machine.get(f"/cases/{case_id}").json
    assert (found["status"], found["end"]) == ("ended", "e")
    variables = machine.get(f"/cases/{case_id}/variables").json["variables"]
    assert variables["betrag"] == {"type": "number", "value": "1234.50"}
    kinds = [one["kind"] for one in machine.get(f"/cases/{case_id}/timeline").json["items"]]
    assert kinds[0] == "case.started" and kinds[-1] == "case.ended"
    assert "task.completed" in kinds


def test_a_stale_decision_signs_nothing(machine: Program, program: MakeProgram) -> None:
    case_id = started(machine)
    clerk = program(*READ_TASKS, login="yilmaz")
    (task,) = clerk.get("/tasks", case_id=case_id).json["items"]

    answer = clerk.post(f"/tasks/{task['id']}/complete", {"values": {"betrag": "1"}, "seen": 99})

    assert (answer.status_code, answer.json["code"]) == (409, "conflict")


def test_what_a_person_signs_by_a_program_is_that_persons(
    musterstadt: Town, program: MakeProgram, samples: Callable[[str], bytes]
) -> None:
    case_id = musterstadt.receive(samples("gut.xml"))
    clerk = program(*READ_TASKS, login="brandt")
    (task,) = clerk.get("/tasks", case_id=case_id).json["items"]
    answers = {"decision": "feststellen", "cost_center": "5410", "gl_account": "523100"}

    complete, seen = f"/tasks/{task['id']}/complete", clerk.get(f"/tasks/{task['id']}").json

    unread = clerk.post(complete, {"values": answers})
    assert (unread.status_code, unread.json["errors"][0]["pointer"]) == (422, "#/seen")
    done = clerk.post(complete, {"values": answers, "seen": seen["case_version"]})
    assert done.status_code == 200
    (order,) = clerk.get("/tasks", case_id=case_id).json["items"]
    now = clerk.get(f"/tasks/{order['id']}").json["case_version"]
    signing = {"values": {"decision": "anordnen"}, "seen": now}
    refused = clerk.post(f"/tasks/{order['id']}/complete", signing)

    with musterstadt.app.db.read() as connection:
        signed = connection.execute(
            sa.select(duty_signature.c.person, duty_signature.c.duty).order_by("duty")
        ).all()
    assert [tuple(row) for row in signed] == [("brandt", "rechnerisch"), ("brandt", "sachlich")]
    assert (refused.status_code, refused.json["code"]) == (403, "forbidden")
    assert "Wer feststellt, ordnet nicht an" in refused.json["detail"]
    happened = musterstadt.app.engine.timeline(town_reader(), case_id)
    (act,) = [one for one in happened if one.kind == "task.completed"]
    with musterstadt.app.db.read() as connection:
        (used,) = api_tokens.listed(connection, "musterstadt")
    assert (act.actor, act.data["token"]) == ("brandt", used.id)


def test_who_publishes_stands_in_the_audit(musterstadt: Town, machine: Program) -> None:
    told = {"name": "antwort", "key": "A-9", "message_id": "Brief von Erika Muster"}
    machine.post("/messages", told)
    machine.post("/messages", told)

    (event,) = musterstadt.app.engine.timeline(town_reader(), "messages")
    with musterstadt.app.db.read() as connection:
        (used,) = api_tokens.listed(connection, "musterstadt")
    assert (event.kind, event.actor) == ("message.published", used.id)
    assert (event.data["name"], event.data["source"]) == ("antwort", f"api:{used.id}")
    assert "Muster" not in str(event.data)
    assert event.texts == {"message_id": "Brief von Erika Muster"}


@pytest.mark.parametrize("size", [1, 2])
def test_a_list_is_read_to_its_end(machine: Program, size: int) -> None:
    ids = [started(machine, f"A-{number}") for number in range(3)]

    found, after = [], None
    while True:
        page = machine.get("/cases", limit=size, **({"after": after} if after else {})).json
        found += [one["id"] for one in page["items"]]
        after = page["next"]
        if after is None:
            break

    assert found == ids[::-1]


def test_an_operator_stops_and_ends_a_case(machine: Program) -> None:
    case_id = started(machine)
    because = {"reason": "Irrtum"}

    assert machine.post(f"/cases/{case_id}/suspend", because).status_code == 200
    assert machine.post(f"/cases/{case_id}/suspend", because).json["code"] == "conflict"
    assert machine.post(f"/cases/{case_id}/resume", because).status_code == 200
    assert machine.post(f"/cases/{case_id}/cancel", because).status_code == 200
    assert machine.get(f"/cases/{case_id}").json["status"] == "cancelled"
    (last,) = machine.get(f"/cases/{case_id}/timeline").json["items"][-1:]
    assert last["actor"] not in ("system", "")
    assert last["texts"] == {"reason": "Irrtum"}


def test_incidents_are_listed_and_tried_again(musterstadt: Town, machine: Program) -> None:
    musterstadt.app.engine.report(
        town_reader(), code="rueckmeldung_pruefen", cause="Datei unlesbar.", subject="x"
    )

    (found,) = machine.get("/incidents").json["items"]
    nothing = machine.post(f"/incidents/{found['id']}/retry")
    settled = machine.post(f"/incidents/{found['id']}/settle", {"reason": "neu angefordert"})

    assert (found["code"], found["cause"]) == ("rueckmeldung_pruefen", "Datei unlesbar.")
    assert nothing.status_code == 422
    assert settled.status_code == 200
    assert machine.get("/incidents").json["items"] == []
    assert len(machine.get("/incidents", status="settled").json["items"]) == 1
