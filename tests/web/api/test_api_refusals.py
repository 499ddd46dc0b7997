"""What cannot be read or done is refused, and plainly said why."""

from __future__ import annotations

import pytest
from tests.web.api.conftest import (
    FILES,
    READ_TASKS,
    MakeProgram,
    Program,
    reply_of,
    started,
)
from tests.web.conftest import Town


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ([], ["#"]),
        ({}, ["#/process_id", "#/business_key"]),
        ({"process_id": 7, "business_key": "x", "more": 1}, ["#/more", "#/process_id"]),
        (
            {"process_id": "a", "business_key": "x", "variables": {"b": 1, "c-d": {}}},
            ["#/variables/c-d", "#/variables/b", "#/variables/c-d"],
        ),
        (
            {
                "process_id": "a",
                "business_key": "x",
                "variables": {"b": {"type": "list", "value": [{"type": "date", "value": "x"}]}},
            },
            ["#/variables/b/value/0"],
        ),
    ],
)
def test_everything_wrong_with_a_body_is_named_at_once(
    machine: Program, body: object, pointers: list[str]
) -> None:
    answer = machine.post("/cases", body)

    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    assert [one["pointer"] for one in answer.json["errors"]] == pointers


@pytest.mark.parametrize(
    ("data", "media", "code"),
    [
        (b"{", "application/json", "unreadable"),
        (b'{"process_id": "a", "process_id": "b"}', "application/json", "unreadable"),
        (b'{"a": NaN}', "application/json", "unreadable"),
        (b'{"a": "\\ud800"}', "application/json", "unreadable"),
        (b"[" * 5000 + b"]" * 5000, "application/json", "unreadable"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, "application/json", "unreadable"),
        (b"\xff", "application/json", "unreadable"),
        (b"a=b", "application/x-www-form-urlencoded", "wrong_media_type"),
        (b'{"a": "' + b"x" * 200_000 + b'"}', "application/json", "too_large"),
    ],
)
def test_what_cannot_be_read_is_refused_before_anything_happens(
    machine: Program, data: bytes, media: str, code: str
) -> None:
    headers = {"Authorization": f"Bearer {machine.secret}", "Idempotency-Key": "k"}

    answer = reply_of(
        machine.client.post("/api/v1/cases", data=data, content_type=media, headers=headers)
    )

    assert answer.json["code"] == code
    assert (
        answer.status_code == {"unreadable": 400, "wrong_media_type": 415, "too_large": 413}[code]
    )


def test_a_wrong_form_names_its_fields(machine: Program, program: MakeProgram) -> None:
    case_id = started(machine)
    clerk = program(*READ_TASKS, login="yilmaz")
    (task,) = clerk.get("/tasks", case_id=case_id).json["items"]

    answer = clerk.post(f"/tasks/{task['id']}/complete", {"values": {"vermerk": "x"}})

    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    assert answer.json["errors"] == [
        {"pointer": "#/values/betrag", "detail": "Betrag: Bitte füllen Sie dieses Feld aus."}
    ]


@pytest.mark.parametrize("path", ["/cases/a%00b", "/cases/%00/timeline", "/tasks/%00"])
def test_an_address_that_no_database_can_hold_is_one_that_is_not_there(
    path: str, machine: Program, program: MakeProgram
) -> None:
    asking = program(*READ_TASKS, login="yilmaz")
    assert asking.get(path).status_code == 404
    assert machine.post("/cases/%00/suspend", {"reason": "Probe"}).status_code == 404


@pytest.mark.parametrize(
    "query", ["after=x", "after=" + "0" * 26, "limit=0", "limit=x", "limit=1&limit=2", "x=1"]
)
def test_a_wrong_query_is_named(machine: Program, query: str) -> None:
    answer = machine.get(f"/cases?{query}")

    assert (answer.status_code, answer.json["code"]) == (422, "invalid")


def test_wrong_addresses_and_methods_are_problems_as_well(machine: Program) -> None:
    missing = machine.get("/gibtsnicht")
    wrong = reply_of(machine.client.delete("/api/v1/cases"))

    assert (missing.status_code, missing.json["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json["code"]) == (405, "method_not_allowed")
    assert set(wrong.headers["Allow"].split(", ")) == {"GET", "POST", "HEAD"}


def test_a_bug_tells_nothing_but_the_id_of_its_request(
    musterstadt: Town, machine: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_named: object) -> None:
        raise RuntimeError("Erika Mustermann")

    monkeypatch.setattr(musterstadt.app.engine, "list_cases", broken)
    answer = reply_of(
        machine.client.get(
            "/api/v1/cases",
            headers={"Authorization": f"Bearer {machine.secret}", "X-Request-Id": "probe-4711"},
        )
    )

    assert (answer.status_code, answer.json["code"]) == (500, "broken")
    assert (answer.json["request_id"], answer.headers["X-Request-Id"]) == ("probe-4711",) * 2
    assert "Mustermann" not in answer.text


def test_a_model_with_errors_is_not_deployed_and_says_all(machine: Program) -> None:
    broken = {"files": {"model.bpmn": FILES["model.bpmn"].replace("=nummer", "=numer")}}

    linted = machine.post("/models/lint", broken).json
    answer = machine.post("/models", broken)

    assert linted["deployable"] is False
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    assert answer.json["findings"] == linted["findings"]
    deployed = {model["process_id"] for model in machine.get("/models").json["items"]}
    assert deployed == {"eingangsrechnung", "posteingang", "lieferantenantwort", "antrag"}
    assert len(machine.get("/models").json["items"]) == 4  # the town's and the good one
