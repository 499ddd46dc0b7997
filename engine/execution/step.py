"""A step: read the case, compute in memory, then write everything in one short transaction.

The compare-and-set of the case's version comes first in the write; whoever loses it
computes again. Nothing slow happens while the write lock is held (DESIGN decision 8).
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from laufzettel import logs
from laufzettel.db import Database
from laufzettel.engine.audit.streams import Event, Head, beginning
from laufzettel.engine.execution import codec
from laufzettel.engine.execution.bundles import Bundle, Bundles
from laufzettel.engine.execution.case_rows import (
    INSERT,
    LOAD,
    MOVE,
    MOVE_UNHELD,
    NO_FACETS,
    STANDING,
    CaseStatus,
    first_columns,
    merged,
    state_columns,
)
from laufzettel.engine.execution.case_run import CaseRun, Frame, GoneError
from laufzettel.engine.execution.decision_store import DecisionStore
from laufzettel.engine.execution.writing import Target, Writer, step_events
from laufzettel.engine.handler import FormFields, GuardFailedError, Handlers, Start
from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.tasks import user_tasks
from laufzettel.engine.work import own_calls
from laufzettel.engine.work.own_calls import Caller
from laufzettel.errors import ConflictError, NotFoundError
from laufzettel.failpoints import failpoint
from laufzettel.identity import Actor
from laufzettel.ids import new_id
from laufzettel.measures import MEASURES

log = logging.getLogger(__name__)
for _point in ("step", "guard", "constraint"):  # told from the beginning, so that a rise is seen
    MEASURES.count("lost_races", 0, point=_point)

#: How often a step is computed again after losing the compare-and-set.
ATTEMPTS_MAX = 5
#: What a step does first: moves the case by what happened.
Act = Callable[[CaseRun], object]
#: What the trigger writes in the step's transaction, after the compare-and-set.
Within = Callable[[sa.Connection], None]


class SuspendedError(ConflictError):
    """Der Vorgang ist angehalten. Er geht weiter, sobald der Betrieb ihn fortsetzt."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A case as it was read, in memory; belongs to one thread."""

    row: sa.Row[Any]
    frame: Frame
    run: CaseRun


@dataclass(frozen=True, slots=True)
class _Beginning:
    """A case that is to begin, as ``Steps.start`` was told."""

    actor: Actor
    start: Start
    within: Within | None
    at: str
    events: Sequence[Event]
    caller: Caller | None


class LostRaceError(Exception):
    """Another step of the same case was faster."""


class Steps:
    """Takes steps on cases."""

    def __init__(self, db: Database, bundles: Bundles, handlers: Handlers, jobs: Jobs) -> None:
        self._db = db
        self.bundles = self._bundles = bundles
        self.decisions = self._decisions = DecisionStore(bundles)
        self._handlers = handlers
        self._jobs = jobs

    @property
    def form_fields(self) -> Mapping[str, FormFields]:
        """What adds fields to the forms of tasks, by its name."""
        return self._handlers.form_fields()

    def start(
        self,
        actor: Actor,
        start: Start,
        within: Within | None = None,
        case_id: str | None = None,
        *,
        at: str = "",
        events: Sequence[Event] = (),
        caller: Caller | None = None,
    ) -> str:
        """Begin a case and move it as far as it goes; return its id.

        ``case_id`` is a fresh id (``ids.new_id``) where the caller must know it beforehand;
        ``at`` is the start event where a message has begun it, ``caller`` who calls it.
        Raises NotFoundError for a process that is not deployed, ConflictError after losing
        every race about the records that its first handlers write.
        """
        new = case_id or new_id()
        beginning_ = _Beginning(actor, start, within, at, events, caller)
        self.repeat(new, lambda: self._begin(new, beginning_))
        return new

    def take(
        self,
        actor: Actor,
        case_id: str,
        act: Act,
        *,
        within: Sequence[Within] = (),
        events: Sequence[Event] = (),
    ) -> None:
        """Move the case by ``act``.

        Raises GoneError when what happened has no receiver any more, NotFoundError for a
        case of another tenant, SuspendedError for one that a person has stopped,
        ConflictError after losing every race.
        """
        self.repeat(case_id, lambda: self._once(actor, case_id, act, within, events))

    def look(self, connection: sa.Connection, actor: Actor, case_id: str) -> CaseRun:
        """Return the open case in memory, to look at; nothing of it can be written.

        Raises GoneError for a case that is over, NotFoundError for one of another tenant.
        """
        return self.load(connection, actor, case_id, STANDING).run

    def load(
        self,
        connection: sa.Connection,
        actor: Actor,
        case_id: str,
        among: Sequence[CaseStatus] = (CaseStatus.OPEN,),
    ) -> Loaded:
        """Return the case in memory if its status is ``among`` these.

        Raises GoneError for a case that is over, SuspendedError, NotFoundError for one of
        another tenant.
        """
        row = self._row(connection, actor.tenant, case_id, among)
        bundle = self._bundles.load(connection, row.bundle_id, row.process_id)
        frame = Frame(
            tenant=actor.tenant,
            case_id=case_id,
            business_key=row.business_key,
            actor=actor,
            now=self._db.now(connection),
            connection=connection,
            decisions=self._decisions.of(connection, actor.tenant, bundle.id),
            is_called=row.parent_case is not None,
        )
        run = self._run(bundle, frame, codec.decode(row.state))
        return Loaded(row, frame, run)

    def remade(self, loaded: Loaded, bundle: Bundle, state: dict[str, Any]) -> Loaded:
        """Return the case as it goes on by another bundle with that state; nothing is written."""
        frame = loaded.frame
        decisions = self._decisions.of(frame.connection, frame.tenant, bundle.id)
        frame = replace(frame, decisions=decisions)
        return Loaded(loaded.row, frame, self._run(bundle, frame, state))

    def _run(self, bundle: Bundle, frame: Frame, state: dict[str, Any] | None = None) -> CaseRun:
        return CaseRun(bundle.definition, bundle.executor, self._handlers, frame, state)

    def repeat(self, case_id: str, step: Callable[[], None]) -> None:
        """Compute and write until no race is lost; the step is timed and stands in the log.

        A step that finds its case itself is given none and binds it (``logs.bind``).
        """
        began = time.perf_counter()
        with logs.bound(case_id=case_id), MEASURES.timed("step_seconds"):
            lost = self._until_won(step)
            took_ms = round((time.perf_counter() - began) * 1000)
            logs.event(log, "step.committed", ms=took_ms, lost_races=lost)

    def _until_won(self, step: Callable[[], None]) -> int:
        """Compute and write until no race is lost; return how many were.

        A failed guard, and a constraint that another step's commit has made fail, count as
        lost races: computed again, the handlers see what the other one wrote.
        """
        for attempt in range(ATTEMPTS_MAX):
            try:
                step()
            except sa.exc.IntegrityError:
                if attempt + 1 == ATTEMPTS_MAX:
                    raise  # it fails without any race: a bug, not a conflict
                MEASURES.count("lost_races", point="constraint")
            except (LostRaceError, GuardFailedError) as lost:
                MEASURES.count("lost_races", point=_POINTS[type(lost)])
                time.sleep(random.uniform(0, 0.005 * 2**attempt))  # noqa: S311 - only spreads retries
            else:
                failpoint("step.committed")
                return attempt
        raise ConflictError(
            "Der Vorgang wird gerade von anderen bearbeitet. Bitte erneut versuchen."
        )

    def _begin(self, case_id: str, new: _Beginning) -> None:
        actor, start, caller = new.actor, new.start, new.caller
        with self._db.read() as connection:
            bundle = self._bundle(connection, actor.tenant, start, caller)
            frame = Frame(
                tenant=actor.tenant,
                case_id=case_id,
                business_key=start.business_key,
                actor=actor,
                now=self._db.now(connection),
                connection=connection,
                decisions=self._decisions.of(connection, actor.tenant, bundle.id),
                is_called=caller is not None,
            )
            run = self._run(bundle, frame)
            run.begin(start.variables, new.at)
            run.settle()
        facets = merged(
            dict.fromkeys(user_tasks.FACETS) | NO_FACETS, [start.facets, *run.changes.facets]
        )
        row = first_columns(frame, start, bundle.id) | state_columns(run, frame.now) | facets
        events = [_opened(frame, start, bundle.id), *new.events]
        called_by = (caller.case_id, caller.activation) if caller else None
        with self._db.write() as connection:
            if caller is not None:
                own_calls.count_begun(connection, caller)
                row |= own_calls.columns(caller)
            connection.execute(INSERT, row)
            if new.within is not None:
                new.within(connection)
            head = beginning(actor.tenant, case_id)
            target = _target(frame, head, called_by, has_incidents=False)
            self._write(connection, frame, run, target, facets, events)

    def _bundle(
        self, connection: sa.Connection, tenant: str, start: Start, caller: Caller | None
    ) -> Bundle:
        """Return what the case runs: the caller's bundle, or what is deployed where it says so."""
        if caller is not None and caller.bundle_id:
            return self._bundles.load(connection, caller.bundle_id, start.process_id)
        return self._bundles.chosen(connection, tenant, start.process_id, start.version_tag)

    def _once(
        self,
        actor: Actor,
        case_id: str,
        act: Act,
        within: Sequence[Within],
        events: Sequence[Event],
    ) -> None:
        with self._db.read() as connection:
            loaded = self.load(connection, actor, case_id)
            act(loaded.run)
            loaded.run.settle()
        self.commit(loaded, within=within, events=events)

    def commit(
        self,
        loaded: Loaded,
        *,
        within: Sequence[Within] = (),
        events: Sequence[Event] = (),
        also: Mapping[str, Any] | None = None,
        after: Within | None = None,
    ) -> None:
        """Write what the run led to, with ``also`` as further columns of the case.

        ``within`` is called before, ``after`` behind all else. Either may raise: then nothing
        is written.
        Raises LostRaceError when the case has moved since it was loaded.
        """
        row, run, now = loaded.row, loaded.run, loaded.frame.now
        facets = merged(
            {name: getattr(row, name) for name in user_tasks.FACETS}, run.changes.facets
        )
        columns = state_columns(run, now) | (facets if run.changes.facets else {})
        failpoint("step.computed")
        with self._db.write() as connection:
            where = {"of_id": row.id, "of_version": row.version}
            columns |= {"version": row.version + 1, **(also or {})}
            move = MOVE if row.has_incidents else MOVE_UNHELD
            if connection.execute(move, columns | where).rowcount != 1:
                raise LostRaceError
            failpoint("step.compared")
            for call in within:
                call(connection)
            head = Head(seq=row.audit_seq, hash=row.audit_hash) if row.audit_seq else None
            called_by = (row.parent_case, row.parent_activation) if row.parent_case else None
            target = _target(loaded.frame, head, called_by, has_incidents=row.has_incidents)
            self._write(connection, loaded.frame, run, target, facets, events)
            if after is not None:
                after(connection)

    def _row(
        self, connection: sa.Connection, tenant: str, case_id: str, among: Sequence[CaseStatus]
    ) -> sa.Row[Any]:
        which = {"of_id": case_id, "of_tenant": tenant}
        row: Any = connection.execute(LOAD, which).one_or_none()
        if row is None:
            raise NotFoundError("Diesen Vorgang gibt es bei diesem Mandanten nicht.")
        if row.status not in among:
            raise SuspendedError if row.status == CaseStatus.SUSPENDED else GoneError(case_id)
        found: sa.Row[Any] = row
        return found

    def _write(
        self,
        connection: sa.Connection,
        frame: Frame,
        run: CaseRun,
        target: Target,
        facets: Mapping[str, Any],
        events: Sequence[Event],
    ) -> None:
        writer = Writer(connection, self._jobs, target)
        writer.write(run, facets, [*events, *step_events(run, frame.actor)])
        failpoint("step.written")


def _target(
    frame: Frame, head: Head | None, caller: tuple[str, str] | None, *, has_incidents: bool
) -> Target:
    return Target(
        tenant=frame.tenant,
        case_id=frame.case_id,
        business_key=frame.business_key,
        now=frame.now,
        head=head,
        caller=caller,
        has_incidents=has_incidents,
    )


def _opened(frame: Frame, start: Start, bundle_id: str) -> Event:
    data = {"process": start.process_id, "bundle": bundle_id, "object": start.business_key}
    return Event(kind="case.started", actor=frame.actor.label, data=data)


_POINTS = {LostRaceError: "step", GuardFailedError: "guard"}
