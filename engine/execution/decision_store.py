"""Deployed decisions: which bundle holds which, and their files ready to evaluate."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import sqlalchemy as sa

from laufzettel.engine.dmn import Library, read_library
from laufzettel.engine.execution.bundles import Bundles
from laufzettel.engine.execution.deciding import Binding
from laufzettel.engine.tables import bundle_decision
from laufzettel.errors import NotFoundError
from laufzettel.identity import SHARED


class DecisionStore:
    """All decisions; the files of a bundle are parsed once in this process and kept."""

    def __init__(self, bundles: Bundles) -> None:
        self._bundles = bundles
        self._libraries: dict[str, Library] = {}
        self._lock = threading.Lock()

    def of(self, connection: sa.Connection, tenant: str, bundle_id: str) -> BundleDecisions:
        """Return where a case of the tenant that runs this bundle finds decisions."""
        return BundleDecisions(self, connection, tenant, bundle_id)

    def library(self, connection: sa.Connection, bundle_id: str) -> Library:
        """Return the decision files of a bundle."""
        known = self._libraries.get(bundle_id)
        if known is not None:
            return known
        files = self._bundles.load(connection, bundle_id).definition.decision_files
        library = read_library({name: xml.encode() for name, xml in files.items()})
        with self._lock:
            return self._libraries.setdefault(bundle_id, library)

    def newest(self, connection: sa.Connection, tenant: str, decision: str, tag: str) -> str | None:
        """Return the newest bundle that holds the decision: the tenant's, else a shared one."""
        values = {"of_tenant": tenant, "of_shared": SHARED, "of_decision": decision, "of_tag": tag}
        statement = _NEWEST_TAGGED if tag else _NEWEST
        found: str | None = connection.execute(statement, values).scalar_one_or_none()
        return found


def deployed(connection: sa.Connection, tenant: str) -> frozenset[str]:
    """Return the ids of all decisions that the tenant's cases could ask for."""
    rows = connection.execute(_DEPLOYED, {"of_tenants": [tenant, SHARED]})
    return frozenset(rows.scalars())


@dataclass(frozen=True, slots=True)
class BundleDecisions:
    """The decisions that a case sees during one step."""

    _store: DecisionStore
    _connection: sa.Connection
    _tenant: str
    _bundle_id: str

    def find(self, decision: str, binding: Binding, tag: str) -> Library:
        """Return the files that hold the decision; raises NotFoundError."""
        if binding is Binding.DEPLOYMENT:
            return self._store.library(self._connection, self._bundle_id)
        of_tag = tag if binding is Binding.VERSION_TAG else ""
        found = self._store.newest(self._connection, self._tenant, decision, of_tag)
        if found is None:
            with_tag = f" mit der Fassung „{tag}“" if of_tag else ""
            raise NotFoundError(f"„{decision}“ ist{with_tag} nicht eingespielt.")
        return self._store.library(self._connection, found)


_OWN = bundle_decision.c.tenant == sa.bindparam("of_tenant")
_NEWEST = (
    sa.select(bundle_decision.c.bundle_id)
    .where(
        sa.or_(_OWN, bundle_decision.c.tenant == sa.bindparam("of_shared")),
        bundle_decision.c.decision_id == sa.bindparam("of_decision"),
    )
    # The tenant's own first; ids are in the order of time.
    .order_by(sa.case((_OWN, 0), else_=1), bundle_decision.c.bundle_id.desc())
    .limit(1)
)
_NEWEST_TAGGED = _NEWEST.where(bundle_decision.c.version_tag == sa.bindparam("of_tag"))
_DEPLOYED = (
    sa.select(bundle_decision.c.decision_id)
    .where(bundle_decision.c.tenant.in_(sa.bindparam("of_tenants", expanding=True)))
    .distinct()
)
