"""The store in a folder: what the disk does to it."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from laufzettel.documents.directory import DirectoryStore
from laufzettel.documents.store import StoreProblem
from laufzettel.documents.write_once import MaybeWrittenError, NotWrittenError
from laufzettel.errors import StorageError

INVOICE = b"<Invoice>RE-2026-4471</Invoice>"
SHA256 = hashlib.sha256(INVOICE).hexdigest()
PLACE = f"musterstadt/{SHA256[:2]}/{SHA256[2:4]}/{SHA256}"


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path)


def files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_a_document_is_read_only_on_disk(store: DirectoryStore, tmp_path: Path) -> None:
    store.put(INVOICE, tenant="musterstadt")

    assert (tmp_path / PLACE).stat().st_mode & 0o222 == 0


def test_a_link_in_place_of_a_document_is_not_followed(
    store: DirectoryStore, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(INVOICE)
    place = tmp_path / "store" / PLACE
    place.parent.mkdir(parents=True)
    place.symlink_to(outside)

    with pytest.raises(StorageError, match="keine gewöhnliche Datei"):
        DirectoryStore(tmp_path / "store").get(SHA256, tenant="musterstadt")


def test_a_full_disk_leaves_nothing_behind(
    store: DirectoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    store.put(b"another", tenant="musterstadt")
    before = files(tmp_path)
    place = tmp_path / PLACE
    place.parent.mkdir(parents=True)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(NotWrittenError, match="No space left on device"):
            store.put(INVOICE, tenant="musterstadt")

    assert files(tmp_path) == before
    assert store.put(INVOICE, tenant="musterstadt").sha256 == SHA256


def test_a_failure_after_the_name_was_given_is_unknown_and_a_repeat_is_harmless(
    store: DirectoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = os.link

    def answer_lost(source: Path, target: Path) -> None:
        genuine(source, target)
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "link", answer_lost)
        with pytest.raises(MaybeWrittenError):
            store.put(INVOICE, tenant="musterstadt")

    store.put(INVOICE, tenant="musterstadt")
    assert files(tmp_path) == [PLACE]


def test_verify_names_a_link_and_does_not_follow_it(store: DirectoryStore, tmp_path: Path) -> None:
    store.put(INVOICE, tenant="musterstadt")
    (tmp_path / "musterstadt" / "elsewhere").symlink_to("/etc")

    stray = "Diese Datei gehört nicht in den Speicher. Bitte klären, woher sie kommt."
    assert store.verify() == [StoreProblem(path="musterstadt/elsewhere", text_de=stray)]
