"""A session with an IMAP server (RFC 3501): connected, signed in, one folder selected."""

from __future__ import annotations

import email.utils
import imaplib
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from laufzettel.channels import MailServer
from laufzettel.connectors.intake.port import InletUnreachableError
from laufzettel.connectors.sasl import (
    UNREADABLE_DE,
    after_refusal,
    discreet,
    first_message,
    plain_message,
    with_token,
)
from laufzettel.errors import LaufzettelError
from laufzettel.spool import PORTION

#: How long the server may take for an answer, in seconds.
TIMEOUT_S: Final = 30

_SIZE: Final = re.compile(rb"RFC822\.SIZE (\d{1,18})\b")
#: RFC 3501 section 9, date-time; a server that says 1970 does not know.
_ARRIVED: Final = re.compile(
    rb'INTERNALDATE "([ \d]\d)-([A-Z][a-z]{2})-(2\d{3} \d\d:\d\d:\d\d [+-]\d{4})"'
)
_PERSONAL: Final = re.compile(rb'^\(\("((?:[^"\\]|\\.)*)" "(.)"\)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A mailbox on its server."""

    server: MailServer
    folder: str = "INBOX"


@contextmanager
def session(account: Account) -> Iterator[Session]:
    """Open the folder; what the server or the network refuses is an outage of the mailbox."""
    client: imaplib.IMAP4 | None = None
    try:
        client = _connect(account)
        _sign_in(client, account.server)
        yield Session(client, account.folder)
        client.logout()
    except (OSError, imaplib.IMAP4.error, ssl.SSLError) as error:
        raise InletUnreachableError(
            f"Das Postfach {account.server.user} auf {account.server.host} ist nicht erreichbar: "
            f"{str(error)[:200]}. Es bleibt dort nichts verloren; es wird wieder versucht."
        ) from error
    finally:
        if client is not None:
            _close(client)


def _sign_in(client: imaplib.IMAP4, server: MailServer) -> None:
    login = server.oauth2
    if login is None:
        _sign_in_by_password(client, server.user, server.password())
        return

    def attempt(token: str) -> None:
        first, reasons = first_message(server, login, token), [""]
        said = iter((first, after_refusal(login)))

        def respond(challenge: bytes) -> bytes:
            reasons.append(challenge.decode("utf-8", "replace"))
            return next(said, "").encode()

        try:
            client.authenticate(login.mechanism.upper(), respond)
        except imaplib.IMAP4.abort as error:
            raise imaplib.IMAP4.abort(discreet(str(error), first, token)) from None
        except imaplib.IMAP4.error as error:
            told = discreet(f"{error} {reasons[-1]}".strip(), first, token)
            raise _RefusedError(told) from None
        except ValueError:  # a challenge that is not base64
            raise imaplib.IMAP4.abort(UNREADABLE_DE) from None

    with_token(login.source, attempt, _RefusedError)


def _sign_in_by_password(client: imaplib.IMAP4, user: str, password: str) -> None:
    """LOGIN takes ASCII alone (RFC 3501 section 9); a word with an umlaut goes as SASL PLAIN."""
    if user.isascii() and password.isascii():
        client.login(user, password)
        return
    client.authenticate("PLAIN", lambda _: plain_message(user, password))


class _RefusedError(imaplib.IMAP4.error):
    """The server did not let us in."""


def _close(client: imaplib.IMAP4) -> None:
    try:
        client.shutdown()
    except OSError:
        return  # it was closed already


def _connect(account: Account) -> imaplib.IMAP4:
    server = account.server
    client: imaplib.IMAP4
    if server.security == "tls":
        client = imaplib.IMAP4_SSL(
            server.host, server.port, ssl_context=account.server.context(), timeout=TIMEOUT_S
        )
    else:
        client = imaplib.IMAP4(server.host, server.port, timeout=TIMEOUT_S)
        if server.security == "starttls":
            try:
                client.starttls(account.server.context())
            except BaseException:
                _close(client)
                raise
    return client


class GoneError(Exception):
    """Somebody has moved the mail meanwhile."""


class MailRefusedError(LaufzettelError):
    """The server refuses something about one mail; ``is_cut`` where it also hung up."""

    def __init__(self, error: Exception) -> None:
        super().__init__(
            f"Der Mailserver lehnt etwas an einer Mail ab ({str(error)[:200]}). Die anderen werden "
            "angenommen. Bitte die älteste im Posteingang ansehen: Ist noch Platz, darf "
            "verschoben werden, lässt sie sich öffnen?"
        )
        self.is_cut = isinstance(error, (OSError, imaplib.IMAP4.abort))


@contextmanager
def _of_one_mail() -> Iterator[None]:
    """What the server refuses in here says nothing about the mails behind."""
    try:
        yield
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailRefusedError(error) from error


class Fetched:
    """A mail on its server, read part by part, so that it is never in memory whole."""

    def __init__(self, session: Session, uid: bytes, size: int) -> None:
        self._session = session
        self._uid = uid
        self._at = 0
        self._is_end = size == 0  # servers send an empty mail in another form

    def read(self, size: int = PORTION, /) -> bytes:
        """Return the next part; a short one is the last."""
        if self._is_end:
            return b""
        part = self._session.fetch(self._uid, self._at, size)
        self._at += len(part)
        self._is_end = len(part) < size
        return part


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A mail in a folder, unread."""

    size: int  # bytes
    arrived_at: datetime | None  # on the server of the town; None where that is not said readably


def _arrived_at(told: bytes) -> datetime | None:
    match = _ARRIVED.search(told)
    if match is None:
        return None
    try:
        found = email.utils.parsedate_to_datetime(b" ".join(match.groups()).decode("ascii"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)  # „-0000“ (RFC 5322)


class Session:
    """A folder that is selected."""

    def __init__(self, client: imaplib.IMAP4, folder: str) -> None:
        self._client = client
        # Asked again, because a server offers more to whoever has signed in.
        told = self._check(client.capability(), "Fähigkeiten")
        self._capabilities = bytes(told[0] or b"").decode("ascii", "replace").upper().split()
        self._check(client.select(_quoted(folder)), f"Ordner „{folder}“")
        validity = client.response("UIDVALIDITY")[1]
        self.validity = (validity[0] or b"0").decode("ascii", "replace") if validity else "0"
        self._prefix, self._separator = self._namespace()

    def uids(self) -> list[bytes]:
        """Return the mails that nobody has marked as deleted, in the order of arrival."""
        found = self._check(self._client.uid("SEARCH", "UNDELETED"), "Suche")
        return bytes(found[0] or b"").split()

    def look(self, uid: bytes) -> Waiting | None:
        """Return what the server knows of the mail; None where it is gone."""
        with _of_one_mail():
            what = "(RFC822.SIZE INTERNALDATE)"
            found = self._check(self._client.uid("FETCH", uid.decode(), what), "Größe")
        for told in found:  # it may tell of the flags of others in between
            size = _SIZE.search(told) if isinstance(told, bytes) else None
            if size:
                return Waiting(size=int(size[1]), arrived_at=_arrived_at(told))
        return None

    def fetch(self, uid: bytes, begin: int, size: int) -> bytes:
        """Return a part of the mail as it was received (RFC 3501 section 6.4.5).

        It is not marked as read. Raises GoneError where it is gone, MailRefusedError where the
        server does not give it.
        """
        what = f"(BODY.PEEK[]<{begin}.{size}>)"
        with _of_one_mail():
            found = self._check(self._client.uid("FETCH", uid.decode(), what), "Abruf")
        part = next((bytes(one[1]) for one in found if isinstance(one, tuple)), None)
        if part is None:
            raise GoneError
        return part

    def move(self, uid: bytes, folder: tuple[str, str]) -> None:
        """The mail lies in the folder and no more in this one (RFC 6851, else RFC 4315)."""
        with _of_one_mail():
            self._move(uid, folder)

    def _move(self, uid: bytes, folder: tuple[str, str]) -> None:
        target, is_move = _quoted(self._prefix + self._separator.join(folder)), self.can("MOVE")
        verb = "MOVE" if is_move else "COPY"
        if self._client.uid(verb, uid.decode(), target)[0] != "OK":
            self._client.create(target)
            self._client.subscribe(target)
            self._check(self._client.uid(verb, uid.decode(), target), f"Verschieben nach {target}")
        if not is_move:
            flagged = self._client.uid("STORE", uid.decode(), "+FLAGS.SILENT", r"(\Deleted)")
            self._check(flagged, "Markieren")
            if self.can("UIDPLUS"):  # else it would take other people's mails along
                self._check(self._client.uid("EXPUNGE", uid.decode()), "Entfernen")

    @property
    def socket(self) -> socket.socket:
        """The connection itself, for who waits at it (RFC 2177)."""
        return self._client.socket()

    def can(self, capability: str) -> bool:
        """Say whether the server offers it to whoever has signed in."""
        return capability in self._capabilities

    def _namespace(self) -> tuple[str, str]:
        """Return prefix and separator of the mailbox's own folders (RFC 2342)."""
        if self.can("NAMESPACE"):
            told = self._client.namespace()[1][0]
            match = _PERSONAL.match(told) if isinstance(told, bytes) else None
            if match:
                return match[1].decode("ascii", "replace"), match[2].decode("ascii", "replace")
        return "", "/"

    def _check(self, answer: tuple[str, list[Any]], what: str) -> list[Any]:
        state, data = answer
        if state != "OK":
            raise imaplib.IMAP4.error(f"{what}: {data[0] if data else state}")
        return data


def _quoted(name: str) -> str:
    """Return the name as a quoted string (RFC 3501 section 9); a line break has no place in it."""
    if not name.isascii() or not name.isprintable():
        raise InletUnreachableError(f"„{name[:60]}“ geht nicht als Name eines Ordners.")
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
