"""The operators' verbs; a part of ``engine.api.Engine``. Each needs the right OPERATE."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from laufzettel.db import Database
from laufzettel.engine.execution.bundles import Bundles
from laufzettel.engine.execution.case_rows import CaseStatus
from laufzettel.engine.execution.step import Steps, Within
from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.operations.acts import Act, reason_of
from laufzettel.engine.operations.cases import CaseActs
from laufzettel.engine.operations.edit import Edit
from laufzettel.engine.operations.forecast import Forecast
from laufzettel.engine.operations.hand import Hand
from laufzettel.engine.operations.migrate import Migration
from laufzettel.engine.operations.modify import Move
from laufzettel.engine.operations.retry import IncidentActs
from laufzettel.engine.tasks.verbs import need
from laufzettel.identity import Actor, Right


class OperationVerbs:
    """Stopping, ending, mending and moving cases, one or many.

    ``within`` writes in the act's transaction.
    """

    def __init__(self, db: Database, bundles: Bundles, steps: Steps, jobs: Jobs) -> None:
        self._hand = Hand(db, steps)
        self._of = bundles
        self._stepping = steps
        self._acts = CaseActs(db, jobs)
        self._incidents = IncidentActs(db, steps, jobs)

    def suspend(
        self, actor: Actor, case_id: str, reason: str, within: Within | None = None
    ) -> None:
        """Stop a case: nobody is asked for anything, nothing moves, nothing is lost.

        Raises ConflictError unless it is open.
        """
        self._acts.suspend(_act(actor, case_id, reason, within))

    def resume(self, actor: Actor, case_id: str, reason: str, within: Within | None = None) -> None:
        """Let a suspended case go on, in the order in which things came up meanwhile."""
        self._acts.resume(_act(actor, case_id, reason, within))

    def cancel(
        self, actor: Actor, case_id: str, reason: str, within: Within | None = None
    ) -> CaseStatus:
        """End a case where it stands and return CANCELLED, or CANCELLING.

        CANCELLING while an effect is on its way: the case ends by itself once its outcome is
        known; if it has arrived, an incident asks a person what is to become of it.
        """
        return self._acts.cancel(_act(actor, case_id, reason, within))

    def erase(
        self,
        actor: Actor,
        business_keys: Sequence[str],
        data: Mapping[str, Any],
        within: Within | None = None,
    ) -> int:
        """Erase what the ended cases about these objects held, after the term; return how many.

        Names, variables, texts and what went out and came in are gone; ids, amounts, signatures
        and the chain of the audit stay and say so, with ``data`` (ids, codes, days). All go in
        one transaction, or none: ConflictError is raised while one of them is not over.
        """
        need(actor, Right.OPERATE)
        return self._acts.erase(actor, business_keys, data, within)

    def edit_variable(
        self,
        actor: Actor,
        case_id: str,
        name: str,
        value: str,
        reason: str,
        *,
        at: str = "",
        seen: int | None = None,
        within: Within | None = None,
    ) -> None:
        """Set a variable to what a FEEL literal (or JSON) says; old and new are audited.

        ``at`` names an element at which the case waits in a subprocess whose variable is
        meant; ``seen`` is the version of the case looked at. Raises InputError for a value
        that cannot be read, is of another kind or too large, or a variable that the model
        does not know; ConflictError for a case that is over or has moved.
        """
        edit = Edit(lambda c, bundle: self._of.load(c, bundle).definition, name, value, at)
        edit.take(self._hand, _act(actor, case_id, reason, within), seen=seen)

    def plan_edit(
        self, actor: Actor, case_id: str, name: str, value: str, *, at: str = ""
    ) -> tuple[str, str]:
        """Return a variable's value now and the one that ``edit_variable`` would give it.

        Both as they are written in FEEL; raises as that does and changes nothing.
        """
        need(actor, Right.OPERATE)
        edit = Edit(lambda c, bundle: self._of.load(c, bundle).definition, name, value, at)
        return edit.look(self._hand, Act(actor=actor, case_id=case_id, reason=""))

    def plan_move(self, actor: Actor, case_id: str, source: str, target: str) -> Forecast:
        """Return what moving a token from one element to another would do; changes nothing."""
        need(actor, Right.OPERATE)
        act = Act(actor=actor, case_id=case_id, reason="")
        return Move(self._of, source, target).look(self._hand, act)

    def move(
        self,
        actor: Actor,
        case_id: str,
        source: str,
        target: str,
        reason: str,
        *,
        seen: int | None = None,
        within: Within | None = None,
    ) -> Forecast:
        """Move a token from ``source``, where the case waits, to the element ``target``.

        ``seen`` is the version that ``plan_move`` has looked at. Raises InputError for a move
        that makes no sense, ConflictError with the first refusal of the forecast.
        """
        move = Move(self._of, source, target)
        return move.take(self._hand, _act(actor, case_id, reason, within), seen=seen)

    def plan_migration(
        self, actor: Actor, case_id: str, bundle_id: str, names: Mapping[str, str] | None = None
    ) -> Forecast:
        """Return what moving the case to another version would do; changes nothing."""
        need(actor, Right.OPERATE)
        act = Act(actor=actor, case_id=case_id, reason="")
        return Migration(self._of, self._stepping, bundle_id, names or {}).look(self._hand, act)

    def migrate(
        self,
        actor: Actor,
        case_id: str,
        bundle_id: str,
        reason: str,
        *,
        names: Mapping[str, str] | None = None,
        seen: int | None = None,
        within: Within | None = None,
    ) -> Forecast:
        """Move the case to another version of its process; tasks, claims, drafts, timers stay.

        ``names`` has the new element for each that is called otherwise there. Raises as
        ``move``.
        """
        migration = Migration(self._of, self._stepping, bundle_id, names or {})
        return migration.take(self._hand, _act(actor, case_id, reason, within), seen=seen)

    def retry(self, actor: Actor, incident_id: str, within: Within | None = None) -> None:
        """Try again what the incident stopped; a new failure is a new incident."""
        need(actor, Right.OPERATE)
        self._incidents.retry(actor, incident_id, _also(within))

    def settle(
        self, actor: Actor, incident_id: str, reason: str, within: Within | None = None
    ) -> None:
        """Close an incident that nothing can try again, because a person has dealt with it."""
        need(actor, Right.OPERATE)
        self._incidents.settle(actor, incident_id, reason, _also(within))


def _act(actor: Actor, case_id: str, reason: str, within: Within | None) -> Act:
    need(actor, Right.OPERATE)
    return Act(actor=actor, case_id=case_id, reason=reason_of(reason), also=_also(within))


def _also(within: Within | None) -> tuple[Within, ...]:
    return () if within is None else (within,)
