"""A model that changes more than names is answered with 202 and waits for a second person."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.web.api.conftest import FILES, WEIGHTY, MakeProgram, Program, started
from tests.web.conftest import Town

from laufzettel.records.api_tokens import Scope

DESIGNS = (Scope.MODELS_READ, Scope.MODELS_DEPLOY, Scope.MODELS_APPROVE)


def proposed(machine: Program, by: Program | None = None) -> dict[str, Any]:
    """Have a change of the model wait; a case has begun, so that the setup is over."""
    started(machine)
    answer = (by or machine).post("/models", {"files": WEIGHTY, "reason": "Amt umbenannt"})
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"/api/v1/deployments/{answer.json['id']}"
    return dict(answer.json)


def approval(change: dict[str, Any]) -> dict[str, str]:
    return {"reason": "gesehen", "seen": change["seen"]}


def test_what_weighs_waits_as_a_resource_and_is_not_in_force(machine: Program) -> None:
    made = proposed(machine)

    assert (made["status"], made["kind"], made["reason"]) == ("open", "deploy", "Amt umbenannt")
    assert made["changes"] == [
        'Antrag prüfen „pruefen“ ändert sich: Zuordnung „["bauamt"]“ wird „["kaemmerei"]“'
    ]
    assert len(made["sha256"]) == 64 and made["model_id"] is None
    assert machine.get(f"/deployments/{made['id']}").json == made
    assert machine.get("/deployments").json == {"items": [made]}
    assert [one["number"] for one in _antraege(machine)] == [1]


def _antraege(machine: Program) -> list[dict[str, Any]]:
    found = machine.get("/models").json["items"]
    return [one for one in found if one["process_id"] == "antrag"]


def test_a_person_releases_it_with_a_token_of_its_own(
    machine: Program, program: MakeProgram
) -> None:
    made = proposed(machine)
    designer = program(*DESIGNS, login="lohmann")

    done = designer.post(f"/deployments/{made['id']}/approve", approval(made))

    assert (done.status_code, done.json["status"]) == (200, "done")
    assert (done.json["decided_by"], done.json["decided_reason"]) == ("lohmann", "gesehen")
    newest = _antraege(machine)[-1]
    assert (newest["number"], newest["id"], newest["sha256"]) == (
        2,
        done.json["model_id"],
        made["sha256"],
    )


def test_who_proposes_is_told_that_another_has_to_release(
    machine: Program, program: MakeProgram
) -> None:
    designer = program(*DESIGNS, login="lohmann")
    made = proposed(machine, designer)

    refused = designer.post(f"/deployments/{made['id']}/approve", approval(made))

    assert (refused.status_code, refused.json["code"]) == (403, "forbidden")
    assert refused.content_type == "application/problem+json"
    assert "zweite Person" in refused.json["detail"]
    other = program(*DESIGNS, login="sommer")
    assert other.post(f"/deployments/{made['id']}/approve", approval(made)).status_code == 200


def test_a_machine_cannot_be_given_the_scope_and_cannot_release(machine: Program) -> None:
    made = proposed(machine)

    refused = machine.post(f"/deployments/{made['id']}/approve", approval(made))

    assert (refused.status_code, refused.json["code"]) == (403, "forbidden")
    assert "models:approve" in refused.json["detail"]


def test_what_was_not_looked_at_is_not_released(machine: Program, program: MakeProgram) -> None:
    made = proposed(machine)
    designer = program(*DESIGNS, login="lohmann")
    path = f"/deployments/{made['id']}/approve"

    other = designer.post(path, {"reason": "gesehen", "seen": "0" * 12})
    silent = designer.post(path, {"reason": " ", "seen": made["seen"]})

    assert (other.status_code, other.json["code"]) == (409, "conflict")
    assert silent.status_code == 422
    assert designer.get(f"/deployments/{made['id']}").json["status"] == "open"


def test_sent_again_it_waits_once_and_is_released_once(
    machine: Program, program: MakeProgram
) -> None:
    started(machine)
    first = machine.post("/models", {"files": WEIGHTY}, key="deploy-1")
    again = machine.post("/models", {"files": WEIGHTY}, key="deploy-1")
    anew = machine.post("/models", {"files": WEIGHTY})
    designer = program(*DESIGNS, login="lohmann")
    path = f"/deployments/{first.json['id']}/approve"
    done = designer.post(path, approval(first.json), key="approve-1")
    repeated = designer.post(path, approval(first.json), key="approve-1")
    late = designer.post(path, approval(first.json))

    assert (again.status_code, again.json) == (202, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (anew.status_code, anew.json["id"]) == (202, first.json["id"])
    assert (repeated.status_code, repeated.json) == (200, done.json)
    assert late.status_code == 409


def test_of_two_persons_at_once_one_releases(
    musterstadt: Town, machine: Program, program: MakeProgram
) -> None:
    made = proposed(machine)
    designers = [program(*DESIGNS, login=login) for login in ("lohmann", "sommer")]

    with ThreadPoolExecutor(2) as pool:
        codes = pool.map(
            lambda one: one.post(f"/deployments/{made['id']}/approve", approval(made)).status_code,
            designers,
        )

    assert sorted(codes) == [200, 409]
    assert len(_antraege(machine)) == 2


def test_the_machine_withdraws_what_it_proposed(machine: Program, program: MakeProgram) -> None:
    made = proposed(machine)
    other = program(Scope.MODELS_DEPLOY)
    path = f"/deployments/{made['id']}/withdraw"

    foreign = other.post(path, {"reason": "aufräumen"})
    done = machine.post(path, {"reason": "Fehler im Bau"})

    assert foreign.status_code == 403
    assert (done.status_code, done.json["status"]) == (200, "declined")
    assert machine.get("/deployments").json == {"items": []}
    assert machine.post("/models", {"files": FILES}).status_code == 201
