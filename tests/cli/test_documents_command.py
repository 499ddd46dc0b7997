"""``laufzettel documents verify``: every document hashed again at once."""

from __future__ import annotations

import json
import re

from tests.cli.conftest import Run
from tests.cli.programs import Place

from laufzettel.documents.directory import DirectoryStore


def test_sound_documents_are_counted(run: Run) -> None:
    outcome = run("documents", "verify")

    assert outcome.code == 0
    assert re.search(
        r"Mandant „musterstadt“: [1-9]\d* Dokumente, \d+ MB nachgerechnet\. Alles stimmt\.",
        outcome.out,
    )


def test_a_lost_and_a_changed_document_are_named(run: Run, place: Place) -> None:
    lost, changed = sorted(
        path for path in (place.data / "documents").rglob("*") if path.is_file()
    )[:2]
    lost.unlink()
    changed.chmod(0o600)
    changed.write_bytes(b"another")

    outcome = run("documents", "verify")
    as_json = [json.loads(line) for line in run("documents", "verify", "--json").out.splitlines()]

    assert outcome.code == 1
    assert f"Das Dokument {lost.name[:12]}…" in outcome.out
    assert outcome.out.endswith("nachgerechnet. 2 fehlen oder sind verändert.\n")
    assert sorted((one["sha256"], one["kind"]) for one in as_json) == sorted(
        [(lost.name, "missing"), (changed.name, "changed")]
    )
    assert "fehlen oder sind verändert" in run("doctor").out


def test_what_no_table_names_is_told_and_no_fault(run: Run, place: Place) -> None:
    DirectoryStore(place.data / "documents").put(b"left over", tenant="musterstadt")

    outcome = run("documents", "verify")

    assert outcome.code == 0
    assert "Hinweis: 1 Dateien im Speicher gehören zu keinem Eintrag" in outcome.out
