"""A mailbox that is read over IMAP (RFC 3501): mails are taken, then moved, never deleted.

A mail is fetched without marking it as read, archived and numbered at the desk, and only then
taken apart. What held invoices moves to „Laufzettel/erledigt“, what a person must look at to
„Laufzettel/unklar“. Dying in between leaves the mail in the inbox; UIDVALIDITY and UID
(RFC 3501 section 2.3.1.1) are the key under which it is known when it is fetched again.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from laufzettel.channels import MailServer
from laufzettel.connectors.intake.mails import take_mail
from laufzettel.connectors.intake.port import PER_RUN, InletUnreachableError, MailDesk
from laufzettel.errors import LaufzettelError

#: How long the server may take for an answer, in seconds.
TIMEOUT_S: Final = 30
#: Largest mail that is fetched, in bytes.
MAIL_MAX: Final = 50 * 1024 * 1024
#: The folders, below the server's own prefix and with its own separator.
DONE: Final = ("Laufzettel", "erledigt")
UNCLEAR: Final = ("Laufzettel", "unklar")

_NUMBER: Final = re.compile(rb"RFC822\.SIZE (\d+)")
_PERSONAL: Final = re.compile(rb'^\(\("((?:[^"\\]|\\.)*)" "(.)"\)')


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A mailbox on its server."""

    server: MailServer
    folder: str = "INBOX"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """An Inlet over a mailbox."""

    account: Account
    name: str  # of the channel
    mail_max: int = MAIL_MAX

    def check(self) -> None:
        """Raise InletUnreachableError when the mailbox cannot be opened."""
        with _session(self.account):
            return

    def collect(self, desk: MailDesk) -> int:
        """Take the mails of the inbox, the oldest first; one that fails holds up no other."""
        failures: list[LaufzettelError] = []
        number = 0
        with _session(self.account) as session:
            for uid in session.uids()[:PER_RUN]:
                number += 1
                desk.alive()
                try:
                    self._take(session, uid, desk)
                except InletUnreachableError:
                    raise
                except LaufzettelError as error:
                    failures.append(error)
        if failures:
            raise failures[0]
        return number

    def _take(self, session: _Session, uid: bytes, desk: MailDesk) -> None:
        key = f"{self.name}:{session.validity}:{uid.decode('ascii')}"
        size = session.size(uid)
        if size is None:
            return  # somebody has moved it by hand
        if size > self.mail_max:
            desk.complain(
                key,
                f"Im Postfach „{self.name}“ liegt eine Mail mit {size // 1048576} MB; geholt "
                f"werden höchstens {self.mail_max // 1048576} MB. Sie liegt ungelesen im Ordner "
                "„Laufzettel/unklar“; bitte die Rechnung von Hand hochladen.",
            )
            session.move(uid, UNCLEAR)
            return
        raw = session.fetch(uid) if size else b""  # servers send an empty mail in another form
        if raw is None:
            return  # as above
        problem = take_mail(desk, raw, key=key, channel=self.name)
        session.move(uid, UNCLEAR if problem else DONE)


@contextmanager
def _session(account: Account) -> Iterator[_Session]:
    """Open the folder; what the server or the network refuses is an outage of the mailbox."""
    client: imaplib.IMAP4 | None = None
    try:
        client = _connect(account)
        client.login(account.server.user, account.server.password())
        session = _Session(client, account.folder)
        yield session
        client.logout()
    except (OSError, imaplib.IMAP4.error, ssl.SSLError) as error:
        raise InletUnreachableError(
            f"Das Postfach {account.server.user} auf {account.server.host} ist nicht erreichbar: "
            f"{str(error)[:200]}. Es bleibt dort nichts verloren; es wird wieder versucht."
        ) from error
    finally:
        if client is not None:
            _close(client)


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


class _Session:
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

    def size(self, uid: bytes) -> int | None:
        """Return how many bytes the mail has; None where it is gone."""
        found = self._check(self._client.uid("FETCH", uid.decode(), "(RFC822.SIZE)"), "Größe")
        match = _NUMBER.search(found[0]) if found and isinstance(found[0], bytes) else None
        return int(match[1]) if match else None

    def fetch(self, uid: bytes) -> bytes | None:
        """Return the mail as it was received, not marked as read; None where it is gone."""
        found = self._check(self._client.uid("FETCH", uid.decode(), "(BODY.PEEK[])"), "Abruf")
        return next((bytes(one[1]) for one in found if isinstance(one, tuple)), None)

    def move(self, uid: bytes, folder: tuple[str, str]) -> None:
        """The mail lies in the folder and no more in this one (RFC 6851, else RFC 4315)."""
        target, is_move = _quoted(self._prefix + self._separator.join(folder)), self._can("MOVE")
        verb = "MOVE" if is_move else "COPY"
        if self._client.uid(verb, uid.decode(), target)[0] != "OK":
            self._client.create(target)
            self._client.subscribe(target)
            self._check(self._client.uid(verb, uid.decode(), target), f"Verschieben nach {target}")
        if not is_move:
            flagged = self._client.uid("STORE", uid.decode(), "+FLAGS.SILENT", r"(\Deleted)")
            self._check(flagged, "Markieren")
            if self._can("UIDPLUS"):  # else it would take other people's mails along
                self._check(self._client.uid("EXPUNGE", uid.decode()), "Entfernen")

    def _can(self, capability: str) -> bool:
        return capability in self._capabilities

    def _namespace(self) -> tuple[str, str]:
        """Return prefix and separator of the mailbox's own folders (RFC 2342)."""
        if self._can("NAMESPACE"):
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
