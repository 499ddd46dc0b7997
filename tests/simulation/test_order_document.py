"""The Anordnung as a document: made once a revision, handed over, never without a reason."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from pypdf import PdfReader
from tests.simulation.conftest import NewWorld
from tests.simulation.world import OPERATOR, TENANT, World, answers, sample

from laufzettel.engine.execution.pending import Pending
from laufzettel.engine.handler import Inline, Work
from laufzettel.engine.tables import duty_signature
from laufzettel.handlers.order.deliver import ForeignDocumentError
from laufzettel.handlers.order.paper import NotIssuedError
from laufzettel.pdf import (
    Attachment,
    PdfTimeoutError,
    PdfUnavailableError,
    Printer,
    ProcessPrinter,
)
from laufzettel.records.tables import cash_order, document, invoice

NAME = "auszahlungsanordnung-A-2026-000001-{}.pdf"


class Recording:
    """Prints quickly and keeps what it was given; ``errors`` are raised first."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.pages: list[str] = []
        self.enclosed: list[tuple[str, bytes]] = []

    def print(self, html: str, css: str, attachments: Sequence[Attachment] = ()) -> bytes:
        if self.errors:
            raise self.errors.pop(0)
        self.pages.append(html)
        self.enclosed += [(one.name, one.data) for one in attachments]
        return f"%PDF-1.7 {len(self.pages)}".encode()


def with_printer(world: World, printer: Any) -> World:
    services: Any = world.app.handlers.services
    services.add(Printer, printer)
    return world


def ordered(world: World, name: str = "SMALL") -> str:
    """Have an invoice signed to the last signature; return its id."""
    invoice_id = world.deliver(f"{name}.xml", sample(name))
    world.work()
    for element in ("certify", "order", "countersign"):
        for task in world.tasks(element):
            part = answers(task)
            assert part is not None
            world.complete(part[0], task, part[1])
    return invoice_id


def documents(world: World) -> list[tuple[Any, ...]]:
    """Return sha256 and name of every order's document, the first revision first."""
    return world.rows(
        sa.select(document.c.sha256, document.c.file_name)
        .where(document.c.kind == "order")
        .order_by(document.c.file_name)
    )


def handed_over(world: World) -> list[tuple[str, ...]]:
    """Return the documents of every order that the HKR got."""
    ledger = world.app.ledgers.of(TENANT)
    folder = world.app.ledgers.root(TENANT)
    batches = sorted([*folder.glob("an/*.jsonl"), *folder.glob("archiv/uebergabe-*.jsonl")])
    assert ledger.last_number() == len(batches)
    lines = [line for path in batches for line in path.read_text("utf-8").splitlines()]
    orders = [json.loads(line) for line in lines if '"record":"order"' in line]
    return [tuple(order["documents"]) for order in orders]


def original_of(world: World, invoice_id: str) -> str:
    ((sha256,),) = world.rows(sa.select(invoice.c.sha256).where(invoice.c.id == invoice_id))
    return str(sha256)


def call(world: World, invoice_id: str) -> dict[str, Any]:
    """Run the handler once more, outside of any case's step."""
    ((order_id,),) = world.rows(
        sa.select(cash_order.c.id).where(cash_order.c.invoice_id == invoice_id)
    )
    (view,) = world.app.engine.cases(OPERATOR, f"invoice:{invoice_id}")
    step = Work(
        tenant=TENANT,
        case_id=view.id,
        business_key=f"invoice:{invoice_id}",
        element="document_order",
        now=world.clock.now(),
        services=world.app.handlers.services,
        records=Pending(TENANT, None),
        attempt=2,
        read=world.app.db.read,
    )
    result = dict(world.app.handlers.function("order.document").call(step, order_id=order_id))
    with world.app.db.write() as connection:
        for write in step.records.writes:
            write(connection)
    return result


def test_the_document_says_who_signed_and_holds_the_original(new_world: NewWorld) -> None:
    printer = Recording()
    world = with_printer(new_world(), printer)

    invoice_id = ordered(world, "GOOD")
    world.work()

    (page,) = printer.pages
    for text in (
        "Auszahlungsanordnung A-2026-000001, Fassung 1",
        "18.432,60 €",
        "DE89 3704 0044 0532 0130 00",
        "Sachlich und rechnerisch richtig",
        "M. Yılmaz",
        "K. Brandt",
        "T. Reineke",
        original_of(world, invoice_id),
    ):
        assert text in page
    assert printer.enclosed == [("rechnung.xml", sample("GOOD"))]
    ((sha256, name),) = documents(world)
    assert name == NAME.format(1)
    assert world.app.store.get(sha256, tenant=TENANT) == b"%PDF-1.7 1"


def test_the_handover_names_the_document_after_the_original(new_sqlite: NewWorld) -> None:
    world = new_sqlite()
    invoice_id = ordered(world)
    world.finish()

    ((sha256, _),) = documents(world)
    assert handed_over(world) == [(original_of(world, invoice_id), sha256)]
    assert world.breaches() == []


def test_each_revision_has_its_own_document_and_the_handover_names_that(
    new_sqlite: NewWorld,
) -> None:
    world = new_sqlite()
    invoice_id = ordered(world, "RETURNED")  # its account is closed, the HKR sends it back
    world.finish()

    (first, name_1), (second, name_2) = documents(world)
    assert (name_1, name_2) == (NAME.format(1), NAME.format(2))
    original = original_of(world, invoice_id)
    assert handed_over(world) == [(original, first), (original, second)]


def test_once_more_keeps_the_document_that_is_there(new_sqlite: NewWorld) -> None:
    printer = Recording()
    world = with_printer(new_sqlite(), printer)
    invoice_id = ordered(world)
    world.work()
    before = documents(world)

    result = call(world, invoice_id)

    assert result == {"order_document": before[0][0]}
    assert documents(world) == before
    assert len(printer.pages) == 1


def test_a_missing_library_is_an_incident_with_the_line_that_installs_it(
    new_world: NewWorld,
) -> None:
    world = with_printer(new_world(), Recording(PdfUnavailableError()))
    ordered(world)
    world.work()

    (incident,) = world.app.engine.incidents(OPERATOR)
    assert incident.element == "document_order"
    assert "apt-get install libpango-1.0-0" in incident.cause
    assert not world.handovers.count()
    assert world.breaches() == []

    world.app.engine.retry(OPERATOR, incident.id)
    world.finish()
    assert len(handed_over(world)) == 1


def test_a_machine_that_was_too_slow_tries_again_by_itself(new_sqlite: NewWorld) -> None:
    world = with_printer(new_sqlite(), Recording(PdfTimeoutError(), PdfTimeoutError()))
    ordered(world)

    world.finish()

    assert world.app.engine.incidents(OPERATOR) == []
    assert len(handed_over(world)) == 1


def test_a_deputy_is_printed_as_one(new_sqlite: NewWorld) -> None:
    printer = Recording()
    world = with_printer(new_sqlite(), printer)
    ordered(world)
    with world.app.db.write() as connection:
        connection.execute(
            sa.update(duty_signature)
            .where(duty_signature.c.duty == "anordnung")
            .values(deputy_for="lohmann")
        )
    world.work()

    assert 'K. Brandt <span class="deputy">i. V. für P. Lohmann</span>' in printer.pages[0]


def test_a_draft_is_not_printed(new_sqlite: NewWorld) -> None:
    world = new_sqlite()
    invoice_id = world.deliver("klein.xml", sample("SMALL"))
    world.work()
    world.act()  # certified, the order is a draft

    with pytest.raises(NotIssuedError):
        call(world, invoice_id)


@pytest.mark.parametrize("which", ["the original", "an earlier revision"])
def test_another_document_than_that_of_the_revision_is_not_handed_over(
    new_sqlite: NewWorld, which: str
) -> None:
    world = new_sqlite()
    invoice_id = ordered(world)
    world.work()
    ((order_id,),) = world.rows(sa.select(cash_order.c.id))
    sha256 = original_of(world, invoice_id)
    if which == "an earlier revision":
        ((sha256, _),) = documents(world)
        with world.app.db.write() as connection:
            connection.execute(sa.update(cash_order).values(revision=2))

    with world.app.db.read() as connection:
        step = Inline(
            tenant=TENANT,
            case_id="",
            business_key=f"invoice:{invoice_id}",
            element="deliver",
            now=world.clock.now(),
            services=world.app.handlers.services,
            records=Pending(TENANT, connection),
            connection=connection,
            actor=replace(OPERATOR),
        )
        effect = world.app.handlers.effect("ledger.deliver")
        effect.prepare(step, order_id=order_id, order_document=sha256)

    with pytest.raises(ForeignDocumentError), world.app.db.write() as connection:
        for write in step.records.writes:
            write(connection)


def test_a_case_of_a_model_without_the_document_is_handed_over_as_before(
    new_sqlite: NewWorld,
) -> None:
    """An order from before there was a document names the original alone."""
    world = new_sqlite()
    invoice_id = ordered(world)
    world.work()
    ((order_id,),) = world.rows(sa.select(cash_order.c.id))
    with world.app.db.read() as connection:
        step = Inline(
            tenant=TENANT,
            case_id="",
            business_key=f"invoice:{invoice_id}",
            element="deliver",
            now=world.clock.now(),
            services=world.app.handlers.services,
            records=Pending(TENANT, connection),
            connection=connection,
            actor=OPERATOR,
        )
        effect = world.app.handlers.effect("ledger.deliver")
        _, payload = effect.prepare(step, order_id=order_id)

    assert payload["documents"] == [original_of(world, invoice_id)]


def test_the_real_document_is_one_page_of_pdf_a_with_the_invoice_in_it(
    new_sqlite: NewWorld,
) -> None:
    world = with_printer(new_sqlite(), ProcessPrinter())
    ordered(world, "GOOD")
    world.work()
    if incidents := world.app.engine.incidents(OPERATOR):
        pytest.skip(incidents[0].cause)

    ((sha256, _),) = documents(world)
    reader = PdfReader(BytesIO(world.app.store.get(sha256, tenant=TENANT)))
    catalog: Any = reader.root_object
    metadata = catalog["/Metadata"].get_data().decode()
    assert 'pdfaid:part="3" pdfaid:conformance="B"' in metadata
    assert "Auszahlungsanordnung A-2026-000001, Fassung 1" in metadata
    assert catalog["/Lang"] == "de"
    assert reader.attachments == {"rechnung.xml": [sample("GOOD")]}
    assert len(reader.pages) == 1
    text = reader.pages[0].extract_text()
    assert "18.432,60 €" in text and "Sachlich und rechnerisch richtig" in text
