"""Signing in with a token instead of a password, at real servers (RFC 6749, RFC 7628)."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.dovecot import Dovecot, running
from tests.connectors.mails import mail
from tests.connectors.smtp_server import smtp
from tests.connectors.test_mailbox import XML, MemoryMailDesk
from tests.connectors.test_post_smtp import KEY, LETTER, SENDER
from tests.connectors.token_server import SECRET, Tokens, token_server

from laufzettel import channels
from laufzettel.channels import MailServer
from laufzettel.connectors.intake.imap import Account
from laufzettel.connectors.intake.mailbox import Mailbox
from laufzettel.connectors.intake.port import InletUnreachableError
from laufzettel.connectors.post.port import PostUnreachableError
from laufzettel.connectors.post.smtp import SmtpPost
from laufzettel.errors import InputError
from laufzettel.oauth2 import TokenError

MECHANISMS = pytest.mark.parametrize("mechanism", ["xoauth2", "oauthbearer"])
USER = "rechnung@musterstadt.example"


#: Long, as real ones are.
TOKEN = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL291dGxvb2sifQ.c2lnbmF0dXI"


def secrets_in(error: Exception) -> list[str]:
    """Return what of the token stands in the error as a log shows it, also in base64."""
    told = "".join(traceback.format_exception(error))
    # Of base64 three bytes are four characters, wherever in the message the token begins.
    parts = {TOKEN[:16]} | {base64.b64encode(TOKEN[n : n + 15].encode()).decode() for n in range(3)}
    return [one for one in parts if one in told]


@contextlib.contextmanager
def signing_in(challenge: bytes, last: bytes) -> Iterator[MailServer]:
    """Run an IMAP server that asks once, and says as its last word what it was told."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rwb", buffering=0) as line:
                line.write(b"* OK ready\r\n")
                tag = line.readline().split()[0]
                line.write(b"* CAPABILITY IMAP4rev1\r\n%s OK done\r\n" % tag)
                tag = line.readline().split()[0]
                line.write(challenge + b"\r\n")
                said = line.readline().strip()
                line.write(last % {b"tag": tag, b"said": said} + b"\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        yield MailServer(host="127.0.0.1", port=port, security="none", user="")
        thread.join(5)
        assert not thread.is_alive()


@pytest.fixture
def tokens() -> Iterator[Tokens]:
    """An authorisation server."""
    with token_server() as made:
        yield made


@pytest.fixture
def exchange(tokens: Tokens) -> Iterator[Dovecot]:
    """An IMAP server that asks it which tokens hold."""
    yield from running(introspection=tokens.introspection)


def box(exchange: Dovecot, tokens: Tokens, folder: Path, mechanism: str) -> Mailbox:
    """Return the mailbox, signed in to with a token."""
    login = tokens.login(folder, mechanism)
    server = replace(exchange.server(USER), password_file=None, oauth2=login)
    return Mailbox(account=Account(server=server), name="postfach-rechnung")


@MECHANISMS
def test_a_mailbox_is_read_with_a_token(
    exchange: Dovecot, tokens: Tokens, tmp_path: Path, mechanism: str
) -> None:
    """Got once by client credentials (RFC 6749 section 4.4) and used as long as it holds."""
    exchange.deliver(USER, mail(XML))
    mailbox, desk = box(exchange, tokens, tmp_path, mechanism), MemoryMailDesk()

    assert mailbox.collect(desk) == 1
    mailbox.check()

    assert desk.names == ["RE-1.xml"]
    assert tokens.asked == [
        {
            "client_id": "laufzettel",
            "grant_type": "client_credentials",
            "scope": "https://outlook.office365.com/.default",
            "client_secret": SECRET,
        }
    ]


@MECHANISMS
def test_a_token_that_was_revoked_is_replaced_at_once(
    exchange: Dovecot, tokens: Tokens, tmp_path: Path, mechanism: str
) -> None:
    """The server answers the reason first and must hear one thing more before it says no."""
    mailbox = box(exchange, tokens, tmp_path, mechanism)
    mailbox.check()
    tokens.users.clear()

    mailbox.check()

    assert list(tokens.users) == ["T2"]


@MECHANISMS
def test_a_token_for_somebody_else_opens_no_mailbox(
    exchange: Dovecot, tokens: Tokens, tmp_path: Path, mechanism: str
) -> None:
    """An outage that is told; asked for a token once a try, never in a circle."""
    tokens.user = "fremd@musterstadt.example"

    with pytest.raises(InletUnreachableError) as caught:
        box(exchange, tokens, tmp_path, mechanism).check()

    assert len(tokens.asked) == 1
    assert "T1" not in str(caught.value)


def test_a_client_that_is_refused_is_told_with_the_reason_and_without_the_secret(
    exchange: Dovecot, tokens: Tokens, tmp_path: Path
) -> None:
    """Even where the server repeats it."""
    mailbox = box(exchange, tokens, tmp_path, "xoauth2")
    (tmp_path / "client_secret").write_text("falsch-und-geheim")

    with pytest.raises(InletUnreachableError) as caught:
        mailbox.check()

    assert "der Anmeldedienst 127.0.0.1 gibt kein Token: invalid_client" in str(caught.value)
    assert "wrong: … AADSTS7000215" in str(caught.value)


@MECHANISMS
def test_a_mail_goes_out_with_a_token(tokens: Tokens, tmp_path: Path, mechanism: str) -> None:
    """SMTP AUTH (RFC 4954) over TLS."""
    login = tokens.login(tmp_path, mechanism)
    with smtp(tmp_path, "starttls", tokens=tokens) as running:
        server = replace(running.server, user=USER, password_file=None, oauth2=login)
        post = SmtpPost(
            server=server, sender=SENDER, sender_name="Stadt", journal=tmp_path / "journal"
        )
        post.send(KEY, LETTER)
        tokens.users.clear()
        post.check()

        assert len(running.taker.mails) == 1
        assert list(tokens.users) == ["T2"]
        tokens.user = "fremd@musterstadt.example"
        tokens.users.clear()
        with pytest.raises(PostUnreachableError, match="535"):
            post.check()


@MECHANISMS
def test_a_mail_server_that_repeats_the_token_has_it_in_no_text(
    tokens: Tokens, tmp_path: Path, mechanism: str
) -> None:
    """Some answer a command that they refuse with the command, cut off somewhere."""
    tokens.answer = {"access_token": TOKEN, "token_type": "Bearer"}
    login = tokens.login(tmp_path, mechanism)
    with smtp(tmp_path, "starttls", tokens=tokens) as running:
        running.taker.repeats = True
        server = replace(running.server, user=USER, password_file=None, oauth2=login)
        post = SmtpPost(server=server, sender=SENDER, sender_name="Stadt", journal=tmp_path)

        with pytest.raises(PostUnreachableError, match="501") as caught:
            post.check()

    assert secrets_in(caught.value) == []


@MECHANISMS
@pytest.mark.parametrize("last", [b"%(tag)s NO what is %(said)s?", b"* BYE %(said)s", b"%(said)s"])
def test_a_mailbox_that_repeats_the_token_has_it_in_no_text(
    tokens: Tokens, tmp_path: Path, mechanism: str, last: bytes
) -> None:
    """Neither as a refusal nor where it speaks no IMAP any more."""
    tokens.answer = {"access_token": TOKEN, "token_type": "Bearer"}
    with signing_in(b"+ ", last) as server:
        login = tokens.login(tmp_path, mechanism)
        account = Account(server=replace(server, user=USER, oauth2=login))

        with pytest.raises(InletUnreachableError) as caught:
            Mailbox(account=account, name="postfach-rechnung").check()

    assert secrets_in(caught.value) == []


@MECHANISMS
def test_a_server_that_asks_in_a_way_that_is_no_sasl_is_an_outage(
    tokens: Tokens, tmp_path: Path, mechanism: str
) -> None:
    """RFC 3501 section 6.2.2: whatever is asked is base64."""
    with signing_in(b"+ wer da", b"%(tag)s BAD what") as server:
        login = tokens.login(tmp_path, mechanism)
        account = Account(server=replace(server, user=USER, oauth2=login))

        with pytest.raises(InletUnreachableError, match="auf die Anmeldung nicht lesbar"):
            Mailbox(account=account, name="postfach-rechnung").check()


def test_a_refresh_token_is_used_and_its_successor_kept(tokens: Tokens, tmp_path: Path) -> None:
    """RFC 6749 section 6: the new one takes the place of the old one, also after a restart."""
    tokens.rotates = True
    source = tokens.source(tmp_path, refresh=True)

    assert (source.fetch(), source.known()) == ("T1", "T1")
    assert source.fetch() == "T2"

    assert [one["refresh_token"] for one in tokens.asked] == ["R1", "R2"]
    assert (tmp_path / "refresh_token").read_text() == "R3\n"
    assert (tmp_path / "refresh_token").stat().st_mode & 0o777 == 0o600


def test_a_successor_that_cannot_be_written_down_is_used_from_memory(
    tokens: Tokens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials often lie where the program may only read."""
    tokens.rotates = True
    source = tokens.source(tmp_path, refresh=True)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr("laufzettel.oauth2.tempfile.mkstemp", refuse)
    source.fetch()
    source.fetch()

    assert [one["refresh_token"] for one in tokens.asked] == ["R1", "R2"]
    assert (tmp_path / "refresh_token").read_text() == "R1\n"


@pytest.mark.parametrize(
    "answer",
    [
        {"access_token": "T\r\nA1 LOGOUT", "token_type": "Bearer"},
        {"access_token": "T\x01auth=x", "token_type": "Bearer"},
        {"access_token": "T", "token_type": "mac"},
        {"token_type": "Bearer"},
        {"access_token": "T" * 70_000, "token_type": "Bearer"},
        {"access_token": 7, "token_type": "Bearer"},
    ],
    ids=["line break", "separator", "other kind", "none", "endless", "number"],
)
def test_what_is_no_token_is_refused(
    tokens: Tokens, tmp_path: Path, answer: dict[str, Any]
) -> None:
    """RFC 6750 section 2.1: nothing of an answer becomes a command."""
    tokens.answer = answer
    source = tokens.source(tmp_path)

    with pytest.raises(TokenError):
        source.fetch()
    assert source.known() == ""


@pytest.mark.parametrize(("told", "is_known"), [(3600, True), ("3600", True), (59, False)])
def test_a_token_is_used_until_shortly_before_its_end(
    tokens: Tokens, tmp_path: Path, told: object, is_known: bool
) -> None:
    """Some servers write the number as a text."""
    tokens.answer = {"access_token": "T", "token_type": "bearer", "expires_in": told}
    source = tokens.source(tmp_path)

    source.fetch()

    assert (source.known() == "T") is is_known


@pytest.mark.parametrize(
    "raw",
    [
        b"220 mail.example ESMTP {}\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n{}",
        b"HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n{}",
    ],
    ids=["other protocol", "torn", "torn refusal", "endless header"],
)
def test_a_server_that_breaks_off_or_speaks_no_http_is_an_outage(
    exchange: Dovecot, tokens: Tokens, tmp_path: Path, raw: bytes
) -> None:
    """Of this mailbox alone, and told without the secret that it was sent."""
    tokens.raw = raw
    mailbox = box(exchange, tokens, tmp_path, "xoauth2")
    (tmp_path / "client_secret").write_text("geheim+nur im Test")

    with pytest.raises(InletUnreachableError, match=r"der Anmeldedienst 127\.0\.0\.1") as caught:
        mailbox.check()

    told = "".join(traceback.format_exception(caught.value))
    assert "geheim" not in told


def test_a_secret_follows_nobody_elsewhere(tokens: Tokens, tmp_path: Path) -> None:
    """A redirection is an error, not a way."""
    tokens.redirect = f"{tokens.url}/elsewhere"

    with pytest.raises(TokenError, match="HTTP 307"):
        tokens.source(tmp_path).fetch()

    assert tokens.asked == []


WRITTEN = """
[a.mailboxes.x]
host = "outlook.office365.com"
user = "rechnung@musterstadt.de"
[a.mailboxes.x.oauth2]
token_url = "https://login.microsoftonline.com/m/oauth2/v2.0/token"
client_id = "c"
client_secret_file = "/run/credentials/laufzettel/exchange"
scope = "https://outlook.office365.com/.default"
"""


def test_the_operator_writes_down_where_tokens_come_from() -> None:
    [found] = channels.parse(WRITTEN).of("a").mailboxes

    assert found.server.oauth2 is not None
    assert (found.server.oauth2.mechanism, found.server.password_file) == ("xoauth2", None)
    assert found.server.oauth2.source.scope == "https://outlook.office365.com/.default"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "https://login",
            "http://login",
            "„token_url“ muss als ganze Adresse mit https:// beginnen",
        ),
        (
            "https://login",
            "https://[login",
            "„token_url“ muss als ganze Adresse mit https:// beginnen",
        ),
        (
            "online.com/m",
            "online.com:https/m",
            "„token_url“ muss als ganze Adresse mit https:// beginnen",
        ),
        ("client_secret_file", "client_secret", "„client_secret“ gibt es hier nicht"),
        ('client_id = "c"', "", "„client_id“ fehlt"),
        ('scope = "', 'mechanism = "', "„mechanism“ muss xoauth2 oder oauthbearer sein."),
        (
            '\nclient_secret_file = "/run/credentials/laufzettel/exchange"',
            "",
            "„client_secret_file“ oder „refresh_token_file“ fehlt.",
        ),
        (
            "[a.mailboxes.x.oauth2]",
            'password_file = "/x"\n[a.mailboxes.x.oauth2]',
            "„password_file“ und „oauth2“ gehen nicht zugleich.",
        ),
    ],
)
def test_a_slip_of_the_pen_is_named(old: str, new: str, said: str) -> None:
    """Before anything is sent anywhere."""
    with pytest.raises(InputError) as caught:
        channels.parse(WRITTEN.replace(old, new))

    assert said in str(caught.value)
