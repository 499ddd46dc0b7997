"""After the term a mail goes with the last invoice that it brought, and what was answered with it."""

from __future__ import annotations

import sqlalchemy as sa
from tests.connectors.mails import mail
from tests.handlers.test_dunning import dunned
from tests.simulation.conftest import NewWorld
from tests.simulation.test_retention import BRANDT, YILMAZ, documents_of, later
from tests.simulation.world import OPERATOR, TENANT, World, sample

from laufzettel.cli.demo import town
from laufzettel.connectors.post.port import Letter
from laufzettel.engine.tables import audit_text, case, effect
from laufzettel.handlers.supplier.letters import Mailers
from laufzettel.records.tables import document, dunning, invoice, supplier_answer, tenant
from laufzettel.records.tables import mail as table

SECRETS = ("tiefbau.example", "Tiefbau Detmold", "Wärmepumpe")


class SentAtOnce:
    """A mail server that takes everything."""

    def of(self, tenant: str) -> SentAtOnce:
        return self

    def send(self, key: str, letter: Letter) -> None:
        """Take it."""

    def sent(self, key: str) -> bool:
        return True


def lived(world: World, *numbers: str) -> World:
    """Let one mail bring invoices that are paid, and the supplier be told; then years pass."""
    with world.app.db.write() as connection:
        values = {"settings": {**town.SETTINGS, "answers": {"received": "mail"}}}
        connection.execute(sa.update(tenant).where(tenant.c.id == TENANT).values(values))
    world.app.handlers.services.add(Mailers, SentAtOnce())  # type: ignore[type-abstract]
    files = [(f"{one}.xml", "application/xml", sample("SMALL", one)) for one in numbers]
    world.post("a", mail(*files, subject="Wärmepumpe"))
    while world.app.intake.collect(TENANT).numbers["postfach-rechnung"]:
        world.work()
    world.finish()
    world.app.answers.begin(TENANT)
    world.work()
    return later(world)


def test_nothing_of_the_mail_is_left_but_its_number(new_world: NewWorld) -> None:
    """The row, the bytes, and the case that answered."""
    world = lived(new_world(), "RE-1")
    [(mail_id, sha256)] = world.rows(sa.select(table.c.id, table.c.sha256))
    assert documents_of(world, mail_id) == {sha256}
    assert world.rows(sa.select(supplier_answer.c.outcome)) == [("begun",)]

    run = world.app.deletion.propose(YILMAZ, "Aussonderung 2035")
    world.app.deletion.delete(BRANDT, run, "geprüft")

    left = [*world.rows(sa.select(table)), *world.rows(sa.select(invoice))]
    left += [*world.rows(sa.select(effect.c.payload)), *world.rows(sa.select(case))]
    assert [secret for secret in SECRETS if secret in repr(left)] == []
    assert "P-2026-000001" in repr(left)
    assert documents_of(world, mail_id) == set()
    assert [path for path in (world.folder / "documents").rglob(sha256)] == []
    assert world.breaches() == []
    assert world.app.engine.incidents(OPERATOR) == []


def test_a_mail_stays_as_long_as_one_of_its_invoices_does(new_world: NewWorld) -> None:
    """Somebody holds the second invoice: the mail belongs to it, too."""
    world = lived(new_world(), "RE-1", "RE-2")
    [(sha256,)] = world.rows(sa.select(table.c.sha256))
    held = world.rows(sa.select(invoice.c.receipt_no).where(invoice.c.number == "RE-2"))[0][0]
    world.app.retention.hold(YILMAZ, held, "Rechtsstreit")

    run = world.app.deletion.propose(YILMAZ, "Aussonderung 2035")
    world.app.deletion.delete(BRANDT, run, "geprüft")

    kept = sa.select(sa.func.count()).select_from(document).where(document.c.sha256 == sha256)
    assert world.rows(kept) == [(2,)]
    assert world.rows(sa.select(table.c.sender)) == [("rechnung@tiefbau.example",)]


def test_a_mahnung_goes_with_the_invoice_that_it_was_about(new_world: NewWorld) -> None:
    """Its mail, its case and what was answered; a person's decision stays as a code."""
    world = new_world()
    world.mail("a.xml", sample("SMALL", "RE-1"))
    world.app.intake.collect(TENANT)
    world.work()
    task = dunned(world, "RE-1")
    done = {"decision": "kosten_abgelehnt", "dunning_answer": "Wärmepumpe: wird gezahlt."}
    world.complete("okafor", task, done)
    world.finish()
    later(world)

    run = world.app.deletion.propose(YILMAZ, "Aussonderung 2035")
    world.app.deletion.delete(BRANDT, run, "geprüft")

    left = [*world.rows(sa.select(table)), *world.rows(sa.select(dunning))]
    left += [*world.rows(sa.select(case)), *world.rows(sa.select(audit_text.c.text))]
    assert [secret for secret in (*SECRETS, "RE-1") if secret in repr(left)] == []
    assert world.rows(sa.select(dunning.c.decision)) == [("kosten_abgelehnt",)]
    assert world.breaches() == []
