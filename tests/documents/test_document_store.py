"""The document store: written once, checked on reading, closed between tenants."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laufzettel.documents import store as store_module
from laufzettel.documents.store import Document, DocumentStore, StoreProblem
from laufzettel.documents.write_once import MaybeWrittenError, NotWrittenError
from laufzettel.errors import InputError, NotFoundError, StorageError

INVOICE = b"<Invoice>RE-2026-4471</Invoice>"
SHA256 = hashlib.sha256(INVOICE).hexdigest()
PLACE = f"musterstadt/{SHA256[:2]}/{SHA256[2:4]}/{SHA256}"


@pytest.fixture
def store(tmp_path: Path) -> DocumentStore:
    return DocumentStore(tmp_path)


def files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def damage(path: Path, data: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(data)


def test_a_document_lies_under_its_hash_and_reads_back(
    store: DocumentStore, tmp_path: Path
) -> None:
    document = store.put(INVOICE, tenant="musterstadt")

    assert document == Document(sha256=SHA256, size=31)
    assert store.get(SHA256, tenant="musterstadt") == INVOICE
    assert files(tmp_path) == [PLACE]


def test_a_document_is_read_only_on_disk(store: DocumentStore, tmp_path: Path) -> None:
    store.put(INVOICE, tenant="musterstadt")

    assert (tmp_path / PLACE).stat().st_mode & 0o222 == 0


def test_the_same_document_again_changes_nothing(store: DocumentStore, tmp_path: Path) -> None:
    store.put(INVOICE, tenant="musterstadt")
    before = (tmp_path / PLACE).stat()

    store.put(INVOICE, tenant="musterstadt")

    after = (tmp_path / PLACE).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


@settings(
    max_examples=40,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.binary(max_size=2000))
def test_any_bytes_read_back(store: DocumentStore, data: bytes) -> None:
    assert store.get(store.put(data, tenant="t").sha256, tenant="t") == data


def test_a_hash_opens_nothing_of_another_tenant(store: DocumentStore) -> None:
    store.put(INVOICE, tenant="musterstadt")

    with pytest.raises(NotFoundError, match="gibt es bei diesem Mandanten nicht"):
        store.get(SHA256, tenant="nachbardorf")


@pytest.mark.parametrize("content", [b"<Invoice>RE-2026-4472</Invoice>", b"", INVOICE + b" "])
def test_a_damaged_document_is_never_handed_out_nor_overwritten(
    store: DocumentStore, tmp_path: Path, content: bytes
) -> None:
    store.put(INVOICE, tenant="musterstadt")
    damage(tmp_path / PLACE, content)

    with pytest.raises(StorageError, match="ist beschädigt: Der Inhalt passt nicht mehr"):
        store.get(SHA256, tenant="musterstadt")
    with pytest.raises(StorageError, match="ist beschädigt"):
        store.put(INVOICE, tenant="musterstadt")
    assert (tmp_path / PLACE).read_bytes() == content


@pytest.mark.parametrize(
    "tenant", ["", "..", "../x", "a/b", "A", "a\x00", "-a", "ä", "a" * 64, "."]
)
def test_a_tenant_name_never_leads_out_of_the_store(
    store: DocumentStore, tmp_path: Path, tenant: str
) -> None:
    with pytest.raises(InputError, match="Die Kennung eines Mandanten"):
        store.put(INVOICE, tenant=tenant)
    with pytest.raises(InputError, match="Die Kennung eines Mandanten"):
        store.get(SHA256, tenant=tenant)

    assert files(tmp_path) == []


@pytest.mark.parametrize(
    "sha256", ["", "..", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"]
)
def test_only_a_hash_names_a_document(store: DocumentStore, sha256: str) -> None:
    with pytest.raises(InputError, match="64 kleinen Hexadezimalziffern"):
        store.get(sha256, tenant="musterstadt")


def test_a_link_in_place_of_a_document_is_not_followed(
    store: DocumentStore, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(INVOICE)
    place = tmp_path / "store" / PLACE
    place.parent.mkdir(parents=True)
    place.symlink_to(outside)

    with pytest.raises(StorageError, match="keine gewöhnliche Datei"):
        DocumentStore(tmp_path / "store").get(SHA256, tenant="musterstadt")


def test_a_document_above_the_limit_is_refused(
    store: DocumentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "SIZE_MAX", 10)

    with pytest.raises(InputError, match="gespeichert werden höchstens"):
        store.put(INVOICE, tenant="musterstadt")


def test_a_full_disk_leaves_nothing_behind(
    store: DocumentStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
    store: DocumentStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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


def test_many_writers_of_one_document_all_succeed(store: DocumentStore, tmp_path: Path) -> None:
    barrier = threading.Barrier(8)
    stored: list[Document] = []

    def write() -> None:
        barrier.wait()
        stored.append(store.put(INVOICE, tenant="musterstadt"))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert stored == [Document(sha256=SHA256, size=31)] * 8
    assert files(tmp_path) == [PLACE]


def test_verify_finds_nothing_in_a_good_store(store: DocumentStore) -> None:
    store.put(INVOICE, tenant="musterstadt")
    store.put(INVOICE, tenant="nachbardorf")

    assert store.verify() == []


def test_verify_names_every_file_that_is_not_what_it_promises(
    store: DocumentStore, tmp_path: Path
) -> None:
    store.put(INVOICE, tenant="musterstadt")
    damage(tmp_path / PLACE, b"changed")
    (tmp_path / "musterstadt" / "note.txt").write_text("?")
    (tmp_path / "musterstadt" / "elsewhere").symlink_to("/etc")
    moved = tmp_path / "musterstadt" / "00" / "00" / SHA256
    moved.parent.mkdir(parents=True)
    moved.write_bytes(INVOICE)

    stray = "Diese Datei gehört nicht in den Speicher. Bitte klären, woher sie kommt."
    changed = "Der Inhalt wurde verändert. Bitte das Dokument aus der Sicherung holen."
    assert sorted(store.verify(), key=lambda problem: problem.path) == sorted(
        [
            StoreProblem(path=PLACE, text_de=changed),
            StoreProblem(path=f"musterstadt/00/00/{SHA256}", text_de=stray),
            StoreProblem(path="musterstadt/elsewhere", text_de=stray),
            StoreProblem(path="musterstadt/note.txt", text_de=stray),
        ],
        key=lambda problem: problem.path,
    )


def test_the_documents_of_a_tenant_are_listed_without_those_of_others(
    store: DocumentStore,
) -> None:
    store.put(INVOICE, tenant="musterstadt")
    store.put(b"another", tenant="nachbardorf")

    assert list(store.sizes(tenant="musterstadt")) == [Document(sha256=SHA256, size=31)]


def test_erasing_removes_the_document_of_that_tenant_only(store: DocumentStore) -> None:
    store.put(INVOICE, tenant="musterstadt")
    store.put(INVOICE, tenant="nachbardorf")

    assert store.erase(SHA256, tenant="musterstadt") is True
    assert store.erase(SHA256, tenant="musterstadt") is False

    with pytest.raises(NotFoundError):
        store.get(SHA256, tenant="musterstadt")
    assert store.get(SHA256, tenant="nachbardorf") == INVOICE
