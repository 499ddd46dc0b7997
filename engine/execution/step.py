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
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from laufzettel import logs
from laufzettel.db import Database
from laufzettel.engine import feel
from laufzettel.engine.audit.streams import Event, Head, beginning
from laufzettel.engine.execution import codec
from laufzettel.engine.execution.bundles import Bundle, Bundles
from laufzettel.engine.execution.case_run import CaseRun, Frame, GoneError
from laufzettel.engine.execution.deciding import Decisions
from laufzettel.engine.execution.decision_store import DecisionStore
from laufzettel.engine.execution.writing import Target, Writer, step_events
from laufzettel.engine.handler import CLEAR, Facets, GuardFailedError, Handlers, Start
from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.tables import audit_stream, case
from laufzettel.engine.tasks import remarks, user_tasks
from laufzettel.engine.work import own_calls
from laufzettel.engine.work.own_calls import Caller
from laufzettel.errors import ConflictError, NotFoundError
from laufzettel.failpoints import failpoint
from laufzettel.identity import Actor
from laufzettel.ids import new_id
from laufzettel.measures import MEASURES
from laufzettel.money import Money

log = logging.getLogger(__name__)
for _point in ("step", "guard", "constraint"):  # told from the beginning, so that a rise is seen
    MEASURES.count("lost_races", 0, point=_point)

#: How often a step is computed again after losing the compare-and-set.
ATTEMPTS_MAX = 5
#: What a step does first: moves the case by what happened.
Act = Callable[[CaseRun], object]
#: What the trigger writes in the step's transaction, after the compare-and-set.
Within = Callable[[sa.Connection], None]


class CaseStatus(StrEnum):
    """Where a case stands."""

    OPEN = "open"  # at least one token waits
    SUSPENDED = "suspended"  # a person has stopped it with reason; nothing moves till resumed
    CANCELLING = "cancelling"  # ended by a person; waits for the outcome of an effect, then ends
    ENDED = "ended"  # every token reached an end; final
    CANCELLED = "cancelled"  # ended by a person with reason; final


#: A case in one of these states is not over: something of it is still to come.
ALIVE: Final = (CaseStatus.OPEN, CaseStatus.SUSPENDED, CaseStatus.CANCELLING)
#: A case in one of these states has tokens, which the verbs of operators may touch.
STANDING: Final = (CaseStatus.OPEN, CaseStatus.SUSPENDED)


class SuspendedError(ConflictError):
    """Der Vorgang ist angehalten. Er geht weiter, sobald der Betrieb ihn fortsetzt."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A case as it was read, in memory; belongs to one thread."""

    row: sa.Row[Any]
    frame: Frame
    run: CaseRun


class LostRaceError(Exception):
    """Another step of the same case was faster."""


class Steps:
    """Takes steps on cases."""

    def __init__(self, db: Database, bundles: Bundles, handlers: Handlers, jobs: Jobs) -> None:
        self._db = db
        self.bundles = self._bundles = bundles
        self._decisions = DecisionStore(bundles)
        self._handlers = handlers
        self._jobs = jobs

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
        self.repeat(new, lambda: self._begin(actor, new, start, within, at, events, caller))
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
        now = self._db.now(connection)
        bundle = self._bundles.load(connection, row.bundle_id, row.process_id)
        frame = frame_of(
            actor,
            case_id,
            row.business_key,
            now,
            connection,
            self._decisions.of(connection, actor.tenant, bundle.id),
            is_called=row.parent_case is not None,
        )
        state = codec.decode(row.state)
        run = CaseRun(bundle.definition, bundle.executor, self._handlers, frame, state)
        return Loaded(row, frame, run)

    def remade(self, loaded: Loaded, bundle: Bundle, state: dict[str, Any]) -> Loaded:
        """Return the case as it goes on by another bundle with that state; nothing is written."""
        frame = loaded.frame
        decisions = self._decisions.of(frame.connection, frame.tenant, bundle.id)
        frame = replace(frame, decisions=decisions)
        run = CaseRun(bundle.definition, bundle.executor, self._handlers, frame, state)
        return Loaded(loaded.row, frame, run)

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

    def _begin(
        self,
        actor: Actor,
        case_id: str,
        start: Start,
        within: Within | None,
        at: str,
        events: Sequence[Event],
        caller: Caller | None,
    ) -> None:
        with self._db.read() as connection:
            now = self._db.now(connection)
            bundle = self._bundle(connection, actor.tenant, start, caller)
            decisions = self._decisions.of(connection, actor.tenant, bundle.id)
            frame = frame_of(
                actor,
                case_id,
                start.business_key,
                now,
                connection,
                decisions,
                is_called=caller is not None,
            )
            run = CaseRun(bundle.definition, bundle.executor, self._handlers, frame)
            run.begin(start.variables, at)
            run.settle()
        facets = _merged(
            dict.fromkeys(user_tasks.FACETS) | _NO_FACETS, [start.facets, *run.changes.facets]
        )
        data = {"process": start.process_id, "bundle": bundle.id, "object": start.business_key}
        opened = Event(kind="case.started", actor=actor.label, data=data)
        columns = _state_columns(run, now) | facets
        with self._db.write() as connection:
            row = {
                "id": case_id,
                "tenant": actor.tenant,
                "bundle_id": bundle.id,
                "process_id": start.process_id,
                "business_key": start.business_key,
                "duty_scope": start.business_key,
                "version": 0,
                "started_at": now,
            }
            if caller is not None:
                own_calls.count_begun(connection, caller)
                row |= {
                    "duty_scope": caller.duty_scope,
                    "parent_case": caller.case_id,
                    "parent_activation": caller.activation,
                    "parent_number": caller.number,
                }
            connection.execute(_INSERT, row | columns)
            if within is not None:
                within(connection)
            head = beginning(actor.tenant, case_id)
            called_by = (caller.case_id, caller.activation) if caller else None
            self._write(connection, frame, run, facets, [opened, *events], head, called_by)

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
        facets = _merged(
            {name: getattr(row, name) for name in user_tasks.FACETS}, run.changes.facets
        )
        columns = _state_columns(run, now) | (facets if run.changes.facets else {})
        failpoint("step.computed")
        with self._db.write() as connection:
            where = {"of_id": row.id, "of_version": row.version}
            columns |= {"version": row.version + 1, **(also or {})}
            if connection.execute(_MOVE, columns | where).rowcount != 1:
                raise LostRaceError
            failpoint("step.compared")
            for call in within:
                call(connection)
            head = Head(seq=row.audit_seq, hash=row.audit_hash) if row.audit_seq else None
            called_by = (row.parent_case, row.parent_activation) if row.parent_case else None
            self._write(connection, loaded.frame, run, facets, events, head, called_by)
            if after is not None:
                after(connection)

    def _row(
        self, connection: sa.Connection, tenant: str, case_id: str, among: Sequence[CaseStatus]
    ) -> sa.Row[Any]:
        which = {"of_id": case_id, "of_tenant": tenant}
        row: Any = connection.execute(_LOAD, which).one_or_none()
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
        facets: Mapping[str, Any],
        events: Sequence[Event],
        head: Head | None,
        caller: tuple[str, str] | None,
    ) -> None:
        target = Target(
            tenant=frame.tenant,
            case_id=frame.case_id,
            business_key=frame.business_key,
            now=frame.now,
            head=head,
            caller=caller,
        )
        writer = Writer(connection, self._jobs, target)
        writer.write(run, facets, [*events, *step_events(run, frame.actor)])
        failpoint("step.written")


def frame_of(
    actor: Actor,
    case_id: str,
    business_key: str,
    now: datetime,
    connection: sa.Connection,
    decisions: Decisions,
    *,
    is_called: bool = False,
) -> Frame:
    """Return the surroundings of a step on the case."""
    return Frame(
        tenant=actor.tenant,
        case_id=case_id,
        business_key=business_key,
        actor=actor,
        now=now,
        connection=connection,
        decisions=decisions,
        is_called=is_called,
    )


_POINTS = {LostRaceError: "step", GuardFailedError: "guard"}
# Built once: building a statement costs more than running it.
_INSERT = sa.insert(case)
#: All but the result, which an open case has not; with the end of the case's audit, so that the
#: write need not look for it.
_LOAD = (
    sa.select(
        *(column for column in case.c if column.name != "result"),
        audit_stream.c.seq.label("audit_seq"),
        audit_stream.c.hash.label("audit_hash"),
    )
    .outerjoin(
        audit_stream,
        sa.and_(audit_stream.c.tenant == case.c.tenant, audit_stream.c.stream == case.c.id),
    )
    .where(case.c.id == sa.bindparam("of_id"), case.c.tenant == sa.bindparam("of_tenant"))
)
_MOVE = sa.update(case).where(
    case.c.id == sa.bindparam("of_id"), case.c.version == sa.bindparam("of_version")
)
_NO_FACETS = {"subject": "", "party": "", "confidential": False, "remarks": ""}


def _state_columns(run: CaseRun, now: datetime) -> dict[str, Any]:
    """Return the columns of the case after the step; at its end only the result is kept.

    A variable that is null says no more than one that is missing, and is left out there.
    """
    if not run.is_done:
        return {"status": CaseStatus.OPEN, "state": codec.encode(run.state())}
    kept = {name: value for name, value in run.variables.scopes[""].items() if value is not None}
    variables = {name: feel.to_json(value) for name, value in kept.items()}
    thrown = run.thrown and {"code": run.thrown.code, "text": run.thrown.text_de}
    return {
        "status": CaseStatus.ENDED,
        "state": None,
        "result": {"end": run.end, "variables": variables} | ({"error": thrown} if thrown else {}),
        "ended_at": now,
    }


def _merged(facets: dict[str, Any], changes: Sequence[Facets]) -> dict[str, Any]:
    """Return the facet columns after ``changes``; None there means unchanged, CLEAR empty."""
    for change in changes:
        given = {
            "subject": change.subject and change.subject[:200],
            "party": change.party and change.party[:200],
            "amount": change.amount and change.amount.amount,
            "currency": change.amount and change.amount.currency,
            "unit": change.unit,
            "act_by": change.act_by,
            "outer_date": change.outer_date,
            "stake": change.stake.amount if isinstance(change.stake, Money) else change.stake,
            "confidential": change.confidential,
            "remarks": None if change.remarks is None else remarks.column(change.remarks),
        }
        changed = {name: value for name, value in given.items() if value is not None}
        facets.update({name: None if value is CLEAR else value for name, value in changed.items()})
    return facets
