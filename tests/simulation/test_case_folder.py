"""A case as one folder: whole, the same every time, verified with Python alone."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.simulation.conftest import NewWorld
from tests.simulation.test_invariants import lively
from tests.simulation.world import OPERATOR, TENANT, World, sample

from laufzettel.archive.folder import CaseFiles
from laufzettel.documents.store import key
from laufzettel.engine.api import Happening
from laufzettel.engine.audit.streams import Event, append
from laufzettel.engine.tables import audit_event, case
from laufzettel.errors import InputError, NotFoundError, StorageError
from laufzettel.identity import Actor, Right
from laufzettel.records.tables import document, invoice
from laufzettel.web.case.sentences import sentence

MORE = Event(kind="task.reminded", actor="system", data={"unit": "bauamt"})
CLERK = Actor(tenant=TENANT, person="okafor", rights=frozenset({Right.WORK}))


def paid(world: World) -> tuple[str, str]:
    """Return invoice and case of the one that is paid."""
    ((invoice_id,),) = world.rows(sa.select(invoice.c.id).where(invoice.c.stage == "archived"))
    (view,) = world.app.engine.cases(OPERATOR, f"invoice:{invoice_id}")
    return invoice_id, view.id


def exported(world: World, case_id: str, actor: Actor = OPERATOR) -> CaseFiles:
    return world.app.case_folder.export(actor, case_id, "Klage 4 K 12/27", sentence)


def unpacked(made: CaseFiles, folder: Path) -> Path:
    zipfile.ZipFile(io.BytesIO(made.as_zip())).extractall(folder)
    return folder / made.name


def checked(folder: Path, *more: str) -> tuple[int, str]:
    """Verify the excerpt as a stranger does, without any package."""
    command = [sys.executable, "-S", "protokoll/verify_excerpt.py", "protokoll/auszug.jsonl", *more]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_everything_about_a_case_lies_in_the_folder(new_world: NewWorld, tmp_path: Path) -> None:
    world = lively(new_world())
    invoice_id, case_id = paid(world)
    app = world.app

    folder = unpacked(exported(world, case_id), tmp_path)

    papers = world.rows(sa.select(document.c.sha256).where(document.c.invoice_id == invoice_id))
    stored = {app.store.get(sha256, tenant=TENANT) for (sha256,) in papers}
    assert {path.read_bytes() for path in (folder / "dokumente").iterdir()} == stored
    assert sample("GOOD") in stored
    assert "Rechnung" in (folder / "ansicht" / "rechnung.html").read_text()
    assert "formal in Ordnung" in (folder / "ansicht" / "pruefbericht.html").read_text()
    first = (folder / "index.html").read_text()
    for told in ("E-2026-000001", "Beleg im HKR", "Original, wie eingegangen", "System</td>"):
        assert told in first, told
    assert '<p class="more">Kostenstelle: 5410</p>' in first
    assert "value." not in first and "value." not in (folder / "verlauf.txt").read_text()
    facts = json.loads((folder / "vorgang.json").read_text())
    assert facts["vorgang"]["end"] == "paid_and_archived"
    assert facts["buchung"][0]["document_no"]
    assert "Anordnung · gezeichnet: anordnung" in (folder / "verlauf.txt").read_text()
    number = len(app.engine.timeline(OPERATOR, case_id))
    assert len(json.loads((folder / "verlauf.json").read_text())) == number
    sums = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert sums.returncode == 0, sums.stderr
    named = {line.split("  ")[1] for line in (folder / "SHA256SUMS").read_text().splitlines()}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == named | {"SHA256SUMS"}


def test_the_excerpt_is_verified_without_us_and_against_seals_kept_elsewhere(
    new_world: NewWorld, tmp_path: Path
) -> None:
    world = lively(new_world())
    world.app.seal()
    _, case_id = paid(world)
    folder = unpacked(exported(world, case_id), tmp_path)
    seals = tmp_path / "siegel.jsonl"
    seals.write_bytes(world.seals())

    code, told = checked(folder)
    anchored = checked(folder, str(seals))

    assert code == 0, told
    assert "Alles stimmt." in told
    assert "0 Ereignisse noch ungesiegelt" in told
    assert anchored[0] == 0


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (b'"kind":"order.issued"', b'"kind":"order.issueD"', "passt nicht zu seiner Prüfsumme"),
        (b'"branch":[["', b'"branch":[["x', "nicht lesbar"),
        (b'"type":"proof"', b'"type":"prooF"', "ist nicht belegt"),
        (b'"seq":3,', b'"seq":4,', "fehlt"),
    ],
)
def test_a_changed_excerpt_is_found(
    new_sqlite: NewWorld, tmp_path: Path, old: bytes, new: bytes, complaint: str
) -> None:
    world = lively(new_sqlite())
    world.app.seal()
    with world.app.db.write() as connection:  # a seal over several streams
        for one in world.app.engine.cases(OPERATOR):
            at = world.app.db.now(connection)
            append(connection, tenant=TENANT, stream=one.id, at=at, events=[MORE])
    world.app.seal()
    folder = unpacked(exported(world, paid(world)[1]), tmp_path)
    file = folder / "protokoll" / "auszug.jsonl"
    before = file.read_bytes()
    assert old in before
    file.write_bytes(before.replace(old, new, 1))

    code, told = checked(folder)

    assert code == 1
    assert complaint in told
    assert "nicht so, wie sie ausgegeben wurde" in told


def test_a_seal_that_was_made_anew_does_not_fit_the_one_kept_elsewhere(
    new_sqlite: NewWorld, tmp_path: Path
) -> None:
    world = lively(new_sqlite())
    world.app.seal()
    folder = unpacked(exported(world, paid(world)[1]), tmp_path)
    kept = [json.loads(line) for line in world.seals().splitlines()]
    for one in kept:
        one["hash"] = "00" * 32
    seals = tmp_path / "siegel.jsonl"
    lines = (json.dumps(one, sort_keys=True, separators=(",", ":")) for one in kept)
    seals.write_text("".join(f"{line}\n" for line in lines))

    code, told = checked(folder, str(seals))

    assert code == 1
    assert "Früher wurde hier ein anderes Siegel ausgegeben" in told


def test_the_same_case_gives_the_same_bytes_and_its_timeline_knows_nothing(
    new_world: NewWorld,
) -> None:
    world = lively(new_world())
    world.app.seal()
    _, case_id = paid(world)

    first, second = exported(world, case_id), exported(world, case_id)

    assert first.as_zip() == second.as_zip()
    kinds = [one.kind for one in world.app.engine.timeline(OPERATOR, case_id)]
    assert "case.exported" not in kinds
    noted = sa.select(audit_event.c.kind).where(audit_event.c.stream == "exports")
    assert world.rows(noted) == [("case.exported",)] * 2


def test_a_confidential_case_is_nobody_elses_to_export(new_world: NewWorld) -> None:
    world = lively(new_world())
    _, case_id = paid(world)
    with world.app.db.write() as connection:
        hidden = sa.update(case).where(case.c.id == case_id).values(confidential=True)
        connection.execute(hidden)
    stranger = replace(CLERK, person="niemand", rights=frozenset({Right.WORK, Right.OPERATE}))

    with pytest.raises(NotFoundError):
        exported(world, case_id, stranger)


def test_no_reason_no_folder_and_no_half_folder(new_world: NewWorld) -> None:
    world = lively(new_world())
    invoice_id, case_id = paid(world)

    with pytest.raises(InputError, match="Grund"):
        world.app.case_folder.export(OPERATOR, case_id, " ", _silent)
    ((sha256, *_), *_) = world.rows(
        sa.select(document.c.sha256).where(document.c.invoice_id == invoice_id)
    )
    path = world.folder / "documents" / key(sha256, TENANT)
    path.chmod(0o600)
    path.write_bytes(b"changed")
    with pytest.raises(StorageError, match="beschädigt"):
        exported(world, case_id)


def _silent(happening: Happening) -> str:
    return happening.kind
