"""Every DocumentStore at a test bench: the store, and what lies where it keeps its bytes.

A new store joins the suite by a bench of its own in ``BENCHES``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import uuid4

import pytest
from boto3.session import Session
from moto.server import ThreadedMotoServer

from laufzettel.documents.directory import DirectoryStore
from laufzettel.documents.s3 import S3Store
from laufzettel.documents.store import DocumentStore
from laufzettel.settings import S3


class Bench(Protocol):
    """A store under test and what a stranger sees and does behind its back."""

    @property
    def store(self) -> DocumentStore: ...

    def held(self) -> dict[str, bytes]:
        """Return what lies there, by place."""
        ...

    def damage(self, place: str, data: bytes) -> None:
        """Put other bytes at a place, past the store."""
        ...

    def lose(self, place: str) -> None:
        """Remove what lies at a place, past the store."""
        ...


class DirectoryBench:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.store = DirectoryStore(root)

    def held(self) -> dict[str, bytes]:
        files = (path for path in self.root.rglob("*") if path.is_file())
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in files}

    def damage(self, place: str, data: bytes) -> None:
        path = self.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            path.chmod(0o600)
        path.write_bytes(data)

    def lose(self, place: str) -> None:
        (self.root / place).unlink()


class S3Bench:
    """A bucket of its own on a real server of the S3 API."""

    def __init__(self, endpoint: str, *, prefix: str = "akten/", versioned: bool = False) -> None:
        self.place = S3(
            endpoint=endpoint,
            bucket=f"laufzettel-{uuid4().hex[:12]}",
            access_key="lz",
            secret_key="secret",
            prefix=prefix,
        )
        session = Session(
            aws_access_key_id="lz", aws_secret_access_key="secret", region_name="us-east-1"
        )
        self.client: Any = session.client("s3", endpoint_url=endpoint)
        self.client.create_bucket(Bucket=self.place.bucket)
        if versioned:
            self.client.put_bucket_versioning(
                Bucket=self.place.bucket, VersioningConfiguration={"Status": "Enabled"}
            )
        self.store = S3Store(self.place)

    def empty(self) -> None:
        """Remove everything: the library takes a second to come up, so tests share a bucket."""
        found = self.client.list_object_versions(Bucket=self.place.bucket)
        for one in (*found.get("Versions", []), *found.get("DeleteMarkers", [])):
            self.client.delete_object(
                Bucket=self.place.bucket, Key=one["Key"], VersionId=one["VersionId"]
            )

    def held(self) -> dict[str, bytes]:
        found = self.client.list_objects_v2(Bucket=self.place.bucket).get("Contents", [])
        return {
            one["Key"].removeprefix(self.place.prefix): self.client.get_object(
                Bucket=self.place.bucket, Key=one["Key"]
            )["Body"].read()
            for one in found
        }

    def versions(self) -> int:
        """Return how many versions and marks of deletion the bucket holds."""
        found = self.client.list_object_versions(Bucket=self.place.bucket)
        return len(found.get("Versions", [])) + len(found.get("DeleteMarkers", []))

    def damage(self, place: str, data: bytes) -> None:
        self.client.put_object(Bucket=self.place.bucket, Key=self.place.prefix + place, Body=data)

    def lose(self, place: str) -> None:
        self.client.delete_object(Bucket=self.place.bucket, Key=self.place.prefix + place)


BENCHES: Final = ("directory", "s3", "s3-versioned")


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """The address of an S3 API server that lives as long as the tests."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request otherwise
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def plain_bucket(s3_endpoint: str) -> S3Bench:
    return S3Bench(s3_endpoint)


@pytest.fixture(scope="session")
def versioned_bucket(s3_endpoint: str) -> S3Bench:
    return S3Bench(s3_endpoint, versioned=True)


@pytest.fixture
def s3_bench(plain_bucket: S3Bench) -> S3Bench:
    """An empty bucket on a real server of the S3 API."""
    plain_bucket.empty()
    return plain_bucket


@pytest.fixture
def versioned_bench(versioned_bucket: S3Bench) -> S3Bench:
    """An empty bucket that keeps every version."""
    versioned_bucket.empty()
    return versioned_bucket


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    if request.param == "directory":
        return DirectoryBench(tmp_path)
    fixture = {"s3": "s3_bench", "s3-versioned": "versioned_bench"}[request.param]
    found: Bench = request.getfixturevalue(fixture)
    return found
