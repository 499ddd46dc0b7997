"""The one sentence that is read out on the telephone."""

from __future__ import annotations

from collections.abc import Mapping

from laufzettel.records.invoice import Stage
from laufzettel.web import formats
from laufzettel.web.case.queries import whose
from laufzettel.web.i18n import gettext as _
from laufzettel.web.lookup.queries import Card


def spoken(card: Card, names: Mapping[str, str]) -> str:
    """Return the one sentence that answers „Wo ist meine Rechnung?“."""
    invoice, order = card.invoice, card.order
    if invoice is None:
        return _("Vertraulich.")
    if order is not None and order.paid_on is not None:
        return _("Bezahlt am %(day)s.") % {"day": formats.day(order.paid_on)}
    if invoice.stage is Stage.REJECTED:
        return _("Zurückgewiesen; die Begründung ist an den Lieferanten gegangen.")
    if invoice.stage is Stage.SPLIT:
        return _("War ein Stapel; seine Rechnungen haben eigene Nummern.")
    if invoice.stage is Stage.DUPLICATE:
        return _("Als Doppelrechnung abgelegt; bezahlt wird die frühere.")
    if invoice.stage is Stage.SET_ASIDE:
        return _("War keine Rechnung, sondern eine Mahnung.")
    if order is not None and order.ordered_at is not None and order.document_no:
        return _("Angeordnet am %(day)s, vom HKR angenommen; die Zahlung steht noch aus.") % {
            "day": formats.day(order.ordered_at)
        }
    if card.desks:
        desk = card.desks[0]
        return _("Liegt seit %(day)s bei %(who)s: %(task)s.") % {
            "day": formats.day(desk.since),
            "who": whose(desk, names),
            "task": desk.name,
        }
    return _("In Bearbeitung seit %(day)s.") % {"day": formats.day(invoice.received_at)}
