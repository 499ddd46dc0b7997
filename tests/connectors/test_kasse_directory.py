"""The exchange folder: crashes at every step, hostile entries, missing shares."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.connectors.kasse_examples import CHANNEL, answer, batch, order

from laufzettel.connectors.kasse.directory import DirectoryLedger
from laufzettel.connectors.kasse.port import (
    NumberTakenError,
    UnknownOutcomeError,
    UnreachableError,
)
from laufzettel.errors import InputError


class PowerCut(BaseException):
    """The process ends here."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    DirectoryLedger.create(tmp_path / "hkr", CHANNEL)
    return tmp_path / "hkr"


@pytest.fixture
def ledger(root: Path) -> DirectoryLedger:
    return DirectoryLedger(root, CHANNEL)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def answered(root: Path, name: str, data: bytes) -> Path:
    """The peer has written a file and its marker."""
    path = root / "von" / name
    path.write_bytes(data)
    path.with_name(f"{name}.done").touch()
    return path


def cut_power_at_call(
    monkeypatch: pytest.MonkeyPatch, hit: int, *, after: bool
) -> Callable[[], int]:
    """The ``hit``-th change of the disk is the last one; returns how many were asked for."""
    calls = 0

    def watched(genuine: Callable[..., object]) -> Callable[..., object]:
        def change(*args: object, **kwargs: object) -> object:
            nonlocal calls
            calls += 1
            if calls > hit or (calls == hit and not after):
                raise PowerCut
            result = genuine(*args, **kwargs)
            if calls == hit:
                raise PowerCut
            return result

        return change

    for name in ("link", "rename", "fsync"):
        monkeypatch.setattr(os, name, watched(getattr(os, name)))
    return lambda: calls


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
@pytest.mark.parametrize("hit", range(1, 9))
def test_a_power_cut_at_any_step_of_a_delivery_leaves_none_or_one_whole_batch(
    root: Path, hit: int, after: bool
) -> None:
    ledger = DirectoryLedger(root, CHANNEL)
    data = ledger.pack(batch(1))

    with pytest.MonkeyPatch.context() as monkeypatch:
        cut_power_at_call(monkeypatch, hit, after=after)
        try:
            ledger.deliver(1, data)
        except PowerCut:
            pass

    marked = [name for name in names(root / "an") if name.endswith(".done")]
    visible = [name for name in marked if not name.startswith(".")]
    for name in visible:
        assert (root / "an" / name.removesuffix(".done")).read_bytes() == data
    assert (ledger.delivered(1) is None) == (visible == [])
    ledger.deliver(1, data)
    assert [name for name in names(root / "an") if not name.startswith(".")] == [
        "uebergabe-000001.jsonl",
        "uebergabe-000001.jsonl.done",
    ]


def test_the_number_of_steps_cut_above_covers_the_whole_delivery(
    ledger: DirectoryLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = ledger.pack(batch(1))
    calls = cut_power_at_call(monkeypatch, 999, after=True)

    ledger.deliver(1, data)

    assert 1 <= calls() <= 8


@pytest.mark.parametrize("hit", range(1, 8))
def test_a_power_cut_at_any_step_of_settling_loses_nothing(root: Path, hit: int) -> None:
    answered(root, "rueckmeldung-000001.jsonl", answer(1))
    ledger = DirectoryLedger(root, CHANNEL)
    [file] = ledger.acknowledgements()

    with pytest.MonkeyPatch.context() as monkeypatch:
        cut_power_at_call(monkeypatch, hit, after=False)
        try:
            ledger.settle(file)
        except PowerCut:
            pass
    for again in ledger.acknowledgements():
        ledger.settle(again)

    assert ledger.acknowledgements() == []
    assert [again.number for again in ledger.settled_after(0)] == [1]
    assert names(root / "von") == []


def test_a_temporary_or_unmarked_file_is_not_a_batch(root: Path, ledger: DirectoryLedger) -> None:
    (root / "an" / ".uebergabe-000001.jsonl.abc.tmp").write_bytes(b"half")
    (root / "an" / "uebergabe-000001.jsonl").write_bytes(ledger.pack(batch(1)))

    assert ledger.delivered(1) is None
    assert ledger.last_number() == 0


def test_a_file_without_its_marker_is_completed_by_the_same_bytes_only(
    root: Path, ledger: DirectoryLedger
) -> None:
    data = ledger.pack(batch(1))
    (root / "an" / "uebergabe-000001.jsonl").write_bytes(data)

    with pytest.raises(NumberTakenError):
        ledger.deliver(1, ledger.pack(batch(1, order(9))))
    ledger.deliver(1, data)

    assert ledger.last_number() == 1


def test_a_marker_reads_like_a_line_of_sha256sum(root: Path, ledger: DirectoryLedger) -> None:
    ledger.deliver(1, ledger.pack(batch(1)))

    assert (root / "an" / "uebergabe-000001.jsonl.done").read_text() == (
        f"{ledger.delivered(1)}  uebergabe-000001.jsonl\n"
    )


def test_a_batch_that_the_ledger_moved_to_the_archive_is_still_held(
    root: Path, ledger: DirectoryLedger
) -> None:
    data = ledger.pack(batch(1))
    ledger.deliver(1, data)
    sha256 = ledger.delivered(1)
    for name in names(root / "an"):
        (root / "an" / name).rename(root / "archiv" / name)

    ledger.deliver(1, data)
    ledger.deliver(2, ledger.pack(batch(2, previous=data)))

    assert ledger.delivered(1) == sha256
    assert ledger.last_number() == 2
    assert names(root / "an") == ["uebergabe-000002.jsonl", "uebergabe-000002.jsonl.done"]


def test_a_share_without_hard_links_works_too(
    ledger: DirectoryLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_args: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(os, "link", no_links)
    data = ledger.pack(batch(1))

    ledger.deliver(1, data)
    ledger.deliver(1, data)

    assert ledger.last_number() == 1


def test_of_many_senders_of_one_number_exactly_one_content_wins(
    root: Path, ledger: DirectoryLedger
) -> None:
    contents = [ledger.pack(batch(1, order(number))) for number in range(1, 9)]
    barrier = threading.Barrier(len(contents))
    outcomes: list[str] = []

    def send(data: bytes) -> None:
        barrier.wait()
        try:
            DirectoryLedger(root, CHANNEL).deliver(1, data)
            outcomes.append("delivered")
        except NumberTakenError:
            outcomes.append("taken")

    threads = [threading.Thread(target=send, args=(data,)) for data in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["delivered"] + ["taken"] * 7
    assert (root / "an" / "uebergabe-000001.jsonl").read_bytes() in contents


# the folder itself


def test_a_folder_that_is_not_mounted_is_an_outage_not_an_empty_ledger(tmp_path: Path) -> None:
    ledger = DirectoryLedger(tmp_path / "share", CHANNEL)
    data = ledger.pack(batch(1))

    for call in (
        lambda: ledger.deliver(1, data),
        lambda: ledger.delivered(1),
        ledger.last_number,
        ledger.acknowledgements,
        ledger.missing_acknowledgements,
    ):
        with pytest.raises(UnreachableError, match="nicht eingerichtet oder nicht eingehängt"):
            call()
    assert not (tmp_path / "share").exists()


def test_a_folder_of_another_channel_is_refused(root: Path) -> None:
    with pytest.raises(InputError, match="gehört zu einem anderen Kanal"):
        DirectoryLedger(root, "hkr-dorf").last_number()
    with pytest.raises(InputError, match="schon für einen anderen Kanal"):
        DirectoryLedger.create(root, "hkr-dorf")


def test_setting_up_the_same_folder_again_keeps_what_it_holds(
    root: Path, ledger: DirectoryLedger
) -> None:
    ledger.deliver(1, ledger.pack(batch(1)))

    DirectoryLedger.create(root, CHANNEL)

    assert ledger.last_number() == 1


@pytest.mark.parametrize("channel", ["", "..", "../../etc", "a/b", "hkr\x00", "HKR", "x" * 41])
def test_a_channel_name_never_leads_out_of_the_folder(tmp_path: Path, channel: str) -> None:
    with pytest.raises(InputError, match="Ein Kanal heißt mit"):
        DirectoryLedger(tmp_path, channel)
    with pytest.raises(InputError, match="Ein Kanal heißt mit"):
        DirectoryLedger.create(tmp_path, channel)

    assert names(tmp_path) == []


def test_a_full_disk_delivers_nothing_and_says_so(
    root: Path, ledger: DirectoryLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = ledger.pack(batch(1))

    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(UnreachableError, match="No space left on device"):
            ledger.deliver(1, data)

    assert names(root / "an") == []


def test_a_failure_at_the_marker_leaves_the_outcome_unknown(
    ledger: DirectoryLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = ledger.pack(batch(1))
    genuine = os.link

    def only_batches(source: Path, target: Path) -> None:
        if target.name.endswith(".done"):
            raise OSError(errno.EIO, "Input/output error")
        genuine(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "link", only_batches)
        with pytest.raises(UnknownOutcomeError):
            ledger.deliver(1, data)

    assert ledger.delivered(1) is None
    ledger.deliver(1, data)
    assert ledger.last_number() == 1


# hostile acknowledgements


def test_an_unmarked_acknowledgement_is_still_being_written(
    root: Path, ledger: DirectoryLedger
) -> None:
    (root / "von" / "rueckmeldung-000001.jsonl").write_bytes(answer(1)[:50])

    assert ledger.acknowledgements() == []


@pytest.mark.parametrize(
    "name",
    ["rueckmeldung-1.jsonl", "Rueckmeldung-000001.jsonl", "rueckmeldung-000000.jsonl", "x" * 250],
)
def test_a_file_with_another_name_is_reported_and_set_aside(
    root: Path, ledger: DirectoryLedger, name: str
) -> None:
    answered(root, name, answer(1))

    [file] = ledger.acknowledgements()
    ledger.settle(file)

    assert file.number is None
    assert file.defect_de == "Der Dateiname muss wie rueckmeldung-000001.jsonl lauten."
    assert names(root / "von") == []
    assert names(root / "fehler") == [name[:50], f"{name[:50]}.done", f"{name[:50]}.grund.txt"]


def test_a_name_that_is_no_text_can_be_stored_and_set_aside(
    root: Path, ledger: DirectoryLedger
) -> None:
    folder = os.fsencode(root / "von")
    for name in (b"r\xff", b"r\xff.done"):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(b"x")

    [reported] = ledger.acknowledgements()
    ledger.settle(reported)

    assert reported.name.encode() == rb"r\udcff"
    assert names(root / "von") == []


def test_links_pipes_and_folders_are_never_opened(
    root: Path, ledger: DirectoryLedger, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_bytes(answer(1))
    (root / "von" / "rueckmeldung-000001.jsonl").symlink_to(tmp_path / "secret")
    os.mkfifo(root / "von" / "rueckmeldung-000002.jsonl")
    (root / "von" / "rueckmeldung-000003.jsonl").mkdir()
    for number in (1, 2, 3):
        (root / "von" / f"rueckmeldung-00000{number}.jsonl.done").touch()

    files = ledger.acknowledgements()

    assert [file.defect_de for file in files] == [
        "Die Datei ist nicht lesbar: Das ist keine gewöhnliche Datei; sie wird nicht gelesen."
    ] * 3
    for file in files:
        ledger.settle(file)
    assert names(root / "von") == []


def test_a_huge_acknowledgement_is_reported_without_being_read_whole(
    root: Path, ledger: DirectoryLedger
) -> None:
    path = answered(root, "rueckmeldung-000001.jsonl", b"")
    os.truncate(path, 10 * 1024**3)  # sparse: takes no room

    [file] = ledger.acknowledgements()

    assert "Die Datei ist zu groß" in file.defect_de


def test_a_defective_file_lies_aside_with_its_reason_and_nothing_is_deleted(
    root: Path, ledger: DirectoryLedger
) -> None:
    for _ in range(2):
        answered(root, "rueckmeldung-000001.jsonl", b"broken\n")
        [file] = ledger.acknowledgements()
        ledger.settle(file)

    assert names(root / "fehler") == [
        "rueckmeldung-000001.jsonl",
        "rueckmeldung-000001.jsonl.2",
        "rueckmeldung-000001.jsonl.2.done",
        "rueckmeldung-000001.jsonl.2.grund.txt",
        "rueckmeldung-000001.jsonl.done",
        "rueckmeldung-000001.jsonl.grund.txt",
    ]
    assert (root / "fehler" / "rueckmeldung-000001.jsonl.grund.txt").read_text() == (
        "rueckmeldung-000001.jsonl: Die Datei braucht Kopfzeile, mindestens eine Zeile und "
        "Abschlusszeile.\n"
    )


def test_repetitions_are_kept_beside_the_first(root: Path, ledger: DirectoryLedger) -> None:
    for _ in range(3):
        answered(root, "rueckmeldung-000001.jsonl", answer(1))
        for file in ledger.acknowledgements():
            ledger.settle(file)

    files = [name for name in names(root / "archiv") if not name.endswith(".done")]
    assert files == [
        "rueckmeldung-000001.jsonl",
        "rueckmeldung-000001.jsonl.wiederholung",
        "rueckmeldung-000001.jsonl.wiederholung.2",
    ]
