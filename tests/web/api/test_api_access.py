"""Who may come in, what each token may see, and for whom it may speak."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.engine.execution.draw import drawn
from tests.web.api.conftest import (
    READ_TASKS,
    MakeProgram,
    Program,
    reply_of,
    started,
    token,
)
from tests.web.conftest import Town

from laufzettel.engine.tables import case
from laufzettel.errors import InputError
from laufzettel.records import api_tokens
from laufzettel.records.api_tokens import Scope
from laufzettel.records.tables import api_token, person


def test_a_machine_never_signs(musterstadt: Town) -> None:
    with pytest.raises(InputError, match="erledigt und zeichnet keine Maschine"):
        token(musterstadt, Scope.TASKS_WORK)


def test_a_scope_that_the_account_has_no_right_for_is_not_given(musterstadt: Town) -> None:
    with pytest.raises(InputError, match="fehlt dem Konto „yilmaz“ das Recht"):
        token(musterstadt, Scope.MODELS_DEPLOY, login="yilmaz")


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
