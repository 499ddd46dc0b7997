"""The verbs about tasks; a part of ``engine.api.Engine``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.engine import access, views
from laufzettel.engine.audit.streams import Event, append
from laufzettel.engine.execution.bundles import Bundles
from laufzettel.engine.execution.step import Steps, Within
from laufzettel.engine.tables import case, user_task
from laufzettel.engine.tasks import bulk, drafts, tokens, user_tasks
from laufzettel.engine.tasks.bulk import Outcome
from laufzettel.engine.tasks.completion import Completion, Manner
from laufzettel.engine.tasks.rules import DutyRules
from laufzettel.engine.tasks.sheet import Sheets, TaskSheet
from laufzettel.engine.tasks.user_tasks import UserTask
from laufzettel.engine.tasks.whole_forms import WholeForms
from laufzettel.errors import ConflictError, ForbiddenError, NotFoundError
from laufzettel.identity import Actor, Right


class MovedOnError(ConflictError):
    """Der Vorgang hat sich geändert, seit Sie ihn geöffnet haben. Bitte sehen Sie ihn noch \
einmal an und zeichnen Sie dann."""


class TaskVerbs:
    """Looking at tasks, taking them, putting them off, completing them."""

    def __init__(self, db: Database, bundles: Bundles, steps: Steps, rules: DutyRules) -> None:
        self._db = db
        self._bundles = bundles
        self._rules = rules
        self._forms = WholeForms(steps.form_fields)
        self._completion = Completion(db, bundles, steps, rules, self._forms)
        self._sheets = Sheets(db, bundles, steps, rules, self._forms)

    def tasks(self, actor: Actor, case_id: str | None = None) -> list[UserTask]:
        """Return the open tasks offered to the actor (with READ: all), at most 200."""
        need(actor, Right.WORK, Right.READ)
        with self._db.read() as connection:
            tasks = views.open_tasks(connection, actor.tenant, case_id)
        if Right.READ not in actor.rights:
            tasks = [task for task in tasks if user_tasks.is_offered(task, actor)]
        return tasks[: views.ROWS_MAX]

    def task(self, actor: Actor, task_id: str) -> TaskSheet:
        """Return everything that the page of the task shows, also when the task is over.

        Raises NotFoundError for a task that is not there, ForbiddenError for one that is not
        offered to the actor, who may not read or operate either.
        """
        need(actor, Right.WORK, Right.READ, Right.OPERATE)
        with self._db.read() as connection:
            task = user_tasks.load(connection, actor.tenant, task_id)
            is_offered = user_tasks.is_offered(task, actor)
            if not is_offered:
                require(connection, actor, task)
                if not actor.rights & {Right.READ, Right.OPERATE}:
                    raise ForbiddenError(f"„{task.name}“ ist Ihnen nicht zugewiesen.")
            return self._sheets(connection, actor, task, is_offered=is_offered)

    # --- taking and giving back -----------------------------------------------------------

    def claim(self, actor: Actor, task_id: str, within: Within | None = None) -> None:
        """Give the task to the actor alone; raises naming who has it otherwise."""
        person_of(actor)
        with self._db.write() as connection:
            self._claim(connection, actor, user_tasks.load(connection, actor.tenant, task_id))
            if within is not None:
                within(connection)

    def claim_many(self, actor: Actor, ids: Sequence[str]) -> tuple[Outcome, ...]:
        """Give each task to the actor alone, and tell of each what became of it."""
        person_of(actor)
        return bulk.each(
            self._db, self._rules, actor, ids, lambda c, task: self._claim(c, actor, task),
            "übernommen",
        )  # fmt: skip

    def unclaim(self, actor: Actor, task_id: str, within: Within | None = None) -> None:
        """Offer a claimed task to its group again."""
        person_of(actor)
        with self._db.write() as connection:
            self._unclaim(connection, actor, user_tasks.load(connection, actor.tenant, task_id))
            if within is not None:
                within(connection)

    def unclaim_many(self, actor: Actor, ids: Sequence[str]) -> tuple[Outcome, ...]:
        """Offer each task to its group again, and tell of each what became of it."""
        person_of(actor)
        return bulk.each(
            self._db, self._rules, actor, ids, lambda c, task: self._unclaim(c, actor, task),
            "zurückgelegt",
        )  # fmt: skip

    def follow_up(self, actor: Actor, ids: Sequence[str], day: date | None) -> tuple[Outcome, ...]:
        """Put each task off until that day begins (Wiedervorlage), or with None fetch it back.

        Until then it stands in the follow-up basket alone, for everybody it is offered to.
        """
        person = person_of(actor)
        with self._db.read() as connection:
            now = self._db.now(connection)
        until = None if day is None else bulk.follow_up_time(day, now)
        data = {"day": None if day is None else day.isoformat()}

        def act(connection: sa.Connection, task: UserTask) -> None:
            user_tasks.check_open(connection, self._rules, task, actor)
            user_tasks.put_off(connection, task, until)
            self._note(connection, task, Event(kind="task.follow_up", actor=person, data=data))

        done = "zurückgeholt" if day is None else f"Wiedervorlage am {day:%d.%m.%Y}"
        return bulk.each(self._db, self._rules, actor, ids, act, done)

    def _claim(self, connection: sa.Connection, actor: Actor, task: UserTask) -> None:
        user_tasks.claim(connection, self._rules, task, actor)
        self._note(connection, task, Event(kind="task.claimed", actor=actor.label))

    def _unclaim(self, connection: sa.Connection, actor: Actor, task: UserTask) -> None:
        user_tasks.unclaim(connection, task, actor)
        self._note(connection, task, Event(kind="task.unclaimed", actor=actor.label))

    def _note(self, connection: sa.Connection, task: UserTask, event: Event) -> None:
        data = {"task": task.id, "element": task.element, **event.data}
        append(
            connection,
            tenant=task.tenant,
            stream=task.case_id,
            at=self._db.now(connection),
            events=[Event(kind=event.kind, actor=event.actor, data=data)],
        )

    # --- forms -----------------------------------------------------------------------------

    def save_draft(self, actor: Actor, task_id: str, values: Mapping[str, str]) -> None:
        """Keep a form half filled in, for this person alone, until the task is over."""
        person = person_of(actor)
        drafts.check(values)
        with self._db.write() as connection:
            drafts.hold(connection, task_id)
            task = user_tasks.load(connection, actor.tenant, task_id)
            user_tasks.check_open(connection, self._rules, task, actor)
            now = self._db.now(connection)
            drafts.save(connection, actor.tenant, task_id, person, values, now=now)

    def drop_draft(self, actor: Actor, task_id: str) -> None:
        """Forget what the person has kept of the task's form."""
        person = person_of(actor)
        with self._db.write() as connection:
            drafts.drop(connection, actor.tenant, task_id, person)

    def is_submitted(self, actor: Actor, task_id: str, once: str) -> bool:
        """Say whether the form with this token has completed the task already."""
        tokens.check_token(once)
        with self._db.read() as connection:
            return tokens.is_used(
                connection, actor.tenant, once, person=person_of(actor), task_id=task_id
            )

    def complete(
        self,
        actor: Actor,
        task_id: str,
        values: Mapping[str, Any],
        *,
        once: str | None = None,
        displayed: str | None = None,
        seen: int | None = None,
        fields_seen: str | None = None,
        within: Within | None = None,
    ) -> None:
        """Complete the task with the values of its form and sign its duties.

        ``once`` is the form's token: the same form again, even at the same moment, does
        nothing. ``displayed`` is the SHA-256 of what the person was shown, for the audit;
        ``seen`` the version of the case (``TaskSheet.case_version``) for which that was found
        to be still true: with another one nothing is signed, ConflictError. ``fields_seen`` is
        ``TaskSheet.seen``: without it fields that handlers add take no answers. ``within``
        writes in the same transaction.

        Raises FormError, ForbiddenError (not offered, no power, DutyConflictError), and
        ConflictError naming who was faster. Nothing is written unless all is.
        """
        person = person_of(actor)
        if once is not None:
            tokens.check_token(once)
        if displayed is not None:
            tokens.check_sha256(displayed)
        proof = {} if displayed is None else {"displayed": displayed}
        unmoved = None if seen is None else self._unmoved(task_id, seen)
        also = tuple(one for one in (unmoved, within) if one is not None)
        manner = Manner(once=once, proof=proof, also=also, seen=fields_seen)
        self._completion(actor, person, task_id, values, manner)

    def _unmoved(self, task_id: str, seen: int) -> Within:
        """Return the check, within the step, that the case has not moved since it was seen."""

        def check(connection: sa.Connection) -> None:
            version = connection.execute(
                sa.select(case.c.version)
                .join(user_task, user_task.c.case_id == case.c.id)
                .where(user_task.c.id == task_id)
            ).scalar_one()
            if version != seen + 1:  # the step itself has counted on by one
                raise MovedOnError

        return check


def require(connection: sa.Connection, actor: Actor, task: UserTask) -> None:
    """Return only if the actor may look at the task's case; raises as if there were no task."""
    try:
        access.require(connection, actor, task.case_id)
    except NotFoundError:
        raise user_tasks.NoSuchTaskError from None


def need(actor: Actor, *rights: Right) -> None:
    """Raise ForbiddenError unless the actor has one of the rights."""
    if not actor.rights & set(rights):
        raise ForbiddenError(f"Dafür fehlt das Recht „{rights[0]}“.")


def person_of(actor: Actor) -> str:
    """Return the person that acts; raises ForbiddenError for the system."""
    need(actor, Right.WORK)
    if actor.person is None:
        raise ForbiddenError("Aufgaben erledigen nur Personen, nicht das System.")
    return actor.person
