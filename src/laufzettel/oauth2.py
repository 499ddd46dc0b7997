"""Access tokens from an authorisation server (RFC 6749), for servers that take no password.

By client credentials (section 4.4) a program signs in as itself; by a refresh token (section 6)
for a person who has agreed once. A token is kept until it ends and never written down; secrets
stand in files of their own and in no message.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import logging
import os
import re
import ssl
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import IO, Any, Final

log = logging.getLogger(__name__)

#: How long the server may take, in seconds; the longest answer, in bytes.
TIMEOUT_S: Final = 30
ANSWER_MAX: Final = 65_536
#: A token is not used any more so many seconds before it ends.
MARGIN_S: Final = 60
#: How long a token lasts whose end nobody has said, in seconds.
LIFE_S: Final = 300

#: A token as it may stand in a header (RFC 6750 section 2.1).
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]{1,16384}=*", re.ASCII)
#: What a server that speaks no HTTP, or breaks off, ends with.
_UNREADABLE: Final = (OSError, ValueError, http.client.HTTPException)
_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class TokenError(OSError):
    """There is no token; the message says why, in German and without any secret."""


def is_safe(url: str) -> bool:
    """Say whether a secret may be sent to the address: encrypted, or within this machine.

    >>> is_safe("https://login.example/token"), is_safe("http://login.example/token")
    (True, False)
    """
    try:
        parts = urllib.parse.urlsplit(url)
        has_place = bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets without an end, a port that is no number
        return False
    is_local = parts.scheme == "http" and parts.hostname in _THIS_MACHINE
    return has_place and (parts.scheme == "https" or is_local)


@dataclass(slots=True, kw_only=True, eq=False)
class TokenSource:
    """Where the tokens of one account come from. Not frozen: it keeps the last one."""

    url: str
    client_id: str
    scope: str = ""
    client_secret_file: Path | None = None
    refresh_token_file: Path | None = None  # with it as a person, else as the program itself
    ca_file: Path | None = None  # certificates that are believed beside the system's
    _token: str = field(default="", init=False, repr=False)
    _until: float = field(default=0.0, init=False)  # monotonic
    _rotated: tuple[str, str] = field(default=("", ""), init=False, repr=False)  # old, new
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def known(self) -> str:
        """Return the token that still holds, empty where there is none."""
        with self._lock:
            return self._token if time.monotonic() < self._until else ""

    def forget(self, token: str) -> None:
        """Do not use this token again: somebody has refused it."""
        with self._lock:
            if self._token == token:
                self._token = ""

    def fetch(self) -> str:
        """Return a new token; TokenError where there is none."""
        with self._lock:
            answer = self._ask()
            token, kind = answer.get("access_token"), answer.get("token_type")
            if not isinstance(token, str) or not _TOKEN.fullmatch(token):
                raise TokenError(f"{self._server} hat kein lesbares Token gegeben")
            if str(kind).lower() != "bearer":
                raise TokenError(f"{self._server} hat ein Token unbekannter Art gegeben")
            self._keep_rotated(answer.get("refresh_token"))
            self._token, self._until = token, time.monotonic() + _life_s(answer) - MARGIN_S
            return token

    @property
    def _server(self) -> str:
        return f"der Anmeldedienst {urllib.parse.urlsplit(self.url).hostname}"

    def _ask(self) -> dict[str, Any]:
        form, secrets = self._form()
        request = urllib.request.Request(  # noqa: S310 - is_safe was asked when it was written down
            self.url,
            data=urllib.parse.urlencode(form).encode(),
            headers={"Accept": "application/json"},
            method="POST",
        )
        try:
            with self._opener().open(request, timeout=TIMEOUT_S) as answer:
                return _read(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise TokenError(
                    f"{self._server} gibt kein Token: {_why(error, secrets)}"
                ) from None
        except _UNREADABLE as error:
            told = _discreet(str(error), secrets)[:150]
            raise TokenError(f"{self._server} antwortet nicht lesbar: {told}") from None

    def _form(self) -> tuple[dict[str, str], list[str]]:
        """Return what is asked, and what of it is secret."""
        form = {"client_id": self.client_id, "grant_type": "client_credentials"}
        if self.scope:
            form["scope"] = self.scope
        if self.client_secret_file is not None:
            form["client_secret"] = _secret(self.client_secret_file)
        if self.refresh_token_file is not None:
            form["grant_type"] = "refresh_token"
            form["refresh_token"] = self._refresh_token(self.refresh_token_file)
        secrets = [form[name] for name in ("client_secret", "refresh_token") if form.get(name)]
        return form, secrets

    def _opener(self) -> urllib.request.OpenerDirector:
        context = ssl.create_default_context()
        if self.ca_file is not None:
            context.load_verify_locations(self.ca_file)
        return urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=context), _NoDetour()
        )

    def _refresh_token(self, file: Path) -> str:
        old, new = self._rotated
        written = _secret(file)
        return new if written == old else written

    def _keep_rotated(self, token: object) -> None:
        """A new refresh token takes the place of the old one (RFC 6749 section 6)."""
        file = self.refresh_token_file
        if file is None or not isinstance(token, str) or not token.isprintable():
            return
        old = _secret(file)
        if token == old:
            return
        self._rotated = (old, token)
        try:
            _replace(file, token)
        except OSError as error:
            log.warning("a new refresh token is kept in memory alone: %s", type(error).__name__)


class _NoDetour(urllib.request.HTTPRedirectHandler):
    """Follows nobody elsewhere: a secret goes where the operator wrote, or nowhere."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> None:
        """Refuse."""
        return


def _read(answer: IO[bytes]) -> dict[str, Any]:
    data = answer.read(ANSWER_MAX + 1)
    found = json.loads(data) if len(data) <= ANSWER_MAX else None
    if not isinstance(found, dict):
        raise TokenError("kein JSON mit einem Token")
    return found


def _why(error: urllib.error.HTTPError, secrets: list[str]) -> str:
    """Return the error that the server names (RFC 6749 section 5.2), free of secrets."""
    found: dict[str, Any] = {}
    with contextlib.suppress(*_UNREADABLE):
        found = _read(error)
    named = " ".join(str(found.get(key, "")) for key in ("error", "error_description")).strip()
    text = "".join(one if one.isprintable() else " " for one in named) or f"HTTP {error.code}"
    return _discreet(text, secrets)[:200]


def _discreet(text: str, secrets: list[str]) -> str:
    """Return the text without the secrets, also where a server repeats them as they were sent."""
    for secret in secrets:
        for written in (secret, urllib.parse.quote_plus(secret)):
            text = text.replace(written, "…")
    return text


def _life_s(answer: dict[str, Any]) -> int:
    told = answer.get("expires_in")
    if isinstance(told, str) and told.isascii() and told.isdecimal():
        told = int(told)
    return told if isinstance(told, int) and 0 < told < 10**9 else LIFE_S


def _secret(file: Path) -> str:
    try:
        return file.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise TokenError(f"die Datei {file} ist nicht lesbar") from error


def _replace(file: Path, text: str) -> None:
    """The file holds the text, whole or not at all, for its owner alone."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text + "\n")
            out.flush()
            os.fsync(out.fileno())
        os.replace(name, file)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
