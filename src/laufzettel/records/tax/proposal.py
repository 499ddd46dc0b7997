"""What the tax table proposes for an invoice, each part with its reason and its source. Pure rules.

Nothing of it holds by itself: a person decides, and what a source leaves open says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from laufzettel.einvoice.invoice import Invoice
from laufzettel.invoice_keys import name_key, plain
from laufzettel.money import CENT, Money
from laufzettel.records.purchasing.match import german
from laufzettel.records.tax.rules import Occasion, Rule, choose

#: Categories (BT-151) under which a seller shows no German VAT.
_WITHOUT_VAT: Final = frozenset({"AE", "K", "O", "G", "E", "Z"})
OPEN: Final = "offen"
DEBTOR: Final = "debtor"
#: The question of § 48 EStG, and the answer that nothing is withheld.
WITHHOLDING: Final = "withholding"
NOTHING: Final = "keine"
#: Who owes the VAT: the seller, or the Kommune itself (§ 13b UStG).
SELLER: Final = "Lieferant"
OWED: Final = "Kommune"
_DEBTORS: Final = (SELLER, OWED)
_TAX: Final = "Bauabzugsteuer"
_BUILDING_LAW: Final = "§ 48 Abs. 1 Satz 3 EStG"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One question of the tax, and the answer proposed."""

    kind: str  # code:S:19, debtor, input_tax, withholding
    label: str  # German
    value: str  # OPEN: nothing is proposed, a person must find out
    text: str  # the reason, German
    source: str = ""
    to_confirm: bool = False  # the rule has not been checked against its source
    is_construction: bool = False  # a Bauleistung: counts for the year's sum (§ 48 Abs. 2 EStG)
    choices: tuple[str, ...] = ()  # the only answers there are; empty: any text
    certificate: str = ""  # number of the one that the answer rests on
    if_building: Part | None = None  # what holds of a Bauleistung, where nobody knows whether it is
    must_be_answered: bool = False  # money hangs on it and nothing tells: nobody goes on without

    @property
    def shown(self) -> str:
        """What the page shows of it, for the digest of what was displayed."""
        return f"tax:{self.kind}:{self.value}:{self.text}:{self.source}:{self.to_confirm}"

    @property
    def is_open(self) -> bool:
        """Whether it has no proposal, not even one that hangs on whether it is a Bauleistung."""
        return (self.if_building or self).value == OPEN

    def answered(self, *, is_building: bool) -> Part:
        """Return what is proposed once somebody has said whether it is a Bauleistung."""
        if self.if_building is None:
            return self
        if is_building:
            text = f"Bei der Feststellung gesagt: {self.if_building.text}"
            return replace(self.if_building, text=text)
        return Part(
            kind=self.kind,
            label=self.label,
            value=NOTHING,
            text="Bei der Feststellung gesagt: keine Bauleistung.",
            source=_BUILDING_LAW,
            choices=self.choices,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A Freistellungsbescheinigung (§ 48b EStG)."""

    number: str
    valid_from: date
    valid_until: date
    order_key: str = ""  # of the one order that it is for
    revoked_on: date | None = None

    def holds(self, on: date, order_key: str) -> bool:
        """Say whether it holds on the day of the payment, for this order."""
        is_for = not self.order_key or self.order_key == order_key
        is_over = self.revoked_on is not None and self.revoked_on <= on
        return is_for and not is_over and self.valid_from <= on <= self.valid_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What must be known beside the invoice itself."""

    unit: str
    pay_on: date  # when it will be paid, as far as known
    certificates: Sequence[Certificate] = ()
    year_paid: Decimal = Decimal(0)  # of the seller's Bauleistungen, what was paid in that year
    year_decided: Decimal = Decimal(0)  # … and what was decided and is to be paid in it
    hides_sum: bool = False  # of others that are confidential: then no figure is told
    order_key: str = ""
    order_gross: Decimal | None = None  # what the order will cost in all


def performed_on(read: Invoice) -> date | None:
    """Return the day that decides about the tax: delivery, end of the period, else the invoice's."""
    delivered = read.delivery.date if read.delivery else None
    return delivered or (read.period.end if read.period else None) or read.issue_date


def propose(read: Invoice, around: Around, rules: Sequence[Rule]) -> list[Part]:
    """Return the proposals for the invoice; none without a day that they could be asked for."""
    on = performed_on(read)
    if on is None:
        return []
    asked = Occasion(
        on=on,
        unit=around.unit,
        type_code=read.type_code,
        supplier=plain(read.seller.vat_id),
        products=tuple(plain(one) for one in (read.accounting_ref, *_references(read)) if one),
    )
    return [
        *_codes(read, asked, rules),
        _debtor(read, asked, rules),
        _input_tax(asked, rules),
        _withholding(read, asked, around, rules),
    ]


def _references(read: Invoice) -> Iterator[str]:
    yield from (line.accounting_ref for line in read.lines)


def _codes(read: Invoice, asked: Occasion, rules: Sequence[Rule]) -> Iterator[Part]:
    """Yield the tax code of the lines, together for those with one category and rate."""
    groups: dict[tuple[str, Decimal | None], list[str]] = {}
    for line in read.lines:
        rate = None if line.vat_rate is None else line.vat_rate.normalize()
        groups.setdefault((line.vat_category, rate), []).append(line.id)
    for (category, rate), lines in groups.items():
        shown = category or "unbekannter Kategorie"
        shown += "" if rate is None else f" {german(rate)} %"
        rule = choose(rules, "code", replace(asked, category=category, rate=rate))
        told = ", ".join(lines[:10]) + (" …" if len(lines) > 10 else "")
        kind, label = f"code:{shown}", f"Steuerschlüssel zu {shown}"
        where = f"{'Position' if len(lines) == 1 else 'Positionen'} {told}" if told else "Erfasst"
        if rule is None:
            text = f"{where}: Am {asked.on:%d.%m.%Y} kennt die Steuertabelle {shown} nicht."
            yield Part(kind=kind, label=label, value=OPEN, text=text)
        else:
            text = f"{where}, geleistet am {asked.on:%d.%m.%Y}."
            yield _part(kind, label, rule.result, text, rule)


def _debtor(read: Invoice, asked: Occasion, rules: Sequence[Rule]) -> Part:
    """Return who owes the VAT: the seller, or the Kommune (§ 13b UStG)."""
    return replace(_proposed_debtor(read, asked, rules), choices=_DEBTORS)


def _proposed_debtor(read: Invoice, asked: Occasion, rules: Sequence[Rule]) -> Part:
    label = "Steuerschuldner"
    categories = {line.vat_category for line in read.lines}
    if unknown := _unknown(read, categories):
        text, source = unknown
        return Part(
            kind=DEBTOR, label=label, value=OPEN, text=text, source=source, must_be_answered=True
        )
    if not _is_foreign(read) and "AE" not in categories:
        text = "Inländischer Lieferant, keine Position mit Steuerschuld des Empfängers (AE)."
        return Part(kind=DEBTOR, label=label, value=SELLER, text=text)
    rule = choose(rules, "debtor", asked)
    standard = choose(rules, "standard_rate", asked)
    if rule is None or standard is None:
        text = "Die Steuertabelle kennt den Fall an diesem Tag nicht."
        return Part(kind=DEBTOR, label=label, value=OPEN, text=text)
    if categories - _WITHOUT_VAT:
        text = "Ausländischer Lieferant, aber mit deutscher Umsatzsteuer: Ist er hier registriert?"
        return _part(DEBTOR, label, OPEN, text, rule)
    net = read.totals.net
    tax = ""
    if net is not None:
        owed = Money(net.quantize(Decimal("0.01")), read.currency).percent(Decimal(standard.result))
        tax = f" {standard.result} % von {Money(net, read.currency).german()} = {owed.german()}"
        tax += " sind anzumelden, dem Lieferanten nicht zu zahlen."
    who = "Ausländischer Lieferant" if _is_foreign(read) else "Kategorie AE"
    text = f"{who}: Die Kommune schuldet die Umsatzsteuer selbst.{tax}"
    return _part(DEBTOR, label, OWED, text, rule)


def _unknown(read: Invoice, categories: set[str]) -> tuple[str, str] | None:
    """Return what must be known first and why, None where enough is."""
    if "" in categories:
        text = "Ob die Rechnung Umsatzsteuer ausweist oder der Empfänger sie schuldet, ist nicht "
        text += "bekannt: Bitte sehen Sie in der Rechnung nach."
        return text, "§ 13b Abs. 5, § 14a Abs. 5 UStG"
    address = read.seller.address
    is_told = bool(read.type_code) or (address is not None and bool(address.country))
    if is_told or _is_foreign(read) or "AE" in categories:
        return None
    text = "Wo der Lieferant sitzt, ist nicht erfasst; ist es im Ausland, schuldet der Empfänger."
    return text, "§ 13b Abs. 2 Nr. 1, Abs. 5 UStG"


def _is_foreign(read: Invoice) -> bool:
    address = read.seller.address
    places = {address.country if address else "", read.seller.vat_id[:2].upper()}
    return bool(places - {"", "DE"})


def _input_tax(asked: Occasion, rules: Sequence[Rule]) -> Part:
    label = "Vorsteuerabzug"
    regime = choose(rules, "regime", asked)
    if regime is None:
        text = f"Für den {asked.on:%d.%m.%Y} nennt die Steuertabelle kein Recht (BgA oder § 2b)."
        return Part(kind="input_tax", label=label, value=OPEN, text=text)
    rule = choose(rules, "input_tax", replace(asked, regime=regime.result))
    law = "§ 2b UStG" if regime.result == "2b" else "§ 2 Abs. 3 UStG alter Fassung (BgA)"
    text = f"Leistung vom {asked.on:%d.%m.%Y}, es gilt {law}."
    if rule is None:
        text += f" Für die Stelle „{asked.unit}“ ist kein Vorsteuersatz eingetragen."
        return _part("input_tax", label, OPEN, text, regime)
    made = _part("input_tax", label, f"{rule.result} %", text, rule)
    to_confirm = made.to_confirm or not regime.is_confirmed
    return Part(
        kind=made.kind,
        label=label,
        value=made.value,
        text=text,
        source=f"{rule.source}. {regime.source}",
        to_confirm=to_confirm,
    )


# --- § 48 EStG ---------------------------------------------------------------------------------


def _withholding(read: Invoice, asked: Occasion, around: Around, rules: Sequence[Rule]) -> Part:
    """Return what is withheld of a Bauleistung: nothing with a certificate valid at payment."""
    at_payment = replace(asked, on=around.pay_on)
    rate = choose(rules, "withholding", at_payment)
    choices = (NOTHING, *([share(Decimal(rate.result))] if rate else ()))
    building = choose(rules, "construction", asked)
    is_told = building is not None or bool(read.type_code)
    if is_told and (building is None or building.result != "ja"):
        text = "Nach der Steuertabelle keine Bauleistung."
        source = building.source if building else _BUILDING_LAW
        return Part(
            kind=WITHHOLDING, label=_TAX, value=NOTHING, text=text, source=source, choices=choices
        )
    letting = choose(rules, "letting", at_payment)
    kind = "letting_limit" if letting is not None and letting.result == "ja" else "limit"
    limit = choose(rules, kind, at_payment)
    value = claimed(read, _owed_as_proposed(read, asked, rules))
    if limit is None or rate is None or value is None:
        text = "Bauleistung, aber Satz, Grenze oder Betrag in Euro fehlt."
        made = Part(kind=WITHHOLDING, label=_TAX, value=OPEN, text=text)
    else:
        made = _of_building(value, around, limit, rate)
    made = replace(made, is_construction=True, choices=choices)
    return made if is_told else _unless_building(made)


def _unless_building(made: Part) -> Part:
    """Return the open question whether it is a Bauleistung, with what holds of one."""
    text = "Ob es eine Bauleistung ist, sagt weder die Erfassung noch die Steuertabelle; bei der "
    text += f"Feststellung wird danach gefragt. Wenn ja, {made.value}: {made.text} Sonst: nichts."
    return replace(
        made,
        value=OPEN,
        text=text,
        is_construction=False,
        certificate="",
        if_building=made,
        must_be_answered=True,
    )


def claimed(read: Invoice, owed_vat: Decimal | None) -> Decimal | None:
    """Return the Gegenleistung (§ 48 Abs. 3 EStG): what is left to pay, with VAT.

    BT-115 and not BT-112: of what a final invoice deducts, the tax was withheld when the Abschläge
    were paid. VAT that the Kommune owes itself (§ 13b UStG; per cent) belongs to it, too.
    """
    payable = read.totals.payable
    if payable is None or read.currency != "EUR":
        return None
    cents = Money(payable.quantize(CENT))
    return (cents + cents.percent(owed_vat)).amount if owed_vat else cents.amount


def standard_rate(read: Invoice, rules: Sequence[Rule]) -> Decimal | None:
    """Return the rate of the VAT that the Kommune owes where it is the debtor."""
    on = performed_on(read)
    if on is None:
        return None
    asked = Occasion(on=on, type_code=read.type_code, supplier=plain(read.seller.vat_id))
    standard = choose(rules, "standard_rate", asked)
    return None if standard is None else Decimal(standard.result)


def _owed_as_proposed(read: Invoice, asked: Occasion, rules: Sequence[Rule]) -> Decimal | None:
    owes = _proposed_debtor(read, asked, rules).value == OWED
    return standard_rate(read, rules) if owes else None


def _of_building(value: Decimal, around: Around, limit: Rule, rate: Rule) -> Part:
    day = f"{around.pay_on:%d.%m.%Y}"
    held = next((c for c in around.certificates if c.holds(around.pay_on, around.order_key)), None)
    if held is not None:
        text = f"Bauleistung. Freistellungsbescheinigung {held.number} gilt bis "
        text += f"{held.valid_until:%d.%m.%Y}, also am voraussichtlichen Zahlungstag {day}."
        source = "§ 48 Abs. 2 Satz 1 mit § 48b EStG"
        return Part(
            kind=WITHHOLDING,
            label=_TAX,
            value=NOTHING,
            text=text,
            source=source,
            certificate=held.number,
        )
    expected = max(around.year_paid + around.year_decided + value, around.order_gross or Decimal(0))
    is_over = expected > Decimal(limit.result)
    why, figures = _why_none(around, day), _figures(value, expected, around, limit, is_over)
    if not is_over:
        text = f"Bauleistung. {why}, aber {figures}."
        return _part(WITHHOLDING, _TAX, NOTHING, text, limit)
    amount = Money(value).percent(Decimal(rate.result))
    text = f"Bauleistung. {why}; {figures}: {share(Decimal(rate.result))} von {_euros(value)} "
    text += f"= {amount.german()} sind einzubehalten und bis zum 10. des Monats nach der Zahlung "
    text += "anzumelden und abzuführen (§ 48a Abs. 1 EStG)."
    made = _part(WITHHOLDING, _TAX, share(Decimal(rate.result)), text, rate)
    to_confirm = not (rate.is_confirmed and limit.is_confirmed)
    return replace(made, source=f"{rate.source}. {limit.source}", to_confirm=to_confirm)


def _figures(value: Decimal, expected: Decimal, around: Around, limit: Rule, is_over: bool) -> str:
    """Say what the sum of the year is made of, or where it lies where others are confidential."""
    most = _euros(Decimal(limit.result))
    if around.hides_sum:
        side = "über" if is_over else "nicht über"
        return f"{around.pay_on.year} voraussichtlich {side} der Grenze von {most}"
    parts = f"gezahlt {_euros(around.year_paid)}, entschieden und noch nicht gezahlt "
    parts += f"{_euros(around.year_decided)}, diese Rechnung {_euros(value)}"
    if around.order_gross is not None and around.order_gross == expected:
        parts += f"; der Auftrag als Ganzes {_euros(around.order_gross)}"
    told = f"{around.pay_on.year} voraussichtlich {_euros(expected)} an diesen Leistenden ({parts})"
    return f"{told}, Grenze {most}"


def _why_none(around: Around, day: str) -> str:
    """Say why no certificate holds at the payment."""
    if not around.certificates:
        return "Keine Freistellungsbescheinigung im Register"
    newest = max(around.certificates, key=lambda one: one.valid_until)
    if newest.revoked_on is not None and newest.revoked_on <= around.pay_on:
        return f"Freistellungsbescheinigung {newest.number} ist widerrufen"
    if newest.valid_until < around.pay_on:
        until = f"{newest.valid_until:%d.%m.%Y}"
        return f"Freistellungsbescheinigung {newest.number} endet am {until}, gezahlt wird am {day}"
    return f"Freistellungsbescheinigung {newest.number} gilt hierfür nicht (Zeit oder Auftrag)"


def _part(kind: str, label: str, value: str, text: str, rule: Rule) -> Part:
    return Part(
        kind=kind,
        label=label,
        value=value,
        text=text,
        source=rule.source,
        to_confirm=not rule.is_confirmed,
    )


def _euros(amount: Decimal) -> str:
    return Money(amount.quantize(Decimal("0.01"))).german()


def share(rate: Decimal) -> str:
    """Return the answer that so many per cent are withheld.

    >>> share(Decimal("15"))
    '15 %'
    """
    return f"{german(rate)} %"


def rate_of(answer: str) -> Decimal | None:
    """Return how many per cent are withheld by an answer, None for nothing.

    >>> rate_of("15 %"), rate_of("keine"), rate_of("offen")
    (Decimal('15'), None, None)
    """
    number, _, sign = answer.partition(" ")
    return Decimal(number.replace(",", ".")) if sign == "%" else None


def seller_of(read: Invoice) -> tuple[str, str]:
    """Return the keys of the seller: VAT id and name."""
    return plain(read.seller.vat_id), name_key(read.seller.name)
