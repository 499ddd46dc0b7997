"""A watched folder gives up each file once, whole, and keeps what it could not give up."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.connectors.intake_desk import MemoryDesk

from laufzettel import failpoints
from laufzettel.connectors.intake import folder as module
from laufzettel.connectors.intake.folder import WatchedFolder
from laufzettel.connectors.intake.port import Arrival, InletUnreachableError, Taken
from laufzettel.errors import LaufzettelError


@pytest.fixture(autouse=True)
def nothing_armed() -> Iterator[None]:
    """No failpoint outlives its test."""
    yield
    failpoints.disarm()


@pytest.fixture
def folder(tmp_path: Path) -> WatchedFolder:
    """A folder in which a file counts as complete at once."""
    made = WatchedFolder(root=tmp_path / "eingang", name="ordner-sftp", sender="SFTP", settle_s=0)
    made.create()
    return made


def names(folder: WatchedFolder, box: str = "") -> list[str]:
    """Return the names in a box without their tokens; in the folder itself by default."""
    found = sorted(one.name for one in (folder.root / box).iterdir() if one.name not in _BOXES)
    return [module._CLAIM.sub(r"\2", name.partition("_")[2] or name) for name in found]


_BOXES = {".work", ".done", ".error"}


def drop(folder: WatchedFolder, name: str, data: bytes = b"<Invoice/>") -> Path:
    """Lay a file into the folder."""
    path = folder.root / name
    path.write_bytes(data)
    return path


def test_a_complete_file_is_taken_and_lies_in_done_under_its_number(folder: WatchedFolder) -> None:
    """The operator finds the original by the number that the receipt names."""
    drop(folder, "RE-4711.xml")
    desk = MemoryDesk()

    assert folder.collect(desk) == 1

    [arrival] = desk.taken.values()
    assert arrival == Arrival(
        key=arrival.key,
        channel="ordner-sftp",
        sender="SFTP",
        file_name="RE-4711.xml",
        data=b"<Invoice/>",
        waited_s=arrival.waited_s,
    )
    assert arrival.waited_s < 60
    assert arrival.key.startswith("ordner-sftp:")
    [done] = (folder.root / ".done").iterdir()
    assert done.name.startswith("E-2026-000001_") and done.name.endswith("~RE-4711.xml")
    assert names(folder) == [] == names(folder, ".work")
    assert folder.collect(desk) == 0


def test_the_oldest_file_is_taken_first(folder: WatchedFolder) -> None:
    """Numbers of the Eingangsbuch follow the arrival."""
    for name in ("c.xml", "a.xml", "b.xml"):
        drop(folder, name, name.encode())
        time.sleep(0.02)
    desk = MemoryDesk()

    folder.collect(desk)

    assert desk.names == ["c.xml", "a.xml", "b.xml"]


@pytest.mark.parametrize("name", ["RE.xml.part", "RE.xml.tmp", "RE.FILEPART", ".RE.xml", "RE.xml~"])
def test_what_is_named_as_unfinished_or_hidden_is_left_alone(
    folder: WatchedFolder, name: str
) -> None:
    """Programs that upload write under such names and rename at the end."""
    path = drop(folder, name)
    desk = MemoryDesk()

    assert folder.collect(desk) == 0
    assert (path.exists(), desk.complaints) == (True, {})


def test_a_file_that_was_just_written_is_left_alone_until_it_has_settled(
    folder: WatchedFolder,
) -> None:
    """Whatever time its sender gives it: the last write decides."""
    slow, desk = replace(folder, settle_s=0.3), MemoryDesk()
    path = drop(folder, "RE.xml")
    os.utime(path, (0, 0))

    assert slow.collect(desk) == 0
    time.sleep(0.35)
    assert slow.collect(desk) == 1


def test_an_upload_that_never_ends_is_told_after_a_day(
    folder: WatchedFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody's invoice lies there half."""
    monkeypatch.setattr(module, "STALE_S", -1)
    drop(folder, "RE.xml.part")
    desk = MemoryDesk()

    folder.collect(desk)

    assert desk.complaints == {
        "ordner-sftp:RE.xml.part": "Im Eingangsordner „ordner-sftp“: „RE.xml.part“ ist seit über "
        "einem Tag unfertig. Bitte mit dem Absender klären und unter dem richtigen Namen neu "
        "ablegen."
    }


def test_links_and_folders_are_not_followed_but_told(folder: WatchedFolder, tmp_path: Path) -> None:
    """A link to a secret file must not carry it into the document store."""
    secret = tmp_path / "geheim"
    secret.write_text("Passwort")
    (folder.root / "RE.xml").symlink_to(secret)
    (folder.root / "alt").mkdir()
    os.mkfifo(folder.root / "rohr")
    desk = MemoryDesk()

    assert folder.collect(desk) == 0
    assert sorted(desk.complaints) == [
        "ordner-sftp:RE.xml",
        "ordner-sftp:alt",
        "ordner-sftp:rohr",
    ]


def test_a_box_that_is_a_link_stops_the_inlet(folder: WatchedFolder, tmp_path: Path) -> None:
    """Who may upload must not choose where we move files to."""
    (folder.root / ".done").rmdir()
    (folder.root / ".done").symlink_to(tmp_path)
    drop(folder, "RE.xml")

    with pytest.raises(InletUnreachableError):
        folder.collect(MemoryDesk())


def test_an_unmounted_share_is_an_outage_and_not_an_empty_folder(tmp_path: Path) -> None:
    """Otherwise nobody would notice that no invoice comes any more."""
    (tmp_path / "leer").mkdir()

    with pytest.raises(InletUnreachableError, match="nicht eingehängt"):
        WatchedFolder(root=tmp_path / "leer", name="ordner-peppol").collect(MemoryDesk())


def test_the_same_bytes_again_are_taken_as_a_repeat(folder: WatchedFolder) -> None:
    """Both files lie in done afterwards."""
    drop(folder, "a.xml")
    drop(folder, "b.xml")
    desk = MemoryDesk()

    folder.collect(desk)

    assert (len(desk.taken), len(desk.repeats)) == (1, 1)
    assert names(folder, ".done") == ["a.xml", "b.xml"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "Die Datei ist leer."),
        (b"x" * 2_097_152, "Die Datei ist 2 MB groß; angenommen werden höchstens 1 MB."),
        (b"nein", "Das ist keine Rechnung."),
    ],
    ids=["empty", "large", "refused"],
)
def test_what_is_not_taken_lies_in_error_with_a_note(
    folder: WatchedFolder, data: bytes, reason: str
) -> None:
    """And an incident tells people; nothing waits unseen in a folder."""
    drop(folder, "RE.xml", data)
    desk = MemoryDesk(refuses="RE.xml")

    replace(folder, size_max=1_048_576).collect(desk)

    assert names(folder, ".error") == ["RE.xml", "RE.xml.txt"]
    [note] = (folder.root / ".error").glob("*.txt")
    assert f"„RE.xml“ wurde nicht als Rechnung angenommen.\n\n{reason}\n" in note.read_text("utf-8")
    [cause] = desk.complaints.values()
    assert reason in cause and "„.error“" in cause


def test_one_file_that_cannot_be_taken_now_holds_up_no_other(folder: WatchedFolder) -> None:
    """It waits in its claim and is taken as soon as it works again."""
    drop(folder, "a.xml", b"a")
    drop(folder, "b.xml", b"b")
    desk = MemoryDesk(fails="a.xml")

    with pytest.raises(LaufzettelError, match="antwortet nicht"):
        folder.collect(desk)
    assert desk.names == ["b.xml"]
    desk.fails = ""

    assert folder.collect(desk) == 1
    assert (desk.names, desk.repeats) == (["b.xml", "a.xml"], [])
    assert names(folder, ".done") == ["b.xml", "a.xml"] or names(folder, ".done")


@pytest.mark.parametrize("place", ["intake.claimed", "intake.taken"])
def test_dying_at_any_place_loses_nothing_and_doubles_nothing(
    folder: WatchedFolder, place: str
) -> None:
    """The claim keeps its key, so that the desk knows the delivery again."""
    drop(folder, "a.xml", b"a")
    drop(folder, "b.xml", b"b")
    desk = MemoryDesk()
    failpoints.arm(place)

    with pytest.raises(failpoints.Crash):
        folder.collect(desk)
    failpoints.disarm()
    folder.collect(desk)

    assert (sorted(desk.names), desk.repeats) == (["a.xml", "b.xml"], [])
    assert sorted(names(folder, ".done")) == ["a.xml", "b.xml"]


def test_what_a_sender_writes_while_we_read_is_an_arrival_of_its_own(folder: WatchedFolder) -> None:
    """A stalled upload goes on into the picked-up file: its end must not be put away unread."""
    drop(folder, "RE.xml", b"<Invo")

    class Slow(MemoryDesk):
        def take(self, arrival: Arrival) -> Taken:
            if not self.taken:
                [path] = (folder.root / ".work").glob("*RE.xml")
                with path.open("ab") as file:
                    file.write(b"ice/>")
            return MemoryDesk.take(self, arrival)

    desk = Slow()
    folder.collect(desk)
    folder.collect(desk)

    assert [one.data for one in desk.taken.values()] == [b"<Invo", b"<Invoice/>"]
    assert {one.file_name for one in desk.taken.values()} == {"RE.xml"}


def test_names_from_outside_become_names_that_every_system_can_show(folder: WatchedFolder) -> None:
    """Not UTF-8, a line break, and as long as the file system allows."""
    drop(folder, os.fsdecode(b"R\xe4chnung.xml"), b"1")
    drop(folder, "a\nb.xml", b"2")
    drop(folder, "ü" * 120 + ".xml", b"3")
    desk = MemoryDesk()

    folder.collect(desk)

    assert sorted(desk.names) == ["R\ufffdchnung.xml", "a_b.xml", "ü" * 78 + ".xml"]
    assert len(list((folder.root / ".done").iterdir())) == 3


def test_two_processes_share_the_files_of_a_folder(folder: WatchedFolder) -> None:
    """Each file is taken under one key, whoever was faster."""
    for number in range(60):
        drop(folder, f"{number}.xml", b"%d" % number)
    desk, errors = MemoryDesk(), list[BaseException]()
    barrier = threading.Barrier(2)

    def run() -> None:
        try:
            barrier.wait()
            folder.collect(desk)
        except BaseException as error:  # noqa: BLE001 - shown by the test
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (errors, len(desk.taken), desk.repeats) == ([], 60, [])
    assert len(list((folder.root / ".done").iterdir())) == 60


def test_a_file_says_for_how_long_it_had_lain_there_also_after_a_crash(
    folder: WatchedFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It came on Saturday; the program was started again on Monday, and died once more."""
    (folder.root / "a.xml").write_bytes(b"<a/>")
    two_days = 2 * 24 * 3600
    monkeypatch.setattr(WatchedFolder, "_now", lambda self: time.time() + two_days)
    desk = MemoryDesk()
    failpoints.arm("intake.claimed")
    with pytest.raises(failpoints.Crash):
        folder.collect(desk)
    failpoints.disarm()

    folder.collect(desk)

    [arrival] = desk.taken.values()
    assert two_days - 5 < arrival.waited_s < two_days + 60
