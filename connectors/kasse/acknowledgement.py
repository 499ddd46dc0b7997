"""What comes back from the HKR: one answer per order, in files with numbers of their own."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from laufzettel.connectors.kasse.booking import require_number, require_order_id, require_positive
from laufzettel.connectors.plain_text import require_line
from laufzettel.errors import InputError
from laufzettel.money import Money


class AckStatus(StrEnum):
    """What the ledger says about one order."""

    ACCEPTED = "ACCEPTED"  # booked under ``document_no``; payment follows
    REJECTED = "REJECTED"  # not booked, and never will be under this order_id
    DUPLICATE = "DUPLICATE"  # was booked before under ``document_no``; nothing happened now
    PAID = "PAID"  # paid on ``date`` with ``amount``


class ReasonCode(StrEnum):
    """Why the ledger refuses an order; decides which desk it goes back to."""

    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"  # back to the account assignment
    SUPPLIER_BLOCKED = "SUPPLIER_BLOCKED"  # to the master data
    YEAR_CLOSED = "YEAR_CLOSED"  # to the account assignment, other fiscal year
    BUDGET_EXCEEDED = "BUDGET_EXCEEDED"  # to the Kämmerei
    IBAN_INVALID = "IBAN_INVALID"  # to the master data, never to the invoice clerk
    POWER_MISSING = "POWER_MISSING"  # to the person who ordered
    ATTACHMENT_MISSING = "ATTACHMENT_MISSING"  # to the desk that has the invoice
    OTHER = "OTHER"  # to a person who reads the text

    @property
    def text_de(self) -> str:
        """The reason as the clerk reads it."""
        return _REASON_TEXTS[self]


_REASON_TEXTS: Final = {
    ReasonCode.ACCOUNT_CLOSED: "Das Sachkonto oder die Kostenstelle ist gesperrt (Kontierung).",
    ReasonCode.SUPPLIER_BLOCKED: "Der Zahlungsempfänger ist im HKR gesperrt.",
    ReasonCode.YEAR_CLOSED: "Das Haushaltsjahr ist im HKR abgeschlossen.",
    ReasonCode.BUDGET_EXCEEDED: "Die verfügbaren Haushaltsmittel reichen nicht aus.",
    ReasonCode.IBAN_INVALID: "Die Bankverbindung ist ungültig.",
    ReasonCode.POWER_MISSING: "Die Anordnungsbefugnis ist dem HKR nicht bekannt.",
    ReasonCode.ATTACHMENT_MISSING: "Ein Beleg fehlt beim HKR.",
    ReasonCode.OTHER: "Das HKR hat die Anordnung aus einem anderen Grund zurückgegeben.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """One line of a Rückmeldung; ``order_id`` None means the whole batch was refused."""

    batch_number: int
    order_id: str | None
    status: AckStatus
    document_no: str | None = None  # Belegnummer of the HKR
    reason_code: ReasonCode | None = None  # with REJECTED
    reason_text: str = ""  # the ledger's own words, may be empty
    date: dt.date  # of booking, refusal or payment
    amount: Money | None = None  # booked or paid
    source: str = ""  # name of the file
    line: int = 0  # line of the file

    def __post_init__(self) -> None:
        """Refuse an acknowledgement that does not say what its status needs."""
        require_number(self.batch_number, "Die Nummer der Übergabe")
        if self.order_id is not None:
            require_order_id(self.order_id)
        elif self.status is not AckStatus.REJECTED:
            raise InputError("Ohne order_id kann nur die ganze Übergabe zurückgewiesen werden.")
        if self.document_no is not None:
            require_line(self.document_no, "Die Belegnummer", length_max=40)
        require_line(self.reason_text, "Der Grund", length_max=500, is_optional=True)
        if self.amount is not None:
            require_positive(self.amount, "Der Betrag")
        self._require_what_the_status_needs()

    @property
    def reason_de(self) -> str:
        """Why the order came back, in words for the clerk; empty where it did not."""
        if self.reason_code is None:
            return ""
        said = f" Mitteilung des HKR: „{self.reason_text}“" if self.reason_text else ""
        return f"{self.reason_code.text_de}{said}"

    def _require_what_the_status_needs(self) -> None:
        if (self.status is AckStatus.REJECTED) != (self.reason_code is not None):
            raise InputError("Ein reason_code gehört zu REJECTED und nur dazu.")
        is_booked = self.status in {AckStatus.ACCEPTED, AckStatus.DUPLICATE}
        if is_booked and self.document_no is None:
            raise InputError(f"Zu {self.status} gehört eine Belegnummer (document_no).")
        if self.status is AckStatus.PAID and self.amount is None:
            raise InputError("Zu PAID gehört der gezahlte Betrag (amount).")


@dataclass(frozen=True, slots=True, kw_only=True)
class AckFile:
    """One file of acknowledgements, or the reason why it cannot be read."""

    name: str
    number: int | None  # None where not even the name is right
    sha256: str  # of the bytes; empty where they could not be read
    acknowledgements: tuple[Acknowledgement, ...] = ()
    defect_de: str = ""  # empty: the file is good

    @property
    def is_good(self) -> bool:
        """Whether the acknowledgements may be used."""
        return not self.defect_de
