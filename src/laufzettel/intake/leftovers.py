"""Copies of invoices that lie where they came in or went out: found and erased after the term.

A watched folder keeps what it has handed over in ``.done``, named by the number of the
Eingangsbuch; an exchange folder keeps the documents of its orders by their hash. Both are ours.
A mailbox is its server's: what lies there is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from laufzettel.archive.copies import Copy, CopyState, Gone
from laufzettel.channels import Channels
from laufzettel.connectors.kasse.directory import DirectoryLedger
from laufzettel.intake.inlets import folder_inlet


@dataclass(frozen=True, slots=True)
class WatchedFolders:
    """The folders through which files came in."""

    channels: Channels

    def clear(self, gone: Gone) -> Iterator[Copy]:
        """Erase what lies in ``.done`` under the number."""
        for channel in self.channels.of(gone.tenant).folders:
            number = folder_inlet(channel).forget(gone.receipt_no)
            if number:
                yield Copy(
                    state=CopyState.ERASED,
                    text_de=f"Eingangsordner „{channel.name}“: {_files(number)} gelöscht",
                )


@dataclass(frozen=True, slots=True)
class ExchangeFolders:
    """The folders through which orders went to the HKR, with their documents."""

    ledger_of: Callable[[str], DirectoryLedger | None]  # none where the tenant has no folder

    def clear(self, gone: Gone) -> Iterator[Copy]:
        """Erase the documents; the batches are the HKR's vouchers."""
        ledger = self.ledger_of(gone.tenant)
        number = sum(ledger.forget(sha256) for sha256 in gone.hashes) if ledger else 0
        if number:
            yield Copy(
                state=CopyState.ERASED,
                text_de=f"Austauschordner des HKR: {_files(number)} gelöscht; was das HKR "
                "übernommen hat, löscht es nach seinen Fristen",
            )


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """The mailboxes through which mails came in."""

    channels: Channels

    def clear(self, gone: Gone) -> Iterator[Copy]:
        """Name each mailbox of the tenant: its mails are moved, never deleted."""
        for channel in self.channels.of(gone.tenant).mailboxes:
            yield Copy(
                state=CopyState.LEFT,
                text_de=f"Postfach „{channel.name}“: Mails in „Laufzettel/erledigt“ löscht, wer es "
                "führt",
            )


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions that a server keeps of each object, erased with it."""

    def clear(self, gone: Gone) -> Iterator[Copy]:
        """Say that they went."""
        if gone.hashes:
            yield Copy(
                state=CopyState.ERASED,
                text_de=f"Dokumentenspeicher (S3): {_files(len(gone.hashes))} mit allen Versionen "
                "gelöscht",
            )


def _files(number: int) -> str:
    """Return the number of files in words.

    >>> _files(1), _files(2)
    ('1 Datei', '2 Dateien')
    """
    return "1 Datei" if number == 1 else f"{number} Dateien"
