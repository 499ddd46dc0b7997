"""What every store of documents keeps: written once, checked on reading, closed between tenants."""

from __future__ import annotations

import hashlib
import io
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.documents.conftest import Bench

from laufzettel.documents import store as store_module
from laufzettel.documents.store import DamagedError, Document, StoreProblem, exhaust
from laufzettel.errors import InputError, NotFoundError
from laufzettel.spool import OversizeError, spooled

INVOICE = b"<Invoice>RE-2026-4471</Invoice>"
SHA256 = hashlib.sha256(INVOICE).hexdigest()
PLACE = f"musterstadt/{SHA256[:2]}/{SHA256[2:4]}/{SHA256}"


def test_a_document_lies_under_its_hash_and_reads_back(bench: Bench) -> None:
    document = bench.store.put(INVOICE, tenant="musterstadt")

    assert document == Document(sha256=SHA256, size=31)
    assert bench.store.get(SHA256, tenant="musterstadt") == INVOICE
    assert bench.held() == {PLACE: INVOICE}


def test_the_same_document_again_changes_nothing(bench: Bench) -> None:
    first = bench.store.put(INVOICE, tenant="musterstadt")

    assert bench.store.put(INVOICE, tenant="musterstadt") == first
    assert bench.held() == {PLACE: INVOICE}


@settings(
    max_examples=20,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.binary(max_size=2000))
def test_any_bytes_read_back(bench: Bench, data: bytes) -> None:
    assert bench.store.get(bench.store.put(data, tenant="t").sha256, tenant="t") == data


def test_a_hash_opens_nothing_of_another_tenant(bench: Bench) -> None:
    bench.store.put(INVOICE, tenant="musterstadt")

    with pytest.raises(NotFoundError, match="gibt es bei diesem Mandanten nicht"):
        bench.store.get(SHA256, tenant="nachbardorf")


@pytest.mark.parametrize("content", [b"<Invoice>RE-2026-4472</Invoice>", b"", INVOICE + b" "])
def test_a_damaged_document_is_never_handed_out_nor_overwritten(
    bench: Bench, content: bytes
) -> None:
    bench.store.put(INVOICE, tenant="musterstadt")
    bench.damage(PLACE, content)

    with pytest.raises(DamagedError, match="ist beschädigt: Der Inhalt passt nicht mehr"):
        bench.store.get(SHA256, tenant="musterstadt")
    with pytest.raises(DamagedError, match="ist beschädigt"):
        bench.store.put(INVOICE, tenant="musterstadt")
    assert bench.held() == {PLACE: content}


def test_a_lost_document_is_missing_and_may_be_put_again(bench: Bench) -> None:
    bench.store.put(INVOICE, tenant="musterstadt")
    bench.lose(PLACE)

    with pytest.raises(NotFoundError):
        bench.store.get(SHA256, tenant="musterstadt")
    bench.store.put(INVOICE, tenant="musterstadt")
    assert bench.store.get(SHA256, tenant="musterstadt") == INVOICE


@pytest.mark.parametrize(
    "tenant", ["", "..", "../x", "a/b", "A", "a\x00", "-a", "ä", "a" * 64, "."]
)
def test_a_tenant_name_never_leads_out_of_the_store(bench: Bench, tenant: str) -> None:
    with pytest.raises(InputError, match="Die Kennung eines Mandanten"):
        bench.store.put(INVOICE, tenant=tenant)
    with pytest.raises(InputError, match="Die Kennung eines Mandanten"):
        bench.store.get(SHA256, tenant=tenant)
    with pytest.raises(InputError, match="Die Kennung eines Mandanten"):
        list(bench.store.sizes(tenant=tenant))

    assert bench.held() == {}


@pytest.mark.parametrize(
    "sha256", ["", "..", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"]
)
def test_only_a_hash_names_a_document(bench: Bench, sha256: str) -> None:
    with pytest.raises(InputError, match="64 kleinen Hexadezimalziffern"):
        bench.store.get(sha256, tenant="musterstadt")


def test_a_document_above_the_limit_is_refused(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "SIZE_MAX", 10)

    with pytest.raises(InputError, match="gespeichert werden höchstens"):
        bench.store.put(INVOICE, tenant="musterstadt")


def test_many_writers_of_one_document_all_succeed(bench: Bench) -> None:
    barrier = threading.Barrier(8)
    stored: list[Document] = []

    def write() -> None:
        barrier.wait()
        stored.append(bench.store.put(INVOICE, tenant="musterstadt"))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert stored == [Document(sha256=SHA256, size=31)] * 8
    assert bench.held() == {PLACE: INVOICE}


def test_verify_finds_nothing_in_a_good_store(bench: Bench) -> None:
    bench.store.put(INVOICE, tenant="musterstadt")
    bench.store.put(INVOICE, tenant="nachbardorf")

    assert bench.store.verify() == []


def test_verify_names_everything_that_is_not_what_it_promises(bench: Bench) -> None:
    bench.store.put(INVOICE, tenant="musterstadt")
    bench.damage(PLACE, b"changed")
    bench.damage("musterstadt/note.txt", b"?")
    bench.damage(f"musterstadt/00/00/{SHA256}", INVOICE)

    stray = "Diese Datei gehört nicht in den Speicher. Bitte klären, woher sie kommt."
    changed = "Der Inhalt wurde verändert. Bitte das Dokument aus der Sicherung holen."
    assert sorted(bench.store.verify(), key=lambda problem: problem.path) == sorted(
        [
            StoreProblem(path=PLACE, text_de=changed),
            StoreProblem(path=f"musterstadt/00/00/{SHA256}", text_de=stray),
            StoreProblem(path="musterstadt/note.txt", text_de=stray),
        ],
        key=lambda problem: problem.path,
    )


def test_the_documents_of_a_tenant_are_listed_without_those_of_others(bench: Bench) -> None:
    bench.store.put(INVOICE, tenant="musterstadt")
    bench.store.put(b"another", tenant="nachbardorf")

    assert list(bench.store.sizes(tenant="musterstadt")) == [Document(sha256=SHA256, size=31)]
    assert list(bench.store.sizes(tenant="muster")) == []


def test_erasing_removes_the_document_of_that_tenant_only(bench: Bench) -> None:
    bench.store.put(INVOICE, tenant="musterstadt")
    bench.store.put(INVOICE, tenant="nachbardorf")

    assert bench.store.erase(SHA256, tenant="musterstadt") is True
    assert bench.store.erase(SHA256, tenant="musterstadt") is False

    with pytest.raises(NotFoundError):
        bench.store.get(SHA256, tenant="musterstadt")
    assert bench.store.get(SHA256, tenant="nachbardorf") == INVOICE


LARGE = b"%PDF-1.7" + bytes(range(256)) * 8_000


def test_a_file_that_has_arrived_is_stored_as_its_bytes_are(bench: Bench) -> None:
    with spooled(io.BytesIO(LARGE), size_max=len(LARGE)) as arrived:
        document = bench.store.put(arrived, tenant="musterstadt")
        again = bench.store.put(arrived, tenant="musterstadt")

    assert document == again == bench.store.put(LARGE, tenant="musterstadt")
    assert list(bench.held().values()) == [LARGE]


def test_a_document_is_read_portion_by_portion_and_hashed_on_the_way(bench: Bench) -> None:
    document = bench.store.put(LARGE, tenant="musterstadt")

    portions = list(bench.store.portions(document.sha256, tenant="musterstadt"))
    assert b"".join(portions) == LARGE
    assert max(map(len, portions)) < len(LARGE)

    bench.damage(next(iter(bench.held())), LARGE[:-1] + b"?")
    with pytest.raises(DamagedError):
        exhaust(bench.store.portions(document.sha256, tenant="musterstadt"))
    with pytest.raises(NotFoundError):
        exhaust(bench.store.portions(document.sha256, tenant="nachbardorf"))


def test_what_is_larger_than_who_asks_for_it_takes_is_not_read(bench: Bench) -> None:
    document = bench.store.put(LARGE, tenant="musterstadt")

    most = len(LARGE)
    assert bench.store.get(document.sha256, tenant="musterstadt", size_max=most) == LARGE
    with pytest.raises(OversizeError, match="nicht als Ganzes gelesen"):
        bench.store.get(document.sha256, tenant="musterstadt", size_max=most - 1)
