"""The remarks of an invoice that come from its history."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import sqlalchemy as sa
from tests.handlers.conftest import Written
from tests.simulation.world import CERTIFY, TENANT, World

from laufzettel.engine.execution.pending import Pending
from laufzettel.engine.handler import Inline, Services
from laufzettel.handlers.invoice.remarks import remarks_of
from laufzettel.identity import system
from laufzettel.records import settings
from laufzettel.records.tables import invoice

NEW_ACCOUNT = "DE09000000000000000001"


def remarks(town: World, number: str, *, is_duplicate: bool = False) -> str:
    """Return what lists would remark about the invoice of that number."""
    with town.app.db.read() as connection:
        step = Inline(
            tenant=TENANT,
            case_id="",
            business_key="",
            element="route",
            now=town.clock.now(),
            services=Services(),
            records=Pending(TENANT, connection),
            connection=connection,
            actor=system(TENANT),
        )
        row = connection.execute(sa.select(invoice).where(invoice.c.number == number)).mappings()
        rules = settings.load(connection, TENANT)
        return remarks_of(step, dict(row.one()), rules, is_duplicate=is_duplicate)


def deliver(town: World, data: bytes) -> None:
    town.deliver("rechnung.xml", data)
    town.work()


def account(generator: ModuleType, iban: str) -> dict[str, object]:
    return {"seller": replace(generator.samples.GOOD.seller, iban=iban)}


def test_the_first_invoice_of_a_seller_has_changed_nothing(town: World, written: Written) -> None:
    deliver(town, written(number="TB-1", net="100.00"))

    assert remarks(town, "TB-1") == ""


def test_another_account_than_that_of_the_last_order_is_remarked(
    town: World, written: Written, generator: ModuleType
) -> None:
    """Also when the forged account comes a second time."""
    deliver(town, written(number="TB-1", net="100.00"))
    (task,) = town.tasks("certify")
    town.complete("yilmaz", task, CERTIFY)
    (task,) = town.tasks("order")
    town.complete("brandt", task, {"decision": "anordnen"})
    for number in ("TB-2", "TB-3"):
        deliver(town, written(number=number, net="200.00", **account(generator, NEW_ACCOUNT)))
    deliver(town, written(number="TB-4", net="300.00"))

    assert [remarks(town, f"TB-{n}") for n in (2, 3, 4)] == ["bank_changed", "bank_changed", ""]


def test_without_an_order_any_other_account_is_remarked(
    town: World, written: Written, generator: ModuleType
) -> None:
    deliver(town, written(number="TB-1", net="100.00"))
    deliver(town, written(number="TB-2", net="200.00", **account(generator, NEW_ACCOUNT)))

    assert remarks(town, "TB-2") == "bank_changed"


def test_a_seller_without_vat_id_is_known_by_its_name(
    town: World, written: Written, generator: ModuleType
) -> None:
    seller = generator.samples.GOOD.seller
    deliver(town, written(number="TB-1", net="100.00", seller=replace(seller, vat_id="")))
    other = replace(seller, vat_id="", name="Tiefbau Anders", iban=NEW_ACCOUNT)
    deliver(town, written(number="TB-2", net="200.00", seller=other))
    same = replace(seller, vat_id="", iban=NEW_ACCOUNT)
    deliver(town, written(number="TB-3", net="300.00", seller=same))

    # The finding is the tax number that § 14 UStG wants.
    expected = ["finding=1", "finding=1", "bank_changed,finding=1"]
    assert [remarks(town, f"TB-{n}") for n in (1, 2, 3)] == expected


def test_a_refused_invoice_says_nothing_about_accounts(
    town: World, written: Written, generator: ModuleType
) -> None:
    deliver(town, written(number="RE-26-4712", net="5.00", **account(generator, NEW_ACCOUNT)))
    deliver(town, written(number="TB-2", net="200.00"))

    assert remarks(town, "TB-2") == ""


def test_what_the_file_says_comes_along(town: World, written: Written) -> None:
    terms = {"buyer_reference": "059990000000-51000-87", "type_code": "326"}  # wrong digits
    deliver(town, written(number="AZ-1", net="100.00", **terms))

    assert remarks(town, "AZ-1") == "finding=1,interim,confidential"
    assert remarks(town, "AZ-1", is_duplicate=True) == "duplicate,finding=1,interim,confidential"
