"""The API as programs use it: what is asked for happens once, and says plainly why not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from openapi_spec_validator import OpenAPIV31SpecValidator
from tests.engine.execution.draw import drawn
from tests.web.api.conftest import FILES, MakeProgram, Program, reply_of, token
from tests.web.conftest import Town, town_reader

from laufzettel import failpoints
from laufzettel.engine.tables import case, duty_signature
from laufzettel.records import api_requests, api_tokens
from laufzettel.records.api_tokens import Scope
from laufzettel.records.tables import api_request, api_token, person

READ_TASKS = (Scope.TASKS_READ, Scope.TASKS_WORK, Scope.CASES_READ)


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
    variables = {"nummer": {"type": "text", "value": number}}
    return {"process_id": "antrag", "business_key": f"antrag:{number}", "variables": variables}


def rows(town: Town) -> int:
    """Return how many cases there are."""
    with town.app.db.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(case)).scalar_one()


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


def test_a_post_sent_again_gives_the_first_answer_and_does_nothing(
    musterstadt: Town, machine: Program
) -> None:
    first = machine.post("/cases", start_of("A-1"), key="k1")
    again = machine.post("/cases", start_of("A-1"), key="k1")

    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert rows(musterstadt) == 1


def test_the_same_key_for_something_else_is_refused(machine: Program) -> None:
    machine.post("/cases", start_of("A-1"), key="k1")

    other = machine.post("/cases", start_of("A-2"), key="k1")

    assert (other.status_code, other.json["code"]) == (422, "key_reused")


def test_a_definite_refusal_is_the_answer_also_when_it_is_asked_again(machine: Program) -> None:
    unknown = {"process_id": "gibtsnicht", "business_key": "x:1"}

    first = machine.post("/cases", unknown, key="k1")
    again = machine.post("/cases", unknown, key="k1")

    assert (first.status_code, again.status_code) == (404, 404)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.content_type == "application/problem+json"


def test_who_asks_twice_at_once_is_told_to_wait_and_who_died_is_taken_over(
    musterstadt: Town, machine: Program
) -> None:
    machine.post("/cases", start_of("A-1"), key="k1")
    with musterstadt.app.db.write() as connection:  # as if the first were still at it
        connection.execute(sa.update(api_request).values(status=None, body=None))

    running = machine.post("/cases", start_of("A-1"), key="k1")
    musterstadt.clock.advance(seconds=61)
    taken_over = machine.post("/cases", start_of("A-1"), key="k1")

    assert (running.status_code, running.json["code"]) == (409, "still_running")
    assert running.headers["Retry-After"] == "2"
    assert taken_over.status_code == 201


@pytest.mark.parametrize("point", ["step.written", "step.committed"])
def test_a_start_that_dies_anywhere_happens_once_when_it_is_sent_again(
    musterstadt: Town, machine: Program, point: str
) -> None:
    failpoints.arm(point)
    try:
        with pytest.raises(failpoints.Crash):
            machine.post("/cases", start_of("A-1"), key="k1")
    finally:
        failpoints.disarm()

    musterstadt.clock.advance(seconds=61)  # nobody answers for the one that died
    again = machine.post("/cases", start_of("A-1"), key="k1")

    assert again.status_code == 201
    assert rows(musterstadt) == 1
    assert [one["id"] for one in machine.get("/cases").json["items"]] == [again.json["id"]]


def test_of_many_that_ask_at_once_with_one_key_one_acts(
    musterstadt: Town, machine: Program
) -> None:
    def ask(_number: int) -> tuple[int, str]:
        other = Program(musterstadt.pages.test_client(), machine.secret)
        answer = other.post("/cases", start_of("A-1"), key="k1")
        return answer.status_code, answer.json.get("id") or answer.json["code"]

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(ask, range(12)))

    ids = {text for code, text in answers if code == 201}
    assert len(ids) == 1
    assert {text for code, text in answers if code != 201} <= {"still_running"}
    assert rows(musterstadt) == 1


def test_who_was_overtaken_leaves_nothing_behind(
    musterstadt: Town, machine: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(connection: sa.Connection, claimed: object, given: object) -> None:
        raise api_requests.OvertakenError

    monkeypatch.setattr(api_requests, "answer", overtaken)
    answer = machine.post("/cases", start_of("A-1"), key="k1")

    assert (answer.status_code, answer.json["code"]) == (409, "conflict")
    assert rows(musterstadt) == 0


def test_answers_are_forgotten_after_seven_days(musterstadt: Town, machine: Program) -> None:
    musterstadt.clock.advance(days=7, seconds=1)
    started(machine)

    assert musterstadt.app.clean() == 1  # that of the deployment
    with musterstadt.app.db.read() as connection:
        left = connection.execute(sa.select(api_request.c.key)).scalars().all()
    assert left == ["key-2"]


def test_a_post_without_a_key_does_nothing(musterstadt: Town, machine: Program) -> None:
    bare = reply_of(
        machine.client.post(
            "/api/v1/cases",
            json=start_of("A-1"),
            headers={"Authorization": f"Bearer {machine.secret}"},
        )
    )

    assert (bare.status_code, bare.json["code"]) == (400, "key_missing")
    assert rows(musterstadt) == 0


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


def test_a_stale_decision_signs_nothing(machine: Program, program: MakeProgram) -> None:
    case_id = started(machine)
    clerk = program(*READ_TASKS, login="yilmaz")
    (task,) = clerk.get("/tasks", case_id=case_id).json["items"]

    answer = clerk.post(f"/tasks/{task['id']}/complete", {"values": {"betrag": "1"}, "seen": 99})

    assert (answer.status_code, answer.json["code"]) == (409, "conflict")


def test_a_machine_never_signs(musterstadt: Town) -> None:
    with pytest.raises(Exception, match="erledigt und zeichnet keine Maschine"):
        token(musterstadt, Scope.TASKS_WORK)


def test_a_scope_that_the_account_has_no_right_for_is_not_given(musterstadt: Town) -> None:
    with pytest.raises(Exception, match="fehlt dem Konto „yilmaz“ das Recht"):
        token(musterstadt, Scope.MODELS_DEPLOY, login="yilmaz")


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


def test_a_confidential_case_is_answered_like_one_that_is_not_there(
    musterstadt: Town, machine: Program, program: MakeProgram
) -> None:
    case_id = started(machine)
    with musterstadt.app.db.write() as connection:
        connection.execute(sa.update(case).values(confidential=True))
    blind = program(Scope.CASES_READ, Scope.CASES_OPERATE)
    seeing = program(Scope.CASES_READ, Scope.CONFIDENTIAL_READ)
    unknown = "0" * 26

    for path in ("", "/timeline", "/variables"):
        hidden = blind.get(f"/cases/{case_id}{path}")
        missing = blind.get(f"/cases/{unknown}{path}")
        assert hidden.status_code == 404
        assert without_id(hidden.json) == without_id(missing.json)
    because = {"reason": "Probe"}
    assert blind.post(f"/cases/{case_id}/cancel", because).status_code == 404
    assert blind.get("/cases").json == {"items": [], "next": None}
    assert seeing.get(f"/cases/{case_id}").status_code == 200


def without_id(body: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in body.items() if name != "request_id"}


def test_a_task_of_a_confidential_case_is_answered_like_one_that_is_not_there(
    musterstadt: Town, machine: Program, program: MakeProgram
) -> None:
    case_id = started(machine)
    (task,) = program(*READ_TASKS, login="yilmaz").get("/tasks", case_id=case_id).json["items"]
    with musterstadt.app.db.write() as connection:
        connection.execute(sa.update(case).values(confidential=True))
    other = program(*READ_TASKS, login="okafor")

    hidden, missing = other.get(f"/tasks/{task['id']}"), other.get(f"/tasks/{'0' * 26}")

    assert hidden.status_code == 404
    assert without_id(hidden.json) == without_id(missing.json)


@pytest.mark.parametrize("path", ["/cases/a%00b", "/cases/%00/timeline", "/tasks/%00"])
def test_an_address_that_no_database_can_hold_is_one_that_is_not_there(
    path: str, machine: Program, program: MakeProgram
) -> None:
    asking = program(*READ_TASKS, login="yilmaz")
    assert asking.get(path).status_code == 404
    assert machine.post("/cases/%00/suspend", {"reason": "Probe"}).status_code == 404


@pytest.mark.parametrize(
    "model",
    [
        "knows n\nthrow t message hkr.quittung n\nstart>t t>end",
        "throw t signal hkr.alle\nstart>t t>end",
        "begin message hkr.quittung\nuser a\nstart>a a>end",
        "begin signal hkr.alle\nuser a\nstart>a a>end",
    ],
    ids=["throws it", "broadcasts it", "begins by it", "begins by a signal"],
)
def test_no_model_that_is_deployed_speaks_for_the_hkr_or_takes_its_answers(
    machine: Program, model: str
) -> None:
    files = {name: data.decode() for name, data in drawn(model).items()}

    answer = machine.post("/models", {"files": files})

    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    assert "kommt nur über die eigene Schnittstelle herein" in answer.json["detail"]


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


def test_no_token_speaks_for_the_hkr(machine: Program) -> None:
    told = {"name": "hkr.quittung", "key": "x", "message_id": "m"}

    answer = machine.post("/messages", told)

    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer lz_x", "Basic eDp5", "Bearer " + "x" * 500]
)
def test_without_a_good_token_nothing_is_told(musterstadt: Town, header: str) -> None:
    answer = reply_of(
        musterstadt.pages.test_client().get(
            "/api/v1/cases", headers={"Authorization": header} if header else {}
        )
    )

    assert (answer.status_code, answer.json["code"]) == (401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="laufzettel"')


def test_a_session_of_the_pages_opens_no_door_here(musterstadt: Town) -> None:
    browser = musterstadt.browser("sommer")

    assert browser.get("/api/v1/cases").status_code == 401


def test_a_token_ends_when_it_is_over_revoked_or_its_person_has_left(
    musterstadt: Town, program: MakeProgram
) -> None:
    over, revoked = program(Scope.CASES_READ), program(Scope.CASES_READ)
    left = program(Scope.TASKS_READ, login="yilmaz")
    db = musterstadt.app.db
    assert [one.get("/cases").status_code for one in (over, revoked)] == [200, 200]
    assert left.get("/tasks").status_code == 200

    with db.write() as connection:
        found = api_tokens.find(connection, revoked.secret, now=musterstadt.clock.now())
        assert found is not None
        api_tokens.revoke(connection, "musterstadt", found.id, now=musterstadt.clock.now())
        connection.execute(sa.update(person).where(person.c.id == "yilmaz").values(is_active=False))
    assert revoked.get("/cases").status_code == 401
    assert left.get("/tasks").status_code == 401
    musterstadt.clock.advance(days=30)
    assert over.get("/cases").status_code == 401


def test_the_table_of_tokens_opens_no_door(musterstadt: Town, program: MakeProgram) -> None:
    secret = program(Scope.CASES_READ).secret

    with musterstadt.app.db.read() as connection:
        row = connection.execute(sa.select(api_token)).one()

    assert secret not in str(row)
    assert row.sha256 == hashlib.sha256(secret.encode()).hexdigest()


def test_guessing_is_slowed_down_and_holds_up_no_good_token(
    musterstadt: Town, program: MakeProgram
) -> None:
    good = program(Scope.CASES_READ)
    bad = Program(musterstadt.pages.test_client(), "lz_" + "x" * 43)

    codes = [bad.get("/cases").status_code for _ in range(52)]

    assert codes == [401] * 50 + [429] * 2
    assert int(bad.get("/cases").headers["Retry-After"]) in range(1, 61)
    assert good.get("/cases").status_code == 200


def test_the_use_of_a_token_is_noted_once_a_minute(musterstadt: Town, program: MakeProgram) -> None:
    reader = program(Scope.CASES_READ)
    begin = musterstadt.clock.now()

    reader.get("/cases")
    musterstadt.clock.advance(seconds=59)
    reader.get("/cases")

    with musterstadt.app.db.read() as connection:
        (found,) = api_tokens.listed(connection, "musterstadt")
    assert found.used_at == begin
    assert found.valid_until == begin + timedelta(days=30)


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
    assert len(machine.get("/models").json["items"]) == 2  # the town's and the good one


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
