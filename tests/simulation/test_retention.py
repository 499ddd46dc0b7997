"""Deletion after the retention period: by two persons, protocolled, and the audit still verifies."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from tests.simulation.conftest import NewWorld
from tests.simulation.test_invariants import lively
from tests.simulation.world import OPERATOR, TENANT, World

from laufzettel.archive.deletion import Entry
from laufzettel.clock import VirtualClock
from laufzettel.documents.retention import DocumentKind
from laufzettel.engine.tables import audit_event, audit_text, case, effect, parcel
from laufzettel.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from laufzettel.failpoints import Crash
from laufzettel.identity import Actor, Right
from laufzettel.records.delivery import Delivery
from laufzettel.records.tables import cash_order, document, invoice

SELLER = "Musterbau"
RIGHTS = frozenset({Right.OPERATE, Right.READ})
YILMAZ = Actor(tenant=TENANT, person="yilmaz", rights=RIGHTS)
BRANDT = Actor(tenant=TENANT, person="brandt", rights=RIGHTS)
#: The good invoice is paid in 2026; its accounts were adopted in June 2027.
ADOPTED = date(2027, 6, 24)
LAST_DAY = datetime(2034, 12, 31, 12, tzinfo=UTC)
AFTER = datetime(2035, 1, 2, 12, tzinfo=UTC)


def later(world: World, at: datetime = AFTER, *, adopted: bool = True) -> World:
    """Let years pass; the council has adopted the accounts of 2026."""
    assert isinstance(world.clock, VirtualClock)
    world.clock.set(at)
    if adopted:
        world.app.retention.adopt(YILMAZ, 2026, ADOPTED, "Ratsbeschluss 2027/118")
    return world


def done(world: World) -> tuple[str, str, str]:
    """Return invoice id, receipt number and case of the one invoice that is paid."""
    query = sa.select(invoice.c.id, invoice.c.receipt_no, invoice.c.case_id).where(
        invoice.c.stage == "archived"
    )
    ((invoice_id, receipt_no, _),) = world.rows(query)
    (view,) = world.app.engine.cases(OPERATOR, f"invoice:{invoice_id}")
    return invoice_id, receipt_no, view.id


def files(world: World) -> set[str]:
    return {path.name for path in (world.folder / "documents").rglob("*") if path.is_file()}


def documents_of(world: World, invoice_id: str) -> set[str]:
    found = sa.select(document.c.sha256).where(document.c.invoice_id == invoice_id)
    return {sha256 for (sha256,) in world.rows(found)}


def test_what_is_over_goes_and_what_proves_stays(new_world: NewWorld) -> None:
    world = later(lively(new_world()))
    invoice_id, receipt_no, case_id = done(world)
    gone, before = documents_of(world, invoice_id), files(world)
    app = world.app

    run = app.deletion.propose(YILMAZ, "Aussonderung 2035")
    protocol = app.deletion.delete(BRANDT, run, "geprüft")

    assert protocol.entries == [
        Entry(
            receipt_no=receipt_no,
            closed_on=date(2026, 11, 23),
            retain_until=date(2034, 12, 31),
            rule="8 Jahre nach § 147 Abs. 3 AO i. d. F. BEG IV, BGBl. 2024 I Nr. 323, auch für "
            "noch laufende Fristen",
            status="erased",
            text="",
            documents=len(gone),
            at=AFTER,
        )
    ]
    assert (protocol.proposed_by, protocol.approved_by) == ("yilmaz", "brandt")
    assert len(gone) >= 2
    assert files(world) == before - gone
    assert documents_of(world, invoice_id) == set()
    view = app.engine.case(OPERATOR, case_id)
    assert (view.subject, view.party, view.status, view.end) == (
        "",
        "",
        "ended",
        "paid_and_archived",
    )
    assert world.breaches() == [], "the audit verifies and no promise is broken"
    told = app.engine.timeline(OPERATOR, case_id)
    assert told[-1].kind == "case.erased"
    texts = [text for one in told for text in one.texts.values()]
    assert texts
    assert set(texts) == {"(Inhalt am 02.01.2035 nach Frist gelöscht)"}


def test_no_name_of_the_erased_invoice_is_left_in_the_database(new_world: NewWorld) -> None:
    world = later(lively(new_world()))
    invoice_id, _, case_id = done(world)
    ((name, iban, number),) = world.rows(
        sa.select(invoice.c.payee_name, invoice.c.payee_iban, invoice.c.number).where(
            invoice.c.id == invoice_id
        )
    )
    app = world.app
    ((stage, gross),) = world.rows(
        sa.select(invoice.c.stage, invoice.c.gross).where(invoice.c.id == invoice_id)
    )

    app.deletion.delete(BRANDT, app.deletion.propose(YILMAZ, "Aussonderung"), "geprüft")

    assert name and iban and number
    row = world.rows(sa.select(invoice).where(invoice.c.id == invoice_id))[0]
    order = world.rows(sa.select(cash_order).where(cash_order.c.invoice_id == invoice_id))[0]
    result = world.rows(sa.select(case.c.result, case.c.state).where(case.c.id == case_id))[0]
    effects = world.rows(sa.select(effect.c.payload).where(effect.c.case_id == case_id))
    texts = world.rows(sa.select(audit_text.c.text).where(audit_text.c.stream == case_id))
    events = world.rows(sa.select(audit_event.c.data))
    left = repr([row, order, result, effects, texts, events])
    for secret in (name, iban, number):
        assert secret not in left, secret
    assert stage in repr(row)
    assert repr(gross) in repr(row)


def test_a_file_that_went_out_goes_with_the_last_of_its_orders(new_world: NewWorld) -> None:
    world = later(lively(new_world()))
    _, _, case_id = done(world)
    mine = sa.select(effect.c.parcel_id).where(effect.c.case_id == case_id)
    app = world.app

    app.deletion.delete(BRANDT, app.deletion.propose(YILMAZ, "Aussonderung"), "geprüft")

    sizes = dict(world.rows(sa.select(parcel.c.id, parcel.c.data)))
    erased = {parcel_id for (parcel_id,) in world.rows(mine) if parcel_id}
    assert erased
    assert all(sizes[one] == b"" for one in erased)
    assert any(data for one, data in sizes.items() if one not in erased)


def test_nothing_goes_before_the_term_is_over(new_world: NewWorld) -> None:
    world = later(lively(new_world()), LAST_DAY)

    found = world.app.deletion.due(TENANT)

    assert found.due == []
    assert found.kept == {
        "die Frist läuft noch": 1,
        "der Vorgang ist noch nicht beendet": 2,
    }
    with pytest.raises(InputError, match="nichts zu löschen"):
        world.app.deletion.propose(YILMAZ, "Aussonderung")


@pytest.mark.parametrize(
    ("issued", "closed", "until"),
    [
        (date(2027, 1, 2), date(2027, 1, 2), date(2035, 12, 31)),  # written at the turn of the year
        (date(2206, 11, 2), date(2026, 11, 23), date(2034, 12, 31)),  # a slip of the pen
        (date(9999, 12, 31), date(2026, 11, 23), date(2034, 12, 31)),
    ],
)
def test_an_invoice_is_kept_from_the_year_of_its_date_where_that_is_later(
    new_world: NewWorld, issued: date, closed: date, until: date
) -> None:
    """§ 14b (1) UStG; it was paid in 2026 already."""
    world = later(lively(new_world()), datetime(2036, 1, 2, 12, tzinfo=UTC))
    world.app.retention.adopt(YILMAZ, 2027, date(2028, 6, 24), "Ratsbeschluss 2028/90")
    invoice_id, _, _ = done(world)
    with world.app.db.write() as connection:
        mine = sa.update(invoice).where(invoice.c.id == invoice_id)
        connection.execute(mine.values(issued_on=issued))

    (due,) = world.app.deletion.due(TENANT).due

    assert (due.closed_on, due.retain_until) == (closed, until)


def test_nothing_goes_while_the_accounts_are_not_adopted(new_world: NewWorld) -> None:
    world = later(lively(new_world()), adopted=False)

    found = world.app.deletion.due(TENANT)

    assert found.due == []
    assert found.kept["der Jahresabschluss 2026 ist nicht als festgestellt eingetragen"] == 1


def test_who_proposes_does_not_approve(new_world: NewWorld) -> None:
    world = later(lively(new_world()))
    before = files(world)
    run = world.app.deletion.propose(YILMAZ, "Aussonderung")

    with pytest.raises(ForbiddenError, match="zweite Person"):
        world.app.deletion.delete(YILMAZ, run, "passt schon")
    with pytest.raises(ForbiddenError, match="nur Personen"):
        world.app.deletion.delete(OPERATOR, run, "passt schon")
    with pytest.raises(InputError, match="Grund"):
        world.app.deletion.delete(BRANDT, run, " ")

    assert files(world) == before


def test_a_hold_keeps_what_is_due_even_after_the_proposal(new_world: NewWorld) -> None:
    world = later(lively(new_world()))
    _, receipt_no, _ = done(world)
    before = files(world)
    run = world.app.deletion.propose(YILMAZ, "Aussonderung")
    world.app.retention.hold(YILMAZ, receipt_no, "Zuwendung Az. 12.3")

    protocol = world.app.deletion.delete(BRANDT, run, "geprüft")

    assert [(one.status, one.text) for one in protocol.entries] == [
        ("kept", "eine Löschsperre steht")
    ]
    assert files(world) == before
    assert [one.reason for one in world.app.retention.holds(TENANT)] == ["Zuwendung Az. 12.3"]

    world.app.retention.lift(BRANDT, receipt_no, "Zweckbindung beendet")
    assert [one.receipt_no for one in world.app.deletion.due(TENANT).due] == [receipt_no]
    with pytest.raises(ConflictError, match="keine Löschsperre"):
        world.app.retention.lift(BRANDT, receipt_no, "noch einmal")


def test_a_longer_term_of_the_tenant_holds(new_world: NewWorld) -> None:
    world = later(lively(new_world()))
    world.app.retention.rule(
        YILMAZ, DocumentKind.INVOICE, 12, "Dienstanweisung § 9", date(2026, 1, 1), "Fördermittel"
    )

    assert world.app.deletion.due(TENANT).due == []
    (due,) = world.app.deletion.due(TENANT, date(2039, 1, 2)).due
    assert (due.retain_until, due.rule) == (
        date(2038, 12, 31),
        "12 Jahre nach Dienstanweisung § 9",
    )


@pytest.mark.parametrize("visit", [1, 2])
def test_a_crash_in_the_middle_goes_on(
    new_world: NewWorld, visit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = later(lively(new_world()))
    invoice_id, _, _ = done(world)
    gone, before = documents_of(world, invoice_id), files(world)
    run = world.app.deletion.propose(YILMAZ, "Aussonderung")
    genuine, calls = world.app.store.erase, []

    def dies(sha256: str, *, tenant: str) -> bool:
        calls.append(sha256)
        if len(calls) == visit:
            raise Crash("in the middle")
        return genuine(sha256, tenant=tenant)

    monkeypatch.setattr(world.app.store, "erase", dies)
    with pytest.raises(Crash):
        world.app.deletion.delete(BRANDT, run, "geprüft")
    world.die()
    half = world.app.deletion.protocol(TENANT, run)
    assert [one.status for one in half.entries] == ["erasing"]
    assert half.ended_at is None
    world.app.check_documents(TENANT)
    assert world.app.integrity.faults(TENANT) == [], "half a deletion is no loss"

    protocol = world.app.deletion.delete(BRANDT, run, "geprüft")

    assert [one.status for one in protocol.entries] == ["erased"]
    assert protocol.ended_at == AFTER
    assert files(world) == before - gone
    assert world.breaches() == []


def test_the_same_proposal_twice_deletes_once(new_world: NewWorld) -> None:
    world = later(lively(new_world()))
    first = world.app.deletion.propose(YILMAZ, "Aussonderung")
    second = world.app.deletion.propose(YILMAZ, "Aussonderung")

    world.app.deletion.delete(BRANDT, first, "geprüft")
    protocol = world.app.deletion.delete(BRANDT, second, "geprüft")

    assert [one.text for one in protocol.entries] == ["der Inhalt ist schon gelöscht"]
    assert world.app.deletion.runs(TENANT) == [first, second]
    with pytest.raises(NotFoundError):
        world.app.deletion.protocol("nachbardorf", first)


def test_a_second_day_of_adoption_is_refused(new_world: NewWorld) -> None:
    world = later(lively(new_world()))

    with pytest.raises(ConflictError, match="schon ein Tag"):
        world.app.retention.adopt(YILMAZ, 2026, date(2027, 7, 1), "anders")
    with pytest.raises(InputError, match="nach dem Jahr 2027"):
        world.app.retention.adopt(YILMAZ, 2027, date(2027, 7, 1), "zu früh")


def test_bytes_that_came_again_before_they_went_stay(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deletion stopped between the records and the bytes; meanwhile another needs the same."""
    world = later(lively(new_world()))
    invoice_id, _, _ = done(world)
    gone, before = documents_of(world, invoice_id), files(world)
    ((other_id,), *_) = world.rows(sa.select(invoice.c.id).where(invoice.c.id != invoice_id))
    again = min(gone)
    run = world.app.deletion.propose(YILMAZ, "Aussonderung")
    world.app.deletion.approve(BRANDT, run, "geprüft")
    monkeypatch.setattr(world.app.deletion, "_erase_bytes", lambda *_: None)
    assert not world.app.deletion.carry_on(TENANT)
    monkeypatch.undo()
    with world.app.db.write() as connection:
        columns = {"tenant": TENANT, "sha256": again, "invoice_id": other_id, "kind": "report"}
        columns |= {"media_type": "application/json", "file_name": "x", "size": 1}
        connection.execute(sa.insert(document), columns | {"stored_at": AFTER})

    assert world.app.deletion.carry_on(TENANT)

    assert files(world) == (before - gone) | {again}
    assert world.breaches() == []


def test_what_was_erased_is_noted_and_not_stored_when_it_is_sent_again(
    new_world: NewWorld,
) -> None:
    world = later(lively(new_world()))
    invoice_id, receipt_no, _ = done(world)
    original = sa.select(document.c.sha256).where(
        document.c.invoice_id == invoice_id, document.c.kind == "original"
    )
    ((sha256,),) = world.rows(original)
    data = world.app.store.get(sha256, tenant=TENANT)
    world.app.deletion.delete(BRANDT, world.app.deletion.propose(YILMAZ, "Aussonderung"), "geprüft")
    left = files(world)

    receipt = world.app.receive(
        Delivery(tenant=TENANT, channel="upload", sender="", file_name="r.xml", data=data)
    )

    assert (receipt.receipt_no, receipt.is_repeat) == (receipt_no, True)
    assert files(world) == left
    assert world.app.integrity.unlisted(TENANT) == []
