"""One case in the log, from the request that started it to the file in the HKR's folder.

Its id is all that an operator needs: it finds the request, the steps, the jobs, the effect and
the handover, and nowhere a name, an amount, an account or a token.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.web.api.conftest import Program, token
from tests.web.conftest import Town, town_reader

from laufzettel import logs
from laufzettel.records.api_tokens import Scope

#: Who signs in turn, and with which answers.
ANSWERS = {
    "yilmaz": {"decision": "feststellen", "cost_center": "5410", "gl_account": "523100"},
    "brandt": {"decision": "anordnen"},
    "reineke": {"decision": "zeichnen"},
}
TASKS = (Scope.TASKS_READ, Scope.TASKS_WORK)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the processes write, as JSON lines."""
    ours, root = logging.getLogger("laufzettel"), logging.getLogger()
    before = (root.handlers[:], root.level, ours.level)
    stream = io.StringIO()
    logs.set_up("json", level=logging.INFO, stream=stream)
    yield stream
    root.handlers[:], root.level, ours.level = before


def test_a_case_is_followed_from_the_request_to_the_handover(
    musterstadt: Town, samples: Callable[[str], bytes], log: io.StringIO
) -> None:
    case_id = musterstadt.receive(samples("gut.xml"))
    secrets = [sign(musterstadt, case_id, login) for login in ANSWERS]
    musterstadt.settle()

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    own = [line for line in lines if line.get("case_id") == case_id]
    told = [line["event"] for line in own]
    # intake, then work, then three people, then the parcel and what became of it
    for event in ("step.committed", "job.ran", "effect.packed", "effect.sending", "effect.ended"):
        assert event in told, event
    assert "step.committed" in events_of(own, request_id="sign-yilmaz")
    assert "step.committed" in events_of(own, request_id="sign-brandt")
    (sending,) = [line for line in own if line["event"] == "effect.sending"]
    parcel = [line for line in lines if line.get("parcel") == sending["parcel"]]
    assert "hkr.delivered" in [line["event"] for line in parcel]
    assert told.index("effect.sending") < told.index("effect.ended")

    text = log.getvalue()
    for secret in (
        *secrets,
        "Bergmann",
        "Yılmaz",
        "Brandt",
        "18432",
        "18.432",
        "DE89",
        "TB-2026-1187",
    ):
        assert secret not in text, secret


def sign(town: Town, case_id: str, login: str) -> str:
    """Do the next task of the case as a program does it for this person; return the token."""
    secret = token(town, *TASKS, login=login)
    clerk = Program(town.pages.test_client(), secret)
    (task,) = town.app.engine.tasks(town_reader(), case_id)
    seen = clerk.get(f"/tasks/{task.id}").json["case_version"]
    asked = {"values": ANSWERS[login], "seen": seen}
    done = clerk.post(f"/tasks/{task.id}/complete", asked, **{"X-Request-Id": f"sign-{login}"})
    assert done.status_code == 200, done.text
    town.settle()
    return secret


def events_of(lines: list[dict[str, Any]], **wanted: str) -> list[str]:
    """Return the events of the lines that carry these fields."""
    return [one["event"] for one in lines if all(one.get(k) == v for k, v in wanted.items())]
