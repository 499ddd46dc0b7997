"""Signing in to a mail server with a token, or a password that ASCII cannot say (SASL).

OAUTHBEARER is the standard (RFC 7628); XOAUTH2 is what Exchange Online and Google understand,
an earlier form of the same. A refusal comes as a challenge that must be answered once more.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Final

from laufzettel.channels import MailServer, TokenLogin
from laufzettel.oauth2 import TokenSource

#: What somebody is told whose server asks in a way that is no SASL.
UNREADABLE_DE: Final = "der Server antwortet auf die Anmeldung nicht lesbar"
#: What may be a token, or its message in base64, whole or cut off.
_RUN: Final = re.compile(r"[A-Za-z0-9._~+/=-]{8,}", re.ASCII)
#: So many characters at the beginning are enough to know it by.
_KNOWN_BY: Final = 20


def plain_message(user: str, password: str) -> bytes:
    r"""Return what PLAIN says (RFC 4616), in UTF-8, as a password of any letters needs it.

    >>> plain_message("rechnung", "Stra\u00dfe")
    b'\x00rechnung\x00Stra\xc3\x9fe'
    """
    return f"\0{user}\0{password}".encode()


def first_message(server: MailServer, login: TokenLogin, token: str) -> str:
    r"""Return what the client says first.

    >>> server = MailServer(host="h", port=993, security="tls", user="a,b@h")
    >>> login = TokenLogin(source=TokenSource(url="", client_id=""), mechanism="oauthbearer")
    >>> first_message(server, login, "t")
    'n,a=a=2Cb@h,\x01host=h\x01port=993\x01auth=Bearer t\x01\x01'
    """
    if login.mechanism == "xoauth2":
        return f"user={server.user}\x01auth=Bearer {token}\x01\x01"
    name = server.user.replace("=", "=3D").replace(",", "=2C")  # RFC 5801 section 4
    place = f"host={server.host}\x01port={server.port}"
    return f"n,a={name},\x01{place}\x01auth=Bearer {token}\x01\x01"


def after_refusal(login: TokenLogin) -> str:
    """Return the answer to the server's reason, after which it says no (RFC 7628, 3.2.3)."""
    return "" if login.mechanism == "xoauth2" else "\x01"


def with_token(
    source: TokenSource, attempt: Callable[[str], None], refusal: type[Exception]
) -> None:
    """Sign in with the token that is known; one that is refused is replaced once.

    Raises TokenError where there is no token, and what ``attempt`` raises.
    """
    known = source.known()
    if known:
        try:
            attempt(known)
        except refusal:
            source.forget(known)  # it was revoked before its time
        else:
            return
    attempt(source.fetch())


def discreet(text: str, said: str, token: str) -> str:
    r"""Return what a server says without the token: some repeat a command that they refuse.

    >>> discreet("500 what is AUTH XOAUTH2 dXNlcj1yAW?", "user=r\x01auth=Bearer abcdefgh", "abcdefgh")
    '500 what is AUTH XOAUTH2 …?'
    """
    sent = base64.b64encode(said.encode()).decode()

    def seen(run: re.Match[str]) -> str:
        is_secret = any(run[0][:_KNOWN_BY] in one for one in (sent, token))
        return "…" if is_secret else run[0]

    return _RUN.sub(seen, text.replace(token, "…"))
