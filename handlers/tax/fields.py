"""The decision about the tax, asked in the form of whoever certifies „sachlich“.

Nothing is filled in beforehand: what is proposed stands beside each field and holds only when
somebody says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, Final

import sqlalchemy as sa

from laufzettel.clock import OFFICE_ZONE
from laufzettel.documents.store import DocumentStore
from laufzettel.einvoice.invoice import Invoice
from laufzettel.engine.handler import (
    Asked,
    Field,
    FieldKind,
    FormFields,
    Given,
    Limits,
    Noted,
    Offered,
    Option,
)
from laufzettel.errors import NotFoundError
from laufzettel.handlers.invoice.data import data_of, invoice_row
from laufzettel.invoice_keys import plain
from laufzettel.records import captured, settings
from laufzettel.records.invoice import invoice_id_of
from laufzettel.records.tax import decisions, offices, rules
from laufzettel.records.tax.proposal import (
    DEBTOR,
    NOTHING,
    OWED,
    WITHHOLDING,
    Part,
    claimed,
    rate_of,
    seller_of,
)
from laufzettel.records.tax.sheet import Tax, tax_of
from laufzettel.records.tax.tables import invoice_tax, tax_decision

#: The duty whose holder decides.
DUTY: Final = "sachlich"
_PREFIX: Final = "tax_"
_CHOICE: Final = "tax_choice"
_NOTE: Final = "tax_note"
_BUILDING: Final = "tax_building"
_YES, _NO = "ja", "nein"
_UNLESS_BUILDING: Final = f'{_BUILDING} != "{_YES}"'
_OFFICE: Final = "tax_office"
_NUMBER: Final = "tax_number"
_AS_PROPOSED, _OTHERWISE, _LATER = "vorschlag", "anders", "offen"
_TEXTS: Final = Limits(required=True, max_length=60)
#: Needed where something is withheld: then it is asked for, and optional it is never.
_CONDITIONAL: Final = {"laufzettel:conditional": "ja"}
_LATER_LABEL: Final = "Noch nicht entschieden"


class TaxFields(FormFields):
    """Asks what the tax table proposes for the invoice."""

    name: ClassVar[str] = "invoice.tax"

    def offer(self, asked: Asked) -> Offered | None:
        """Return the proposals and the fields, for who certifies „sachlich“."""
        if DUTY not in asked.duties:  # reading the invoice costs what nobody else needs
            return None
        tax = self._tax(asked)
        if tax is None or not tax.parts:
            return None
        return Offered(
            fields=(*_fields(tax, asked.hide), *_office_fields(tax, asked.hide)),
            shown=tax.shown,
            faults=partial(_faults, tax),
            keep=partial(_keep, tax),
            about=tax,
        )

    def _is_nothing_asked(self, asked: Asked, row: sa.Row[Any]) -> bool:
        """Say whether a program answers nothing here, and need not: then nothing is read for it."""
        if asked.answered is None or any(key.startswith(_PREFIX) for key in asked.answered):
            return False
        is_required = settings.load(asked.connection, asked.tenant).tax_required
        return not is_required and not _might_build(asked, row)

    def _tax(self, asked: Asked) -> Tax | None:
        store = self.services.get(DocumentStore)  # type: ignore[type-abstract]
        invoice_id = invoice_id_of(asked.business_key)
        row = invoice_row(asked.connection, asked.tenant, invoice_id) if invoice_id else None
        if row is None:
            return None
        if captured.is_captured(row):
            read: Invoice | None = captured.of_row(asked.connection, row)
        elif self._is_nothing_asked(asked, row):
            return None
        else:
            read = data_of(asked.connection, store, asked.tenant, row.id)
        if read is None:
            return None
        return tax_of(
            asked.connection,
            asked.tenant,
            read,
            invoice_id=row.id,
            due_on=row.due_on,
            unit=row.unit or "",
            today=asked.now.astimezone(OFFICE_ZONE).date(),
        )


def _might_build(asked: Asked, row: sa.Row[Any]) -> bool:
    """Say whether a rule may find a Bauleistung in it, as far as its record tells."""
    of = {"type_code": row.type_code or "", "supplier": plain(row.supplier_vat_id or "")}
    unit = row.unit or ""
    return any(
        rule.kind == "construction"
        and rule.result == "ja"
        and rule.type_code in ("", of["type_code"])
        and rule.supplier in ("", of["supplier"])
        and (not unit or rule.unit in ("", unit))
        for rule in rules.of_tenant(asked.connection, asked.tenant)
    )


def _fields(tax: Tax, unless_signing: str) -> Iterator[Field]:
    """Yield the fields of the decision."""
    if tax.asks_building:
        yield _building_field(unless_signing)
    options = [Option(value=_AS_PROPOSED, label="Wie vorgeschlagen")] if tax.is_complete else []
    options += [
        Option(value=_OTHERWISE, label="Anders"),
        Option(value=_LATER, label=_LATER_LABEL),
    ]
    if tax.must_decide:
        options.pop()
    yield Field(
        id=_CHOICE,
        kind=FieldKind.RADIO,
        key=_CHOICE,
        label="Steuerliche Behandlung",
        description="Die Vorschläge stehen bei der Rechnung unter „Steuer“. "
        "Ohne Ihre Entscheidung gilt keiner.",
        options=tuple(options),
        limits=Limits(required=tax.must_decide),
        hide=unless_signing,
    )
    hide = _any(unless_signing, f'{_CHOICE} != "{_OTHERWISE}"')
    for number, part in enumerate(tax.parts):
        yield _field(part, _key(number), _any(hide, _UNLESS_BUILDING) if part.if_building else hide)
    yield Field(
        id=_NOTE,
        kind=FieldKind.TEXTAREA,
        key=_NOTE,
        label="Begründung zur Steuer",
        description="Warum anders als vorgeschlagen?",
        limits=Limits(required=True, max_length=1000),
        hide=hide,
    )


def _building_field(hide: str) -> Field:
    return Field(
        id=_BUILDING,
        kind=FieldKind.RADIO,
        key=_BUILDING,
        label="Ist es eine Bauleistung?",
        description="Herstellung, Instandsetzung oder Instandhaltung, Änderung oder Beseitigung eines "
        "Bauwerks (§ 48 Abs. 1 Satz 3 EStG), auch Maler-, Elektro- und Tiefbauarbeiten.",
        options=(Option(value=_YES, label="Ja"), Option(value=_NO, label="Nein")),
        limits=Limits(required=True),
        hide=hide,
    )


def _any(*conditions: str) -> str:
    """Return the condition that one of these holds; an empty one never does."""
    return " or ".join(filter(None, conditions))


def _office_fields(tax: Tax, unless_signing: str) -> Iterator[Field]:
    """Yield what must be known to pay what is withheld; the account is that of the list."""
    number = next((n for n, part in enumerate(tax.parts) if part.kind == WITHHOLDING), None)
    if number is None or len(tax.parts[number].choices) < 2:
        return
    part, answer = tax.parts[number], _key(number)
    if rate_of((part.if_building or part).value) is None:
        hide = f'{_CHOICE} != "{_OTHERWISE}" or {answer} != "{part.choices[-1]}"'
    else:
        hide = f'{_CHOICE} = "{_LATER}" or {answer} = "{NOTHING}"'
    hide = _any(unless_signing, _UNLESS_BUILDING if part.if_building else "", hide)
    office_key, tax_number = tax.last_known
    known = next((one.label for one in tax.offices if one.key == office_key), "")
    number_told = tax.read.seller.tax_number or tax_number
    yield Field(
        id=_OFFICE,
        kind=FieldKind.SELECT,
        key=_OFFICE,
        label="Finanzamt des Leistenden",
        description=f"Es bekommt, was einbehalten wird.{f' Zuletzt: {known}.' if known else ''} "
        "Fehlt es, trägt es die Stammdatenpflege ein.",
        options=tuple(Option(value=one.key, label=one.label) for one in tax.offices),
        properties=_CONDITIONAL,
        hide=hide,
    )
    yield Field(
        id=_NUMBER,
        kind=FieldKind.TEXT,
        key=_NUMBER,
        label="Steuernummer des Leistenden",
        description="Wie in der Rechnung (BT-32) oder vom Leistenden erfragt; nicht die USt-IdNr."
        + (f" Bekannt: {number_told}." if number_told else ""),
        limits=Limits(max_length=40),
        properties=_CONDITIONAL,
        hide=hide,
    )


def _faults(tax: Tax, answers: Mapping[str, Any]) -> Mapping[str, str]:
    """Return what is missing to pay the Finanzamt, where something is withheld."""
    values = _decided(_answered(tax, answers), answers)
    if values is None or rate_of(values[WITHHOLDING]) is None:
        return {}
    faults = {}
    if not tax.takes_positions:
        faults[_CHOICE] = (
            "Einbehalten lässt sich noch nichts: Die Übergabe an das HKR trägt keine zweite Position "
            "(Einstellung „ledger_format“). Bitte wenden Sie sich an den Betrieb; bis dahin wird "
            "nichts festgestellt, was einzubehalten ist."
        )
    if not tax.offices:
        faults[_OFFICE] = (
            "Noch ist kein Finanzamt mit Konto eingetragen. Bitte die Stammdatenpflege, das Finanzamt "
            "des Leistenden einzutragen („laufzettel taxes offices“); vorher kann nicht einbehalten "
            "und deshalb nicht festgestellt werden."
        )
    elif not answers.get(_OFFICE):
        faults[_OFFICE] = (
            "Finanzamt des Leistenden: Bitte wählen Sie, an welches Finanzamt der einbehaltene "
            "Betrag geht."
        )
    number = answers.get(_NUMBER) or ""
    wrong = offices.tax_number_fault(number) if number else "Bitte füllen Sie dieses Feld aus."
    if wrong:
        faults[_NUMBER] = f"Steuernummer des Leistenden: {wrong}"
    return faults


def _answered(tax: Tax, answers: Mapping[str, Any]) -> Tax:
    """Return what is proposed for who has said whether it is a Bauleistung, where that is asked."""
    return tax.answered(is_building=answers.get(_BUILDING) == _YES) if tax.asks_building else tax


def _key(number: int) -> str:
    return f"tax_{number}"


def _field(part: Part, key: str, hide: str) -> Field:
    return Field(
        id=key,
        kind=FieldKind.SELECT if part.choices else FieldKind.TEXT,
        key=key,
        label=part.label,
        description=f"Vorgeschlagen: {(part.if_building or part).value}",
        options=tuple(Option(value=one, label=one) for one in part.choices),
        limits=Limits(required=True) if part.choices else _TEXTS,
        hide=hide,
    )


def _decided(tax: Tax, answers: Mapping[str, Any]) -> dict[str, str] | None:
    """Return what holds for each part; None where nothing was decided."""
    choice = answers.get(_CHOICE)
    if choice == _AS_PROPOSED:
        return {part.kind: part.value for part in tax.parts}
    if choice == _OTHERWISE:
        said = [answers.get(_key(number)) for number in range(len(tax.parts))]
        return {  # what is not asked is that nothing is withheld of what is no Bauleistung
            part.kind: part.value if text is None else " ".join(text.split())
            for part, text in zip(tax.parts, said, strict=True)
        }
    return None


def _keep(asked: Tax, given: Given) -> Sequence[Noted]:
    tax = _answered(asked, given.answers)
    values = _decided(tax, given.answers)
    if values is None:
        return ()
    owed_vat = tax.standard_rate if values[DEBTOR] == OWED else None
    row = decisions.row_of(
        tax.invoice_id,
        by=given.person,
        at=given.at,
        parts=tax.parts,
        values=values,
        note=given.answers.get(_NOTE) or "",
        seller=seller_of(tax.read),
        pay_on=tax.pay_on,
        claimed=claimed(tax.read, owed_vat),
    )
    given.records.insert(tax_decision, **row)
    _hold(tax, given, values, row, owed_vat)
    data = {
        "invoice": tax.invoice_id,
        "follows": row["follows"],
        "decided": values,
        "proposed": {part.kind: part.value for part in tax.parts},
        **({"building": given.answers[_BUILDING]} if asked.asks_building else {}),
    }
    texts = {"note": row["note"]} if row["note"] else {}
    return (Noted(stream=rules.STREAM, kind="tax.decided", data=data, texts=texts),)


def _hold(
    tax: Tax,
    given: Given,
    values: Mapping[str, str],
    decision: Mapping[str, Any],
    owed_vat: Decimal | None,
) -> None:
    """Have the order that follows find what holds now."""
    rate = rate_of(values[WITHHOLDING])
    building = next(part for part in tax.parts if part.kind == WITHHOLDING)
    rests_on = building.certificate if values[WITHHOLDING] == building.value else ""
    columns = {
        "decided_at": given.at,
        "parts": [[part.kind, part.label, values[part.kind]] for part in tax.parts],
        "withhold": rate,
        "owed_vat": owed_vat,
        "office_key": given.answers.get(_OFFICE) if rate is not None else None,
        "tax_number": given.answers.get(_NUMBER) if rate is not None else None,
        "exempt": rests_on or None,
        **{name: decision[name] for name in ("vat_id", "name_key")},
        "order_key": tax.order_key or None,
    }
    try:
        given.records.row(invoice_tax, tax.invoice_id)
    except NotFoundError:
        given.records.insert(invoice_tax, id=tax.invoice_id, **columns)
    else:
        given.records.update(invoice_tax, tax.invoice_id, columns)
