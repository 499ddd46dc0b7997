"""A mailbox over a real IMAP server: mails are taken once, moved, and never deleted."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.connectors.dovecot import Dovecot, dovecot
from tests.connectors.intake_desk import MemoryDesk
from tests.connectors.mails import invoice, mail

from laufzettel import failpoints
from laufzettel.connectors.intake import imap as imap_module
from laufzettel.connectors.intake.imap import Account, MailRefusedError
from laufzettel.connectors.intake.mailbox import Mailbox
from laufzettel.connectors.intake.port import (
    Arrival,
    Contents,
    InletUnreachableError,
    Posting,
    Taken,
)
from laufzettel.spool import Content, whole

DONE, UNCLEAR = "Laufzettel/erledigt", "Laufzettel/unklar"
XML = ("RE-1.xml", "application/xml", invoice(1))
LOGO = ("logo.png", "image/png", b"\x89PNG\r\n")


@dataclass(slots=True, kw_only=True)
class MemoryMailDesk(MemoryDesk):
    """Takes mails into its memory."""

    opened: dict[str, bytes] = field(default_factory=dict)  # key -> the mail
    arrived: list[datetime | None] = field(default_factory=list)
    settled: dict[str, Contents] = field(default_factory=dict)  # key -> what it held
    brought: list[tuple[str, str]] = field(default_factory=list)  # mail, file

    def open_mail(
        self, raw: Content, *, key: str, channel: str, arrived_at: datetime | None
    ) -> Posting:
        self.opened.setdefault(key, whole(raw))
        self.arrived.append(arrived_at)
        number = list(self.opened).index(key) + 1
        return Posting(
            id=key,
            number=f"P-2026-{number:06d}",
            received_at=arrived_at or datetime.now(UTC),
            is_settled=key in self.settled,
        )

    def take_from(self, posting: Posting, arrival: Arrival) -> Taken:
        self.brought.append((posting.number, arrival.file_name))
        return self.take(arrival)

    def settle_mail(self, posting: Posting, contents: Contents) -> None:
        self.settled[posting.id] = contents


@pytest.fixture(autouse=True)
def nothing_armed() -> Iterator[None]:
    """No failpoint outlives its test."""
    yield
    failpoints.disarm()


_USERS = itertools.count(1)


@pytest.fixture
def user() -> str:
    """A user with an empty mailbox."""
    return f"rechnung{next(_USERS)}"


def box(server: Dovecot, user: str, security: str = "tls") -> Mailbox:
    """Return the mailbox of a user."""
    return Mailbox(account=Account(server=server.server(user, security)), name="postfach-rechnung")


def test_one_mail_brings_several_invoices_and_its_other_files_are_noted(
    imap: Dovecot, user: str
) -> None:
    """Logo, signature and business card open no case."""
    card = ("karte.vcf", "text/vcard", b"BEGIN:VCARD")
    raw = mail(XML, ("RE-2.xml", "text/xml", invoice(2)), LOGO, card)
    imap.deliver(user, raw)
    desk = MemoryMailDesk()

    assert box(imap, user).collect(desk) == 1

    assert desk.brought == [("P-2026-000001", "RE-1.xml"), ("P-2026-000001", "RE-2.xml")]
    assert [one.data for one in desk.taken.values()] == [invoice(1), invoice(2)]
    assert {one.sender for one in desk.taken.values()} == {"rechnung@tiefbau.example"}
    [contents] = desk.settled.values()
    assert [(one.name, one.what) for one in contents.files] == [
        ("RE-1.xml", "Rechnung E-2026-000001"),
        ("RE-2.xml", "Rechnung E-2026-000002"),
        ("logo.png", "Beilage"),
        ("karte.vcf", "Beilage"),
    ]
    assert (contents.subject, contents.problem) == ("Ihre Rechnung", "")
    assert list(desk.opened.values()) == [raw]
    assert imap.mails(user) == []
    assert imap.mails(user, DONE) == [(raw, False)]


def test_a_mail_has_come_when_it_came_to_the_server_not_when_it_was_fetched(
    imap: Dovecot, user: str
) -> None:
    """On Saturday at noon, in Berlin; on Monday somebody starts the program again."""
    saturday = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)
    with imap.client(user) as client:
        client.append("INBOX", "", saturday, mail(XML))
    desk = MemoryMailDesk()

    box(imap, user).collect(desk)

    assert desk.arrived == [saturday]


@pytest.mark.parametrize(
    "told",
    [b"", b'INTERNALDATE "01-Jan-1970 00:00:00 +0000"', b'INTERNALDATE "31-Feb-2026 1:00 +0000"'],
)
def test_a_server_that_does_not_know_when_a_mail_came_says_nothing_about_it(told: bytes) -> None:
    assert imap_module._arrived_at(told) is None


def test_a_mail_without_an_invoice_moves_to_unclear(imap: Dovecot, user: str) -> None:
    """With the reason, for the Poststelle."""
    raw = mail(LOGO, text="Wann zahlen Sie?")
    imap.deliver(user, raw)
    desk = MemoryMailDesk()

    box(imap, user).collect(desk)

    [contents] = desk.settled.values()
    assert (contents.problem, contents.text) == (
        "Die Mail enthält keine Rechnung.",
        "Wann zahlen Sie?",
    )
    assert (imap.mails(user, UNCLEAR), imap.mails(user)) == ([(raw, False)], [])


def test_a_mail_that_is_no_mail_is_kept_and_named(imap: Dovecot, user: str) -> None:
    """Damaged on its way: nothing is taken from it, nothing is thrown away."""
    raw = b"From: a@b.de\r\nFrom: c@d.de\r\n\r\nx"
    imap.deliver(user, raw)
    desk = MemoryMailDesk()

    box(imap, user).collect(desk)

    [contents] = desk.settled.values()
    assert contents.problem == "Die Kopfzeile „From“ steht mehrmals darin."
    assert imap.mails(user, UNCLEAR) == [(raw, False)]


@pytest.mark.parametrize("place", ["intake.posted", "intake.settled"])
def test_dying_at_any_place_loses_nothing_and_doubles_nothing(
    imap: Dovecot, user: str, place: str
) -> None:
    """UIDVALIDITY and UID are the key under which a mail is known again."""
    imap.deliver(user, mail(XML))
    imap.deliver(user, mail(LOGO, message_id="<2@lieferant.example>"))
    desk = MemoryMailDesk()
    for visit in (1, 2):
        failpoints.arm(place, visit)
        with pytest.raises(failpoints.Crash):
            box(imap, user).collect(desk)
        failpoints.disarm()

    box(imap, user).collect(desk)

    assert (len(desk.opened), len(desk.settled), len(desk.taken), desk.repeats) == (2, 2, 1, [])
    assert [len(imap.mails(user, one)) for one in ("INBOX", DONE, UNCLEAR)] == [0, 1, 1]


def test_a_mail_without_any_text_is_kept_and_named(imap: Dovecot, user: str) -> None:
    """Nobody can say who sent it; it must not lie in the inbox for ever."""
    imap.deliver(user, b"\r\n")
    desk = MemoryMailDesk()

    box(imap, user).collect(desk)

    [contents] = desk.settled.values()
    assert (contents.sender, contents.problem) == ("", "Die Mail enthält keine Rechnung.")
    assert [len(imap.mails(user, one)) for one in ("INBOX", UNCLEAR)] == [0, 1]


def test_a_mail_that_is_too_large_is_told_and_not_fetched(imap: Dovecot, user: str) -> None:
    """It stays whole in the mailbox, in the folder that somebody looks into."""
    imap.deliver(user, mail(("gross.bin", "application/octet-stream", b"x" * 3_000_000)))
    desk = MemoryMailDesk()

    replace(box(imap, user), mail_max=1_048_576).collect(desk)

    [told] = desk.complaints.values()
    assert told.startswith(
        "Im Postfach „postfach-rechnung“ liegt eine Mail mit 3 MB; geholt werden"
    )
    assert (len(imap.mails(user, UNCLEAR)), desk.opened) == (1, {})


def test_one_mail_that_cannot_be_taken_now_holds_up_no_other(imap: Dovecot, user: str) -> None:
    """It stays in the inbox and is taken as soon as it works again."""
    imap.deliver(user, mail(XML))
    imap.deliver(user, mail(("RE-2.xml", "text/xml", invoice(2)), message_id="<2@l.example>"))
    desk = MemoryMailDesk(fails="RE-1.xml")

    with pytest.raises(Exception, match="antwortet nicht"):
        box(imap, user).collect(desk)
    assert (desk.names, len(imap.mails(user))) == (["RE-2.xml"], 1)
    desk.fails = ""
    box(imap, user).collect(desk)

    assert (desk.names, imap.mails(user)) == (["RE-2.xml", "RE-1.xml"], [])


@pytest.mark.parametrize("refused", ["fetch", "move"])
def test_a_mail_that_the_server_refuses_holds_up_no_other_and_is_told(
    imap: Dovecot, user: str, refused: str
) -> None:
    """A damaged file on the server, a folder that takes no more."""
    imap.deliver(user, mail(LOGO))
    [file] = (imap.folder / "mail" / user).glob("[cn]*/*.*")
    imap.deliver(user, mail(XML, message_id="<2@l.example>"))
    desk = MemoryMailDesk()
    if refused == "fetch":
        file.chmod(0)
    else:
        unclear = imap.folder / "mail" / user / ".Laufzettel.unklar"
        unclear.touch()

    with pytest.raises(MailRefusedError, match="Der Mailserver lehnt etwas an einer Mail ab"):
        box(imap, user).collect(desk)

    assert (desk.names, len(imap.mails(user, DONE))) == (["RE-1.xml"], 1)


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
def test_the_connection_is_secured_as_configured(imap: Dovecot, user: str, security: str) -> None:
    imap.deliver(user, mail(XML))

    assert box(imap, user, security).collect(MemoryMailDesk()) == 1


def test_a_password_with_an_umlaut_opens_the_mailbox_and_a_wrong_one_is_an_outage(
    user: str, tmp_path: Path
) -> None:
    """LOGIN takes ASCII alone; what the library makes of it must not end the intake."""
    with dovecot(password="Straße§7") as server:
        server.deliver(user, mail(XML))
        assert box(server, user).collect(MemoryMailDesk()) == 1

        (tmp_path / "password").write_text("Gasse§7", "utf-8")
        wrong = replace(server.server(user), password_file=tmp_path / "password")
        with pytest.raises(InletUnreachableError) as caught:
            Mailbox(account=Account(server=wrong), name="p").collect(MemoryMailDesk())
    assert "Gasse" not in str(caught.value)


def test_a_look_takes_nothing(imap: Dovecot, user: str) -> None:
    """For the doctor: the mailbox can be opened, and everything stays where it is."""
    raw = mail(XML)
    imap.deliver(user, raw)

    box(imap, user).check()

    assert imap.mails(user) == [(raw, False)]


def test_a_server_that_cannot_prove_who_it_is_gets_no_password(imap: Dovecot, user: str) -> None:
    """Its certificate is signed by nobody that the machine believes."""
    strange = replace(imap.server(user), ca_file=None)

    with pytest.raises(InletUnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
        Mailbox(account=Account(server=strange), name="p").collect(MemoryMailDesk())


@pytest.mark.parametrize("wrong", ["password", "port", "file"])
def test_whatever_is_wrong_with_the_account_is_an_outage(
    imap: Dovecot, user: str, wrong: str, tmp_path: Path
) -> None:
    """Told with the server, never with the password."""
    (tmp_path / "password").write_text("falsch-und-geheim")
    changes: dict[str, Callable[[], object]] = {
        "password": lambda: replace(imap.server(user), password_file=tmp_path / "password"),
        "port": lambda: replace(imap.server(user), port=9),
        "file": lambda: replace(imap.server(user), password_file=tmp_path / "fehlt"),
    }
    account = Account(server=changes[wrong]())  # type: ignore[arg-type]

    with pytest.raises(InletUnreachableError) as caught:
        Mailbox(account=account, name="p").collect(MemoryMailDesk())

    assert "falsch-und-geheim" not in str(caught.value)


def test_a_server_that_cannot_move_copies_and_takes_away_this_mail_alone(
    user: str, imap: Dovecot
) -> None:
    """RFC 4315: without UIDPLUS other people's deleted mails would go with it."""
    with dovecot("IMAP4rev1 UIDPLUS") as old:
        old.deliver(user, mail(XML))
        assert box(old, user).collect(MemoryMailDesk()) == 1
        assert [len(old.mails(user, one)) for one in ("INBOX", "INBOX/x", "erledigt")] == [0, 0, 0]
        assert len(old.mails(user, DONE)) == 1
    with dovecot("IMAP4rev1") as oldest:
        oldest.deliver(user, mail(XML))
        assert box(oldest, user).collect(MemoryMailDesk()) == 1
        assert box(oldest, user).collect(MemoryMailDesk()) == 0
        assert (oldest.mails(user), len(oldest.mails(user, DONE))) == ([], 1)
