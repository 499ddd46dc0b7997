"""People of a tenant: persons, groups, powers, deputies, and who may sign what.

Answers the questions the engine asks about duties (``engine.tasks.rules.DutyRules``); the
records do not import the engine, ``compose`` puts the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

import sqlalchemy as sa

from laufzettel.errors import NotFoundError
from laufzettel.identity import Actor, Right
from laufzettel.money import Money
from laufzettel.records import settings
from laufzettel.records.tables import deputy, membership, person, power


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A rule about which duties one natural person may combine on one business object.

    ``sides`` maps duty -> side; duties on one side may be one person's and one act.
    """

    name: str
    rule: str
    sides: Mapping[str, str]


#: Who reads an invoice without data reads account and amount; another must certify them.
CAPTURE: Final = "erfassung"

#: § 31 (2) KomHVO NRW asks for the Feststellung, not for two persons; what must differ is
#: Feststellung, Anordnung and Mitzeichnung (practice.md 2.2).
NRW: Final = Preset(
    name="nrw",
    rule="Wer feststellt, ordnet nicht an, und wer anordnet, zeichnet nicht mit "
    "(Regel „NRW üblich“, § 31 KomHVO NRW mit der Dienstanweisung).",
    sides={
        "erfassung": CAPTURE,
        "sachlich": "feststellung",
        "rechnerisch": "feststellung",
        "fachtechnisch": "feststellung",
        "anordnung": "anordnung",
        "mitzeichnung": "mitzeichnung",
        "freigabe": "freigabe",
    },
)
STRICT: Final = Preset(
    name="streng",
    rule="Sachlich richtig, rechnerisch richtig, Anordnung und Mitzeichnung zeichnen vier "
    "verschiedene Personen (Regel „streng“).",
    sides={
        "erfassung": CAPTURE,
        "sachlich": "sachlich",
        "rechnerisch": "rechnerisch",
        "fachtechnisch": "fachtechnisch",
        "anordnung": "anordnung",
        "mitzeichnung": "mitzeichnung",
        "freigabe": "freigabe",
    },
)
PRESETS: Final = {preset.name: preset for preset in (NRW, STRICT)}


# Built once: building a statement costs more than running it.
_POWERS: Final = (
    sa.select(person.c.id, person.c.name)
    .join(power, sa.and_(power.c.tenant == person.c.tenant, power.c.person == person.c.id))
    .where(
        person.c.tenant == sa.bindparam("of_tenant"),
        person.c.is_active,
        power.c.duty == sa.bindparam("of_duty"),
        power.c.valid_from <= sa.bindparam("at"),
        sa.or_(power.c.valid_until.is_(None), power.c.valid_until > sa.bindparam("at")),
        sa.or_(power.c.unit.is_(None), power.c.unit == sa.bindparam("of_unit")),
    )
)
_POWERS_UP_TO: Final = _POWERS.where(
    sa.or_(power.c.limit_.is_(None), power.c.limit_ >= sa.bindparam("amount"))
)
_PERSON: Final = sa.select(person).where(
    person.c.tenant == sa.bindparam("of_tenant"), person.c.id == sa.bindparam("of_person")
)
_GROUPS: Final = sa.select(membership.c.group_).where(
    membership.c.tenant == sa.bindparam("of_tenant"),
    membership.c.person == sa.bindparam("of_person"),
)
_REPRESENTED: Final = (
    sa.select(person.c.id, person.c.name)
    .join(deputy, sa.and_(deputy.c.tenant == person.c.tenant, deputy.c.represents == person.c.id))
    .where(
        deputy.c.tenant == sa.bindparam("of_tenant"),
        deputy.c.person == sa.bindparam("of_person"),
        deputy.c.valid_from <= sa.bindparam("at"),
        sa.or_(deputy.c.valid_until.is_(None), deputy.c.valid_until > sa.bindparam("at")),
    )
    .order_by(person.c.name)
)


def preset(connection: sa.Connection, tenant: str) -> Preset:
    """Return the tenant's rule about combining duties."""
    rules = settings.load(connection, tenant)
    found = PRESETS[rules.duty_preset]
    if not rules.capture_may_certify:
        return found
    return replace(found, sides={**found.sides, CAPTURE: found.sides["sachlich"]})


def powers(
    connection: sa.Connection,
    tenant: str,
    duty: str,
    *,
    amount: Decimal | None,
    unit: str | None,
    at: datetime,
) -> dict[str, str]:
    """Return who may sign the duty for this amount and unit at that moment: person -> name."""
    which = {"of_tenant": tenant, "of_duty": duty, "of_unit": unit, "at": at}
    if amount is None:
        rows = connection.execute(_POWERS, which)
    else:
        rows = connection.execute(_POWERS_UP_TO, {**which, "amount": amount})
    return {row.id: row.name for row in rows}


def refusal(
    connection: sa.Connection,
    tenant: str,
    person_id: str,
    duty: str,
    *,
    amount: Decimal | None,
    unit: str | None,
    at: datetime,
) -> str | None:
    """Return why the person may not sign the duty, None if it may."""
    if person_id in powers(connection, tenant, duty, amount=amount, unit=unit, at=at):
        return None
    if person_id in powers(connection, tenant, duty, amount=None, unit=unit, at=at) and amount:
        return f"Ihre Befugnis „{duty.capitalize()}“ reicht nicht bis {Money(amount).german()}."
    return f"Sie haben keine Befugnis „{duty.capitalize()}“."


def name_of(connection: sa.Connection, tenant: str, person_id: str) -> str:
    """Return the name of a person, its id if the person is unknown."""
    row = connection.execute(_PERSON, {"of_tenant": tenant, "of_person": person_id}).one_or_none()
    return row.name if row is not None and row.name else person_id


def actor(
    connection: sa.Connection,
    tenant: str,
    person_id: str,
    *,
    at: datetime,
    deputy_for: str | None = None,
    rights: frozenset[Right] = frozenset({Right.WORK}),
) -> Actor:
    """Return the person as an actor, with its groups and, as a deputy, those represented.

    Raises NotFoundError for unknown or inactive persons and for a deputy without power.
    """
    row = connection.execute(_PERSON, {"of_tenant": tenant, "of_person": person_id}).one_or_none()
    if row is None or not row.is_active:
        raise NotFoundError(f"Die Person „{person_id}“ gibt es nicht oder sie ist nicht aktiv.")
    groups = _groups(connection, tenant, person_id)
    if deputy_for is not None:
        _check_deputy(connection, tenant, person_id, deputy_for, at)
        groups |= _groups(connection, tenant, deputy_for)
    return Actor(
        tenant=tenant,
        person=person_id,
        name=row.name,
        groups=frozenset(groups),
        rights=rights,
        deputy_for=deputy_for,
    )


def _groups(connection: sa.Connection, tenant: str, person_id: str) -> set[str]:
    which = {"of_tenant": tenant, "of_person": person_id}
    return set(connection.execute(_GROUPS, which).scalars())


def _check_deputy(
    connection: sa.Connection, tenant: str, person_id: str, represents: str, at: datetime
) -> None:
    if represents not in represented(connection, tenant, person_id, at=at):
        raise NotFoundError("Für diese Vertretung gibt es heute keine gültige Regelung.")


def represented(
    connection: sa.Connection, tenant: str, person_id: str, *, at: datetime
) -> dict[str, str]:
    """Return whom the person may represent at that moment: person -> name."""
    which = {"of_tenant": tenant, "of_person": person_id, "at": at}
    rows = connection.execute(_REPRESENTED, which)
    return {row.id: row.name for row in rows}
