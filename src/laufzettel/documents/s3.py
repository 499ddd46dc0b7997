"""The store on an S3-compatible server (AWS, MinIO, Ceph, NetApp …).

A document is the object ``<prefix><tenant>/<ab>/<cd>/<sha256>``, so a folder store is moved
there by copying the tree. Its bytes are signed with their SHA-256, so the server refuses what
changed on the way. An object is written on the condition that there is none (``If-None-Match: *``);
a server without conditions gets the bytes without one, which is harmless, since whoever writes to
this name writes the same bytes. Nothing is retried that the server refused; what it did not answer
is asked again, and then told as unreachable: putting the same bytes again is always right.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from laufzettel.documents.store import (
    CHANGED,
    READ_MAX,
    STRAY,
    DamagedError,
    Document,
    StoreProblem,
    addressed,
    checked_tenant,
    damaged,
    exhaust,
    is_key,
    key,
    missing,
    rehashed,
    too_large,
    unchanged,
)
from laufzettel.errors import InputError, StorageError
from laufzettel.settings import S3
from laufzettel.spool import Content, Spool

#: Seconds until a connection stands, and until the next bytes come.
CONNECT_S: Final = 5
READ_S: Final = 30
#: How often one request is sent at most, while the server does not answer it.
ATTEMPTS: Final = 3
CONNECTIONS: Final = 32

_ABSENT: Final = {"404", "NoSuchKey", "NotFound"}
_TAKEN: Final = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}
_UNKNOWN_VERB: Final = {"501", "NotImplemented", "MethodNotAllowed", "405"}
_DENIED: Final = {
    *("401", "403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
    "AuthorizationHeaderMalformed",
}
_BUSY: Final = {"SlowDown", "RequestTimeout", "ServiceUnavailable", "InternalError"}


class UnreachableError(StorageError):
    """Der Dokumentenspeicher (S3) antwortet nicht."""

    retryable = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What was seen of a server that took, gave back and erased a few bytes."""

    milliseconds: int
    is_conditional: bool  # refuses to write where something is already


class S3Store:
    """Keeps documents as objects of one bucket, which must exist.

    Raises InputError where the library is not installed. May be used by many threads.
    """

    def __init__(self, place: S3) -> None:
        self._place = place
        self._client = _connected(place)

    def put(self, data: Content, *, tenant: str) -> Document:
        """Return the address of ``data``, which the server now keeps for good."""
        document = addressed(data)
        name = self._name(document.sha256, tenant)
        if self._is_kept(name, document) or self._create(name, data):
            return document
        if not self._is_kept(name, document):  # another writer was faster
            raise UnreachableError(_UNREACHABLE.format("widersprüchliche Antworten"))
        return document

    def get(self, sha256: str, *, tenant: str, size_max: int = READ_MAX) -> bytes:
        """Return the bytes, having hashed them again."""
        data = self._read(self._name(sha256, tenant), size_max)
        if data is None:
            raise missing(sha256)
        return unchanged(data, sha256)

    def portions(self, sha256: str, *, tenant: str) -> Iterator[bytes]:
        """Yield the bytes however many they are, hashed again on the way."""
        with self._told(), self._opened(self._name(sha256, tenant)) as body:
            if body is None:
                raise missing(sha256)
            yield from rehashed(body, sha256)

    def erase(self, sha256: str, *, tenant: str) -> bool:
        """Return whether a document was there; it is gone now, with every version of it.

        Raises StorageError where the server still holds it, as under an object lock.
        """
        name = self._name(sha256, tenant)
        was_there = self._remove(name)
        if self._size(name) is not None:
            raise StorageError(
                f"Der Dokumentenspeicher (S3) hält das Dokument {sha256[:12]}… noch fest, etwa "
                "durch eine Objektsperre. Bitte mit dem Betreiber des Speichers klären."
            )
        return was_there

    def verify(self) -> list[StoreProblem]:
        """Return every object that is not what its name promises; an empty list is good."""
        return [
            StoreProblem(path=name, text_de=text)
            for name, _ in self._listed("")
            if (text := self._complaint(name))
        ]

    def sizes(self, *, tenant: str) -> Iterator[Document]:
        """Yield what the tenant has, without reading the content."""
        for name, size in self._listed(f"{checked_tenant(tenant)}/"):
            if is_key(name):
                yield Document(sha256=name.rpartition("/")[2], size=size)

    def probe(self) -> Probe:
        """Write, read and erase an object of a few bytes, and see what the server can do.

        Raises StorageError where one of it fails.
        """
        name, data = f"{self._place.prefix}.probe-{secrets.token_hex(8)}", secrets.token_bytes(32)
        began = time.monotonic()
        self._create(name, data)
        came_back = self._read(name)
        took_ms = round((time.monotonic() - began) * 1000)
        is_conditional = not self._create(name, data)
        self._remove(name)
        if came_back != data:
            raise StorageError("Der Dokumentenspeicher (S3) gibt anderes zurück, als er bekam.")
        return Probe(milliseconds=took_ms, is_conditional=is_conditional)

    def _name(self, sha256: str, tenant: str) -> str:
        return self._place.prefix + key(sha256, tenant)

    def _is_kept(self, name: str, document: Document) -> bool:
        """Say whether the object is there; raises DamagedError where it is another."""
        size = self._size(name)
        if size is None:
            return False
        if size != document.size:
            raise damaged(document.sha256)
        with self._told(), self._opened(name) as body:
            if body is None:
                return False
            exhaust(rehashed(body, document.sha256))
        return True

    def _create(self, name: str, data: Content) -> bool:
        """Return whether the object is new; False where there is one already."""

        def what() -> dict[str, Any]:
            # A file is sent from its beginning; the library reads it once to sign it.
            body = data.from_start() if isinstance(data, Spool) else data
            where = {"Bucket": self._place.bucket, "Key": name, "Body": body}
            return {**where, "ContentType": "application/octet-stream"}

        with self._told():
            try:
                self._client.put_object(**what(), IfNoneMatch="*")
            except self._client.exceptions.ClientError as error:
                if _code(error) in _TAKEN:
                    return False
                if _code(error) not in _UNKNOWN_VERB:
                    raise
                self._client.put_object(**what())
        return True

    def _size(self, name: str) -> int | None:
        with self._told():
            try:
                found = self._client.head_object(Bucket=self._place.bucket, Key=name)
            except self._client.exceptions.ClientError as error:
                if _code(error) in _ABSENT:
                    return None
                raise
        return int(found["ContentLength"])

    def _read(self, name: str, size_max: int = READ_MAX) -> bytes | None:
        with self._told(), self._opened(name) as body:
            if body is None:
                return None
            data: bytes = body.read(size_max + 1)
            if len(data) > size_max:
                raise too_large(size_max)
            # The library tells of a body that breaks off only when it is read to its end.
            data += body.read()
        return data

    @contextmanager
    def _opened(self, name: str) -> Iterator[Any]:
        """Yield the body of the object, None where there is none."""
        try:
            found = self._client.get_object(Bucket=self._place.bucket, Key=name)
        except self._client.exceptions.ClientError as error:
            if _code(error) not in _ABSENT:
                raise
            yield None
            return
        with closing(found["Body"]) as body:  # entered, it would give its bare socket
            yield body

    def _remove(self, name: str) -> bool:
        """Return whether anything was there; every version of it is deleted."""
        was_there = self._size(name) is not None
        with self._told():
            versions = self._versions(name)
            for version in versions or [{}]:
                self._client.delete_object(Bucket=self._place.bucket, Key=name, **version)
        return was_there or bool(versions)

    def _versions(self, name: str) -> list[dict[str, str]]:
        """Return what names each version of the object; nothing where the server has none."""
        pages = self._client.get_paginator("list_object_versions")
        try:
            found = [
                {"VersionId": str(one["VersionId"])}
                for page in pages.paginate(Bucket=self._place.bucket, Prefix=name)
                for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
                if one["Key"] == name
            ]
        except self._client.exceptions.ClientError as error:
            if _code(error) in _UNKNOWN_VERB:
                return []
            raise
        return found

    def _listed(self, below: str) -> Iterator[tuple[str, int]]:
        """Yield place below the prefix and size of every object, by the order of the places."""
        prefix = self._place.prefix
        pages = self._client.get_paginator("list_objects_v2")
        with self._told():
            for page in pages.paginate(Bucket=self._place.bucket, Prefix=prefix + below):
                for one in page.get("Contents", ()):
                    yield str(one["Key"]).removeprefix(prefix), int(one["Size"])

    def _complaint(self, name: str) -> str:
        if not is_key(name):
            return STRAY
        try:
            with self._told(), self._opened(self._place.prefix + name) as body:
                if body is not None:  # else it was erased in the meantime
                    exhaust(rehashed(body, name.rpartition("/")[2]))
        except DamagedError:
            return CHANGED
        return ""

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Have the block's failures told in German."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            raise self._refused(error) from error
        except BotoCoreError as error:
            raise UnreachableError(_UNREACHABLE.format(type(error).__name__)) from error

    def _refused(self, error: Any) -> StorageError:
        code = _code(error)
        if code in _BUSY or _status(error) >= 500:
            return UnreachableError(_UNREACHABLE.format(code))
        if code in _DENIED:
            return StorageError(
                f"Der Dokumentenspeicher (S3) verweigert den Zugriff ({code}). Bitte "
                "LAUFZETTEL_S3_ACCESS_KEY, LAUFZETTEL_S3_SECRET_KEY und die Rechte am Bucket prüfen."
            )
        if code == "NoSuchBucket":
            return StorageError(
                f"Den Bucket „{self._place.bucket}“ gibt es auf diesem Server nicht. Bitte ihn "
                "anlegen oder LAUFZETTEL_S3_BUCKET berichtigen."
            )
        return StorageError(f"Der Dokumentenspeicher (S3) hat abgelehnt: {code}.")


_UNREACHABLE: Final = (
    "Der Dokumentenspeicher (S3) antwortet nicht ({}). Nichts ist verloren; bitte später noch "
    "einmal versuchen. Dauert es an: Server und LAUFZETTEL_S3_ENDPOINT prüfen."
)


def _connected(place: S3) -> Any:
    try:
        from boto3.session import Session
        from botocore.config import Config
    except ImportError as error:
        raise InputError(
            "LAUFZETTEL_S3_BUCKET ist gesetzt, aber die Bibliothek dafür fehlt. "
            "Bitte einspielen: pip install 'laufzettel[s3]'."
        ) from error
    session = Session(
        aws_access_key_id=place.access_key,
        aws_secret_access_key=place.secret_key,
        region_name=place.region,
    )
    config = Config(
        connect_timeout=CONNECT_S,
        read_timeout=READ_S,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        max_pool_connections=CONNECTIONS,
        signature_version="s3v4",
        # Names of buckets as hosts need a DNS of their own, which few data centres have. The
        # newer checksums are AWS's alone; the signed SHA-256 of the body says the same.
        s3={"addressing_style": "path", "payload_signing_enabled": True},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return session.client("s3", endpoint_url=place.endpoint, verify=place.ca or True, config=config)


def _code(error: Any) -> str:
    response: Mapping[str, Any] = error.response
    return str(response.get("Error", {}).get("Code", "?"))


def _status(error: Any) -> int:
    response: Mapping[str, Any] = error.response
    return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
