"""Mails over a server of the town (RFC 5321, RFC 5322), each once as far as mail allows.

Until the text is handed over nothing has gone out, and the same may be tried again. Whoever
loses the connection after that does not know: that is *unknown*, never failed. No mail server
can be asked for a mail, so a journal on disk says before the text that it begins and after the
answer that it is done; what began and did not end is decided by a person. The Message-ID comes
from the key, so that a second one is recognised as the same by whoever reads it.
"""

from __future__ import annotations

import base64
import contextlib
import email.message
import email.policy
import email.utils
import hashlib
import re
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from pathlib import Path
from typing import Final

from laufzettel.channels import MailServer
from laufzettel.connectors.plain_text import require_line
from laufzettel.connectors.post.port import (
    AddressRefusedError,
    Letter,
    LetterConflictError,
    PostUnknownError,
    PostUnreachableError,
)
from laufzettel.connectors.sasl import (
    UNREADABLE_DE,
    after_refusal,
    discreet,
    first_message,
    plain_message,
    with_token,
)
from laufzettel.documents.write_once import OtherContentError, make_folders, write_once
from laufzettel.errors import InputError, StorageError

#: How long the server may take for an answer, in seconds.
TIMEOUT_S: Final = 30

_KEY_MAX: Final = 200
#: Seven bits, so that any server takes it as it is (RFC 5322 section 2.1.1, CRLF).
_POLICY: Final = email.policy.SMTP.clone(cte_type="7bit", max_line_length=76)
_DOT: Final = re.compile(rb"(?m)^\.")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpPost:
    """A PostPort over a mail server."""

    server: MailServer
    sender: str  # address of the town; what cannot be delivered comes back to it
    sender_name: str
    journal: Path  # a folder; holds hashes and no texts

    def send(self, key: str, letter: Letter) -> None:
        """The server has taken the mail."""
        data = mail_of(key, letter, self.sender, self.sender_name)
        note = hashlib.sha256(data).hexdigest().encode()
        with self._session() as client:
            _prepare(client, self.sender, letter.to_mail)
            self._begin(key, note)
            try:
                _transmit(client, data)
            except (PostUnreachableError, AddressRefusedError):
                self._begun(key).unlink(missing_ok=True)  # the server has said so
                raise
            self._note(self._done(key), note)

    def check(self) -> None:
        """Raise PostUnreachableError when the server does not let us in; nothing is sent."""
        with self._session():
            return

    def sent(self, key: str) -> bool:
        """Return whether the mail went out; nobody can ask a mail server, but the journal.

        Raises PostUnknownError for one that began and did not end.
        """
        if self._done(key).exists():
            return True
        if not self._begun(key).exists():
            return False
        raise PostUnknownError(
            "Ein Mailserver lässt sich nicht fragen, ob eine Mail hinausging. Bitte im Protokoll "
            f"des Mailservers nach der Nummer {message_id(key, self.sender)} suchen."
        )

    def _begun(self, key: str) -> Path:
        return self.journal / f"{hashlib.sha256(key.encode()).hexdigest()[:40]}.begonnen"

    def _done(self, key: str) -> Path:
        return self._begun(key).with_suffix(".gesendet")

    def _begin(self, key: str, note: bytes) -> None:
        """It is on disk that the text begins; where that fails nothing has gone out."""
        try:
            self._note(self._begun(key), note)
        except PostUnknownError as error:
            raise PostUnreachableError(f"{error} Es wurde nichts verschickt.") from error

    def _note(self, path: Path, note: bytes) -> None:
        """The note lies on disk."""
        try:
            make_folders(path.parent)
            write_once(path, note)
        except OtherContentError as error:
            raise LetterConflictError from error
        except (StorageError, OSError) as error:
            raise PostUnknownError(
                f"Das Journal der Mails ist nicht beschreibbar: {error}."
            ) from error

    @contextlib.contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """Sign in; whatever fails before the text is sent is *unreachable*."""
        try:
            client = self._connect()
        except (OSError, smtplib.SMTPException, ssl.SSLError) as error:
            raise _unreachable(self.server.host, error) from error
        try:
            yield client
            with contextlib.suppress(OSError, smtplib.SMTPException):
                client.quit()  # the mail is taken already
        finally:
            client.close()

    def _connect(self) -> smtplib.SMTP:
        server, context = self.server, self.server.context()
        client: smtplib.SMTP
        if server.security == "tls":
            client = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=context)
        else:
            client = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
        try:
            if server.security == "starttls":
                client.starttls(context=context)
            client.ehlo_or_helo_if_needed()
            _sign_in(client, server)
        except BaseException:
            client.close()
            raise
        return client


def _sign_in(client: smtplib.SMTP, server: MailServer) -> None:
    """The server knows who we are, where it asks for it (RFC 4954)."""
    login = server.oauth2
    if login is None:
        if server.password_file is not None:
            _sign_in_by_password(client, server.user, server.password())
        return

    def attempt(token: str) -> None:
        first = first_message(server, login, token)

        def respond(challenge: bytes | None = None) -> str:
            # Without a challenge the first message; a challenge here is a refusal.
            return first if challenge is None else after_refusal(login)

        try:
            client.auth(login.mechanism.upper(), respond)
        except smtplib.SMTPAuthenticationError as error:
            raise _RefusedError(discreet(str(error), first, token)) from None
        except ValueError:  # a challenge that is not base64
            raise smtplib.SMTPException(UNREADABLE_DE) from None

    with_token(login.source, attempt, _RefusedError)


def _sign_in_by_password(client: smtplib.SMTP, user: str, password: str) -> None:
    """The library says ASCII alone; a word with an umlaut goes as PLAIN (RFC 4616) in UTF-8."""
    if user.isascii() and password.isascii():
        client.login(user, password)
        return
    said = plain_message(user, password)
    code, text = client.docmd("AUTH", f"PLAIN {base64.b64encode(said).decode()}")
    if code != 235:
        raise _RefusedError(discreet(f"{code} {_told(text)}", said.decode(), password))


class _RefusedError(smtplib.SMTPException):
    """The server did not let us in."""


def mail_of(key: str, letter: Letter, sender: str, sender_name: str) -> bytes:
    """Return the mail as it goes out; the same key and letter give the same bytes.

    Raises InputError for what cannot stand in a mail: nothing of a letter becomes a header
    field of its own.
    """
    require_line(key, "Der Schlüssel des Briefs", length_max=_KEY_MAX)
    if not letter.to_mail:
        raise InputError("Die Mail hat keine Adresse.")
    mail = email.message.EmailMessage(policy=_POLICY)
    mail["Date"] = email.utils.format_datetime(letter.written_at or _EPOCH)
    mail["From"] = Address(sender_name, addr_spec=sender)
    mail["To"] = Address(letter.to_name, addr_spec=letter.to_mail)
    mail["Subject"] = letter.subject
    mail["Message-ID"] = message_id(key, sender)
    if letter.in_reply_to:
        mail["In-Reply-To"] = letter.in_reply_to
        mail["References"] = letter.in_reply_to
    # RFC 3834 section 5: machines must not answer this in their turn.
    mail["Auto-Submitted"] = "auto-replied" if letter.in_reply_to else "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(letter.body_de.rstrip("\n") + "\n")
    return mail.as_bytes()


def message_id(key: str, sender: str) -> str:
    """Return the Message-ID of the mail under a key (RFC 5322 section 3.6.4).

    >>> message_id("musterstadt:77:eingang:1", "rechnung@musterstadt.example")
    '<06e052ac92063776606fbc872b1565d9e83550c3@musterstadt.example>'
    """
    digest = hashlib.sha256(key.encode()).hexdigest()[:40]
    return f"<{digest}@{sender.rpartition('@')[2]}>"


def _prepare(client: smtplib.SMTP, sender: str, to: str) -> None:
    """The server waits for the text; nothing has gone out yet."""
    try:
        _expect(client.mail(sender), {250}, "Absender")
        code, text = client.rcpt(to)
        if 500 <= code < 600 and not _is_about_us(code, text):
            raise AddressRefusedError(f"Der Mailserver nimmt für {to} nichts an: {_told(text)}")
        _expect((code, text), {250, 251}, "Empfänger")
        client.putcmd("data")
        _expect(client.getreply(), {354}, "Text")
    except (OSError, smtplib.SMTPException) as error:
        raise _unreachable("", error) from error


def _transmit(client: smtplib.SMTP, data: bytes) -> None:
    """The server has the text (RFC 5321 section 4.5.2 doubles dots in front of lines)."""
    try:
        client.send(_DOT.sub(b"..", data) + b".\r\n")
        code, text = client.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise PostUnknownError(
            "Die Verbindung brach ab, nachdem die Mail übergeben war; ob sie hinausging, steht "
            "nicht fest."
        ) from error
    if 500 <= code < 600:
        raise AddressRefusedError(f"Der Mailserver hat die Mail abgelehnt: {_told(text)}")
    if 400 <= code < 500:
        _expect((code, text), {250}, "Annahme")
    if code != 250:
        raise PostUnknownError(
            f"Der Mailserver hat auf die Mail mit {code} geantwortet, was kein Ja und kein Nein ist; ob "
            "sie hinausging, steht nicht fest."
        )


def _is_about_us(code: int, text: bytes) -> bool:
    """Say whether the server refuses whoever sends, and not the address (RFC 3463 section 3.8)."""
    return code == 530 or text.startswith(b"5.7.")


def _expect(answer: tuple[int, bytes], codes: set[int], what: str) -> None:
    code, text = answer
    if code not in codes:
        raise PostUnreachableError(
            f"Der Mailserver hat abgelehnt ({what}, {code}): {_told(text)}. "
            "Es wurde nichts verschickt."
        )


def _unreachable(host: str, error: Exception) -> PostUnreachableError:
    where = f" {host}" if host else ""
    return PostUnreachableError(
        f"Der Mailserver{where} ist nicht erreichbar: {str(error)[:200]}. Es wurde nichts "
        "verschickt."
    )


def _told(text: bytes) -> str:
    return text.decode("utf-8", "replace")[:200]
