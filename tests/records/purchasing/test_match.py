"""An invoice beside its order: what it adds up to, what fits by position, what was delivered."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from laufzettel.records.purchasing.claim import Claim, ClaimLine
from laufzettel.records.purchasing.match import (
    Level,
    Matching,
    match,
    of_another_unit,
    total,
    without_order,
)
from laufzettel.records.purchasing.order_list import (
    PurchaseDelivery,
    PurchaseLine,
    PurchaseOrder,
)

RULES = Matching(amount=D("100.00"))
ORDER = PurchaseOrder(
    key="4711", number="4711", supplier_name="Tiefbau GmbH", name_key="tiefbau", gross=D("12000.00")
)


def claim(key: str, gross: str, **more: object) -> Claim:
    return Claim(id=key, number_key=key, name_key="tiefbau", gross=D(gross), **more)  # type: ignore[arg-type]


def told(order: PurchaseOrder, mine: Claim, *others: Claim, rules: Matching = RULES) -> list[str]:
    return [f"{one.level}: {one.text}" for one in match(order, mine, others, rules).points]


def test_what_is_left_is_told_with_all_figures() -> None:
    assert told(ORDER, claim("2", "2000.00"), claim("1", "9500.00", is_ordered=True)) == [
        (
            "ok: Auftrag 4711: 12.000,00 €, davon abgerechnet 9.500,00 €, mit dieser 11.500,00 € → "
            "500,00 € bleiben"
        )
    ]


def test_too_much_is_told_with_the_tolerance() -> None:
    assert told(ORDER, claim("2", "2680.00"), claim("1", "9500.00", is_ordered=True)) == [
        (
            "look: Auftrag 4711: 12.000,00 €, davon abgerechnet 9.500,00 €, mit dieser 12.180,00 € → "
            "180,00 € darüber, Toleranz 100,00 €"
        )
    ]


def test_within_the_tolerance_it_is_only_noted() -> None:
    two_percent = replace(RULES, percent=D(2))

    (text,) = told(ORDER, claim("2", "12180.00"), rules=two_percent)

    assert text == (
        "note: Auftrag 4711: 12.000,00 €, davon abgerechnet 0,00 €, mit dieser 12.180,00 € → "
        "180,00 € darüber, innerhalb der Toleranz 240,00 €"
    )


def test_invoices_that_are_not_ordered_yet_count_and_are_named() -> None:
    (text,) = told(ORDER, claim("2", "1000.00"), claim("1", "3000.00"))

    assert "davon abgerechnet 3.000,00 € (noch nicht angeordnet: 3.000,00 €)" in text


def test_a_credit_note_gives_back_whichever_sign_it_is_written_with() -> None:
    assert total([claim("1", "500.00"), claim("2", "80.00", type_code="381")]) == D("420.00")
    assert total([claim("1", "500.00"), claim("2", "-80.00", type_code="381")]) == D("420.00")


def test_a_correction_takes_the_place_of_what_it_corrects() -> None:
    new = claim("9", "450.00", type_code="384", refers_to=frozenset({"1"}))
    delta = claim("9", "-50.00", type_code="384", refers_to=frozenset({"1"}))

    assert total([claim("1", "500.00"), new]) == D("450.00")
    assert total([claim("1", "500.00"), delta]) == D("450.00")
    assert told(ORDER, replace(new, gross=D("12000.00")), claim("1", "500.00")) == [
        (
            "ok: Auftrag 4711: 12.000,00 €, davon abgerechnet 500,00 € "
            "(noch nicht angeordnet: 500,00 €), mit dieser 12.000,00 € → 0,00 € bleiben"
        )
    ]


def test_the_final_invoice_claims_what_those_on_account_did_not() -> None:
    """Scene S3: three Abschläge of 121.380,00 and a final invoice over 156.318,40."""
    paid = [
        claim(str(n), amount, type_code="326")
        for n, amount in enumerate(("47600.00", "38080.00", "35700.00"))
    ]
    final = claim("9", "156318.40", type_code="877", prepaid=D("121380.00"))

    assert total([*paid, final]) == D("156318.40")
    assert total([final]) == D("156318.40")  # paid by card: nothing else claimed it
    assert total([*paid, replace(final, prepaid=D("47600.00"))]) == D("230098.40")


def test_an_order_in_net_amounts_is_compared_in_net_amounts() -> None:
    order = replace(ORDER, gross=None, net=D("1000.00"))

    assert told(order, claim("2", "1190.00", net=D("1000.00"))) == [
        (
            "ok: Auftrag 4711: 1.000,00 € netto, davon abgerechnet 0,00 €, mit dieser 1.000,00 € → "
            "0,00 € bleiben"
        )
    ]
    assert told(order, claim("2", "100.00", net=D(50)), claim("1", "10.00"))[0].startswith(
        "unchecked: "
    )


def test_supplier_currency_and_state_are_compared() -> None:
    closed = replace(ORDER, is_open=False, vat_id="de1")
    mine = claim("1", "1.00", vat_id="de2", currency="CHF")

    assert told(closed, mine) == [
        "look: Der Auftrag ging an Tiefbau GmbH; die Rechnung ist von jemand anderem.",
        "look: Der Auftrag 4711 ist abgeschlossen.",
        (
            "unchecked: Der Auftrag lautet auf EUR, abgerechnet ist auch anders. "
            "Beträge sind nicht verglichen."
        ),
    ]


LINED = replace(
    ORDER,
    lines=(
        PurchaseLine(key="10", number="10", quantity=D(100), unit="MTR", price=D("12.50")),
        PurchaseLine(key="20", number="20", item_key="bs7", quantity=D(5), unit="C62"),
    ),
)


def lined(key: str, *lines: ClaimLine, gross: str = "100.00", **more: object) -> Claim:
    return claim(key, gross, lines=lines, **more)


def metres(quantity: str, price: str = "12.50", line: str = "0010") -> ClaimLine:
    return ClaimLine(id="1", order_line=line, quantity=D(quantity), unit="MTR", price=D(price))


def test_quantities_add_up_over_the_invoices_of_an_order() -> None:
    rules = replace(RULES, amount=D("1.00"))
    before = lined("1", metres("60"))

    assert told(LINED, lined("2", metres("40")), before, rules=rules)[1:] == [
        "ok: 1 Position passt in Menge und Preis."
    ]
    assert told(LINED, lined("2", metres("41", "12.60")), before, rules=rules)[1:] == [
        "look: Position 1 (Auftrag 10): Einzelpreis 12,6 statt 12,5.",
        "look: Position 1 (Auftrag 10): abgerechnet 101, bestellt 100 MTR.",
    ]


def test_a_position_is_found_by_its_article_and_never_guessed() -> None:
    by_item = ClaimLine(id="7", items=("bs7",), quantity=D(6), unit="C62")
    stranger = ClaimLine(id="8", order_line="99", quantity=D(1), unit="C62")
    other_unit = ClaimLine(id="9", order_line="10", quantity=D(1), unit="KMT")

    nothing = ClaimLine(id="10", quantity=D(3), unit="C62")

    assert told(LINED, lined("2", by_item, stranger, other_unit, nothing))[1:] == [
        "look: Position 7 (Auftrag 20): abgerechnet 6, bestellt 5 C62.",
        "look: Position 8 nennt die Auftragsposition 99; die gibt es nicht.",
        (
            "unchecked: Position 9 (Auftrag 10): Einheit KMT statt MTR; Menge und Preis sind nicht "
            "verglichen."
        ),
        "note: 1 Position nennt weder Auftragsposition noch bekannten Artikel; Menge und Preis "
        + "sind nicht verglichen.",
    ]


def test_more_than_was_delivered_is_looked_at() -> None:
    order = replace(
        LINED,
        deliveries=(
            PurchaseDelivery(
                key="l1",
                number="L-1",
                delivered_on=date(2026, 12, 1),
                line_key="10",
                quantity=D(60),
            ),
        ),
    )
    mine = lined("2", metres("61"), deliveries=(("l2", "L-2"),))

    assert told(order, mine)[1:] == [
        "ok: 1 Position passt in Menge und Preis.",
        "look: Der genannte Lieferschein „L-2“ ist zu diesem Auftrag nicht gemeldet.",
        "look: Auftragsposition 10: abgerechnet 61, geliefert 60 MTR.",
    ]


def test_without_positions_the_values_of_deliveries_are_compared() -> None:
    came = PurchaseDelivery(key="l1", number="L-1", delivered_on=date(2026, 12, 1), net=D("500.00"))
    order = replace(ORDER, deliveries=(came,))
    rules = replace(RULES, amount=D("1.00"))

    assert told(order, claim("1", "714.00", net=D("600.00")), rules=rules)[1:] == [
        "look: Geliefert für 500,00 € netto, abgerechnet 600,00 € netto."
    ]
    assert told(replace(order, deliveries=(replace(came, net=None),)), claim("1", "1.00"))[
        1
    ].startswith("unchecked: Zu diesem Auftrag sind Lieferungen gemeldet, aber nicht")


def test_a_missing_delivery_is_worth_a_word_only_where_the_tenant_expects_one() -> None:
    expecting = replace(RULES, expects_delivery=True)

    assert len(told(ORDER, claim("1", "1.00"))) == 1
    assert told(ORDER, claim("1", "1.00"), rules=expecting)[1:] == [
        "look: Zu diesem Auftrag ist noch keine Lieferung gemeldet."
    ]


def test_a_missing_order_is_a_defect_only_where_the_number_was_given() -> None:
    told_usually = replace(RULES, told=True)

    assert without_order("", [("4711", None)], RULES).level is Level.NOTE
    assert without_order("", [("4711", True)], RULES).level is Level.LOOK
    assert without_order("", [("4711", None)], told_usually).level is Level.LOOK
    assert without_order("", [("4711", False)], told_usually).level is Level.NOTE
    assert without_order("", [], told_usually).points == ()
    assert without_order("XY", [], RULES).points[0].text == (
        "Den genannten Auftrag „XY“ gibt es in der Auftragsliste nicht."
    )


def test_nothing_is_said_of_confidential_invoices_or_orders() -> None:
    secret = claim("1", "9512.34", is_hidden=True)

    (text,) = told(ORDER, claim("2", "5000.00"), secret)

    assert text.startswith("unchecked: Zu diesem Auftrag gibt es vertrauliche Rechnungen")
    assert "9.512" not in text and "12.000" not in text
    assert "Tiefbau" not in of_another_unit("4711").shown


amounts = st.decimals(min_value=0, max_value=10**6, places=2)


@given(st.lists(st.tuples(amounts, st.sampled_from(["380", "381", "326"])), max_size=8), amounts)
def test_the_order_of_invoices_does_not_matter(given_: list[tuple[D, str]], prepaid: D) -> None:
    claims = [claim(str(n), str(gross), type_code=kind) for n, (gross, kind) in enumerate(given_)]
    final = claim("f", "1000.00", type_code="877", prepaid=prepaid)

    assert total([*claims, final]) == total([final, *reversed(claims)])
