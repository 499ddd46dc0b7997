"""Mails over a real SMTP server: once, recognisable, and never answered by machines."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.connectors.dovecot import make_certificate
from tests.connectors.smtp_server import Smtp, smtp

from laufzettel.connectors.post import smtp as module
from laufzettel.connectors.post.port import (
    AddressRefusedError,
    Letter,
    PostUnknownError,
    PostUnreachableError,
)
from laufzettel.connectors.post.smtp import SmtpPost, mail_of, message_id
from laufzettel.errors import InputError

KEY = "musterstadt:01hx:zurueckweisung:1"
SENDER = "rechnung@musterstadt.example"
LETTER = Letter(
    to_name="Tiefbau Müller GmbH",
    to_address=("Am Bach 3",),
    subject="Ihre Rechnung RE-1: Zurückweisung",
    body_de="Guten Tag,\n\n.die Leitweg-ID fehlt – bitte ergänzen.\n" + "lang " * 300,
    to_mail="rechnung@tiefbau.example",
    in_reply_to="<1@tiefbau.example>",
    written_at=datetime(2026, 11, 23, 7, tzinfo=UTC),
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Smtp]:
    """A server on this machine."""
    with smtp(tmp_path) as running:
        yield running


@pytest.fixture
def post(server: Smtp, tmp_path: Path) -> SmtpPost:
    """The town's way out over it."""
    return SmtpPost(
        server=server.server,
        sender=SENDER,
        sender_name="Stadt Musterstadt",
        journal=tmp_path / "journal",
    )


def test_a_mail_says_who_writes_to_whom_in_answer_to_what(post: SmtpPost, server: Smtp) -> None:
    """And that a machine wrote it, so that no machine answers (RFC 3834 section 5)."""
    post.send(KEY, LETTER)

    [(sender, recipients, raw)] = server.taker.mails
    assert (sender, recipients) == (SENDER, ["rechnung@tiefbau.example"])
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    told = {name: str(value) for name, value in mail.items() if name != "Content-Type"}
    assert told == {
        "Date": "Mon, 23 Nov 2026 07:00:00 +0000",
        "From": "Stadt Musterstadt <rechnung@musterstadt.example>",
        "To": "Tiefbau Müller GmbH <rechnung@tiefbau.example>",
        "Subject": "Ihre Rechnung RE-1: Zurückweisung",
        "Message-ID": message_id(KEY, SENDER),
        "In-Reply-To": "<1@tiefbau.example>",
        "References": "<1@tiefbau.example>",
        "Auto-Submitted": "auto-replied",
        "X-Auto-Response-Suppress": "All",
        "MIME-Version": "1.0",
        "Content-Transfer-Encoding": "quoted-printable",
    }
    assert mail.get_content().replace("\r\n", "\n") == LETTER.body_de.rstrip("\n") + "\n"
    assert raw.isascii() and max(map(len, raw.split(b"\r\n"))) <= 78


def test_the_same_key_gives_the_same_bytes() -> None:
    """So that a repeat is recognised by its Message-ID."""
    made = [mail_of(KEY, LETTER, SENDER, "Stadt") for _ in range(2)]

    assert made[0] == made[1]
    assert mail_of(KEY + "2", LETTER, SENDER, "Stadt") != made[0]


@pytest.mark.parametrize("answer", ["to_sender", "to_recipient", "to_text"])
def test_a_server_that_is_busy_has_sent_nothing(post: SmtpPost, server: Smtp, answer: str) -> None:
    """RFC 5321 section 4.2.1: 4yz means that the same may be tried again."""
    setattr(server.taker, answer, "451 4.3.0 try later")

    with pytest.raises(PostUnreachableError, match="try later"):
        post.send(KEY, LETTER)
    assert not post.sent(KEY)
    setattr(server.taker, answer, "250 OK")
    post.send(KEY, LETTER)

    assert (len(server.taker.mails), post.sent(KEY)) == (1, True)
    assert b"tiefbau" not in b"".join(one.read_bytes() for one in post.journal.iterdir())


@pytest.mark.parametrize("answer", ["to_recipient", "to_text"])
def test_an_address_that_does_not_exist_is_refused(
    post: SmtpPost, server: Smtp, answer: str
) -> None:
    setattr(server.taker, answer, "550 5.1.1 no such user")

    with pytest.raises(AddressRefusedError, match="no such user"):
        post.send(KEY, LETTER)


def test_a_connection_that_breaks_after_the_text_leaves_it_unknown(
    post: SmtpPost, server: Smtp
) -> None:
    """The server may have it: nothing is sent again blindly."""
    server.taker.hangs_up = True

    with pytest.raises(PostUnknownError):
        post.send(KEY, LETTER)

    assert len(server.taker.mails) == 1
    with pytest.raises(PostUnknownError, match=message_id(KEY, SENDER)):
        post.sent(KEY)
    server.taker.hangs_up = False
    post.send(KEY, LETTER)  # a person has looked: it has not arrived
    assert post.sent(KEY)
    first, second = (raw for _, _, raw in server.taker.mails)
    assert first == second


def test_an_answer_to_the_text_that_is_no_answer_leaves_it_unknown(
    post: SmtpPost, server: Smtp
) -> None:
    """Something between the two may have spoken; sent again it would arrive twice."""
    server.taker.to_text = "Hallo"

    with pytest.raises(PostUnknownError, match="kein Ja und kein Nein"):
        post.send(KEY, LETTER)
    with pytest.raises(PostUnknownError):
        post.sent(KEY)


def test_a_server_that_lets_us_send_nothing_says_nothing_about_the_address(
    post: SmtpPost, server: Smtp
) -> None:
    """„Relaying denied“ (RFC 3463 section 3.8): else every answer would end as refused."""
    server.taker.to_recipient = "550 5.7.1 relaying denied"

    with pytest.raises(PostUnreachableError, match="relaying denied"):
        post.send(KEY, LETTER)


def test_without_a_journal_nothing_goes_out_and_everybody_knows_that(
    post: SmtpPost, server: Smtp
) -> None:
    post.journal.parent.mkdir(parents=True, exist_ok=True)
    post.journal.write_text("a file where the folder should be")

    with pytest.raises(PostUnreachableError, match="Es wurde nichts verschickt"):
        post.send(KEY, LETTER)

    assert server.taker.mails == []


def test_a_server_that_does_not_answer_has_sent_nothing(
    post: SmtpPost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TIMEOUT_S", 0.2)

    with pytest.raises(PostUnreachableError):
        replace(post, server=replace(post.server, port=9)).send(KEY, LETTER)


def test_the_server_must_prove_itself_before_it_hears_the_password(tmp_path: Path) -> None:
    """STARTTLS with the town's own certificate, then AUTH."""
    make_certificate(tmp_path)
    with smtp(tmp_path, "starttls") as running:
        post = SmtpPost(
            server=running.server, sender=SENDER, sender_name="Stadt", journal=tmp_path / "j"
        )
        post.send(KEY, LETTER)
        assert len(running.taker.mails) == 1

        strange = replace(post, server=replace(running.server, ca_file=None))
        with pytest.raises(PostUnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
            strange.send(KEY, LETTER)
        (tmp_path / "password").write_text("falsch")
        with pytest.raises(PostUnreachableError) as caught:
            post.send(KEY, LETTER)
        assert "falsch" not in str(caught.value)
        assert len(running.taker.mails) == 1


def test_a_password_with_an_umlaut_lets_mail_out_and_a_wrong_one_is_told(tmp_path: Path) -> None:
    """AUTH PLAIN says it in UTF-8 (RFC 4616); the library would end with an error of its own."""
    with smtp(tmp_path, "starttls", password="Straße§7") as running:
        post = SmtpPost(
            server=running.server, sender=SENDER, sender_name="Stadt", journal=tmp_path / "j"
        )
        post.send(KEY, LETTER)
        assert len(running.taker.mails) == 1

        (tmp_path / "password").write_text("Gasse§7", "utf-8")
        with pytest.raises(PostUnreachableError, match="535") as caught:
            post.check()
    assert "Gasse" not in str(caught.value)


INJECTIONS = [
    {"subject": "x\r\nBcc: dieb@example.org"},
    {"to_name": "x\nBcc: dieb@example.org"},
    {"to_mail": "a@b.example\r\nBcc: dieb@example.org"},
    {"to_mail": "a@b.example>, <dieb@example.org"},
    {"in_reply_to": "<1@b.example>\r\nBcc: dieb@example.org"},
]


@pytest.mark.parametrize("field", INJECTIONS, ids=str)
def test_nothing_of_a_letter_becomes_a_header_field(field: dict[str, str]) -> None:
    with pytest.raises(InputError):
        replace(LETTER, **field)  # type: ignore[arg-type]


@given(st.text(max_size=200), st.text(max_size=140), st.text(max_size=500))
def test_whatever_texts_a_mail_has_the_same_fields_or_is_refused(
    subject: str, name: str, body: str
) -> None:
    """The text begins after the first empty line and nowhere before."""
    try:
        letter = replace(LETTER, subject=subject, to_name=name, body_de=body)
    except InputError:
        return

    raw = mail_of(KEY, letter, SENDER, "Stadt")

    fields = [name for name, _ in email.message_from_bytes(raw).items()]
    assert fields == [
        "Date",
        "From",
        "To",
        "Subject",
        "Message-ID",
        "In-Reply-To",
        "References",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "Content-Type",
        "Content-Transfer-Encoding",
        "MIME-Version",
    ]
