"""A desk that takes arrivals into its memory, as the Eingangsbuch does into the database."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from laufzettel.connectors.intake.port import Arrival, Taken
from laufzettel.errors import InputError, LaufzettelError
from laufzettel.spool import sha256_of, whole


@dataclass(slots=True, kw_only=True)
class MemoryDesk:
    """Takes everything but what a test names."""

    taken: dict[str, Arrival] = field(default_factory=dict)  # by SHA-256, the first of each
    repeats: list[str] = field(default_factory=list)  # names of those that came again
    complaints: dict[str, str] = field(default_factory=dict)
    refuses: str = ""  # name of a file that is refused
    fails: str = ""  # name of a file whose taking fails for now

    def take(self, arrival: Arrival) -> Taken:
        """Keep the arrival; the same bytes under another key are a repeat."""
        if arrival.file_name == self.refuses:
            raise InputError("Das ist keine Rechnung.")
        if arrival.file_name == self.fails:
            raise LaufzettelError("Die Datenbank antwortet nicht.")
        arrival = replace(arrival, data=whole(arrival.data))  # what has arrived is closed behind
        sha256 = sha256_of(arrival.data)
        first = self.taken.setdefault(sha256, arrival)
        if first.key != arrival.key:
            self.repeats.append(arrival.file_name)
        number = list(self.taken).index(sha256) + 1
        return Taken(receipt_no=f"E-2026-{number:06d}", is_repeat=first.key != arrival.key)

    def complain(self, subject: str, cause: str) -> None:
        """Keep what people are told, once a subject."""
        self.complaints.setdefault(subject, cause)

    def alive(self) -> None:
        """Go on."""

    @property
    def names(self) -> list[str]:
        """The file names in the order in which they were taken."""
        return [arrival.file_name for arrival in self.taken.values()]
