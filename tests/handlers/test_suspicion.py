"""An invoice that nearly repeats another waits for a person; what belongs together does not."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import pytest
import sqlalchemy as sa
from tests.handlers.conftest import Written
from tests.simulation.world import TENANT, World

from laufzettel.records.heads import history
from laufzettel.records.heads.history_csv import read
from laufzettel.records.heads.tables import duplicate_suspect, invoice_head
from laufzettel.records.tables import tenant


def deliver(town: World, *files: bytes) -> None:
    for data in files:
        town.deliver("rechnung.xml", data)
        town.work()


def waiting(town: World) -> list[str]:
    return sorted(task.element for task in town.tasks())


def suspicions(town: World) -> list[tuple[int, list[str]]]:
    """Return points and evidence of every suspicion."""
    rows = town.rows(sa.select(duplicate_suspect.c.points, duplicate_suspect.c.grounds))
    return [(points, [finding for _part, finding in grounds]) for points, grounds in rows]


def test_a_retyped_number_makes_a_person_look(town: World, written: Written) -> None:
    deliver(
        town,
        written(number="TB-2026-01187", net="100.00"),
        written(number="TB 1187", net="100.00"),
    )

    assert waiting(town) == ["certify", "check_duplicate"]
    assert suspicions(town) == [
        (
            100,
            [
                "same_vat_id",
                "retyped_number",
                "same_gross",
                "same_date",
                "same_order",
            ],
        )
    ]


def test_the_twin_in_another_syntax_is_known_by_its_content(
    town: World, generator: ModuleType
) -> None:
    sample = generator.samples.GOOD
    deliver(town, generator.as_ubl(sample), generator.as_cii(sample))

    assert waiting(town) == ["certify", "check_duplicate"]
    ((points, evidence),) = suspicions(town)
    assert (points, evidence[0]) == (100, "same_content")


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # WeasyPrint's profile
def test_the_xml_twin_of_a_pdf_is_known_by_its_content(town: World, generator: ModuleType) -> None:
    """The PDF by mail, its data once more by the portal: the same claim."""
    folder = town.folder / "samples"
    pdf = generator.write_samples(folder)["zugferd.pdf"].read_bytes()

    deliver(town, pdf, generator.as_ubl(generator.samples.LICENCE))

    assert waiting(town) == ["certify", "check_duplicate"]
    ((points, evidence),) = suspicions(town)
    assert (points, evidence[0]) == (100, "same_content")


def test_the_next_invoice_of_a_seller_goes_its_way(town: World, written: Written) -> None:
    deliver(town, written(number="TB-1187", net="100.00"), written(number="TB-1188", net="100.00"))

    assert waiting(town) == ["certify", "certify"]
    assert suspicions(town) == []


def test_a_tenant_that_wants_certainty_is_asked_less(town: World, written: Written) -> None:
    with town.app.db.write() as connection:
        kept = connection.execute(sa.select(tenant.c.settings)).scalar_one()
        strict = {**kept, "duplicate_ask_from": 90}
        connection.execute(sa.update(tenant).values(settings=strict))
    deliver(town, written(number="TB-1187", net="100.00"), written(number="TB-1187", net="101.00"))

    assert waiting(town) == ["certify", "certify"]


def test_an_invoice_of_the_old_system_is_not_paid_again(
    town: World, written: Written, generator: ModuleType
) -> None:
    sample = generator.samples.GOOD
    heading = "Rechnungsnummer;Lieferant;Rechnungsdatum;Bruttobetrag"
    line = f"2026/1187;Tiefbau Bergmann;{sample.issued:%d.%m.%Y};119,00"
    rows = history.keyed(TENANT, read(f"{heading}\n{line}".encode()).rows, "import")
    with town.app.db.write() as connection:
        history.add(connection, rows)
        history.add(connection, rows)  # once more: nothing twice

    deliver(town, written(number="1187", net="100.00"))

    assert waiting(town) == ["check_duplicate"]
    assert suspicions(town) == [(100, ["alike_name", "retyped_number", "same_gross", "same_date"])]


def test_the_head_is_kept_in_keys(town: World, written: Written, generator: ModuleType) -> None:
    seller = replace(generator.samples.GOOD.seller, name="Müller Tiefbau GmbH & Co. KG")
    deliver(town, written(number="RE-2026-00417", net="100.00", seller=seller))

    ((name, number, import_id),) = town.rows(
        sa.select(invoice_head.c.name_key, invoice_head.c.number_key, invoice_head.c.import_id)
    )
    assert (name, number, import_id) == ("mueller tiefbau", "417", None)
