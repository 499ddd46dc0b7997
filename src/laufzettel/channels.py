"""The channels of each tenant, as the operator wrote them down: folders, mailboxes, mail server.

Paths, servers and passwords belong to the machine and not to the tenant's own settings: they
stand in one TOML file (``LAUFZETTEL_CHANNELS``, by default ``channels.toml`` in the data
folder). A password stands in a file of its own that the TOML names. What cannot be understood
is refused with the place, so that a slip of the pen never closes a way in unseen.
"""

from __future__ import annotations

import re
import ssl
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

from laufzettel.errors import InputError
from laufzettel.oauth2 import TokenSource, is_safe

_ADDRESS: Final = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{3,190}", re.ASCII)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderChannel:
    """A watched folder."""

    name: str
    path: Path
    sender: str = ""  # who delivers here, as the Eingangsbuch shows it
    settle_s: int = 15  # left alone for so long, a file counts as complete
    size_max_mb: int = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLogin:
    """Signing in with a token instead of a password."""

    source: TokenSource
    mechanism: str = "xoauth2"  # or oauthbearer (RFC 7628)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """A server, and how to get in."""

    host: str
    port: int
    security: str  # tls, starttls, or none for this machine
    user: str
    password_file: Path | None = None  # none: an outgoing server that asks for none
    ca_file: Path | None = None  # certificates that are believed beside the system's
    oauth2: TokenLogin | None = None  # instead of a password

    def password(self) -> str:
        """Return the password; OSError where it cannot be read."""
        if self.password_file is None:
            return ""
        try:
            return self.password_file.read_text("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise OSError(f"die Datei {self.password_file} ist nicht lesbar") from error

    def context(self) -> ssl.SSLContext:
        """Return what the server must prove; OSError for certificates that cannot be read."""
        context = ssl.create_default_context()
        if self.ca_file is not None:
            context.load_verify_locations(self.ca_file)
        return context


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxChannel:
    """A mailbox that is read over IMAP."""

    name: str
    server: MailServer
    folder: str = "INBOX"
    size_max_mb: int = 50
    idle: bool = True  # where the server can, it says when a mail has come (RFC 2177)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailChannel:
    """How mails leave the house."""

    server: MailServer
    sender: str  # address; what cannot be delivered comes back to it
    sender_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantChannels:
    """The channels of one tenant."""

    folders: tuple[FolderChannel, ...] = ()
    mailboxes: tuple[MailboxChannel, ...] = ()
    mail: MailChannel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """The channels of all tenants."""

    by_tenant: Mapping[str, TenantChannels] = field(default_factory=dict)

    def of(self, tenant: str) -> TenantChannels:
        """Return the tenant's channels; none where nothing was written down."""
        return self.by_tenant.get(tenant, TenantChannels())


def load(file: Path) -> Channels:
    """Return what the file says; no file means no channels.

    Raises InputError with what to write instead.
    """
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        return Channels()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} ist nicht lesbar: {error}.") from error
    return parse(text, where=str(file))


def parse(text: str, *, where: str = "channels.toml") -> Channels:
    """Return what the text says.

    >>> parse('''
    ... [musterstadt.folders.sftp]
    ... path = "/srv/sftp/musterstadt"
    ... ''').of("musterstadt").folders[0].name
    'sftp'
    >>> parse('[musterstadt.folders.sftp]\\npfad = "/srv"')
    Traceback (most recent call last):
    ...
    laufzettel.errors.InputError: channels.toml, [musterstadt.folders.sftp]: „pfad“ gibt es hier \
nicht; möglich sind path, sender, settle_s, size_max_mb.
    """
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{where} ist kein TOML: {error}.") from error
    found = {}
    for tenant, value in read.items():
        table = Table(where=where, place=(tenant,), values=value)
        folders = tuple(_folder(name, one) for name, one in table.tables("folders"))
        mailboxes = tuple(_mailbox(name, one) for name, one in table.tables("mailboxes"))
        mail = _mail(table.table("mail")) if table.has("mail") else None
        table.end("folders", "mailboxes", "mail")
        found[tenant] = TenantChannels(folders=folders, mailboxes=mailboxes, mail=mail)
    return Channels(by_tenant=found)


def _folder(name: str, table: Table) -> FolderChannel:
    table.end("path", "sender", "settle_s", "size_max_mb")
    return FolderChannel(
        name=name,
        path=table.path("path"),
        sender=table.text("sender", ""),
        settle_s=table.number("settle_s", 15, 0, 3600),
        size_max_mb=table.number("size_max_mb", 25, 1, 200),
    )


#: The usual port by kind of server and security (RFC 8314, RFC 3501).
_PORTS: Final = {
    ("imap", "tls"): 993,
    ("imap", "starttls"): 143,
    ("imap", "none"): 143,
    ("smtp", "tls"): 465,
    ("smtp", "starttls"): 587,
    ("smtp", "none"): 25,
}
_SERVER: Final = ("host", "port", "security", "user", "password_file", "ca_file", "oauth2")
_MECHANISMS: Final = ("xoauth2", "oauthbearer")
_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def _mailbox(name: str, table: Table) -> MailboxChannel:
    table.end(*_SERVER, "folder", "size_max_mb", "idle")
    return MailboxChannel(
        name=name,
        server=_server("imap", table),
        folder=table.text("folder", "INBOX"),
        size_max_mb=table.number("size_max_mb", 50, 1, 200),
        idle=table.flag("idle", default=True),
    )


def _mail(table: Table) -> MailChannel:
    table.end(*_SERVER, "from", "name")
    sender = table.text("from")
    if not _ADDRESS.fullmatch(sender):
        table.refuse("„from“ ist keine E-Mail-Adresse.")
    return MailChannel(server=_server("smtp", table), sender=sender, sender_name=table.text("name"))


def _server(kind: str, table: Table) -> MailServer:
    host, security = table.text("host"), table.text("security", "tls")
    if (kind, security) not in _PORTS:
        table.refuse("„security“ muss tls, starttls oder none sein.")
    if security == "none" and host not in _THIS_MACHINE:
        table.refuse("„security = none“ geht nur für einen Server auf diesem Rechner.")
    has_token = table.has("oauth2")
    if has_token and table.has("password_file"):
        table.refuse("„password_file“ und „oauth2“ gehen nicht zugleich.")
    needs_login = kind == "imap" or table.has("user") or table.has("password_file") or has_token
    return MailServer(
        host=host,
        port=table.number("port", _PORTS[kind, security], 1, 65535),
        security=security,
        user=table.text("user", None if needs_login else ""),
        password_file=table.path("password_file") if needs_login and not has_token else None,
        ca_file=table.optional_path("ca_file"),
        oauth2=_token_login(table.table("oauth2")) if has_token else None,
    )


def _token_login(table: Table) -> TokenLogin:
    secret, refresh = "client_secret_file", "refresh_token_file"
    table.end("token_url", "client_id", "scope", secret, refresh, "ca_file", "mechanism")
    url, mechanism = table.text("token_url"), table.text("mechanism", "xoauth2")
    if not is_safe(url):
        table.refuse(
            "„token_url“ muss als ganze Adresse mit https:// beginnen (http:// nur auf diesem Rechner)."
        )
    if mechanism not in _MECHANISMS:
        table.refuse("„mechanism“ muss xoauth2 oder oauthbearer sein.")
    if not table.has(secret) and not table.has(refresh):
        table.refuse(f"„{secret}“ oder „{refresh}“ fehlt.")
    source = TokenSource(
        url=url,
        client_id=table.text("client_id"),
        scope=table.text("scope", ""),
        client_secret_file=table.optional_path(secret),
        refresh_token_file=table.optional_path(refresh),
        ca_file=table.optional_path("ca_file"),
    )
    return TokenLogin(source=source, mechanism=mechanism)


class Table:
    """A table of the file that says where it stands when something is wrong."""

    def __init__(self, *, where: str, place: tuple[str, ...], values: Any) -> None:
        self._where = f"{where}, [{'.'.join(place)}]"
        self._parts = (where, place)
        if not isinstance(values, Mapping):
            raise InputError(f"{self._where}: Erwartet wird ein Abschnitt mit Angaben.")
        self._values = values

    def tables(self, name: str) -> list[tuple[str, Table]]:
        """Return the named tables below ``name``."""
        where, place = self._parts
        below = Table(where=where, place=(*place, name), values=self._values.get(name, {}))
        for one in below._values:
            if not _NAME.fullmatch(one):
                below.refuse(
                    f"„{one[:40]}“ geht nicht als Name; erlaubt sind kleine Buchstaben, "
                    "Ziffern, - und _, höchstens 30."
                )
        return [
            (one, Table(where=where, place=(*place, name, one), values=value))
            for one, value in below._values.items()
        ]

    def table(self, name: str) -> Table:
        """Return the table of that name."""
        where, place = self._parts
        return Table(where=where, place=(*place, name), values=self._values.get(name))

    def end(self, *known: str) -> None:
        """Raise where the table says something that nobody reads."""
        for one in self._values:
            if one not in known:
                self.refuse(f"„{one[:40]}“ gibt es hier nicht; möglich sind {', '.join(known)}.")

    def has(self, name: str) -> bool:
        """Say whether the table says it."""
        return name in self._values

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; without a default it is needed."""
        value = self._values.get(name, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            self.refuse(f"„{name}“ fehlt oder ist kein Text.")
        return value

    def path(self, name: str) -> Path:
        """Return a path that does not depend on where the program is started."""
        path = Path(self.text(name))
        if not path.is_absolute():
            self.refuse(f"„{name}“ muss ein vollständiger Pfad sein, etwa /srv/eingang.")
        return path

    def optional_path(self, name: str) -> Path | None:
        """Return a path; None where none is said."""
        return self.path(name) if self.has(name) else None

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """Return a whole number in its bounds."""
        value = self._values.get(name, default)
        if type(value) is not int or not least <= value <= most:
            self.refuse(f"„{name}“ muss eine ganze Zahl von {least} bis {most} sein.")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a yes or no."""
        value = self._values.get(name, default)
        if not isinstance(value, bool):
            self.refuse(f"„{name}“ muss true oder false sein.")
        return value

    def refuse(self, text: str) -> NoReturn:
        """Raise InputError that names the place."""
        raise InputError(f"{self._where}: {text}")
