"""What a report is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from laufzettel.einvoice.invoice import Invoice
from laufzettel.einvoice.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A checked file and what the check found."""

    report: Report
    file: str  # its name, as it came
    sha256: str  # of the original bytes
    checked_at: datetime  # with a zone
    invoice: Invoice | None = None  # where it could be read
    receipt_no: str = ""  # number in the Eingangsbuch, "" outside of it
