"""A real SMTP server of a test (aiosmtpd), which takes mails or behaves as it is told."""

from __future__ import annotations

import base64
import contextlib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Server
from aiosmtpd.smtp import AuthResult, Envelope, Session
from tests.connectors.dovecot import free_port, make_certificate
from tests.connectors.token_server import Tokens

from laufzettel.channels import MailServer

PASSWORD: Final = "nur-im-Test"


@dataclass(slots=True, kw_only=True)
class Taker:
    """Keeps the mails; the answers are what a test says."""

    mails: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    to_sender: str = "250 OK"
    to_recipient: str = "250 OK"
    to_text: str = "250 OK"
    hangs_up: bool = False  # after the text has come, without a word
    tokens: Tokens | None = None  # says which tokens hold
    repeats: bool = False  # a refusal says again what it refuses

    async def auth_XOAUTH2(self, server: Server, args: list[str]) -> AuthResult | None:
        """Take a token in Google's and Microsoft's form; a refusal gives its reason first."""
        return await self._token(server, args, refusal_ends_with=b"")

    async def auth_OAUTHBEARER(self, server: Server, args: list[str]) -> AuthResult | None:
        """Take a token as RFC 7628 says."""
        return await self._token(server, args, refusal_ends_with=b"\x01")

    async def _token(
        self, server: Server, args: list[str], *, refusal_ends_with: bytes
    ) -> AuthResult | None:
        said = base64.b64decode(args[1]).decode()
        token = said.partition("auth=Bearer ")[2].partition("\x01")[0]
        holds = self.tokens.holds(token) if self.tokens else {"active": False}
        if holds["active"] and str(holds["username"]) in said.partition("auth=")[0]:
            return AuthResult(success=True)
        if self.repeats:
            return AuthResult(success=False, message=f"501 what is {' '.join(args)}", handled=False)
        answered = await server.challenge_auth('{"status":"invalid_token"}')
        assert answered == refusal_ends_with
        return AuthResult(success=False, handled=False)

    async def handle_MAIL(
        self, server: Server, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.to_sender

    async def handle_RCPT(
        self, server: Server, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, server: Server, session: Session, envelope: Envelope) -> str:
        if self.to_text.startswith("250"):
            content: Any = envelope.content
            self.mails.append((str(envelope.mail_from), list(envelope.rcpt_tos), content))
        if self.hangs_up:
            transport: Any = server.transport
            transport.abort()
        return self.to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """A running server."""

    taker: Taker
    server: MailServer


@contextlib.contextmanager
def smtp(
    folder: Path,
    security: str = "none",
    *,
    tokens: Tokens | None = None,
    password: str = PASSWORD,
) -> Iterator[Smtp]:
    """Run a server; with STARTTLS it lets nobody in who has not signed in."""
    taker = Taker(tokens=tokens)
    options: dict[str, Any] = {}
    server = MailServer(host="127.0.0.1", port=free_port(), security=security, user="")
    if security == "starttls":
        if not (folder / "cert.pem").exists():
            make_certificate(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        options = {
            "tls_context": context,
            "require_starttls": True,
            "auth_required": True,
            "authenticator": partial(_authenticate, password),
        }
        server = replace(
            server,
            host="localhost",
            user="town",
            password_file=folder / "password",
            ca_file=folder / "cert.pem",
        )
        (folder / "password").write_text(password + "\n", "utf-8")
    controller = Controller(taker, hostname="127.0.0.1", port=server.port, **options)
    controller.start()
    try:
        yield Smtp(taker=taker, server=server)
    finally:
        controller.stop()


def _authenticate(
    password: str, server: Server, session: Session, envelope: Envelope, mechanism: str, data: Any
) -> AuthResult:
    return AuthResult(success=data.password == password.encode(), handled=False)
