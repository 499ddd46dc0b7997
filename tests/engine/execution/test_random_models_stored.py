"""Random models in a real database: what waits there is what the bare rules say, act by act.

Tasks, timers and incidents are rows of their own; each step must write exactly what its
tokens wait for. After every act the checker looks for whatever nobody moves any more.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from tests.bpmn import behaviour_model
from tests.bpmn.behaviour_run import linted
from tests.bpmn.random_models import VARIABLES, as_file, drawn
from tests.bpmn.token_game import Play, Scope, Wait, possible
from tests.engine.execution.desk import TENANT, Desk
from tests.second_person import deployed

from laufzettel.engine.execution import codec
from laufzettel.engine.model.sources import Sources
from laufzettel.engine.tables import job

_MODELS = 500 if os.environ.get("LAUFZETTEL_SWEEP") == "all" else 8
_ACTS_MAX = 10


def test_the_rows_of_a_random_model_are_what_its_tokens_wait_for(desk: Desk) -> None:
    acts = sum(_play(desk, chance, scope) for chance, scope in _accepted())

    assert acts > _MODELS


def _accepted() -> Iterator[tuple[random.Random, Scope]]:
    """Yield the first models that have an end; the front end refuses others."""
    found = 0
    for seed in range(10_000, 10_000 + 4 * _MODELS):
        chance = random.Random(seed)
        scope = drawn(chance)
        if found < _MODELS and linted(as_file(scope)).definition is not None:
            found += 1
            yield chance, scope


def _play(desk: Desk, chance: random.Random, scope: Scope) -> int:
    """Let things happen to a case by chance, and end it; return how many."""
    values: dict[str, Any] = {name: chance.randint(0, 9) for name in VARIABLES}
    newer, current = (_deployed(desk, scope, known) for known in ((*VARIABLES, "more"), VARIABLES))
    game, case_id = Play(scope, values), desk.start(key=f"object:{desk.clock.now()}", **values)
    acts: list[str] = []
    while True:
        desk.run_jobs()
        _compare(desk, game, case_id, acts)
        waits = possible(game)
        if not waits or len(acts) == _ACTS_MAX:
            break
        if chance.random() < 0.2:
            desk.engine.suspend(desk.all, case_id, "Prüfung")
            assert desk.tasks(case_id) == []
            desk.engine.resume(desk.all, case_id, "geprüft")
        if chance.random() < 0.2:  # to the other version and back
            desk.engine.migrate(desk.all, case_id, newer, "Neue Fassung")
            newer, current = current, newer
            _compare(desk, game, case_id, acts)
        acts.append(chance.choice(sorted(waits)))
        _act(desk, case_id, waits[acts[-1]])
        game.act(waits[acts[-1]])
    if not game.is_done:
        desk.engine.cancel(desk.all, case_id, "Ende der Probe")
        desk.run_jobs()
    assert desk.left_behind() == dict.fromkeys(("tasks", "jobs", "subscriptions", "effects"), 0)
    desk.clock.advance(seconds=1)
    return len(acts)


def _deployed(desk: Desk, scope: Scope, known: tuple[str, ...]) -> str:
    file = as_file(scope)
    files = behaviour_model.files(file["model"], file["called"], known)
    return str(deployed(desk.engine, desk.all, Sources(files=files), tenant=TENANT).bundle_id)


def _compare(desk: Desk, game: Play, case_id: str, acts: list[str]) -> None:
    due = sorted(wait.element for wait in game.waits() if wait.is_open_to_all)
    assert sorted([*desk.tasks(case_id), *_timers(desk, case_id).values()]) == due, acts
    assert (desk.case(case_id).status == "ended") == game.is_done, acts
    assert bool(desk.incidents) == (not due and not game.is_done), acts
    assert desk.is_sound()


def _timers(desk: Desk, case_id: str) -> dict[str, str]:
    """The elements of the timers that wait, by the keys of their jobs."""
    state = desk.case(case_id).state
    seen = {} if state is None else codec.decode(state)["seen"]
    rows = desk.rows(job, job.c.case_id == case_id, job.c.kind == "timer")
    return {row.key: seen[row.args["activation"]][1] for row in rows}


def _act(desk: Desk, case_id: str, wait: Wait) -> None:
    """Complete the task, or let the hour of the timer come."""
    if wait.element in desk.tasks(case_id):
        task = desk.task(wait.element, case_id)
        desk.engine.complete(desk.person("yilmaz"), task.id, {})
        return
    key = next(key for key, one in _timers(desk, case_id).items() if one == wait.element)
    now = {"due": desk.clock.now()}
    desk.write(lambda c: c.execute(sa.update(job).where(job.c.key == key).values(now)))
