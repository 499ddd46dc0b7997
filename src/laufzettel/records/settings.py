"""Settings of a tenant: data with a default, never a constant in the code."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import orjson
import sqlalchemy as sa

from laufzettel.einvoice.policy import NO_ROWS, Policy
from laufzettel.einvoice.policy_table import policy_of
from laufzettel.errors import InputError, NotFoundError
from laufzettel.money import Money
from laufzettel.records.deadline import DEFAULT_CALENDAR, PaymentCalendar, PaymentRun
from laufzettel.records.heads.compare import ASK_FROM
from laufzettel.records.purchasing.match import Matching
from laufzettel.records.tables import tenant

#: The group that finds out where an invoice belongs (the process names it too); no Fachamt.
CENTRAL_POST: Final = "poststelle"
#: The version of the format to the HKR that carries a second position and the tax.
FORMAT_WITH_TAX: Final = 2
#: Two years: as far back as the old system's heads are usually taken over.
DUPLICATE_DAYS: Final = 730

#: Occasion -> how the supplier may be told; the first way is the default. A rejection is
#: always told: an invoice that waits for a correction nobody knows of is lost.
ANSWERS: Final[Mapping[str, tuple[str, ...]]] = {
    "received": ("keine", "mail"),
    "rejected": ("brief", "mail"),
    "paid": ("keine", "mail"),
    "dunned": ("keine", "mail"),
}
NO_ANSWERS: Final[Mapping[str, str]] = {occasion: ways[0] for occasion, ways in ANSWERS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantSettings:
    """What a Kommune decided for itself.

    ``second_signature_above``: orders above this amount need a Mitzeichnung (local
    Dienstanweisung, § 32 KomHVO NRW). ``duty_preset``: "nrw" or "streng". ``routing``: Fein part
    of the Leitweg-ID -> unit, where the table „Zuständigkeit“ says nothing; "" is the unit for
    everything else, and the Poststelle there means that a person finds out. ``calendar``: Zahlläufe, bank
    days and days per signature. ``confidential_units``: units whose invoices show a neutral
    text in every list (Sozialgeheimnis, § 35 SGB I). ``group_names``: how people call the
    groups that tasks are offered to. ``duplicate_ask_from``: from so many points of 100 on
    (``heads.compare``) a person decides whether an invoice repeats another;
    ``duplicate_days``: how far apart the dates of such two may be.
    ``findings``: what follows from a finding of the check.
    ``answers``: what the supplier is told and how (``ANSWERS``).
    ``matching``: how far an invoice may differ from its order. ``tax_required``: who certifies
    must decide about the tax. ``ledger_format``: the newest version of the format that the HKR
    reads (docs/hkr-format.md); 2 carries what is withheld, and the tax as decided.
    ``recipients``: coarse addresses of our Leitweg-IDs; without any no recipient is foreign.
    """

    second_signature_above: Money
    duty_preset: str
    capture_may_certify: bool = False  # who captures an invoice without data may certify it
    routing: Mapping[str, str]
    calendar: PaymentCalendar = DEFAULT_CALENDAR
    confidential_units: frozenset[str] = frozenset()
    group_names: Mapping[str, str] = field(default_factory=dict)
    duplicate_ask_from: int = ASK_FROM
    duplicate_days: int = DUPLICATE_DAYS
    findings: Policy = NO_ROWS
    answers: Mapping[str, str] = field(default_factory=lambda: NO_ANSWERS)
    recipients: frozenset[str] = frozenset()
    matching: Matching = field(default_factory=Matching)
    tax_required: bool = False
    ledger_format: int = 1

    def unit_for(self, buyer_reference: str) -> str:
        """Return the unit that an invoice with this Leitweg-ID belongs to.

        >>> TenantSettings(second_signature_above=Money.parse("5000"), duty_preset="nrw",
        ...     routing={"BAU": "bauamt", "": "poststelle"}).unit_for("053820072072-BAU-73")
        'bauamt'
        """
        parts = buyer_reference.split("-")
        return self.routing.get(parts[1] if len(parts) > 2 else "", self.routing[""])

    def is_confidential(self, buyer_reference: str, *units: str | None) -> bool:
        """Say whether an invoice is confidential, by its Leitweg-ID or by one of ``units``."""
        return not self.confidential_units.isdisjoint((self.unit_for(buyer_reference), *units))

    def keeps(self, row: Mapping[str, Any]) -> bool:
        """Say whether a row of the Eingangsbuch is confidential, also by where it lay before."""
        return self.is_confidential(row["buyer_reference"] or "", row["unit"], row["kept_for"])


DEFAULTS: Mapping[str, Any] = {
    "second_signature_above": "10000.00",
    "duty_preset": "nrw",
    "capture_may_certify": False,
    "routing": {"": "poststelle"},
    "payment_runs": ["di 11:00", "do 11:00"],
    "payment_run_lead_minutes": 60,
    "bank_days": 1,
    "days_per_signature": 1,
    "confidential_units": [],
    "group_names": {},
    "duplicate_ask_from": ASK_FROM,
    "duplicate_days": DUPLICATE_DAYS,
    "findings": [],
    "answers": NO_ANSWERS,
    "recipients": [],
    "order_tolerance": "5.00",
    "order_tolerance_percent": "0",
    "order_numbers_told": False,
    "delivery_expected": False,
    "tax_required": False,
    "ledger_format": 1,
}
#: Nobody pays on Saturday or Sunday: no bank works then.
_WEEKDAYS: Final = ("mo", "di", "mi", "do", "fr")
_RUN: Final = re.compile(r"(mo|di|mi|do|fr) ([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_PLACES: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,2})?", re.ASCII)
_COARSE: Final = re.compile(r"[0-9]{2,12}", re.ASCII)
#: More would move every deadline before the receipt of the invoice.
_DAYS_MAX: Final = 10
_LEAD_MINUTES_MAX: Final = 24 * 60
#: Fewer points than the same seller has with the same amount: everybody would be asked always.
_ASK_FROM_MIN: Final = 40
_DUPLICATE_DAYS_MAX: Final = 10 * 366


# Built once: building a statement costs more than running it.
_STORED: Final = sa.select(sa.type_coerce(tenant.c.settings, sa.Text).label("text")).where(
    tenant.c.id == sa.bindparam("of_id")
)


_STORE: Final = (
    sa.update(tenant)
    .where(tenant.c.id == sa.bindparam("of_id"))
    .values(settings=sa.bindparam("of_settings", type_=tenant.c.settings.type))
)


def load(connection: sa.Connection, tenant_id: str) -> TenantSettings:
    """Return the settings of the tenant, defaults filled in."""
    stored = connection.execute(_STORED, {"of_id": tenant_id}).scalar_one_or_none()
    if stored is None:
        raise NotFoundError(f"Den Mandanten „{tenant_id}“ gibt es nicht.")
    return _read(stored)


def store(connection: sa.Connection, tenant_id: str, name: str, value: Any) -> None:
    """Give one setting of the tenant another value; the others stay.

    The whole is read before it is written: InputError for a value that no one could load.
    """
    text = connection.execute(_STORED, {"of_id": tenant_id}).scalar_one_or_none()
    if text is None:
        raise NotFoundError(f"Den Mandanten „{tenant_id}“ gibt es nicht.")
    values = {**orjson.loads(text), name: value}
    _read(orjson.dumps(values).decode())
    connection.execute(_STORE, {"of_id": tenant_id, "of_settings": values})


@lru_cache(maxsize=256)  # a step asks several times; the text says whether anything changed
def _read(stored: str) -> TenantSettings:
    values = {**DEFAULTS, **orjson.loads(stored)}
    return TenantSettings(
        second_signature_above=Money(Decimal(values["second_signature_above"])),
        duty_preset=values["duty_preset"],
        capture_may_certify=values["capture_may_certify"] is True,
        routing=values["routing"],
        calendar=calendar_of(values),
        confidential_units=_units(values["confidential_units"]),
        group_names=values["group_names"],
        duplicate_ask_from=_count(values, "duplicate_ask_from", 100, least=_ASK_FROM_MIN),
        duplicate_days=_count(values, "duplicate_days", _DUPLICATE_DAYS_MAX),
        findings=policy_of(values["findings"]),
        answers=answers_of(values["answers"]),
        recipients=_recipients(values["recipients"]),
        matching=_matching(values),
        tax_required=_switch(values, "tax_required"),
        ledger_format=_count(values, "ledger_format", FORMAT_WITH_TAX, least=1),
    )


def calendar_of(values: Mapping[str, Any]) -> PaymentCalendar:
    """Return the calendar that the settings describe; InputError says what to write instead.

    >>> calendar_of(DEFAULTS) == DEFAULT_CALENDAR
    True
    >>> calendar_of({**DEFAULTS, "payment_runs": ["Dienstag"]})
    Traceback (most recent call last):
    ...
    laufzettel.errors.InputError: Einstellung „payment_runs“: „Dienstag“ ist kein Zahllauf. \
Richtig ist etwa „di 11:00“, von „mo“ bis „fr“.
    """
    return PaymentCalendar(
        runs=_runs(values["payment_runs"]),
        lead_minutes=_count(values, "payment_run_lead_minutes", _LEAD_MINUTES_MAX),
        bank_days=_count(values, "bank_days", _DAYS_MAX),
        days_per_signature=_count(values, "days_per_signature", _DAYS_MAX),
    )


def answers_of(given: Any) -> Mapping[str, str]:
    """Return how the supplier is told what; what is not said keeps its default.

    >>> answers_of({"paid": "mail"})
    {'received': 'keine', 'rejected': 'brief', 'paid': 'mail', 'dunned': 'keine'}
    >>> answers_of({"paid": "fax"})
    Traceback (most recent call last):
    ...
    laufzettel.errors.InputError: Einstellung „answers“: „paid“ kann keine oder mail sein.
    """
    if not isinstance(given, Mapping) or not given.keys() <= ANSWERS.keys():
        raise InputError(f"Einstellung „answers“: Möglich sind {', '.join(ANSWERS)}.")
    for occasion, way in given.items():
        if way not in ANSWERS[occasion]:
            ways = " oder ".join(ANSWERS[occasion])
            raise InputError(f"Einstellung „answers“: „{occasion}“ kann {ways} sein.")
    return {**NO_ANSWERS, **given}


def _runs(given: Any) -> tuple[PaymentRun, ...]:
    if not isinstance(given, list) or not given:
        raise InputError(
            "Einstellung „payment_runs“: Erwartet wird eine Liste mit mindestens einem Zahllauf, "
            "etwa „di 11:00“."
        )
    return tuple(map(_run, given))


def _run(given: Any) -> PaymentRun:
    match = _RUN.fullmatch(given) if isinstance(given, str) else None
    if match is None:
        raise InputError(
            f"Einstellung „payment_runs“: „{str(given)[:40]}“ ist kein Zahllauf. Richtig ist etwa "
            "„di 11:00“, von „mo“ bis „fr“."
        )
    at = time(int(match[2]), int(match[3]))
    return PaymentRun(weekday=_WEEKDAYS.index(match[1]), at=at)


def _count(values: Mapping[str, Any], name: str, most: int, *, least: int = 0) -> int:
    given = values[name]
    if type(given) is not int or not least <= given <= most:
        raise InputError(
            f"Einstellung „{name}“: „{str(given)[:40]}“ geht nicht; erwartet wird eine ganze Zahl "
            f"von {least} bis {most}."
        )
    return given


def _units(given: Any) -> frozenset[str]:
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise InputError(
            "Einstellung „confidential_units“: Erwartet wird eine Liste von Stellen, etwa "
            "„jugendamt“."
        )
    return frozenset(given)


def _matching(values: Mapping[str, Any]) -> Matching:
    return Matching(
        amount=_decimal(values, "order_tolerance", most=100_000),
        percent=_decimal(values, "order_tolerance_percent", most=100),
        told=_switch(values, "order_numbers_told"),
        expects_delivery=_switch(values, "delivery_expected"),
    )


def _decimal(values: Mapping[str, Any], name: str, *, most: int) -> Decimal:
    given = values[name]
    if not isinstance(given, str) or not _PLACES.fullmatch(given) or Decimal(given) > most:
        raise InputError(
            f"Einstellung „{name}“: „{str(given)[:40]}“ geht nicht; erwartet wird ein Text wie "
            f"„5.00“, höchstens {most}."
        )
    return Decimal(given)


def _switch(values: Mapping[str, Any], name: str) -> bool:
    given = values[name]
    if not isinstance(given, bool):
        raise InputError(f"Einstellung „{name}“: Erwartet wird true oder false.")
    return given


def _recipients(given: Any) -> frozenset[str]:
    if not isinstance(given, list) or not all(
        isinstance(one, str) and _COARSE.fullmatch(one) for one in given
    ):
        raise InputError(
            "Einstellung „recipients“: Erwartet wird eine Liste von Grobadressen der Leitweg-ID, "
            "etwa „053820072072“."
        )
    return frozenset(given)


def tenants(connection: sa.Connection) -> Sequence[str]:
    """Return the ids of all tenants."""
    return connection.execute(sa.select(tenant.c.id).order_by(tenant.c.id)).scalars().all()
