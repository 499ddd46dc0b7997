"""The simulated HKR's answers: from replies that wait to numbered files in ``von/``."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from laufzettel.connectors.kasse import neutral
from laufzettel.connectors.kasse.behaviour import Behaviour, CrashPoint, Failpoint
from laufzettel.connectors.kasse.exchange import Box, ExchangeFolder, FileKind, file_name
from laufzettel.connectors.kasse.simulator_ledger import reply_of, transaction
from laufzettel.documents.write_once import write_once


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The answering half of one run."""

    db: sqlite3.Connection
    folder: ExchangeFolder
    behaviour: Behaviour
    failpoint: Failpoint
    now: datetime

    def write(self) -> int:
        """Return how many files were written; every reply that is due has its file now."""
        self._number_files()
        rows = self.db.execute(
            "SELECT number, data FROM file WHERE NOT (is_written OR is_lost OR is_held) "
            "ORDER BY number"
        ).fetchall()
        for row in reversed(rows) if self.behaviour.is_out_of_order else rows:
            self._write_file(row["number"], row["data"])
        return len(rows)

    def _number_files(self) -> None:
        """All replies that are due get a file, or none does; gapless numbers need both."""
        with transaction(self.db):
            self.db.execute("UPDATE file SET is_held = 0")
            numbers = [self._make_file(rows) for rows in self._due()]
            if self.behaviour.is_out_of_order:
                self.db.executemany(
                    "UPDATE file SET is_held = 1 WHERE number = ?", [(n,) for n in numbers[:-1]]
                )

    def _due(self) -> list[list[sqlite3.Row]]:
        rows = self.db.execute(
            "SELECT * FROM reply WHERE file_number IS NULL AND due <= ? ORDER BY id",
            (self.now.isoformat(),),
        )
        groups: dict[tuple[int, int], list[sqlite3.Row]] = {}
        for row in rows:
            groups.setdefault((row["is_lost"], row["part"]), []).append(row)
        size = self.behaviour.acknowledgements_per_file
        return [
            group[start : start + size]
            for group in groups.values()
            for start in range(0, len(group), size)
        ]

    def _make_file(self, rows: list[sqlite3.Row]) -> int:
        row = self.db.execute("SELECT coalesce(max(number), 0) + 1 AS next FROM file").fetchone()
        number = int(row["next"])
        ordered = rows[::-1] if self.behaviour.is_out_of_order else rows
        data = neutral.pack_acknowledgements(
            self.folder.channel, number, self.now, [reply_of(row) for row in ordered]
        )
        self.db.execute(
            "INSERT INTO file VALUES (?, ?, ?, 0, 0)", (number, data, rows[0]["is_lost"])
        )
        self.db.executemany(
            "UPDATE reply SET file_number = ? WHERE id = ?", [(number, row["id"]) for row in rows]
        )
        self.failpoint(CrashPoint.INSIDE_NUMBERING)
        return number

    def _write_file(self, number: int, data: bytes) -> None:
        self.failpoint(CrashPoint.AFTER_NUMBERING)
        name = file_name(FileKind.ACKNOWLEDGEMENTS, number)
        write_once(self.folder.path(Box.FROM_LEDGER, name), data, mode=0o660)
        self.failpoint(CrashPoint.BEFORE_MARKER)
        self.folder.mark(Box.FROM_LEDGER, name, data)
        self.failpoint(CrashPoint.AFTER_WRITING)
        self.db.execute("UPDATE file SET is_written = 1 WHERE number = ?", (number,))
