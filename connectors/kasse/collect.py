"""Collecting acknowledgements: every line to whoever waits for it, then the file is settled.

The file is settled after its lines are stored; dying in between means reading it again, and
lines that were stored are no-ops by their id.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from laufzettel.connectors.kasse.acknowledgement import Acknowledgement, AckStatus
from laufzettel.connectors.kasse.port import LedgerPort
from laufzettel.failpoints import failpoint

#: Stores one answer: (name of the message, key of the order, payload, id of the message).
Tell = Callable[[str, str, dict[str, Any], str], None]
#: Told what a person must look at: (subject, which is named once, and the German cause).
Complain = Callable[[str, str], None]


def collect(ledger: LedgerPort, tell: Tell, complain: Complain) -> int:
    """Tell every new acknowledgement and return how many files were settled."""
    settled = 0
    for ack_file in ledger.acknowledgements():
        if not ack_file.is_good:
            cause = f"Die Rückmeldung „{ack_file.name}“ ist nicht lesbar: {ack_file.defect_de}"
            complain(f"{ack_file.name}:{ack_file.sha256}", cause)
        for line in ack_file.acknowledgements:
            _tell(line, tell, complain)
        failpoint("acknowledgement.published")
        ledger.settle(ack_file)
        settled += 1
    return settled


def retell(ledger: LedgerPort, tell: Tell, complain: Complain) -> int:
    """Tell every settled acknowledgement once more; what is known already is a no-op by its id.

    After a restore, for those that were settled after the backup are gone here.
    """
    files = ledger.settled_after(0)
    for ack_file in files:
        for line in ack_file.acknowledgements:
            _tell(line, tell, complain)
    return len(files)


def _tell(line: Acknowledgement, tell: Tell, complain: Complain) -> None:
    """Turn one line into a message; its id is the same in every repetition."""
    if line.order_id is None:
        cause = f"Das HKR hat die ganze Übergabe {line.batch_number} abgelehnt: {line.reason_de}"
        complain(f"uebergabe:{line.batch_number}", cause)
    elif line.status is AckStatus.PAID and line.amount is not None:
        payload = {"paid_on": line.date, "amount": line.amount.amount}
        paid = f"{line.order_id}:PAID:{line.date}:{line.amount.cents}"
        tell("hkr.bezahlt", line.order_id, payload, paid)
    else:
        _tell_answer(line, line.order_id, tell)


def _tell_answer(line: Acknowledgement, order_id: str, tell: Tell) -> None:
    is_refused = line.status is AckStatus.REJECTED
    payload = {
        "result": "refused" if is_refused else "accepted",
        "document_no": line.document_no,
        "reason_code": line.reason_code.value if line.reason_code else None,
        "reason_text": line.reason_de or None,
    }
    # ACCEPTED and a later DUPLICATE of the same order say the same.
    kind = "REJECTED" if is_refused else "BOOKED"
    tell("hkr.quittung", order_id, payload, f"{order_id}:{kind}")
