"""Auftragsliste: orders, positions and deliveries, as the procurement or the HKR brings them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final

from laufzettel import csv_table
from laufzettel.errors import NotFoundError
from laufzettel.identity import Right
from laufzettel.invoice_keys import plain
from laufzettel.records import kept_list, settings
from laufzettel.records.api_tokens import Scope
from laufzettel.records.purchasing import current, order_list, orders
from laufzettel.web.api.common import NAME
from laufzettel.web.api.operations import Call, answered, operation
from laufzettel.web.api.shapes import FieldFault, Note, ShapeError, Text, fill
from laufzettel.web.parts import parts

#: Most rows (orders, positions and deliveries together) of one call: one short transaction.
ROWS_MAX: Final = kept_list.PORTION
_PLACES_MAX: Final = {"gross": 2, "net": 2, "quantity": 6, "price": 6}

Number = Annotated[
    str, Text("Nummer des Auftrags, wie sie geschrieben wird.", most=100, pattern=NAME)
]
_Position = Annotated[str | None, Text("Nummer der Position.", most=50, pattern=NAME)]
_Quantity = Annotated[Decimal | None, Note("Menge, bis zu sechs Nachkommastellen.")]
_Net = Annotated[Decimal | None, Note("Nettobetrag.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineBody:
    """Eine Position des Auftrags."""

    number: Annotated[str, Text("Nummer der Position.", most=50, pattern=NAME)]
    name: Annotated[str | None, Text("Bezeichnung.", pattern=NAME)] = None
    item: Annotated[str | None, Text("Artikelnummer.", most=100, pattern=NAME)] = None
    quantity: _Quantity = None
    unit: Annotated[str | None, Text("Einheit wie BT-130, etwa C62.", most=20, pattern=NAME)] = None
    price: Annotated[Decimal | None, Note("Netto-Einzelpreis.")] = None
    net: _Net = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryBody:
    """Eine Lieferung auf den Auftrag, ohne Position im Ganzen."""

    number: Annotated[str, Text("Nummer des Lieferscheins.", most=100, pattern=NAME)]
    delivered_on: date
    line: _Position = None
    quantity: _Quantity = None
    net: _Net = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderBody:
    """Ein Auftrag; mindestens einer der beiden Beträge ist anzugeben."""

    number: Number
    supplier_name: Annotated[str, Text("Name des Lieferanten.", pattern=NAME)]
    vat_id: Annotated[str | None, Text("USt-IdNr. des Lieferanten.", most=40, pattern=NAME)] = None
    gross: Annotated[Decimal | None, Note("Bruttobetrag.")] = None
    net: _Net = None
    currency: Annotated[str, Text("Währung.", most=3, pattern="[A-Z]{3}")] = "EUR"
    ordered_on: date | None = None
    contract: Annotated[str | None, Text("Vertragsnummer (BT-12).", most=100, pattern=NAME)] = None
    unit: Annotated[str | None, Text("Stelle, der er gehört.", most=100, pattern=NAME)] = None
    told: Annotated[bool | None, Note("Ob der Lieferant die Nummer bekam; null: wie üblich.")] = (
        None
    )
    is_open: bool = True
    lines: tuple[LineBody, ...] = ()
    deliveries: tuple[DeliveryBody, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersBody:
    """Aufträge mit Positionen und Lieferungen, zusammen höchstens 500 Sätze."""

    orders: tuple[OrderBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersTaken:
    """Was daraus wurde, je Satz gezählt."""

    added: int
    changed: int
    same: Annotated[int, Note("Stand schon genau so in der Liste.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOut:
    """Eine Position."""

    number: str
    name: str
    quantity: Decimal | None
    unit: str
    price: Decimal | None
    net: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryOut:
    """Eine Lieferung; „line_key“ ist leer, wo sie dem Auftrag im Ganzen gilt."""

    number: str
    delivered_on: date
    line_key: str
    quantity: Decimal | None
    net: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderOut:
    """Ein Auftrag. Was darauf abgerechnet ist, steht bei den Rechnungen und nicht hier."""

    number: str
    supplier_name: str
    gross: Decimal | None
    net: Decimal | None
    currency: str
    ordered_on: date | None
    unit: str
    told: bool | None
    is_open: bool
    lines: tuple[LineOut, ...]
    deliveries: tuple[DeliveryOut, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderQuery:
    """Welcher Auftrag."""

    number: Number


@operation(
    "POST", "/purchase-orders", scope=Scope.ORDERS_WRITE, answer=OrdersTaken, body=OrdersBody
)
def take_orders(call: Call) -> None:
    """Nimmt Aufträge in die Auftragsliste auf oder ändert sie; alle oder keinen.

    Was schon genau so da ist, bleibt. Positionen und Lieferungen, die hier fehlen, bleiben stehen.
    """
    actor, db = call.actor, parts().db
    with db.read() as connection:
        units = frozenset(settings.load(connection, actor.tenant).routing.values())
    _check(call.body.orders, units)
    rows = _rows(call.body.orders)
    with db.write() as connection:
        total, now = kept_list.Changes(), db.now(connection)
        for part, of_part in rows.items():
            total += orders.write(connection, actor.tenant, part, of_part, now)
        if total.added or total.changed:
            parts().engine.note(connection, actor, orders.STREAM, "orders.taken", total.data, {})
            keys = {current.key_of(part, one) for part, some in rows.items() for one in some}
            current.refresh(connection, actor, keys, parts().engine.change_remarks)
        shown = OrdersTaken(added=total.added, changed=total.changed, same=total.same)
        call.once.write(connection, answered("take_orders", shown))


@operation("GET", "/purchase-orders", scope=Scope.ORDERS_READ, answer=OrderOut, query=OrderQuery)
def get_order(call: Call) -> OrderOut:
    """Zeigt einen Auftrag mit Positionen und Lieferungen.

    Den einer vertraulichen Stelle gibt es nur für Zugänge, die Vertrauliches sehen dürfen.
    """
    with parts().db.read() as connection:
        found = order_list.load(connection, call.actor.tenant, plain(call.query.number))
        closed = settings.load(connection, call.actor.tenant).confidential_units
    if found.unit in closed - call.actor.groups and Right.READ not in call.actor.rights:
        raise NotFoundError("Diesen Auftrag gibt es in der Auftragsliste nicht.")
    return fill(
        OrderOut,
        found,
        lines=tuple(fill(LineOut, one) for one in found.lines),
        deliveries=tuple(fill(DeliveryOut, one) for one in found.deliveries),
    )


def _rows(given: Sequence[OrderBody]) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {"orders": [], "lines": [], "deliveries": []}
    for one in given:
        rows["orders"].append(_row(orders.order_row, one))
        rows["lines"] += [_row(orders.line_row, line, order=one.number) for line in one.lines]
        rows["deliveries"] += [
            _row(orders.delivery_row, sent, order=one.number) for sent in one.deliveries
        ]
    return rows


def _row(make: Callable[..., dict[str, Any]], given: Any, **more: str) -> dict[str, Any]:
    return make(**_given(given), **more)


def _given(body: Any) -> dict[str, Any]:
    """Return what was said about one record, without the records below it."""
    names = [name for name in body.__dataclass_fields__ if name not in ("lines", "deliveries")]
    values = {name: getattr(body, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def _check(given: Sequence[OrderBody], units: frozenset[str]) -> None:
    """Raise ShapeError with everything that the list does not take."""
    faults = list(_faults(given, units))
    if sum(1 + len(one.lines) + len(one.deliveries) for one in given) > ROWS_MAX:
        faults.append(FieldFault("/orders", f"Es sind mehr als {ROWS_MAX} Sätze; bitte teilen."))
    if not faults:
        faults += _twice(_rows(given))
    if faults:
        raise ShapeError(faults)


def _faults(given: Sequence[OrderBody], units: frozenset[str]) -> Iterator[FieldFault]:
    for place, one in enumerate(given):
        at = f"/orders/{place}"
        if one.gross is None and one.net is None:
            yield FieldFault(at, "„gross“ oder „net“ fehlt.")
        elif one.gross is not None and one.net is not None and one.net > one.gross:
            yield FieldFault(f"{at}/net", "Der Nettobetrag ist größer als der Bruttobetrag.")
        if units and one.unit and one.unit not in units:
            yield FieldFault(f"{at}/unit", f"Es gibt: {', '.join(sorted(units))}.")
        yield from _of_record(one, at)
        for number, line in enumerate(one.lines):
            yield from _of_record(line, f"{at}/lines/{number}")
            if line.quantity is not None and not line.unit:
                yield FieldFault(f"{at}/lines/{number}/unit", "Zur Menge fehlt die Einheit.")
        for number, sent in enumerate(one.deliveries):
            yield from _of_record(sent, f"{at}/deliveries/{number}")


def _of_record(body: Any, at: str) -> Iterator[FieldFault]:
    if not plain(body.number):
        yield FieldFault(f"{at}/number", "Die Nummer hat weder Buchstaben noch Ziffern.")
    for name, value in _given(body).items():
        if isinstance(value, str):
            try:
                csv_table.text(value)
            except csv_table.BadCellError as error:
                yield FieldFault(f"{at}/{name}", f"Der Text {error}.")
        if isinstance(value, Decimal):
            exponent = value.normalize().as_tuple().exponent
            if value < 0 or value >= 10**13 or -int(exponent) > _PLACES_MAX[name]:
                why = f"Erwartet wird eine Zahl ab 0 mit höchstens {_PLACES_MAX[name]} Stellen."
                yield FieldFault(f"{at}/{name}", why)


def _twice(rows: dict[str, list[dict[str, Any]]]) -> Iterator[FieldFault]:
    for part, of_part in rows.items():
        names = [
            name for name in ("order_key", "key", "line_key") if of_part and name in of_part[0]
        ]
        keys = [tuple(row[name] for name in names) for row in of_part]
        if len(set(keys)) < len(keys):
            yield FieldFault("/orders", f"Ein Satz kommt zweimal vor ({part}).")
