"""Whether an invoice fits its order (two-way) and what was delivered (three-way). Pure rules.

Each point says in German what was compared with what. Nothing here rejects or books: a person
reads it before certifying.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from laufzettel.einvoice.invoice import CREDIT_NOTE_TYPES
from laufzettel.money import Money
from laufzettel.records.purchasing.claim import Claim, ClaimLine
from laufzettel.records.purchasing.order_list import PurchaseLine, PurchaseOrder
from laufzettel.records.remarks import INTERIM_TYPES

#: Points about positions that are told one by one; the rest is counted.
LINES_MAX: Final = 20
_CORRECTED: Final = "384"
_ZERO: Final = Decimal(0)


class Level(StrEnum):
    """What follows from a point."""

    OK = "ok"
    NOTE = "note"  # to know, nothing to do
    LOOK = "look"  # a person must look at it
    UNCHECKED = "unchecked"  # could not be compared: never taken as in order


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One comparison and its outcome."""

    level: Level
    text: str  # German


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """What the tenant decided about matching.

    An invoice may exceed by ``amount`` or by ``percent`` of what was ordered, whichever is more.
    ``told``: suppliers are usually given the order's number; an order may say otherwise.
    ``expects_delivery``: an invoice on an order for which no delivery is known is looked at.
    """

    amount: Decimal = Decimal("5.00")
    percent: Decimal = _ZERO
    told: bool = False
    expects_delivery: bool = False

    def allowed(self, of: Decimal) -> Decimal:
        """Return by how much ``of`` may be exceeded, in whole cents.

        >>> Matching(amount=Decimal("5.00"), percent=Decimal(2)).allowed(Decimal("1000.00"))
        Decimal('20.00')
        """
        share = (of * self.percent / 100).quantize(Decimal("0.01"))
        return max(self.amount, share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An invoice beside its order."""

    number: str  # of the order as written; "" where none is known
    points: tuple[Point, ...] = field(default=())

    @property
    def level(self) -> Level:
        """The worst of the points."""
        ranked = (Level.LOOK, Level.UNCHECKED, Level.NOTE, Level.OK)
        found = {point.level for point in self.points}
        return next((level for level in ranked if level in found), Level.OK)

    @property
    def needs_look(self) -> bool:
        """Whether a person must look, also because something could not be compared."""
        return self.level in (Level.LOOK, Level.UNCHECKED)

    @property
    def shown(self) -> str:
        """What a page shows of it, for the digest of what was displayed."""
        return f"order:{self.number}:" + "|".join(f"{one.level}:{one.text}" for one in self.points)


def without_order(
    named: str, candidates: Sequence[tuple[str, bool | None]], rules: Matching
) -> Match:
    """Return the match of an invoice whose order is not in the list, or that names none.

    ``candidates``: the supplier's open orders, and whether the supplier was given the number. What we
    did not tell the supplier is no defect of the invoice (§ 4 Abs. 1 ERechVO NRW).

    >>> without_order("", [("4711", None)], Matching()).points[0].level
    <Level.NOTE: 'note'>
    """
    if named:
        text = f"Den genannten Auftrag „{named}“ gibt es in der Auftragsliste nicht."
        return Match(number="", points=(Point(level=Level.LOOK, text=text),))
    told = [number for number, was_told in candidates if rules.told if was_told is None or was_told]
    told += [number for number, was_told in candidates if not rules.told and was_told]
    if told:
        text = (
            f"Die Rechnung nennt keinen Auftrag; dem Lieferanten wurde mitgeteilt: "
            f"{', '.join(sorted(told))}. Das ist kein Grund zum Zurückweisen (§ 4 Abs. 1 ERechVO NRW)."
        )
        return Match(number="", points=(Point(level=Level.LOOK, text=text),))
    if candidates:
        numbers = ", ".join(number for number, _told in candidates)
        text = f"Die Rechnung nennt keinen Auftrag. Offen sind bei diesem Lieferanten: {numbers}."
        return Match(number="", points=(Point(level=Level.NOTE, text=text),))
    return Match(number="")


def of_another_unit(number: str) -> Match:
    """Return the match of an invoice that names the order of a confidential unit: nothing of it."""
    text = "Der genannte Auftrag gehört einer anderen Stelle; Einzelheiten sieht nur sie."
    return Match(number=number, points=(Point(level=Level.LOOK, text=text),))


def match(order: PurchaseOrder, mine: Claim, others: Sequence[Claim], rules: Matching) -> Match:
    """Return the invoice beside its order and the other invoices of it.

    ``others`` are all that were neither sent back nor found to be a Doppelrechnung, earlier and
    later ones, ordered or not. Where one of them is hidden from the reader, nothing is said of what
    they add up to.
    """
    points = [*_heads(order, mine)]
    if mine.currency != order.currency or any(one.currency != order.currency for one in others):
        text = f"Der Auftrag lautet auf {order.currency}, abgerechnet ist auch anders."
        points.append(Point(level=Level.UNCHECKED, text=f"{text} Beträge sind nicht verglichen."))
    elif any(one.is_hidden for one in others):
        text = "Zu diesem Auftrag gibt es vertrauliche Rechnungen; Beträge und Mengen sind hier "
        text += "nicht verglichen. Bitte die Stelle fragen, der der Auftrag gehört."
        points.append(Point(level=Level.UNCHECKED, text=text))
    else:
        points.append(_amounts(order, mine, others, rules))
        points += _positions(order, mine, others, rules)
        points += _deliveries(order, mine, others, rules)
    return Match(number=order.number, points=tuple(points))


def _heads(order: PurchaseOrder, mine: Claim) -> Iterator[Point]:
    if order.vat_id and mine.vat_id:
        fits = order.vat_id == mine.vat_id
    else:
        fits = order.name_key == mine.name_key
    if not fits:
        text = f"Der Auftrag ging an {order.supplier_name}; die Rechnung ist von jemand anderem."
        yield Point(level=Level.LOOK, text=text)
    if not order.is_open:
        yield Point(level=Level.LOOK, text=f"Der Auftrag {order.number} ist abgeschlossen.")


# --- what has been claimed ---------------------------------------------------------------------


def total(claims: Sequence[Claim], *, net: bool = False) -> Decimal | None:
    """Return what these invoices claim together; None where a figure that is needed is unknown.

    A credit note lowers it. A correction (384) takes the place of the invoice that it names, or
    changes the sum where it is negative itself. What a later invoice has as prepaid (BT-113) is not
    claimed again as far as invoices on account (326, 875, 876) claimed it.

    >>> from decimal import Decimal as D
    >>> total([Claim(id="1", type_code="326", gross=D(400)),
    ...        Claim(id="2", type_code="877", gross=D(1000), prepaid=D(400)),
    ...        Claim(id="3", type_code="381", gross=D(50))])
    Decimal('950')
    """
    standing = _standing(claims)
    interim = [one for one in standing if one.type_code in INTERIM_TYPES]
    on_account = sum((one.gross or _ZERO for one in interim), _ZERO)
    found = _ZERO
    for one in standing:
        amount = one.net if net else one.gross
        if amount is None:
            return None
        if one.type_code in CREDIT_NOTE_TYPES:
            amount = -abs(amount)
        elif one.type_code not in INTERIM_TYPES and one.prepaid and on_account:
            covered = min(one.prepaid, on_account)
            if net and (covered != on_account or any(part.net is None for part in interim)):
                return None  # which net part of the prepaid amount was claimed cannot be said
            on_account -= covered
            amount -= sum((part.net or _ZERO for part in interim), _ZERO) if net else covered
        found += amount
    return found


def _standing(claims: Sequence[Claim]) -> list[Claim]:
    """Return the claims without those that a correction replaces."""
    replacing = [one for one in claims if one.type_code == _CORRECTED and (one.gross or _ZERO) >= 0]
    gone = {
        old.id
        for new in replacing
        for old in claims
        if old is not new and old.number_key and old.number_key in new.refers_to
    }
    return [one for one in claims if one.id not in gone]


def _amounts(order: PurchaseOrder, mine: Claim, others: Sequence[Claim], rules: Matching) -> Point:
    is_net = order.gross is None
    ordered = order.net if is_net else order.gross
    before, after = total(others, net=is_net), total([*others, mine], net=is_net)
    basis = " netto" if is_net else ""
    if ordered is None or before is None or after is None:
        text = f"Auftrag {order.number}: Von einer Rechnung ist der Betrag{basis} nicht bekannt; "
        return Point(level=Level.UNCHECKED, text=f"{text}der Rest ist nicht berechnet.")
    text = f"Auftrag {order.number}: {_euros(ordered, order)}{basis}, davon abgerechnet "
    text += f"{_euros(before, order)}{_drafts(order, others, is_net)}, mit dieser "
    text += f"{_euros(after, order)} → "
    over, allowed = after - ordered, rules.allowed(ordered)
    if over <= 0:
        return Point(level=Level.OK, text=f"{text}{_euros(-over, order)} bleiben")
    limit = f"Toleranz {_euros(allowed, order)}"
    if over <= allowed:
        return Point(
            level=Level.NOTE, text=f"{text}{_euros(over, order)} darüber, innerhalb der {limit}"
        )
    return Point(level=Level.LOOK, text=f"{text}{_euros(over, order)} darüber, {limit}")


def _drafts(order: PurchaseOrder, others: Sequence[Claim], is_net: bool) -> str:
    waiting = total([one for one in others if not one.is_ordered], net=is_net)
    return f" (noch nicht angeordnet: {_euros(waiting, order)})" if waiting else ""


def _euros(amount: Decimal, order: PurchaseOrder) -> str:
    return Money(amount.quantize(Decimal("0.01")), order.currency).german()


# --- positions and deliveries ------------------------------------------------------------------


def _positions(
    order: PurchaseOrder, mine: Claim, others: Sequence[Claim], rules: Matching
) -> Iterator[Point]:
    """Yield what differs by position, and how many fit."""
    if not order.lines:
        return
    found: list[Point] = []
    fitting = silent = 0
    sums = _quantities(order, [*others, mine])
    for line in mine.lines:
        known = _line_of(order, line)
        if known is None:
            if line.order_line:
                text = f"Position {line.id} nennt die Auftragsposition {line.order_line}; die gibt es nicht."
                found.append(Point(level=Level.LOOK, text=text))
            else:
                silent += 1
            continue
        differing = [*_of_line(line, known, sums, rules)]
        found += differing
        fitting += not differing
    yield from found[:LINES_MAX]
    if len(found) > LINES_MAX:
        more = f"Und {len(found) - LINES_MAX} weitere Abweichungen bei Positionen."
        yield Point(level=Level.LOOK, text=more)
    if silent:
        text = f"{silent} {'Position nennt' if silent == 1 else 'Positionen nennen'} weder "
        text += "Auftragsposition noch bekannten Artikel; Menge und Preis sind nicht verglichen."
        yield Point(level=Level.NOTE, text=text)
    if fitting:
        text = f"{fitting} {'Position passt' if fitting == 1 else 'Positionen passen'} in Menge und Preis."
        yield Point(level=Level.OK, text=text)


def _line_of(order: PurchaseOrder, line: ClaimLine) -> PurchaseLine | None:
    for known in order.lines:
        if line.order_key and known.key == line.order_key:
            return known
    for known in order.lines:
        if not line.order_key and known.item_key and known.item_key in line.items:
            return known
    return None


def _of_line(
    line: ClaimLine, known: PurchaseLine, sums: dict[str, Decimal], rules: Matching
) -> Iterator[Point]:
    name = f"Position {line.id} (Auftrag {known.number})"
    if line.unit and known.unit and line.unit != known.unit:
        text = f"{name}: Einheit {line.unit} statt {known.unit}; Menge und Preis sind nicht verglichen."
        yield Point(level=Level.UNCHECKED, text=text)
        return
    if line.price is not None and known.price is not None and line.price > known.price:
        more = (line.price - known.price) * (line.quantity or 1)
        base = known.price * (line.quantity or 1)
        level = Level.NOTE if more <= rules.allowed(base) else Level.LOOK
        text = f"{name}: Einzelpreis {german(line.price)} statt {german(known.price)}."
        yield Point(level=level, text=text)
    so_far = sums.get(known.key)
    if so_far is not None and known.quantity is not None and so_far > known.quantity:
        level = Level.NOTE if so_far <= _stretched(known.quantity, rules) else Level.LOOK
        text = (
            f"{name}: abgerechnet {german(so_far)}, bestellt {german(known.quantity)} {known.unit}."
        )
        yield Point(level=level, text=text)


def _stretched(quantity: Decimal, rules: Matching) -> Decimal:
    return quantity * (100 + rules.percent) / 100


def _quantities(order: PurchaseOrder, claims: Sequence[Claim]) -> dict[str, Decimal]:
    """Return the quantity claimed of each position of the order.

    A final invoice repeats what those on account had: then its own quantities count alone.
    """
    standing = _standing(claims)
    finals = [one for one in standing if one.prepaid and one.type_code not in INTERIM_TYPES]
    if finals:
        standing = [one for one in standing if one.type_code not in INTERIM_TYPES]
    found: dict[str, Decimal] = {}
    for one in standing:
        sign = -1 if one.type_code in CREDIT_NOTE_TYPES else 1
        for line in one.lines:
            known = _line_of(order, line)
            if known is None or line.quantity is None or line.unit != known.unit:
                continue
            found[known.key] = found.get(known.key, _ZERO) + sign * line.quantity
    return found


def _deliveries(
    order: PurchaseOrder, mine: Claim, others: Sequence[Claim], rules: Matching
) -> Iterator[Point]:
    """Yield how the deliveries known compare with what is claimed."""
    known = {one.key for one in order.deliveries}
    for key, number in mine.deliveries:
        if known and key not in known:
            text = f"Der genannte Lieferschein „{number}“ ist zu diesem Auftrag nicht gemeldet."
            yield Point(level=Level.LOOK, text=text)
    if not known:
        if rules.expects_delivery and mine.type_code not in CREDIT_NOTE_TYPES:
            text = "Zu diesem Auftrag ist noch keine Lieferung gemeldet."
            yield Point(level=Level.LOOK, text=text)
        return
    sums = _quantities(order, [*others, mine])
    asked = {found.key for line in mine.lines if (found := _line_of(order, line)) is not None}
    compared = False
    for line in order.lines:
        came = [one.quantity for one in order.deliveries if one.line_key == line.key]
        if line.key not in asked or line.key not in sums or not came or None in came:
            continue
        compared = True
        delivered = sum((one for one in came if one is not None), _ZERO)
        if sums[line.key] > _stretched(delivered, rules):
            text = f"Auftragsposition {line.number}: abgerechnet {german(sums[line.key])}, "
            text += f"geliefert {german(delivered)} {line.unit}."
            yield Point(level=Level.LOOK, text=text)
    if not compared:
        yield from _delivered_value(order, mine, others, rules)


def _delivered_value(
    order: PurchaseOrder, mine: Claim, others: Sequence[Claim], rules: Matching
) -> Iterator[Point]:
    values = [one.net for one in order.deliveries]
    claimed = total([*others, mine], net=True)
    if claimed is None or any(value is None for value in values):
        text = "Zu diesem Auftrag sind Lieferungen gemeldet, aber nicht vergleichbar (Menge oder Wert fehlt)."
        yield Point(level=Level.UNCHECKED, text=text)
        return
    delivered = sum((value for value in values if value is not None), _ZERO)
    text = f"Geliefert für {_euros(delivered, order)} netto, abgerechnet {_euros(claimed, order)} netto."
    fits = claimed - delivered <= rules.allowed(delivered)
    yield Point(level=Level.OK if fits else Level.LOOK, text=text)


def german(number: Decimal) -> str:
    """Return a quantity or price as a German reader writes it.

    >>> german(Decimal("1000.50")), german(Decimal("60"))
    ('1000,5', '60')
    """
    return f"{number.normalize():f}".replace(".", ",")
