"""The proof after the story: timeline, files, bookings, audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from laufzettel.app import App
from laufzettel.cli import timeline
from laufzettel.cli.demo import hkr, story, town
from laufzettel.engine.audit.verify_export import describe
from laufzettel.engine.views import CaseView
from laufzettel.identity import Actor, Right
from laufzettel.money import Money
from laufzettel.records.cash_order import OrderStatus, booking_key
from laufzettel.records.tables import booking, cash_order, invoice

#: How each case of the story must end, by its number.
_ENDS = Counter({"paid_and_archived": 2, "rejected": 1})


def show(app: App, cases: Sequence[CaseView], say: Callable[[str], None]) -> bool:
    """Show what can be proven; return whether the bookings are right and the audit is sound."""
    reader = Actor(tenant=town.TENANT, rights=frozenset({Right.READ}))
    ended = [view for view in cases if view.end == "paid_and_archived"]
    paid = max(ended or cases, key=lambda view: view.amount or 0)
    say(f"Der Verlauf von „{paid.subject}“, {paid.party}:")
    for line in timeline.told(app, town.TENANT, app.engine.timeline(reader, paid.id)):
        say(f"  {line}")
    say("\nZurück an den Lieferanten:")
    for line in story.letters(app):
        say(f"  {line}")
    say("\nWo die Dateien liegen:")
    for name, path in _places(app):
        say(f"  {name:<24} {path}")
    say("\nBuchungen, aus dem Buch des HKR und aus unserem:")
    are_right = _compare(app, say)
    app.seal()
    report = app.engine.verify(reader)
    say("\nDas Protokoll, vollständig nachgerechnet:")
    for line in describe(report):
        say(f"  {line}")
    ended_right = Counter(view.end for view in cases) == _ENDS
    return are_right and report.is_sound and ended_right


def _places(app: App) -> list[tuple[str, str]]:
    given = app.settings
    return [
        ("Datenbank", str(app.db.url.database)),
        ("Originale, Anordnungen", str(given.documents)),
        ("Übergaben an das HKR", str(given.exchange(town.TENANT))),
        ("Briefe", str(given.post)),
        ("Prüfregeln", str(given.rules)),
    ]


def _compare(app: App, say: Callable[[str], None]) -> bool:
    """Compare every booking of the ledger with ours, amount and number; each once.

    What the HKR booked and has not acknowledged yet cannot be in our book, and is named.
    """
    ledger = Counter(
        (one.order_id, one.document_no, one.amount.cents) for one in hkr.simulator(app).bookings()
    )
    with app.db.read() as connection:
        rows = connection.execute(
            sa.select(booking, cash_order.c.amount, cash_order.c.currency, invoice.c.number)
            .join(cash_order, cash_order.c.id == booking.c.cash_order_id)
            .join(invoice, invoice.c.id == cash_order.c.invoice_id)
            .where(booking.c.tenant == town.TENANT)
            .order_by(booking.c.document_no)
        ).all()
        waiting = _unacknowledged(connection)
    ours = Counter(
        (row.order_key, row.document_no, Money(row.amount, row.currency).cents) for row in rows
    )
    for row in rows:
        amount = Money(row.amount, row.currency).german()
        paid = f"{row.paid_on:%d.%m.%Y}" if row.paid_on else "offen"
        say(f"  Beleg {row.document_no}  {row.number:<16} {amount:>14}  bezahlt am {paid}")
    expected = Counter({entry: n for entry, n in ledger.items() if entry[0] not in waiting})
    is_equal = expected == ours and set(ledger.values()) <= {1}
    count = f"{ledger.total()} gebucht, {ours.total()} erfasst"
    if ledger.total() > expected.total():
        count += f", {ledger.total() - expected.total()} noch ohne Quittung"
    say(f"  {count}: {'jede genau einmal, alles stimmt' if is_equal else 'STIMMT NICHT ÜBEREIN'}.")
    return is_equal


def _unacknowledged(connection: sa.Connection) -> set[str]:
    """Return the keys of orders that were handed over and wait for their acknowledgement."""
    rows = connection.execute(
        sa.select(cash_order.c.id, cash_order.c.revision).where(
            cash_order.c.tenant == town.TENANT, cash_order.c.status == OrderStatus.ISSUED
        )
    )
    return {booking_key(town.TENANT, row.id, row.revision) for row in rows}
