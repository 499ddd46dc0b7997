"""After the term a mail goes with the last invoice that it brought, and what was answered with it."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from tests.connectors.mails import mail
from tests.connectors.test_unpacking import packed
from tests.handlers.test_dunning import dunned
from tests.handlers.test_enclosures import clerk
from tests.simulation.conftest import NewWorld
from tests.simulation.test_retention import BRANDT, YILMAZ, documents_of, later
from tests.simulation.world import OPERATOR, TENANT, World, sample
from tests.web.conftest import text_pdf

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


def test_a_mail_that_never_belonged_to_an_invoice_has_its_term_too(new_world: NewWorld) -> None:
    """As a letter: six years from the adopted accounts, by two persons, in the protocol."""
    world = new_world()
    world.post("a", mail(subject="Wärmepumpe im Angebot"))
    world.app.intake.collect(TENANT)
    world.post("b", mail(subject="Wärmepumpe im Angebot"))  # the same once more
    world.app.intake.collect(TENANT)
    [task] = world.tasks("look_at")
    assert world.app.deletion.due(TENANT).due == []
    world.complete("kranz", task, {"finding": "erledigt", "note": "Wärmepumpe: Werbung"})
    later(world)

    run = world.app.deletion.propose(YILMAZ, "Aussonderung 2035")
    protocol = world.app.deletion.delete(BRANDT, run, "geprüft")

    told = [(one.receipt_no, one.status, one.documents, one.rule) for one in protocol.entries]
    rule = "6 Jahre nach § 59 Abs. 2 KomHVO NRW (Stand 16.03.2024)"
    assert told == [
        ("P-2026-000001", "erased", 1, rule),
        ("P-2026-000002", "erased", 1, rule),
    ]
    left = [*world.rows(sa.select(table)), *world.rows(sa.select(case))]
    left += [*world.rows(sa.select(audit_text.c.text))]
    assert [secret for secret in SECRETS if secret in repr(left)] == []
    assert world.rows(sa.select(document.c.sha256)) == []
    assert [one for one in (world.folder / "documents").rglob("*") if one.is_file()] == []
    assert world.breaches() == []
    assert world.app.deletion.due(TENANT).due == []


def test_a_mahnung_about_an_invoice_that_never_came_goes_after_its_term(
    new_world: NewWorld,
) -> None:
    """What it said goes, that it was decided stays."""
    world = new_world()
    task = dunned(world, "RE-404")
    done = {"decision": "kopie_erbeten", "dunning_answer": "Wärmepumpe: bitte eine Kopie."}
    world.complete("okafor", task, done)
    later(world)

    run = world.app.deletion.propose(YILMAZ, "Aussonderung 2035")
    world.app.deletion.delete(BRANDT, run, "geprüft")

    left = [*world.rows(sa.select(table)), *world.rows(sa.select(dunning))]
    left += [*world.rows(sa.select(case)), *world.rows(sa.select(audit_text.c.text))]
    assert [secret for secret in (*SECRETS, "RE-404") if secret in repr(left)] == []
    assert world.rows(sa.select(dunning.c.decision)) == [("kopie_erbeten",)]


def test_a_mail_that_is_still_looked_at_or_lies_with_an_invoice_is_not_due_by_itself(
    new_world: NewWorld,
) -> None:
    world = new_world()
    world.mail("a.xml", sample("SMALL", "RE-1"))
    world.post("b", mail(subject="Frage", message_id="<frage@l.example>"))
    world.app.intake.collect(TENANT)
    world.work()
    world.clock.advance(days=365 * 12)  # type: ignore[attr-defined]

    found = world.app.deletion.due(TENANT)

    assert (found.due, found.kept) == ([], {"der Vorgang ist noch nicht beendet": 2})


def test_a_scan_that_was_a_mahnung_goes_as_the_letter_that_it_was(new_world: NewWorld) -> None:
    """Its entry among the invoices, its entry among the mails, and both cases."""
    world = new_world()
    world.deliver("scan.pdf", text_pdf("Wärmepumpe"), channel="ordner-scan")
    world.work()
    [capture] = world.tasks("capture")
    world.complete("kranz", capture, {"decision": "mahnung"})
    world.app.papers.begin(TENANT)
    [task] = world.tasks("look_at")
    world.complete("kranz", task, {"finding": "erledigt", "note": "Wärmepumpe: doch keine"})
    later(world)

    run = world.app.deletion.propose(YILMAZ, "Aussonderung 2035")
    protocol = world.app.deletion.delete(BRANDT, run, "geprüft")

    told = [(one.receipt_no, one.status) for one in protocol.entries]
    assert told == [("E-2026-000001", "erased"), ("P-2026-000001", "erased")]
    left = [*world.rows(sa.select(table)), *world.rows(sa.select(case))]
    left += [*world.rows(sa.select(audit_text.c.text))]
    assert [secret for secret in (*SECRETS, "scan.pdf") if secret in repr(left)] == []
    assert [one for one in (world.folder / "documents").rglob("*") if one.is_file()] == []
    assert world.breaches() == []


def two_taken_from_one_mail(world: World) -> str:
    """Let a person take two invoices out of an unclear mail; return the id of its case."""
    pack = packed(("1.xml", sample("SMALL", "RE-1")), ("2.xml", sample("SMALL", "RE-2")))
    world.post("a", mail(("x.zip", "application/zip", pack), subject="Wärmepumpe"))
    world.app.intake.collect(TENANT)
    mail_id = world.rows(sa.select(table.c.id).order_by(table.c.number))[-1][0]
    sha256 = hashlib.sha256(pack).hexdigest()
    assert len(world.app.enclosures(clerk(world), mail_id, sha256)) == 2
    [task] = world.tasks("look_at")
    world.complete("kranz", task, {"finding": "erledigt", "note": "Wärmepumpe: beide übernommen"})
    world.work()
    world.finish()
    later(world)
    return task.case_id


def test_the_case_of_a_mail_stays_as_long_as_one_of_its_invoices_does(new_world: NewWorld) -> None:
    """A hold on one of two invoices holds what was written about the mail that brought both."""
    world = new_world()
    case_id = two_taken_from_one_mail(world)
    held = world.rows(sa.select(invoice.c.receipt_no).where(invoice.c.number == "RE-2"))[0][0]
    world.app.retention.hold(YILMAZ, held, "Rechtsstreit")

    run = world.app.deletion.propose(YILMAZ, "Aussonderung 2035")
    protocol = world.app.deletion.delete(BRANDT, run, "geprüft")

    assert [one.status for one in protocol.entries] == ["erased"]
    texts = sa.select(audit_text.c.text).where(audit_text.c.stream == case_id)
    assert "Wärmepumpe: beide übernommen" in repr(world.rows(texts))

    world.app.retention.lift(BRANDT, held, "Rechtsstreit beendet")
    run = world.app.deletion.propose(YILMAZ, "Aussonderung 2035")
    world.app.deletion.delete(BRANDT, run, "geprüft")

    left = [*world.rows(texts), *world.rows(sa.select(case)), *world.rows(sa.select(table))]
    assert [secret for secret in SECRETS if secret in repr(left)] == []
    assert world.breaches() == []


def test_what_cannot_go_as_a_whole_stays_as_a_whole(new_world: NewWorld) -> None:
    """A Mahnung about it is still open: what the supplier was told about it stays as well."""
    world = lived(new_world(), "RE-1")
    told = sa.select(effect.c.payload)
    before = world.rows(told)
    task = dunned(world, "RE-1")
    [(receipt_no,)] = world.rows(sa.select(invoice.c.receipt_no))

    run = world.app.deletion.propose(YILMAZ, "Aussonderung 2035")
    protocol = world.app.deletion.delete(BRANDT, run, "geprüft")

    assert [(one.receipt_no, one.status, one.text) for one in protocol.entries] == [
        (receipt_no, "kept", "Der Vorgang ist noch nicht beendet; es wird nichts gelöscht.")
    ]
    assert task.case_id
    assert "tiefbau.example" in repr(before)
    assert world.rows(told) == before


def test_a_folder_of_a_mails_case_that_was_handed_out_is_named(new_world: NewWorld) -> None:
    """It lies with somebody else, whether the mail brought an invoice or none."""
    world = new_world()
    world.post("b", mail(subject="Wärmepumpe im Angebot", message_id="<b@l.example>"))
    world.app.intake.collect(TENANT)
    [task] = world.tasks("look_at")
    world.complete("kranz", task, {"finding": "erledigt", "note": "Werbung"})
    taken = two_taken_from_one_mail(world)
    for case_id in (task.case_id, taken):
        world.app.case_folder.export(YILMAZ, case_id, "Prüfung", lambda happening: happening.kind)

    run = world.app.deletion.propose(YILMAZ, "Aussonderung 2035")
    protocol = world.app.deletion.delete(BRANDT, run, "geprüft")

    told = {one.receipt_no: [copy.text_de[:15] for copy in one.copies] for one in protocol.entries}
    assert told == {
        "E-2026-000001": [],
        "E-2026-000002": ["Akte ausgegeben"],  # the last one of the mail
        "P-2026-000001": ["Akte ausgegeben"],
    }
