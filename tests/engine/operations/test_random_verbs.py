"""Whatever operators do in whatever order: nothing disappears, nothing is sent twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engine.execution.desk import Desk
from tests.engine.execution.lab_handlers import behaviour

from laufzettel.engine.execution.case_run import GoneError
from laufzettel.engine.tables import effect, incident
from laufzettel.errors import LaufzettelError

MODEL = """
knows o, n
and s
user a
boundary t a timer P2D calm
user more
service e lab.send
receive r paid o
sub u
user b
service w lab.slow
u.start>b b>w w>u.end
close
boundary v u timer P5D
and j
user last
user late
start>s s>a s>e s>r a>u u>j v>late e>j r>j j>last last>end t>more more>end late>end
"""
#: Another form of „last“ and one more step: every place of the old model is there.
NEWER = MODEL.replace("user last", "user last\nasks note\nuser final").replace(
    "last>end", "last>final final>end"
)
PLACES = ("a", "b", "w", "e", "r", "u", "last", "more", "late", "end", "final")
WHY = "Zufall"


class Play:
    """One case, and what may happen to it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.old = desk.deploy(MODEL).bundle_id
        self.case_id = desk.start(key="object:1", o="1")
        self.new = desk.deploy(NEWER).bundle_id
        self._messages = 0

    def suspend(self, _: int) -> None:
        self.desk.engine.suspend(self.desk.all, self.case_id, WHY)

    def resume(self, _: int) -> None:
        self.desk.engine.resume(self.desk.all, self.case_id, WHY)

    def cancel(self, pick: int) -> None:
        if pick % 12 == 0:  # else few games would last
            self.desk.engine.cancel(self.desk.all, self.case_id, WHY)

    def edit(self, pick: int) -> None:
        self.desk.engine.edit_variable(self.desk.all, self.case_id, "n", str(pick), WHY)

    def move(self, pick: int) -> None:
        with self.desk.db.read() as connection:
            try:
                run = self.desk.steps.look(connection, self.desk.all, self.case_id)
            except GoneError:
                return
            waits = sorted({wait.element for wait in run.waits()})
        source, target = waits[pick % len(waits)], PLACES[pick // 7 % len(PLACES)]
        self.desk.engine.move(self.desk.all, self.case_id, source, target, WHY)

    def migrate(self, pick: int) -> None:
        self.desk.engine.migrate(
            self.desk.all, self.case_id, self.new if pick % 3 else self.old, WHY
        )

    def complete(self, pick: int) -> None:
        tasks = sorted(self.desk.tasks(self.case_id))
        if tasks:
            self.desk.complete(tasks[pick % len(tasks)])

    def publish(self, _: int) -> None:
        self._messages += 1
        self.desk.publish("paid", "1", message_id=str(self._messages))

    def one_job(self, _: int) -> None:
        self.desk.jobs.run_due(limit=1)

    def time(self, pick: int) -> None:
        self.desk.clock.advance(hours=pick % 60)

    def retry(self, _: int) -> None:
        for one in self.desk.incidents:
            self.desk.engine.retry(self.desk.all, one.id)

    def fail(self, pick: int) -> None:
        """Let work fail from now on, or succeed again."""
        behaviour.pop("slow", None)
        if pick % 2:
            behaviour["slow"] = LaufzettelError("kaputt")


VERBS: tuple[Callable[[Play, int], None], ...] = (
    *(Play.suspend, Play.resume, Play.cancel, Play.edit, Play.move, Play.move, Play.migrate),
    *(Play.complete, Play.complete, Play.publish, Play.one_job, Play.one_job, Play.time),
    *(Play.retry, Play.fail),
)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the databases of the games lie."""
    return tmp_path_factory.mktemp("games")


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(moves=st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, 500)), max_size=25))
def test_any_order_of_verbs_keeps_every_promise(
    migrated_sqlite_file: Path, places: Path, moves: list[Any]
) -> None:
    file = places / f"{len(list(places.iterdir()))}.db"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    behaviour.clear()
    desk = Desk(f"sqlite:///{file}")
    try:
        play = Play(desk)
        for verb, pick in moves:
            try:
                verb(play, pick)
            except LaufzettelError:
                pass  # refused by name; what matters is that nothing is broken
            _promises(desk)
        _can_come_to_an_end(play)
    finally:
        desk.close()
        behaviour.clear()


def _promises(desk: Desk) -> None:
    assert desk.is_sound()
    assert behaviour.get("sent", 0) <= 1
    assert len(desk.rows(effect)) <= 1


def _can_come_to_an_end(play: Play) -> None:
    """Nobody hinders the case any more: then it ends."""
    desk = play.desk
    behaviour.pop("slow", None)
    for _ in range(40):
        status = desk.case(play.case_id).status
        if status in ("ended", "cancelled"):
            break
        if status == "suspended":
            desk.engine.resume(desk.all, play.case_id, WHY)
        for one in desk.rows(incident, incident.c.status == "open"):
            if one.activation:
                desk.engine.retry(desk.all, one.id)
        for element in desk.tasks(play.case_id):
            if element in desk.tasks(play.case_id):
                desk.complete(element)
        play.publish(0)
        desk.run_jobs(days=1)
    assert desk.case(play.case_id).status in ("ended", "cancelled")
    assert desk.engine.verify(desk.all).is_sound
    _promises(desk)
