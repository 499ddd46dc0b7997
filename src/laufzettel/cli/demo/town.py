"""Musterstadt: a fictitious Kommune with eight people, their groups and powers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from laufzettel.compose import App
from laufzettel.engine.model.sources import load_folder
from laufzettel.identity import SHARED, Actor, Right
from laufzettel.ids import new_id
from laufzettel.money import Money
from laufzettel.records.tables import membership, person, power, tenant

TENANT: Final = "musterstadt"
SETTINGS: Final = {
    "second_signature_above": "10000.00",
    "duty_preset": "nrw",
    "routing": {"BAU": "bauamt", "31001": "bauamt", "": "bauamt"},
}
_SINCE: Final = datetime(2026, 1, 1, tzinfo=UTC)
_DOCUMENT: Final = "Dienstanweisung Musterstadt vom 01.01.2026 (erfunden)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """A person of the town: groups that offer tasks, powers with their limits."""

    id: str
    name: str
    office: str
    groups: tuple[str, ...] = ()
    powers: tuple[tuple[str, str | None], ...] = ()  # (duty, limit or None)


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
        powers=(("anordnung", "50000.00"), ("mitzeichnung", "50000.00")),
    ),
    Resident(
        id="lohmann",
        name="P. Lohmann",
        office="Kämmerin",
        groups=("anordnung", "mitzeichnung"),
        powers=(("anordnung", None), ("mitzeichnung", None)),
    ),
    Resident(
        id="okafor",
        name="S. Okafor",
        office="Geschäftsbuchhaltung",
        groups=("geschaeftsbuchhaltung",),
    ),
    Resident(id="wiebusch", name="J. Wiebusch", office="Stadtkasse", groups=("stadtkasse",)),
    Resident(id="vogt", name="A. Vogt", office="Rechnungsprüfung", powers=(("visa", None),)),
    Resident(id="kranz", name="R. Kranz", office="Poststelle", groups=("poststelle",)),
)


def found(app: App) -> None:
    """Create the town, its HKR channel and its models; again changes nothing."""
    with app.db.write() as connection:
        exists = connection.execute(sa.select(tenant.c.id).where(tenant.c.id == TENANT)).first()
        if exists is None:
            _insert(connection, app.db.now(connection))
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


def _insert(connection: sa.Connection, now: datetime) -> None:
    connection.execute(
        sa.insert(tenant).values(
            id=TENANT, name="Musterstadt (erfunden)", settings=SETTINGS, created_at=now
        )
    )
    for resident in PEOPLE:
        connection.execute(
            sa.insert(person).values(
                tenant=TENANT, id=resident.id, name=resident.name, office=resident.office
            )
        )
        for group in resident.groups:
            connection.execute(
                sa.insert(membership).values(tenant=TENANT, group_=group, person=resident.id)
            )
        for duty, limit in resident.powers:
            connection.execute(
                sa.insert(power).values(
                    id=new_id(),
                    tenant=TENANT,
                    person=resident.id,
                    duty=duty,
                    limit_=None if limit is None else Money.parse(limit).amount,
                    document=_DOCUMENT,
                    granted_by="lohmann",
                    valid_from=_SINCE,
                )
            )
