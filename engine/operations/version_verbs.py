"""The verbs that list versions of models; a part of ``engine.api.Engine``."""

from __future__ import annotations

from laufzettel.engine.operations import standing_tables, versions
from laufzettel.engine.operations.release_verbs import ReleaseVerbs
from laufzettel.engine.operations.standing_tables import StandingDecision
from laufzettel.engine.operations.versions import VersionView
from laufzettel.engine.tasks.verbs import need
from laufzettel.identity import Actor, Right


class VersionVerbs(ReleaseVerbs):
    """Listing the versions of processes and decisions."""

    def models(self, actor: Actor, process_id: str | None = None) -> list[VersionView]:
        """Return every version that the tenant can run, with its open cases."""
        need(actor, Right.READ, Right.OPERATE, Right.DEPLOY)
        with self._operating.read() as connection:
            return versions.versions(connection, actor.tenant, process_id)

    def standing_decisions(self, actor: Actor) -> list[StandingDecision]:
        """Return the decisions that the tenant's cases ask for, in the version that counts now."""
        need(actor, Right.READ, Right.OPERATE, Right.DEPLOY)
        with self._operating.read() as connection:
            return standing_tables.standing(connection, self._stepping.decisions, actor.tenant)
