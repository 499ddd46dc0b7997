"""Whether a change of the version in force needs a second person, and for what.

One rule for every way in (DESIGN decision 16, docs/decisions/0018): what is compared is what a
tenant's new cases would run against what they run now. A decision that another process asks for
is in force as well; who brings it anew takes it over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import orjson
import sqlalchemy as sa

from laufzettel.engine.dmn import Library, read_library
from laufzettel.engine.execution import bundles
from laufzettel.engine.execution.bundles import Bundles
from laufzettel.engine.execution.decision_store import DecisionStore
from laufzettel.engine.model.definition import Definition
from laufzettel.engine.model.sources import Sources
from laufzettel.engine.model.weight import weighty, weighty_alone
from laufzettel.engine.operations import versions
from laufzettel.engine.tables import case
from laufzettel.identity import SHARED


class Way(StrEnum):
    """Why a change is in force without a second person, or that it has one."""

    LIGHT = "light"  # nothing weighs
    SETUP = "setup"  # the first version where no case has begun yet
    RELEASE = "release"  # comes with the program unchanged, as what it replaces did
    SECOND = "second"  # two persons stand for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """Hashes of the models that the program brings; ``ever`` has those of earlier releases too."""

    now: frozenset[str] = frozenset()
    ever: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What a change would change."""

    base: str | None  # the version that it was compared with
    texts: tuple[str, ...]  # in German; empty: nobody else need look
    way: Way = Way.LIGHT
    target: str = ""  # the version that is chosen

    def seen(self, sha256: str | None) -> str:
        """Return a mark for having looked at exactly this: 12 characters.

        ``sha256`` is the hash of what is to be deployed.
        """
        shown = orjson.dumps([sha256, self.target, self.base, self.texts])
        return hashlib.sha256(shown).hexdigest()[:12]


_ANY_CASE: Final = sa.select(sa.literal(1)).select_from(case).limit(1)


class Weigher:
    """Compares with what is in force."""

    def __init__(self, of: Bundles, decisions: DecisionStore, reviewed: Reviewed) -> None:
        self._of = of
        self._decisions = decisions
        self._reviewed = reviewed

    def deployment(
        self, connection: sa.Connection, owner: str, new: Definition, sources: Sources
    ) -> Weighed:
        """Return what deploying this for the owner would change."""
        base = self._of.followed(connection, owner, new.main)
        is_ours = sources.sha256 in self._reviewed.now
        taken = tuple(self._taken_over(connection, owner, new, base, is_ours=is_ours))
        if is_ours and (base is None or self._came_with_us(connection, base)):
            return Weighed(base=base, texts=taken, way=Way.RELEASE)
        if base is not None:
            before = self._of.load(connection, base).definition
            return Weighed(base=base, texts=(*weighty(before, new), *taken))
        if self._has_cases(connection, owner):
            return Weighed(base=None, texts=(*weighty_alone(new), *taken))
        return Weighed(base=None, texts=taken, way=Way.SETUP)

    def choice(
        self, connection: sa.Connection, tenant: str, process_id: str, bundle_id: str | None
    ) -> Weighed:
        """Return what would change for new cases if the tenant chose this version.

        Raises NotFoundError for a version that the tenant does not have.
        """
        target = versions.chosen(connection, tenant, process_id, bundle_id)
        now = self._of.current(connection, tenant, process_id)
        after = self._of.load(connection, target.bundle_id).definition
        return Weighed(base=now.id, texts=weighty(now.definition, after), target=target.bundle_id)

    def _came_with_us(self, connection: sa.Connection, bundle_id: str) -> bool:
        files = bundles.sources_of(connection, bundle_id)
        return Sources(files=files).sha256 in self._reviewed.ever

    def _has_cases(self, connection: sa.Connection, owner: str) -> bool:
        query = _ANY_CASE if owner == SHARED else _ANY_CASE.where(case.c.tenant == owner)
        return connection.execute(query).first() is not None

    def _taken_over(
        self,
        connection: sa.Connection,
        owner: str,
        new: Definition,
        base: str | None,
        *,
        is_ours: bool,
    ) -> Iterator[str]:
        """Yield the decisions that cases would find here instead of where they find them now."""
        library: Library | None = None
        for decision, tag in sorted(new.decisions.items()):
            for of_tag in sorted({"", tag}):
                standing = self._decisions.newest(connection, owner, decision, of_tag)
                if standing in (None, base):
                    continue
                assert standing is not None  # noqa: S101 - looked at in the line before
                if is_ours and self._came_with_us(connection, standing):
                    continue
                files = {name: xml.encode() for name, xml in new.decision_files.items()}
                library = library or read_library(files)
                before = self._decisions.library(connection, standing)
                if _files(before, decision) != _files(library, decision):
                    where = self._of.load(connection, standing).definition.main
                    with_tag = f" (Fassung „{of_tag}“)" if of_tag else ""
                    yield f"Tabelle „{decision}“{with_tag} gilt statt der aus „{where}“"


def _files(library: Library, decision: str) -> set[str]:
    """Return the hashes of the files that hold the decision and what it requires."""
    found = library.decision(decision)
    return {library.owner(key).sha256 for key in library.below(found.key)} if found else set()
