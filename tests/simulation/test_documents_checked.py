"""Documents are hashed again in turn; what is missing or changed is one Störung until mended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.simulation.conftest import NewWorld
from tests.simulation.test_invariants import lively
from tests.simulation.world import OPERATOR, TENANT, World

from laufzettel import periodic
from laufzettel.archive.integrity import FaultKind, Integrity
from laufzettel.documents.store import key
from laufzettel.engine.tables import job
from laufzettel.errors import StorageError
from laufzettel.records.tables import document

CODE = "dokument_beschaedigt"


def _hashes(world: World) -> list[str]:
    with world.app.db.read() as connection:
        found = sa.select(document.c.sha256).distinct().order_by(document.c.sha256)
        return list(connection.execute(found).scalars())


def _place(world: World, sha256: str) -> Path:
    return world.folder / "documents" / key(sha256, TENANT)


def _change(path: Path, data: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(data)


def _alarms(world: World) -> list[str]:
    return [one.cause for one in world.app.engine.incidents(OPERATOR) if one.code == CODE]


def test_a_sound_store_is_a_whole_round_without_a_fault(new_world: NewWorld) -> None:
    world = lively(new_world())
    number = len(_hashes(world))

    seen = world.app.check_documents(TENANT)

    assert (seen.documents, seen.is_end) == (number, True)
    done = world.app.integrity.round(TENANT)
    assert done is not None
    assert (done.last_documents, done.documents) == (number, 0)
    assert done.last_bytes == seen.bytes > 0
    assert world.app.integrity.faults(TENANT) == []
    assert _alarms(world) == []


def test_a_missing_and_a_changed_document_are_named_until_they_are_brought_back(
    new_world: NewWorld,
) -> None:
    world = lively(new_world())
    lost, changed = _hashes(world)[:2]
    backup = {one: _place(world, one).read_bytes() for one in (lost, changed)}
    _place(world, lost).unlink()
    _change(_place(world, changed), b"another")

    world.app.check_documents(TENANT)
    world.app.check_documents(TENANT)

    found = {one.sha256: one.kind for one in world.app.integrity.faults(TENANT)}
    assert found == {lost: FaultKind.MISSING, changed: FaultKind.CHANGED}
    assert len(_alarms(world)) == 2
    assert any(f"Das Dokument {lost[:12]}…" in one and "fehlt" in one for one in _alarms(world))
    assert any("ist verändert" in one and "der Rechnung E-2026-" in one for one in _alarms(world))

    for one, data in backup.items():
        if _place(world, one).exists():
            _change(_place(world, one), data)
        else:
            _place(world, one).write_bytes(data)
    world.app.check_documents(TENANT)

    assert world.app.integrity.faults(TENANT) == []
    assert _alarms(world) == []


def test_portions_go_on_where_the_last_one_ended(new_world: NewWorld) -> None:
    world = lively(new_world())
    number = len(_hashes(world))

    seen = [world.app.integrity.portion(TENANT, most=2)]
    while not seen[-1].is_end:
        seen.append(world.app.integrity.portion(TENANT, most=2))

    assert number > 2
    assert sum(one.documents for one in seen) == number
    assert all(one.documents <= 2 for one in seen)


def test_a_portion_whose_time_is_over_has_hashed_one_document_at_least(new_world: NewWorld) -> None:
    world = lively(new_world())

    assert world.app.integrity.portion(TENANT, seconds=0).documents == 1


def test_a_store_that_cannot_be_read_says_nothing_about_its_documents(new_world: NewWorld) -> None:
    world = lively(new_world())

    class Away:
        def portions(self, sha256: str, *, tenant: str) -> Iterator[bytes]:
            raise StorageError("Der Dokumentenspeicher antwortet nicht.")

    away = Integrity(world.app.db, Away())  # type: ignore[arg-type]
    with pytest.raises(StorageError, match="antwortet nicht"):
        away.portion(TENANT)

    assert world.app.integrity.faults(TENANT) == []
    assert world.app.integrity.round(TENANT) is None


def test_the_check_is_a_periodic_job(new_world: NewWorld) -> None:
    world = lively(new_world())
    periodic.schedule(world.app)
    _place(world, _hashes(world)[0]).unlink()

    world.work()

    assert len(_alarms(world)) == 1
    with world.app.db.read() as connection:
        due = sa.select(job.c.due).where(job.c.kind == "documents")
        assert connection.execute(due).scalar_one() > world.app.db.now(connection)


def test_what_the_store_holds_and_nobody_names_is_told(new_world: NewWorld) -> None:
    world = lively(new_world())
    stored = world.app.store.put(b"left over", tenant=TENANT)

    assert world.app.integrity.unlisted(TENANT) == [stored.sha256]
