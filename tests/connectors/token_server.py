"""An authorisation server of a test (RFC 6749), which also says which tokens hold (RFC 7662)."""

from __future__ import annotations

import contextlib
import json
import threading
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from laufzettel.channels import TokenLogin
from laufzettel.oauth2 import TokenSource

CLIENT: Final = "laufzettel"
SECRET: Final = "geheim-nur-im-Test"
SCOPE: Final = "https://outlook.office365.com/.default"


@dataclass(slots=True, kw_only=True)
class Tokens:
    """A running server, and what it has given out."""

    url: str = ""
    users: dict[str, str] = field(default_factory=dict)  # token that holds -> who it is for
    asked: list[dict[str, str]] = field(default_factory=list)  # the forms, in order
    user: str = "rechnung@musterstadt.example"  # for whom the next token is
    refresh_token: str = "R1"  # that is accepted now
    rotates: bool = False  # a new one with every use
    answer: dict[str, Any] | None = None  # instead of an honest one
    redirect: str = ""
    raw: bytes = b""  # instead of anything that HTTP knows; {} is the form as it came

    def source(self, folder: Path, *, refresh: bool = False) -> TokenSource:
        """Return how Laufzettel gets a token here; its secrets lie in the folder."""
        (folder / "client_secret").write_text(SECRET + "\n")
        if refresh:
            (folder / "refresh_token").write_text("R1\n")
        return TokenSource(
            url=f"{self.url}/token",
            client_id=CLIENT,
            scope=SCOPE,
            client_secret_file=folder / "client_secret",
            refresh_token_file=folder / "refresh_token" if refresh else None,
        )

    def login(self, folder: Path, mechanism: str) -> TokenLogin:
        """Return how Laufzettel signs in with a token from here."""
        return TokenLogin(source=self.source(folder), mechanism=mechanism)

    @property
    def introspection(self) -> str:
        """The address to which a token is appended to learn whether it holds."""
        return f"{self.url}/introspect?token="

    def grant(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Return status and answer to a request for a token (RFC 6749 section 5)."""
        self.asked.append(form)
        if self.answer is not None:
            return 200, self.answer
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            said = f"wrong: {form.get('client_secret')}\nAADSTS7000215"
            return 401, {"error": "invalid_client", "error_description": said}
        more: dict[str, str] = {}
        if form["grant_type"] == "refresh_token":
            if form.get("refresh_token") != self.refresh_token:
                return 400, {"error": "invalid_grant"}
            if self.rotates:
                self.refresh_token = f"R{len(self.asked) + 1}"
            more = {"refresh_token": self.refresh_token}
        token = f"T{len(self.asked)}"
        self.users[token] = self.user
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600} | more

    def holds(self, token: str) -> dict[str, Any]:
        """Return whether a token holds, and for whom."""
        user = self.users.get(token)
        return {"active": user is not None, "username": user or ""}


@contextlib.contextmanager
def token_server() -> Iterator[Tokens]:
    """Run a server on this machine."""
    made = Tokens()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if made.raw:
                self.wfile.write(made.raw.replace(b"{}", raw.encode()))
                self.close_connection = True
                return
            if made.redirect:
                self.send_response(307)
                self.send_header("Location", made.redirect)
                self.end_headers()
                return
            self._say(*made.grant(dict(urllib.parse.parse_qsl(raw))))

        def do_GET(self) -> None:
            [token] = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)["token"]
            self._say(200, made.holds(token))

        def _say(self, status: int, answer: dict[str, Any]) -> None:
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
