"""How the simulated HKR behaves: per order by a rule, or the same for all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from laufzettel.connectors.kasse.acknowledgement import ReasonCode
from laufzettel.connectors.kasse.booking import BookingOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """How one order is treated; the default books it and acknowledges at once."""

    refuse: ReasonCode | None = None
    reason_text: str = ""
    late_days: int = 0  # days between booking and acknowledgement
    late_seconds: int = 0  # seconds more
    times: int = 1  # acknowledged so often, each time in another file
    is_lost: bool = False  # its file is numbered but not written until ``resend``
    pays_after_days: int | None = None  # PAID so many days after the booking
    pays_after_seconds: int = 0  # seconds more, where it pays at all


ACCEPT = Reply()


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How all orders are treated. ``rule`` decides per order; without it ``default`` holds."""

    default: Reply = field(default_factory=Reply)
    rule: Callable[[BookingOrder], Reply] | None = None
    acknowledgements_per_file: int = 1000
    is_out_of_order: bool = False  # later files and lines before earlier ones
    checks_iban: bool = True  # refuses a wrong check digit by itself

    def reply_to(self, order: BookingOrder) -> Reply:
        """Return how this order is treated."""
        return self.rule(order) if self.rule else self.default


class CrashPoint(StrEnum):
    """Where the simulated HKR can be stopped; the name is handed to the failpoint."""

    BEFORE_BOOKING = "before_booking"  # batch read, nothing written
    INSIDE_BOOKING = "inside_booking"  # an order is written, the batch not committed
    AFTER_BOOKING = "after_booking"  # booked, not acknowledged
    INSIDE_NUMBERING = "inside_numbering"  # a file is numbered, not committed
    AFTER_NUMBERING = "after_numbering"  # numbered, not written
    BEFORE_MARKER = "before_marker"  # file written, marker not
    AFTER_WRITING = "after_writing"  # written, not noted as written


class SimulatedCrash(BaseException):
    """The process is gone: no ``except Exception`` may hold it up."""


Failpoint = Callable[[CrashPoint], None]


def no_crash(point: CrashPoint) -> None:
    """Let everything pass."""


def crash_once(at: CrashPoint) -> Failpoint:
    """Return a failpoint that crashes the first time it comes by ``at``."""
    return crash_at_hit(1, at=at)


def crash_at_hit(hit: int, *, at: CrashPoint | None = None) -> Failpoint:
    """Return a failpoint that crashes at its ``hit``-th call, once; ``at`` counts only those."""
    seen = 0

    def failpoint(point: CrashPoint) -> None:
        nonlocal seen
        seen += at is None or point is at
        if seen == hit and (at is None or point is at):
            raise SimulatedCrash(point)

    return failpoint
