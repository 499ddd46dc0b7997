"""What a POST asks for happens once, however often it is sent and whoever dies meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from tests.web.api.conftest import (
    Program,
    reply_of,
    rows,
    start_of,
    started,
)
from tests.web.conftest import Town

from laufzettel import failpoints
from laufzettel.records import api_requests
from laufzettel.records.tables import api_request


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
