"""The store on an S3 server: what the server and the way to it do to it."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import Enum

import pytest
from tests.documents.conftest import S3Bench

from laufzettel import settings
from laufzettel.cli.doctor.machine import documents
from laufzettel.documents import s3
from laufzettel.documents.s3 import S3Store, UnreachableError
from laufzettel.errors import InputError, StorageError
from laufzettel.settings import S3, Settings

INVOICE = b"<Invoice>RE-2026-4471</Invoice>"
SHA256 = hashlib.sha256(INVOICE).hexdigest()
PLACE = f"musterstadt/{SHA256[:2]}/{SHA256[2:4]}/{SHA256}"


class Outage(Enum):
    BEFORE = "the request never reaches the server"
    AFTER = "the server has done it, its answer is lost"
    HALF = "the answer breaks off in the middle"


class Cable:
    """The way to the server; ``outage`` strikes every PUT, or every GET where it is HALF."""

    def __init__(self, endpoint: str) -> None:
        host, _, port = endpoint.removeprefix("http://").rpartition(":")
        self._server = (host, int(port))
        self._door = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        self.outage: Outage | None = None
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._door.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._server) as server:
            request = _whole(client)
            verb = request.partition(b" ")[0]
            strikes = verb == (b"GET" if self.outage is Outage.HALF else b"PUT")
            if strikes and self.outage is Outage.BEFORE:
                return
            server.sendall(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
            answer = b"".join(iter(lambda: server.recv(65536), b""))
            if strikes and self.outage is Outage.AFTER:
                return
            client.sendall(answer[:-10] if strikes and self.outage is Outage.HALF else answer)


def _whole(client: socket.socket) -> bytes:
    """Return one request; asks for the body where the client waits to be asked."""
    request = b""
    while b"\r\n\r\n" not in request:
        if not (part := client.recv(65536)):
            return request
        request += part
    head, _, body = request.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    if fields.pop(b"expect", None):
        client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        head = b"\r\n".join(x for x in head.split(b"\r\n") if not x.lower().startswith(b"expect"))
    while len(body) < int(fields.get(b"content-length", b"0")):
        body += client.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def cable(bench: S3Bench) -> Iterator[tuple[Cable, S3Store]]:
    way = Cable(bench.place.endpoint)
    try:
        yield way, S3Store(replace(bench.place, endpoint=way.endpoint))
    finally:
        way.close()


@pytest.mark.parametrize(("outage", "there"), [(Outage.BEFORE, False), (Outage.AFTER, True)])
def test_a_server_that_fails_in_the_middle_loses_nothing_and_a_repeat_is_right(
    s3_bench: S3Bench, outage: Outage, there: bool
) -> None:
    with cable(s3_bench) as (way, store):
        way.outage = outage
        with pytest.raises(UnreachableError, match="antwortet nicht") as told:
            store.put(INVOICE, tenant="musterstadt")
        way.outage = None
        assert s3_bench.held() == ({PLACE: INVOICE} if there else {})

        store.put(INVOICE, tenant="musterstadt")

    assert told.value.retryable
    assert s3_bench.held() == {PLACE: INVOICE}


def test_half_a_document_is_never_handed_out(s3_bench: S3Bench) -> None:
    with cable(s3_bench) as (way, store):
        store.put(INVOICE, tenant="musterstadt")
        way.outage = Outage.HALF
        with pytest.raises(UnreachableError, match="antwortet nicht"):
            store.get(SHA256, tenant="musterstadt")


def test_a_server_that_is_not_there_is_told_in_german(s3_bench: S3Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    store = S3Store(replace(s3_bench.place, endpoint=f"http://127.0.0.1:{port}"))

    with pytest.raises(
        UnreachableError, match=r"antwortet nicht.*Nichts ist verloren.*LAUFZETTEL_S3_ENDPOINT"
    ):
        store.get(SHA256, tenant="musterstadt")


def test_a_server_that_never_answers_is_given_up(
    s3_bench: S3Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "READ_S", 0.2)
    monkeypatch.setattr(s3, "ATTEMPTS", 1)
    with socket.create_server(("127.0.0.1", 0)) as door:  # takes connections, says nothing
        port = door.getsockname()[1]
        store = S3Store(replace(s3_bench.place, endpoint=f"http://127.0.0.1:{port}"))
        with pytest.raises(UnreachableError, match="ReadTimeoutError"):
            store.put(INVOICE, tenant="musterstadt")


def test_a_bucket_that_is_not_there_is_named(s3_bench: S3Bench) -> None:
    store = S3Store(replace(s3_bench.place, bucket="gibt-es-nicht"))

    with pytest.raises(StorageError, match="Den Bucket „gibt-es-nicht“ gibt es"):
        store.put(INVOICE, tenant="musterstadt")
    with pytest.raises(StorageError, match="Den Bucket „gibt-es-nicht“ gibt es"):
        store.get(SHA256, tenant="musterstadt")


def test_erasing_leaves_no_older_version_behind(versioned_bench: S3Bench) -> None:
    bench = versioned_bench
    bench.store.put(INVOICE, tenant="musterstadt")
    bench.lose(PLACE)  # leaves the version and a mark of deletion
    bench.store.put(INVOICE, tenant="musterstadt")
    assert bench.versions() == 3

    assert bench.store.erase(SHA256, tenant="musterstadt") is True

    assert bench.versions() == 0


def test_a_hidden_older_version_is_erased_too(versioned_bench: S3Bench) -> None:
    bench = versioned_bench
    bench.store.put(INVOICE, tenant="musterstadt")
    bench.lose(PLACE)

    assert bench.store.erase(SHA256, tenant="musterstadt") is True

    assert bench.versions() == 0


def test_a_probe_leaves_nothing_behind(s3_bench: S3Bench) -> None:
    seen = s3_bench.store.probe()

    assert seen.is_conditional
    assert s3_bench.held() == {}


def test_the_doctor_tells_where_documents_lie_and_that_the_way_is_open(s3_bench: S3Bench) -> None:
    given = replace(settings.load({}), s3=s3_bench.place)

    found = list(documents(given))

    assert [one.level for one in found] == ["ok", "warning"]
    assert f"Bucket {s3_bench.place.bucket}, geschrieben und gelesen in" in found[0].text
    assert found[1].text == "die Strecke zum Server ist nicht verschlüsselt"


GIVEN = {
    "LAUFZETTEL_S3_BUCKET": "akten",
    "LAUFZETTEL_S3_ENDPOINT": "https://s3.example:9000",
    "LAUFZETTEL_S3_ACCESS_KEY": "lz",
    "LAUFZETTEL_S3_SECRET_KEY": "geheim",
}


def test_the_server_is_named_by_the_environment() -> None:
    assert settings.load(GIVEN | {"LAUFZETTEL_S3_PREFIX": "/lz/"}).s3 == S3(
        bucket="akten",
        endpoint="https://s3.example:9000",
        access_key="lz",
        secret_key="geheim",
        prefix="lz/",
    )
    assert settings.load({}).s3 is None


def test_the_secret_is_not_printed_with_the_settings() -> None:
    given: Settings = settings.load(GIVEN)

    assert "geheim" not in repr(given)


@pytest.mark.parametrize("name", sorted(GIVEN.keys() - {"LAUFZETTEL_S3_BUCKET"}))
def test_a_server_named_by_half_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"{name} fehlt"):
        settings.load(GIVEN | {name: ""})


@pytest.mark.parametrize("address", ["s3.example", "ftp://s3.example", "https://a:b@s3.example"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(InputError, match="LAUFZETTEL_S3_ENDPOINT muss eine Adresse"):
        settings.load(GIVEN | {"LAUFZETTEL_S3_ENDPOINT": address})
