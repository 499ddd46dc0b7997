"""Every LedgerPort at a test bench: the port, and the peer's side of it.

A new connector joins the suite by a bench of its own in ``BENCHES``.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import pytest
from tests.connectors.kasse_examples import CHANNEL

from laufzettel.connectors.kasse.directory import DirectoryLedger
from laufzettel.connectors.kasse.exchange import Box, ExchangeFolder, FileKind, file_name, number_of
from laufzettel.connectors.kasse.memory import MemoryLedger, Outage
from laufzettel.connectors.kasse.port import LedgerPort
from laufzettel.documents import write_once


class Bench(Protocol):
    """A ledger under test and what its peer sees and does."""

    @property
    def ledger(self) -> LedgerPort: ...

    def restart(self) -> LedgerPort:
        """Return the port as a new process finds it."""
        ...

    def peer_sees(self) -> dict[int, bytes]:
        """Return the batches that the peer may read."""
        ...

    def peer_answers(self, number: int, data: bytes) -> None:
        """The peer has sent a file of acknowledgements."""
        ...

    def fail_next_delivery(self, outage: Outage) -> None: ...


class MemoryBench:
    def __init__(self, takes_documents: bool) -> None:
        self.ledger = MemoryLedger(CHANNEL, takes_documents=takes_documents)

    def restart(self) -> LedgerPort:
        return self.ledger

    def peer_sees(self) -> dict[int, bytes]:
        return self.ledger.batches

    def peer_answers(self, number: int, data: bytes) -> None:
        self.ledger.receive(number, data)

    def fail_next_delivery(self, outage: Outage) -> None:
        self.ledger.fail_next(outage)


class DirectoryBench:
    def __init__(self, root: Path, takes_documents: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ledger = DirectoryLedger.create(root, CHANNEL, takes_documents=takes_documents)
        self._root = root
        self._folder = ExchangeFolder.open(root, CHANNEL)
        self._monkeypatch = monkeypatch

    def restart(self) -> LedgerPort:
        return DirectoryLedger(self._root, CHANNEL)

    def peer_sees(self) -> dict[int, bytes]:
        names = self._folder.finished(Box.TO_LEDGER)
        found = {number_of(FileKind.BATCH, name): name for name in names}
        return {
            number: self._folder.path(Box.TO_LEDGER, name).read_bytes()
            for number, name in found.items()
            if number
        }

    def peer_answers(self, number: int, data: bytes) -> None:
        path = self._folder.path(Box.FROM_LEDGER, file_name(FileKind.ACKNOWLEDGEMENTS, number))
        path.write_bytes(data)
        path.with_name(f"{path.name}.done").touch()

    def fail_next_delivery(self, outage: Outage) -> None:
        step = {Outage.BEFORE: "_write_durably", Outage.AFTER: "_sync_folder"}[outage]
        genuine = getattr(write_once, step)

        def fail_once(*args: object) -> None:
            self._monkeypatch.setattr(write_once, step, genuine)
            raise OSError(errno.EIO, "Input/output error")

        self._monkeypatch.setattr(write_once, step, fail_once)


MakeBench = Callable[[Path, bool, pytest.MonkeyPatch], Bench]

BENCHES: Final[dict[str, MakeBench]] = {
    "directory": DirectoryBench,
    "memory": lambda _root, takes_documents, _patch: MemoryBench(takes_documents),
}


@pytest.fixture(params=BENCHES)
def make_bench(request: pytest.FixtureRequest) -> MakeBench:
    return BENCHES[request.param]


@pytest.fixture
def bench(make_bench: MakeBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """The ledger of a channel that hands over orders alone."""
    return make_bench(tmp_path / "hkr", False, monkeypatch)


@pytest.fixture
def document_bench(make_bench: MakeBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """The ledger of a channel that hands over the originals too."""
    return make_bench(tmp_path / "hkr-mit-belegen", True, monkeypatch)
