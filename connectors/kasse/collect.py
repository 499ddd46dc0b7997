"""Collecting acknowledgements: every line to whoever waits for it, then the file is settled.

The file is settled after its lines are stored; dying in between means reading it again, and
lines that were stored are no-ops by their id.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from laufzettel.connectors.kasse.acknowledgement import AckFile, Acknowledgement, AckStatus
from laufzettel.connectors.kasse.port import LedgerPort
from laufzettel.failpoints import failpoint

#: Stores one answer: (name of the message, key of the order, payload, id of the message).
Tell = Callable[[str, str, dict[str, Any], str], None]
#: Told of a file that cannot be read.
Complain = Callable[[AckFile], None]


def collect(ledger: LedgerPort, tell: Tell, complain: Complain) -> int:
    """Tell every new acknowledgement and return how many files were settled."""
    settled = 0
    for ack_file in ledger.acknowledgements():
        if not ack_file.is_good:
            complain(ack_file)
            continue
        for line in ack_file.acknowledgements:
            _tell(line, tell)
        failpoint("acknowledgement.published")
        ledger.settle(ack_file)
        settled += 1
    return settled


def _tell(line: Acknowledgement, tell: Tell) -> None:
    """Turn one line into a message; its id is the same in every repetition."""
    if line.order_id is None:
        return  # a refused batch is resolved by asking what the ledger holds
    if line.status is AckStatus.PAID:
        assert line.amount is not None
        payload = {"paid_on": line.date, "amount": line.amount.amount}
        tell("hkr.bezahlt", line.order_id, payload, f"{line.order_id}:PAID:{line.date}")
        return
    is_refused = line.status is AckStatus.REJECTED
    tell(
        "hkr.quittung",
        line.order_id,
        {
            "result": "refused" if is_refused else "accepted",
            "document_no": line.document_no,
            "reason_code": line.reason_code.value if line.reason_code else None,
            "reason_text": line.reason_de or None,
        },
        # ACCEPTED and a later DUPLICATE of the same order say the same.
        f"{line.order_id}:{'REJECTED' if is_refused else 'BOOKED'}",
    )
