"""The auditor's own check: an export file, Python, and nothing of ours."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from laufzettel.db import Database
from laufzettel.engine.audit import verify_export
from laufzettel.engine.audit.canonical import canonical
from laufzettel.engine.audit.seals import export_seals, seal
from laufzettel.engine.audit.streams import Event, append
from laufzettel.engine.audit.verify import export_tenant
from laufzettel.engine.audit.verify_export import end_line, verify_lines
from laufzettel.engine.tables import audit_event

AT = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


def export(database: Database) -> list[bytes]:
    with database.read(snapshot=True) as connection:
        return list(export_tenant(connection, "musterstadt", AT))


def run_script(folder: Path, *arguments: Path) -> subprocess.CompletedProcess[str]:
    """Run the script as the auditor does: isolated, without site packages, elsewhere."""
    return subprocess.run(
        [sys.executable, "-I", "-S", verify_export.__file__, *map(str, arguments)],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_an_export_is_verified_by_the_standard_library_alone(
    story: Database, tmp_path: Path
) -> None:
    file = tmp_path / "export.jsonl"
    file.write_bytes(b"".join(export(story)))

    done = run_script(tmp_path, file)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        (
            "Mandant „musterstadt“: 4 Ströme, 9 Ereignisse, 4 Inhalte und 3 Siegel geprüft;"
            " 0 Ereignisse noch ungesiegelt."
        ),
        "Hinweis: Strom „case-2“, Ereignis 2: Inhalt „comment“ am 23.11.2026 nach Frist gelöscht.",
        "Alles stimmt.",
    ]


def test_a_tampered_database_is_exported_all_the_same_and_found(
    story: Database, tmp_path: Path
) -> None:
    with story.write() as connection:
        connection.execute(
            sa.update(audit_event)
            .where(audit_event.c.stream == "case-2", audit_event.c.seq == 3)
            .values(actor="p-99")
        )
    file = tmp_path / "export.jsonl"
    file.write_bytes(b"".join(export(story)))

    done = run_script(tmp_path, file)

    assert done.returncode == 1
    assert (
        "FEHLER: Strom „case-2“, Ereignis 3: verändert oder vertauscht;"
        " es passt nicht zu seiner Prüfsumme." in done.stdout
    )
    assert done.stdout.endswith("1 Fehler gefunden.\n")


def test_earlier_seals_bind_a_later_export(story: Database, tmp_path: Path) -> None:
    with story.read() as connection:
        seals = export_seals(connection, "musterstadt", 0)
    file, kept = tmp_path / "export.jsonl", tmp_path / "seals.jsonl"
    file.write_bytes(b"".join(export(story)))
    kept.write_bytes(seals)
    assert run_script(tmp_path, file, kept).returncode == 0

    kept.write_bytes(seals + seals.splitlines()[2].replace(b'"number":3', b'"number":4') + b"\n")
    done = run_script(tmp_path, file, kept)

    assert done.returncode == 1
    assert "FEHLER: Siegel 4: fehlt, obwohl es früher ausgegeben wurde." in done.stdout


@pytest.mark.parametrize(
    ("arguments", "text"),
    [([], "Aufruf: python verify_export.py"), (["missing.jsonl"], "Nicht lesbar: ")],
    ids=["none", "missing"],
)
def test_a_wrong_call_is_told_apart_from_a_wrong_export(
    tmp_path: Path, arguments: list[str], text: str
) -> None:
    done = run_script(tmp_path, *map(Path, arguments))

    assert done.returncode == 2
    assert done.stdout.startswith(text)


def test_an_export_holds_every_row_of_the_tenant_and_of_no_other(story: Database) -> None:
    """R28: complete = the counts of the database."""
    kinds = [json.loads(line)["type"] for line in export(story)]

    assert {kind: kinds.count(kind) for kind in sorted(set(kinds))} == {
        "end": 1,
        "entry": 6,
        "event": 9,
        "export": 1,
        "seal": 3,
        "stream": 4,
        "text": 4,
    }


def test_an_export_shows_one_moment_while_others_write(story: Database) -> None:
    with story.read(snapshot=True) as connection:
        lines = export_tenant(connection, "musterstadt", AT)
        begun = [next(lines), next(lines)]  # the seals are not read yet
        with story.write() as writer:
            event = Event(kind="account.opened", actor="p-1")
            append(writer, tenant="musterstadt", stream="accounts", at=AT, events=[event])
            seal(writer, "musterstadt", AT)
        content = [*begun, *lines]

    before, after = verify_lines(content), verify_lines(export(story))
    assert (before.events, before.seals, before.findings) == (9, 3, [])
    assert (after.events, after.seals, after.findings) == (10, 4, [])


def test_both_databases_export_the_same_lines(story: Database) -> None:
    """But for salts and what follows from them."""
    lines = [json.loads(line) for line in export(story)]

    assert lines[0] == {
        "type": "export",
        "format": 1,
        "tenant": "musterstadt",
        "at": "2026-11-23T18:00:00.000000Z",
    }
    assert lines[1]["stream"] == "accounts"
    assert lines[6]["data"] == {"bundle": "b1"}
    assert lines[6]["at"] == "2026-11-23T08:00:00.000000Z"
    assert lines[6]["hash"] == "8cd51c46489fcc0ddfd7da7db8aba39202cd49bd0a18a73cdeb5cb45e7f39f96"


def refused(lines: list[bytes]) -> bool:
    return not verify_lines(lines).is_sound


def test_an_end_alone_is_no_export() -> None:
    assert refused([end_line(0, hashlib.sha256(b"").hexdigest())])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"actor":"p-1"', b'"actor":"p-9","actor":"p-1"'),
        (b'"seq":1', b'"seq":1.0'),
        (b'"seq":1', b'"seq": 1'),
        (b'"seq":1', b'"seq":true'),
        (b'"seq":1', b'"seq":1,"more":1'),
    ],
    ids=["doubled", "fraction", "space", "truth", "more"],
)
def test_a_line_that_programs_could_read_differently_is_refused(
    story_lines: list[bytes], old: bytes, new: bytes
) -> None:
    lines = [*story_lines[:2], story_lines[2].replace(old, new), *story_lines[3:]]

    report = verify_lines(with_new_end(lines))

    assert lines != story_lines
    assert report.findings[0].text == "Zeile 3: nicht lesbar oder an falscher Stelle."


def split(data: bytes) -> list[bytes]:
    """Return the lines as a file gives them."""
    return data.splitlines(keepends=True)


@given(st.data())
def test_any_changed_byte_is_found(story_lines: list[bytes], data: st.DataObject) -> None:
    content = bytearray(b"".join(story_lines))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))

    assert refused(bytes(content).split(b"\n"))
    assert refused([line + b"\n" for line in bytes(content).split(b"\n")[:-1]])


@given(st.data())
def test_any_cut_is_found(story_lines: list[bytes], data: st.DataObject) -> None:
    content = b"".join(story_lines)
    length = data.draw(st.integers(0, len(content) - 1))

    assert refused(split(content[:length]))


def with_new_end(lines: list[bytes]) -> list[bytes]:
    """Return the lines with an end that fits them."""
    content = lines[:-1]
    return [*content, end_line(len(content), hashlib.sha256(b"".join(content)).hexdigest())]


def moved(lines: list[bytes], change: str, one: int, two: int) -> list[bytes]:
    """Return the lines with one removed, one doubled, or two swapped."""
    lines = list(lines)
    if change == "remove":
        del lines[one]
    elif change == "double":
        lines.insert(two, lines[one])
    else:
        lines[one], lines[two] = lines[two], lines[one]
    return lines


@given(st.sampled_from(["remove", "double", "swap"]), st.data())
def test_any_removed_doubled_or_swapped_line_is_found_though_the_end_was_adapted(
    story_lines: list[bytes], change: str, data: st.DataObject
) -> None:
    """Whoever changes the lines knows how to write an end that fits them."""
    places = st.integers(1, len(story_lines) - 2)
    one, two = data.draw(places), data.draw(places)
    changed = moved(story_lines, change, one, two)

    assert refused(with_new_end(changed)) or changed == story_lines


def test_an_entry_behind_the_first_seal_is_found(story_lines: list[bytes]) -> None:
    """An export has one order: the streams, then the seals."""
    seal = next(place for place, line in enumerate(story_lines) if b'"type":"seal"' in line)

    assert refused(with_new_end(moved(story_lines, "swap", seal - 1, seal)))


def other(value: Any, data: st.DataObject) -> Any:
    """Draw a value of the same kind, but not the same."""
    if isinstance(value, dict):
        return value | {"amount": data.draw(st.text().filter(lambda t: t != value.get("amount")))}
    if isinstance(value, int):
        return data.draw(st.integers(0, 99).filter(lambda number: number != value))
    if value is not None and all(digit in "0123456789abcdef" for digit in value):
        digits = st.text("0123456789abcdef", min_size=len(value), max_size=len(value))
        return data.draw((digits | st.none()).filter(lambda text: text != value))
    moment = st.just("2026-11-24T00:00:00.000000Z")
    return data.draw((moment | st.text() | st.none()).filter(lambda text: text != value))


@settings(max_examples=400)
@given(st.data())
def test_any_changed_field_is_found_though_the_end_was_adapted(
    story_lines: list[bytes], data: st.DataObject
) -> None:
    place = data.draw(st.integers(1, len(story_lines) - 2))
    values = json.loads(story_lines[place])
    name = data.draw(st.sampled_from(sorted(values)))
    changed = values | {name: other(values[name], data)}
    lines = [*story_lines[:place], canonical(changed).encode() + b"\n", *story_lines[place + 1 :]]

    report = verify_lines(with_new_end(lines))

    assert report.findings != []
    if values["type"] == "event" and name in ("actor", "data", "kind"):
        found = {(finding.stream, finding.number) for finding in report.findings}
        assert found & {(values["stream"], values["seq"]), ("", place + 1)}
