"""The story of three invoices, told while it happens.

One goes all the way to the payment, one is defective and goes back to its supplier, one
is refused by the HKR and comes back to the right desk. The story has no memory of its own:
what happens next follows from the database, so that after a kill it goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from laufzettel.app import App
from laufzettel.cli import timeline
from laufzettel.cli.demo import hkr, town
from laufzettel.cli.demo.hkr import CLOSED_ACCOUNT, OPEN_ACCOUNT
from laufzettel.cli.demo.samples import Sample, samples
from laufzettel.engine.execution.case_rows import CaseStatus
from laufzettel.engine.tasks.user_tasks import UserTask
from laufzettel.engine.views import CaseView, Happening
from laufzettel.errors import LaufzettelError
from laufzettel.handlers.invoice.receive import Delivery
from laufzettel.identity import Actor, Right
from laufzettel.records import people
from laufzettel.records.tables import invoice

#: The story gives up when nothing has moved for so long, in seconds.
PATIENCE_S: Final = 60

#: Prints one line of the story.
Say = Callable[[str], None]


class StuckError(LaufzettelError):
    """Die Vorführung kommt nicht weiter; offene Störungen zeigt „incidents“."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Who does a task in the story, and with which answers."""

    person: str
    answers: Mapping[str, str]


class Story:
    """Plays the parts of the people and of the HKR until every case has ended."""

    def __init__(self, app: App, say: Say, pause_s: float) -> None:
        self._app = app
        self._say = say
        self._pause_s = pause_s
        self._told: dict[str, int] = {}
        self._ledger = hkr.simulator(app)
        self._reader = Actor(tenant=town.TENANT, rights=frozenset({Right.READ, Right.OPERATE}))

    def play(self) -> list[CaseView]:
        """Receive the invoices, play on until all their cases have ended, return these."""
        cases = self._receive()
        still = time.monotonic()
        while True:
            moved = self._app.jobs.run_due() > 0
            moved |= self._act(cases)
            moved |= hkr.ask(self._app, self._ledger) > 0
            self._tell(cases)
            views = [view for view in self._app.engine.cases(self._reader) if view.id in cases]
            if all(view.status is not CaseStatus.OPEN for view in views):
                return views
            self._stop_at_incidents(cases)
            still = time.monotonic() if moved else still
            if time.monotonic() - still > PATIENCE_S:
                raise StuckError
            if not moved:
                time.sleep(0.2)

    def _stop_at_incidents(self, cases: Mapping[str, Sample]) -> None:
        """Raise StuckError with the cause where the story waits for the operator.

        The rest of the town has a Störung of its own, which holds up no story.
        """
        for incident in self._app.engine.incidents(self._reader):
            if incident.case_id in cases:
                raise StuckError(f"Die Vorführung kommt nicht weiter: {incident.cause}")

    def _receive(self) -> dict[str, Sample]:
        """Receive what has not been received; return the samples by case."""
        by_case = {}
        for sample in samples(self._app):
            receipt = self._app.receive(
                Delivery(
                    tenant=town.TENANT,
                    channel="vorführung",
                    sender="rechnung@lieferant.example",
                    file_name=sample.file_name,
                    data=sample.data,
                )
            )
            key = f"invoice:{receipt.invoice_id}"
            (view,) = self._app.engine.cases(self._reader, key)
            by_case[view.id] = sample
        return by_case

    def _act(self, cases: Mapping[str, Sample]) -> bool:
        """Do one open task of the story; True when there was one."""
        for task in self._app.engine.tasks(self._reader):
            sample = cases.get(task.case_id)
            part = sample and self._part(task, sample)
            if part:
                time.sleep(self._pause_s)
                self._app.engine.complete(self._actor(part.person), task.id, dict(part.answers))
                return True
        return False

    def _part(self, task: UserTask, sample: Sample) -> Part | None:
        account = CLOSED_ACCOUNT if sample.is_refused else OPEN_ACCOUNT
        parts = {
            # Told once more, the story's invoices are like those of the first time.
            "check_duplicate": Part(
                person="kranz",
                answers={"decision": "neu", "note": "eine weitere Lieferung, beim Fachamt erfragt"},
            ),
            "certify": Part(
                person="yilmaz",
                answers={
                    "decision": "feststellen",
                    "cost_center": "5410",
                    "gl_account": account,
                    "note": "Leistung vollständig erbracht",
                },
            ),
            "order": Part(person="brandt", answers={"decision": "anordnen"}),
            "countersign": Part(person="reineke", answers={"decision": "zeichnen"}),
            "correct_accounts": Part(
                person="okafor",
                answers={
                    "cost_center": "5410",
                    "gl_account": OPEN_ACCOUNT,
                    "note": f"{CLOSED_ACCOUNT} ist gesperrt",
                },
            ),
        }
        return parts.get(task.element)

    def _actor(self, person: str) -> Actor:
        with self._app.db.read() as connection:
            return people.actor(connection, town.TENANT, person, at=self._app.db.now(connection))

    def _tell(self, cases: Mapping[str, Sample]) -> None:
        """Print what has happened since the last time, in its order."""
        fresh: list[tuple[Happening, str]] = []
        for case_id, sample in cases.items():
            happenings = self._app.engine.timeline(self._reader, case_id)
            new = happenings[self._told.get(case_id, 0) :]
            self._told[case_id] = len(happenings)
            fresh += [(one, sample.title) for one in new if one.kind not in _BEHIND_THE_SCENES]
        fresh.sort(key=lambda pair: pair[0].at)
        for one, title in fresh:
            for line in timeline.told(self._app, town.TENANT, [one]):
                when, _, rest = line.partition("  ")
                self._say(f"{when.split()[1]}  {title:<14} {rest}")


_BEHIND_THE_SCENES: Final = {"message.consumed", "order.handed_over", "case.ended"}


def letters(app: App) -> Iterator[str]:
    """Yield the rejected invoices of the story with their German reasons."""
    with app.db.read() as connection:
        rows = connection.execute(
            sa.select(invoice.c.receipt_no, invoice.c.number, invoice.c.rejection).where(
                invoice.c.tenant == town.TENANT, invoice.c.rejection.is_not(None)
            )
        ).all()
    for row in rows:
        yield f"{row.receipt_no} ({row.number}) ging zurück:"
        yield from (f"  {line}" for line in row.rejection.splitlines())
