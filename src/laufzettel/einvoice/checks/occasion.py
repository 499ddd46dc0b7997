"""What a check must know beside the invoice itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """When an invoice came, and to whom.

    ``received_on``: the day in the office's zone; None leaves out what needs it.
    ``recipients``: coarse addresses of the Leitweg-IDs that are ours, without hyphen; empty
    leaves the recipient unchecked. ``old_after_days``: from when on an invoice counts as old.
    ``tells_orders``: suppliers are told the number of their order, so an invoice should name it.
    """

    received_on: date | None = None
    recipients: frozenset[str] = frozenset()
    old_after_days: int = 365
    tells_orders: bool = False


#: A check of a file whose receipt nobody knows.
UNKNOWN_OCCASION = Occasion()
