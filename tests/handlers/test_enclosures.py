"""A file of a mail becomes an invoice because a person says so: once, with its mail."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa
from tests.connectors.mails import mail
from tests.connectors.test_unpacking import packed
from tests.simulation.world import OPERATOR, TENANT, World, sample
from tests.web.conftest import text_pdf

from laufzettel.errors import ForbiddenError, InputError, NotFoundError
from laufzettel.identity import Actor, Right
from laufzettel.records.tables import document, invoice, receipt_repeat
from laufzettel.records.tables import mail as table
from laufzettel.web.case.sentences import sentence


def arrived(town: World, *files: tuple[str, str, bytes], message_id: str = "<m@l.example>") -> str:
    """Let a mail come from which nothing is taken by itself; return its id."""
    town.post(message_id[1], mail(*files, message_id=message_id))
    town.app.intake.collect(TENANT)
    [(mail_id,)] = town.rows(sa.select(table.c.id).where(table.c.message_id == message_id))
    return str(mail_id)


def clerk(town: World) -> Actor:
    """Return R. Kranz of the Poststelle, who may hand in invoices."""
    kranz = town.actor("kranz")
    return replace(kranz, rights=kranz.rights | {Right.START})


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


A, B = text_pdf("Angebot"), text_pdf("Rechnung")
TWO = [("a.pdf", "application/pdf", A), ("b.pdf", "application/pdf", B)]


def test_the_file_goes_through_the_one_door_and_its_mail_lies_with_the_invoice(
    town: World,
) -> None:
    """Of two PDF files a person says which one it is."""
    mail_id = arrived(town, *TWO)
    assert town.rows(sa.select(invoice.c.id)) == []

    [receipt] = town.app.enclosures(clerk(town), mail_id, digest(B))

    assert (receipt.receipt_no, receipt.is_repeat, receipt.channel, receipt.sender) == (
        "E-2026-000001",
        False,
        "postfach-rechnung",
        "rechnung@tiefbau.example",
    )
    kinds = sa.select(document.c.kind, document.c.file_name)
    kinds = kinds.where(document.c.invoice_id == receipt.invoice_id).order_by(document.c.kind)
    assert town.rows(kinds) == [("mail", "Mail P-2026-000001.eml"), ("original", "b.pdf")]
    [(files,)] = town.rows(sa.select(table.c.files))
    assert [one["what"] for one in files] == ["PDF ohne E-Rechnung", "Rechnung E-2026-000001"]
    [task] = town.tasks("look_at")
    told = [sentence(one) for one in town.app.engine.timeline(OPERATOR, task.case_id)]
    assert told == ["Vorgang begonnen", "Datei der Mail als Rechnung E-2026-000001 übernommen"]
    [event] = town.app.engine.timeline(OPERATOR, task.case_id)[1:]
    assert event.actor == "kranz"
    assert town.breaches() == []


def test_pressed_twice_it_is_one_invoice_and_noted_once(town: World) -> None:
    """Also by two people at the same moment."""
    mail_id = arrived(town, *TWO)

    def press(_: int) -> str:
        [one] = town.app.enclosures(clerk(town), mail_id, digest(A))
        return one.receipt_no

    with ThreadPoolExecutor(4) as pool:
        numbers = set(pool.map(press, range(4)))
    [task] = town.tasks("look_at")

    assert numbers == {"E-2026-000001"}
    assert len(town.rows(sa.select(invoice.c.id))) == 1
    assert town.rows(sa.select(receipt_repeat.c.id)) == []
    kinds = [one.kind for one in town.app.engine.timeline(OPERATOR, task.case_id)]
    assert kinds == ["case.started", "mail.file_taken"]


def test_a_file_that_was_here_already_is_only_noted(town: World) -> None:
    """No second case; the mail lies with the first."""
    town.deliver("a.pdf", A)
    mail_id = arrived(town, *TWO)

    [receipt] = town.app.enclosures(clerk(town), mail_id, digest(A))

    assert (receipt.receipt_no, receipt.is_repeat) == ("E-2026-000001", True)
    held = sa.select(document.c.kind).where(document.c.invoice_id == receipt.invoice_id)
    assert ("mail",) in town.rows(held)


def test_an_archive_is_opened_on_request_and_its_invoices_taken(town: World) -> None:
    """Chosen as the files of a mail are: the picture beside the XML stays an enclosure."""
    pack = packed(("rechnungen/1.xml", sample("GOOD")), ("2.xml", sample("SMALL")), ("1.pdf", A))
    mail_id = arrived(town, ("rechnungen.zip", "application/zip", pack))

    receipts = town.app.enclosures(clerk(town), mail_id, digest(pack))

    assert [one.receipt_no for one in receipts] == ["E-2026-000001", "E-2026-000002"]
    [(files,)] = town.rows(sa.select(table.c.files))
    assert files[0]["what"] == "Rechnung E-2026-000001, Rechnung E-2026-000002"
    originals = sa.select(document.c.file_name).where(document.c.kind == "original")
    assert sorted(town.rows(originals)) == [("1.xml",), ("2.xml",)]


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (("logo.png", "image/png", b"\x89PNG\r\n\x1a\n"), "Das ist ein Bild"),
        (("x.zip", "application/zip", packed(("a.txt", b"Hallo"))), "Das Archiv enthält keine"),
        (("x.zip", "application/zip", b"PK\x03\x04kaputt"), "beschädigt"),
        (("x.doc", "application/msword", b"\xd0\xcf\x11\xe0"), "Office-Dokument"),
    ],
)
def test_what_can_be_no_invoice_is_refused_with_what_to_do(
    town: World, file: tuple[str, str, bytes], why: str
) -> None:
    mail_id = arrived(town, file)

    with pytest.raises(InputError, match=why):
        town.app.enclosures(clerk(town), mail_id, digest(file[2]))

    assert town.rows(sa.select(invoice.c.id)) == []


def test_only_files_of_the_mail_are_taken_and_only_by_who_hands_in_invoices(town: World) -> None:
    """The hash names one of them, and nothing else in the store."""
    mail_id = arrived(town, *TWO)

    with pytest.raises(NotFoundError):
        town.app.enclosures(clerk(town), mail_id, digest(b"anderes"))
    with pytest.raises(NotFoundError):
        town.app.enclosures(clerk(town), "01" * 13, digest(A))
    with pytest.raises(ForbiddenError):
        town.app.enclosures(town.actor("yilmaz"), mail_id, digest(A))
