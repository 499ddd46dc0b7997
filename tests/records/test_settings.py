"""The calendar and the confidential units of a tenant, as data with defaults."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

import pytest
import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.errors import InputError
from laufzettel.records import settings
from laufzettel.records.deadline import DEFAULT_CALENDAR, PaymentCalendar, PaymentRun
from laufzettel.records.settings import TenantSettings
from laufzettel.records.tables import tenant


def loaded(url: str, stored: Mapping[str, Any]) -> TenantSettings:
    """Return the settings of a tenant that stored these."""
    database = Database(url)
    row = {"id": "musterstadt", "name": "Musterstadt", "settings": dict(stored)}
    try:
        with database.write() as connection:
            created = datetime(2026, 11, 23, tzinfo=UTC)
            connection.execute(sa.insert(tenant).values(**row, created_at=created))
            return settings.load(connection, "musterstadt")
    finally:
        database.close()


def test_a_tenant_that_decided_nothing_pays_on_tuesday_and_thursday(migrated_url: str) -> None:
    found = loaded(migrated_url, {})

    assert found.calendar == DEFAULT_CALENDAR
    assert found.confidential_units == frozenset()


def test_a_tenant_decides_for_itself(migrated_url: str) -> None:
    found = loaded(
        migrated_url,
        {
            "payment_runs": ["mo 09:30", "fr 14:00"],
            "payment_run_lead_minutes": 30,
            "bank_days": 2,
            "days_per_signature": 0,
            "routing": {"JUG": "jugendamt", "": "poststelle"},
            "confidential_units": ["jugendamt"],
        },
    )

    assert found.calendar == PaymentCalendar(
        runs=(PaymentRun(weekday=0, at=time(9, 30)), PaymentRun(weekday=4, at=time(14))),
        lead_minutes=30,
        bank_days=2,
        days_per_signature=0,
    )
    assert found.is_confidential("05999-JUG-12")
    assert not found.is_confidential("05999-BAU-12")


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        ({"payment_runs": []}, "mindestens einem Zahllauf"),
        ({"payment_runs": "di 11:00"}, "Erwartet wird eine Liste"),
        ({"payment_runs": ["sa 11:00"]}, "„sa 11:00“ ist kein Zahllauf"),
        ({"payment_runs": ["di 25:00"]}, "von „mo“ bis „fr“"),
        ({"payment_runs": [11]}, "„11“ ist kein Zahllauf"),
        ({"bank_days": -1}, "„bank_days“: „-1“ geht nicht; erwartet wird eine ganze Zahl von 0 "),
        ({"bank_days": True}, "„True“ geht nicht"),
        ({"days_per_signature": "1"}, "„days_per_signature“"),
        ({"days_per_signature": 11}, "von 0 bis 10"),
        ({"payment_run_lead_minutes": 1441}, "von 0 bis 1440"),
        ({"confidential_units": "jugendamt"}, "eine Liste von Stellen"),
        ({"duplicate_ask_from": 20}, "„duplicate_ask_from“: „20“ geht nicht; .* von 40 bis 100"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_in_german(
    migrated_sqlite_url: str, stored: Mapping[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        loaded(migrated_sqlite_url, stored)
