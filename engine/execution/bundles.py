"""Bundles: deployed definitions, immutable, kept as compiled (DESIGN decision 7)."""

from __future__ import annotations

import base64
import hashlib
import threading
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from laufzettel.engine.execution.port import Executor, ExecutorFactory
from laufzettel.engine.model import codec
from laufzettel.engine.model.definition import Definition
from laufzettel.engine.tables import bundle, bundle_decision, model_pin
from laufzettel.errors import ConflictError, NotFoundError
from laufzettel.identity import SHARED
from laufzettel.ids import new_id

if TYPE_CHECKING:
    from laufzettel.engine.operations.model_changes import ModelChange

# Built once: building a statement costs more than running it.
_LAST = (
    sa.select(bundle.c.id, bundle.c.number, bundle.c.sha256)
    .where(
        bundle.c.tenant == sa.bindparam("of_tenant"),
        bundle.c.process_id == sa.bindparam("of_process"),
    )
    .order_by(bundle.c.number.desc())
    .limit(1)
)
_CURRENT = (
    sa.select(bundle.c.id)
    .where(
        sa.or_(bundle.c.tenant == sa.bindparam("of_tenant"), bundle.c.tenant == SHARED),
        bundle.c.process_id == sa.bindparam("of_process"),
    )
    .order_by(bundle.c.tenant == SHARED, bundle.c.number.desc())
    .limit(1)
)

_TAGGED = sa.select(bundle.c.id, bundle.c.number).where(
    bundle.c.tenant == sa.bindparam("of_tenant"),
    bundle.c.process_id == sa.bindparam("of_process"),
    bundle.c.version_tag == sa.bindparam("of_tag"),
)
_COMPILED = sa.select(bundle.c.compiled).where(bundle.c.id == sa.bindparam("of_id"))
_SOURCES = sa.select(bundle.c.sources).where(bundle.c.id == sa.bindparam("of_id"))
_PINNED = sa.select(model_pin.c.bundle_id).where(
    model_pin.c.tenant == sa.bindparam("of_tenant"),
    model_pin.c.process_id == sa.bindparam("of_process"),
)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A deployed bundle, ready to run."""

    id: str
    definition: Definition
    executor: Executor


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """What a deployment led to: a version, or a change that waits for a second person."""

    bundle_id: str  # empty while it waits
    process_id: str
    number: int  # 0 while it waits
    is_new: bool  # False: exactly this bundle was the current one, or waited, already
    change: ModelChange | None = None  # what waits

    @property
    def waits(self) -> bool:
        """Whether it is not in force before a second person releases it."""
        return self.change is not None

    @property
    def change_id(self) -> str:
        """The id of what waits."""
        return self.change.id if self.change is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A definition with its files as they are stored, and the hash over both."""

    compiled: bytes  # zlib of the definition's JSON
    sources: bytes  # zlib of {file name: base64}
    sha256: str


def packed(definition: Definition, files: Mapping[str, bytes]) -> Packed:
    """Return how the definition and its files are stored; the same always gives the same."""
    compiled = codec.to_json(definition)
    sources = orjson.dumps(
        {name: base64.b64encode(data).decode() for name, data in files.items()},
        option=orjson.OPT_SORT_KEYS,
    )
    return Packed(
        compiled=zlib.compress(compiled),
        sources=zlib.compress(sources),
        sha256=hashlib.sha256(compiled + b"\0" + sources).hexdigest(),
    )


def unpacked(compiled: bytes) -> Definition:
    """Return the definition that is stored so."""
    return codec.from_json(zlib.decompress(compiled))


def files_of(sources: bytes) -> dict[str, bytes]:
    """Return the files that are stored so: name -> bytes."""
    found: dict[str, str] = orjson.loads(zlib.decompress(sources))
    return {name: base64.b64decode(text) for name, text in found.items()}


class Bundles:
    """All bundles; each is parsed once a process and kept."""

    def __init__(self, executor: ExecutorFactory) -> None:
        self._executor = executor
        self._loaded: dict[tuple[str, str], Bundle] = {}
        self._lock = threading.Lock()

    def store(
        self,
        connection: sa.Connection,
        definition: Definition,
        files: Mapping[str, bytes],
        *,
        tenant: str,
        by: str,
        now: datetime,
    ) -> Deployed:
        """Store the definition as the current one of its process; the same again is a no-op.

        Raises ConflictError when somebody else deploys the same process at this moment, and
        where the version tag stands for another content already: a tag never changes.
        """
        made = packed(definition, files)
        last = self._last(connection, tenant, definition.main)
        if last is not None and last.sha256 == made.sha256:
            return Deployed(
                bundle_id=last.id, process_id=definition.main, number=last.number, is_new=False
            )
        self.check_tag(connection, tenant, definition)
        tag = definition.processes[definition.main].version_tag
        number = 1 if last is None else last.number + 1
        bundle_id = new_id()
        row = {
            "id": bundle_id,
            "tenant": tenant,
            "process_id": definition.main,
            "number": number,
            "version_tag": tag,
            "sha256": made.sha256,
            "compiler": definition.compiler,
            "compiled": made.compiled,
            "sources": made.sources,
            "deployed_at": now,
            "deployed_by": by,
        }
        _insert(connection, row, definition.decisions)
        return Deployed(bundle_id=bundle_id, process_id=definition.main, number=number, is_new=True)

    def chosen(
        self, connection: sa.Connection, tenant: str, process_id: str, version_tag: str
    ) -> Bundle:
        """Return what a new case runs: the version of that tag, without one the current one.

        Raises NotFoundError.
        """
        if not version_tag:
            return self.current(connection, tenant, process_id)
        which = {"of_process": process_id, "of_tag": version_tag}
        for owner in (tenant, SHARED):
            row = connection.execute(_TAGGED, which | {"of_tenant": owner}).one_or_none()
            if row is not None:
                return self.load(connection, row.id)
        raise NotFoundError(
            f"Der Prozess „{process_id}“ ist nicht in der Fassung „{version_tag}“ eingespielt."
        )

    def current(self, connection: sa.Connection, tenant: str, process_id: str) -> Bundle:
        """Return what new cases of the tenant run.

        That is the bundle which the tenant has pinned, else its own newest, else the newest
        shared one.
        """
        pinned = self.pinned(connection, tenant, process_id)
        if pinned is not None:
            return self.load(connection, pinned)
        found = self.followed(connection, tenant, process_id)
        if found is None:
            raise NotFoundError(f"Der Prozess „{process_id}“ ist nicht eingespielt.")
        return self.load(connection, found)

    def followed(self, connection: sa.Connection, tenant: str, process_id: str) -> str | None:
        """Return the id of what a tenant without a pin runs; None where there is nothing."""
        which = {"of_tenant": tenant, "of_process": process_id}
        found: str | None = connection.execute(_CURRENT, which).scalar_one_or_none()
        return found

    def is_newest(self, connection: sa.Connection, tenant: str, process: str, sha256: str) -> bool:
        """Say whether exactly this content is the owner's newest version."""
        last = self._last(connection, tenant, process)
        return last is not None and last.sha256 == sha256

    def check_tag(self, connection: sa.Connection, tenant: str, definition: Definition) -> None:
        """Raise ConflictError where its version tag stands for another content."""
        tag = definition.processes[definition.main].version_tag
        _check_tag(connection, tenant, definition.main, tag)

    def pinned(self, connection: sa.Connection, tenant: str, process_id: str) -> str | None:
        """Return the id of the bundle that the tenant has pinned, None where it has not."""
        which = {"of_tenant": tenant, "of_process": process_id}
        found: str | None = connection.execute(_PINNED, which).scalar()
        return found

    def load(self, connection: sa.Connection, bundle_id: str, process_id: str = "") -> Bundle:
        """Return the bundle, parsed at its first use in this process.

        ``process_id`` is the process that its cases run, where it is not the main one.
        """
        known = self._loaded.get((bundle_id, process_id))
        if known is not None:
            return known
        definition = unpacked(connection.execute(_COMPILED, {"of_id": bundle_id}).scalar_one())
        names = [process_id]
        if process_id in ("", definition.main):
            names = ["", definition.main]
        else:
            definition = replace(definition, main=process_id)
        loaded = Bundle(bundle_id, definition, self._executor(definition))
        with self._lock:
            found = [self._loaded.setdefault((bundle_id, name), loaded) for name in names]
        return found[0]

    def _last(
        self, connection: sa.Connection, tenant: str, process_id: str
    ) -> sa.Row[str, int, str] | None:
        which = {"of_tenant": tenant, "of_process": process_id}
        return connection.execute(_LAST, which).one_or_none()


def sources_of(connection: sa.Connection, bundle_id: str) -> dict[str, bytes]:
    """Return the files that were deployed, as they were: name -> bytes."""
    return files_of(connection.execute(_SOURCES, {"of_id": bundle_id}).scalar_one())


def _insert(
    connection: sa.Connection, row: Mapping[str, Any], decisions: Mapping[str, str]
) -> None:
    """Insert the bundle, and which decisions it holds with which tag."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    # RETURNING, because rowcount says nothing true after ON CONFLICT DO NOTHING.
    statement = insert(bundle).on_conflict_do_nothing().returning(bundle.c.id)
    if connection.execute(statement, row).first() is None:
        raise ConflictError("Gerade hat jemand anderes diesen Prozess eingespielt.")
    of_bundle = {"tenant": row["tenant"], "bundle_id": row["id"]}
    rows = [
        {**of_bundle, "decision_id": decision, "version_tag": tag}
        for decision, tag in decisions.items()
    ]
    if rows:
        connection.execute(sa.insert(bundle_decision), rows)


def _check_tag(connection: sa.Connection, tenant: str, process_id: str, tag: str) -> None:
    """Raise ConflictError where the tag is taken.

    Two deployments at once cannot both pass: their numbers are the same, and unique.
    """
    if not tag:
        return
    which = {"of_tenant": tenant, "of_process": process_id, "of_tag": tag}
    taken = connection.execute(_TAGGED, which).first()
    if taken is not None:
        raise ConflictError(
            f"Die Fassung „{tag}“ von „{process_id}“ gibt es schon (Nr. {taken.number}); ein "
            "versionTag steht für immer für denselben Inhalt. Bitte einen neuen vergeben, oder "
            "die frühere Fassung mit „laufzettel models --pin“ festlegen."
        )
