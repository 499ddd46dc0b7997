"""The simulated HKR of the demonstration, and how it treats which order."""

from __future__ import annotations

import threading
from typing import Final

from laufzettel.app import App
from laufzettel.cli.demo import town
from laufzettel.connectors.kasse.acknowledgement import ReasonCode
from laufzettel.connectors.kasse.behaviour import Behaviour, Reply
from laufzettel.connectors.kasse.booking import BookingOrder
from laufzettel.connectors.kasse.simulator import LedgerSimulator

#: G/L account that the simulated HKR has closed, and the one that replaces it.
CLOSED_ACCOUNT: Final = "523199"
OPEN_ACCOUNT: Final = "523100"
#: Invoices whose acknowledgement takes days, and those that are booked but not paid yet.
LATE: Final = frozenset({"SC-100233"})
PAID_LATER: Final = frozenset({"IH-0415", "RW-7741"})
#: While the pages are served one should see an order wait: seconds until the acknowledgement
#: and until the payment, and how often the HKR looks. Its answers are fetched every five.
ACKNOWLEDGED_S: Final = 2
PAID_S: Final = 30
LOOK_S: Final = 2


def simulator(app: App, *, is_live: bool = False) -> LedgerSimulator:
    """Return the HKR: it has closed one account, and pays on the same day unless told otherwise."""

    def reply(order: BookingOrder) -> Reply:
        number = order.purpose.removeprefix("Rechnung ")
        if order.gl_account == CLOSED_ACCOUNT:
            return Reply(refuse=ReasonCode.ACCOUNT_CLOSED, reason_text="Sachkonto gesperrt")
        if number in LATE:
            return Reply(late_days=2, pays_after_days=4)
        if number in PAID_LATER:
            return Reply(pays_after_days=3)
        if is_live:
            return Reply(late_seconds=ACKNOWLEDGED_S, pays_after_days=0, pays_after_seconds=PAID_S)
        return Reply(pays_after_days=0)

    return LedgerSimulator(
        app.ledgers.root(town.TENANT),
        app.settings.data / "hkr-simulator.sqlite",
        Behaviour(rule=reply),
        channel=app.ledgers.channel(town.TENANT),
    )


def ask(app: App, ledger: LedgerSimulator) -> int:
    """Let the HKR work, then fetch its answers; return how much there was."""
    return _work(app, ledger) + app.collect()


def run(app: App, stop: threading.Event) -> None:
    """Keep the HKR working until ``stop`` is set; a job of ours fetches its answers."""
    ledger = simulator(app, is_live=True)
    while not stop.wait(LOOK_S):
        _work(app, ledger)


def _work(app: App, ledger: LedgerSimulator) -> int:
    with app.db.read() as connection:
        now = app.db.now(connection)
    worked = ledger.run_once(now)
    return worked.batches + worked.files
