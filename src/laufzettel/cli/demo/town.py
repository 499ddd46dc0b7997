"""Musterstadt: a fictitious Kommune with ten people, their groups, powers and accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.app import App
from laufzettel.engine.model.sources import load_folder
from laufzettel.identity import SHARED, Actor, Right
from laufzettel.ids import new_id
from laufzettel.money import Money
from laufzettel.records.tables import account, deputy, membership, person, power, tenant

TENANT: Final = "musterstadt"
SETTINGS: Final = {
    "second_signature_above": "10000.00",
    "duty_preset": "nrw",
    "routing": {
        "BAU": "bauamt",
        "31001": "bauamt",
        "60000": "bauamt",
        "40000": "schulamt",
        "51000": "jugendamt",
        "": "bauamt",
    },
    "payment_runs": ["di 11:00", "do 11:00"],
    "bank_days": 1,
    "days_per_signature": 1,
    "ledger_format": 2,
    "confidential_units": ["jugendamt"],
    "group_names": {
        "bauamt": "Bauamt",
        "schulamt": "Schulamt",
        "jugendamt": "Jugendamt",
        "anordnung": "Anordnungsbefugte",
        "mitzeichnung": "Mitzeichnung",
        "geschaeftsbuchhaltung": "Geschäftsbuchhaltung",
        "stadtkasse": "Stadtkasse",
        "poststelle": "Poststelle",
    },
}
_SINCE: Final = datetime(2026, 1, 1, tzinfo=UTC)
_DOCUMENT: Final = "Dienstanweisung Musterstadt vom 01.01.2026 (erfunden)"
#: Who represents whom, from the founding on.
DEPUTY: Final = ("yilmaz", "brandt", timedelta(days=14))
_DEPUTY_DOCUMENT: Final = "Vertretungsregelung Bauamt (erfunden)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """A person of the town: groups that offer tasks, powers with their limits, and rights."""

    id: str
    name: str
    office: str
    groups: tuple[str, ...] = ()
    powers: tuple[tuple[str, str | None], ...] = ()  # (duty, limit or None)
    units: tuple[str, ...] = ()  # to which the powers are limited; none: for every unit
    rights: tuple[Right, ...] = (Right.WORK,)


PEOPLE: Final = (
    Resident(
        id="yilmaz",
        name="M. Yılmaz",
        office="Bauamt, Sachbearbeitung",
        groups=("bauamt", "anordnung"),
        powers=(("sachlich", None), ("rechnerisch", None), ("anordnung", "5000.00")),
    ),
    Resident(
        id="brandt",
        name="K. Brandt",
        office="Bauamt, Sachgebietsleitung Tiefbau",
        groups=("bauamt", "anordnung"),
        powers=(("sachlich", None), ("rechnerisch", None), ("anordnung", "25000.00")),
    ),
    Resident(
        id="reineke",
        name="T. Reineke",
        office="Bauamt, Amtsleitung",
        groups=("anordnung", "mitzeichnung"),
        powers=(("anordnung", "50000.00"), ("mitzeichnung", "100000.00")),
    ),
    Resident(
        id="lohmann",
        name="P. Lohmann",
        office="Kämmerin",
        groups=("anordnung", "mitzeichnung"),
        powers=(("anordnung", None), ("mitzeichnung", None)),
        rights=(Right.WORK, Right.DEPLOY),  # the second person for rules and models
    ),
    Resident(
        id="damm",
        name="D. Damm",
        office="Amt für Jugend und Schule, Sachbearbeitung",
        groups=("jugendamt", "schulamt"),
        powers=(("sachlich", None), ("rechnerisch", None)),
        units=("jugendamt", "schulamt"),
    ),
    Resident(
        id="okafor",
        name="S. Okafor",
        office="Geschäftsbuchhaltung",
        groups=("geschaeftsbuchhaltung",),
        rights=(Right.WORK, Right.OPERATE),
    ),
    Resident(
        id="wiebusch",
        name="J. Wiebusch",
        office="Stadtkasse",
        groups=("stadtkasse",),
        rights=(Right.WORK, Right.OPERATE),
    ),
    Resident(
        id="vogt",
        name="A. Vogt",
        office="Rechnungsprüfung",
        powers=(("visa", None),),
        rights=(Right.READ,),
    ),
    Resident(
        id="kranz",
        name="R. Kranz",
        office="Poststelle",
        groups=("poststelle",),
        powers=(("erfassung", None),),
        rights=(Right.WORK, Right.START),
    ),
    Resident(
        id="sommer",
        name="N. Sommer",
        office="Rechenzentrum, Betrieb",
        rights=(Right.OPERATE, Right.DEPLOY, Right.READ),
    ),
)


def found(app: App) -> None:
    """Create the town, its HKR channel and its models; again only adds what is missing."""
    with app.db.write() as connection:
        now = app.db.now(connection)
        _settle(connection, now)
        for resident in PEOPLE:
            _settle_resident(connection, resident)
        _settle_deputy(connection, now)
    app.ledgers.create(TENANT)
    deploy(app)


def deploy(app: App) -> None:
    """Deploy every process that comes with the program, for all tenants."""
    operator = Actor(tenant=TENANT, name="Betrieb", rights=frozenset({Right.DEPLOY}))
    for folder in processes():
        app.engine.deploy(operator, load_folder(folder), tenant=SHARED)


def processes() -> list[Path]:
    """Return the folders of the processes that come with the program."""
    import laufzettel.bpmn

    root = Path(laufzettel.bpmn.__file__).parent
    return sorted(path.parent for path in root.glob("*/model.bpmn"))


def _settle(connection: sa.Connection, now: datetime) -> None:
    """Create the tenant; a town of an earlier version gets the settings it does not have."""
    stored = connection.execute(
        sa.select(tenant.c.settings).where(tenant.c.id == TENANT)
    ).scalar_one_or_none()
    if stored is None:
        values = {"name": "Musterstadt (erfunden)", "settings": SETTINGS, "created_at": now}
        connection.execute(sa.insert(tenant).values(id=TENANT, **values))
    else:
        connection.execute(
            sa.update(tenant).where(tenant.c.id == TENANT).values(settings=_completed(stored))
        )


def _completed(stored: Mapping[str, Any]) -> dict[str, Any]:
    routing = {**SETTINGS["routing"], **stored.get("routing", {})}  # type: ignore[dict-item]
    return {**SETTINGS, **stored, "routing": routing}


def _settle_resident(connection: sa.Connection, resident: Resident) -> None:
    """Create the person with groups, powers and account, each where it is missing."""
    is_new = _add(
        connection, person, {"id": resident.id}, {"name": resident.name, "office": resident.office}
    )
    rights = [right.value for right in resident.rights]
    _add(connection, account, {"login": resident.id}, {"person": resident.id, "rights": rights})
    for group in resident.groups:
        _add(connection, membership, {"group_": group, "person": resident.id}, {})
    if is_new:
        given = {"document": _DOCUMENT, "granted_by": "lohmann", "valid_from": _SINCE}
        for row in power_rows(resident):
            connection.execute(sa.insert(power).values(**row, **given))


def power_rows(resident: Resident) -> list[dict[str, Any]]:
    """Return the rows of the resident's powers, one a duty and unit, without their document."""
    return [
        {
            "id": new_id(),
            "tenant": TENANT,
            "person": resident.id,
            "duty": duty,
            "limit_": None if limit is None else Money.parse(limit).amount,
            "unit": unit,
        }
        for duty, limit in resident.powers
        for unit in resident.units or (None,)
    ]


def _settle_deputy(connection: sa.Connection, now: datetime) -> None:
    who, represents, term = DEPUTY
    key = {"person": who, "represents": represents}
    more = {
        "id": new_id(),
        "document": _DEPUTY_DOCUMENT,
        "valid_from": now,
        "valid_until": now + term,
    }
    _add(connection, deputy, key, more)


def _add(
    connection: sa.Connection, table: sa.Table, key: Mapping[str, Any], more: Mapping[str, Any]
) -> bool:
    """Insert the row unless the town has one with this key; return whether it was new."""
    where = [table.c.tenant == TENANT, *(table.c[name] == value for name, value in key.items())]
    if connection.execute(sa.select(sa.literal(1)).select_from(table).where(*where)).first():
        return False
    connection.execute(sa.insert(table).values(tenant=TENANT, **key, **more))
    return True
