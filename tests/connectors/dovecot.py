"""Debian's dovecot as an IMAP server of a test: unprivileged, on ports of its own, in one folder."""

from __future__ import annotations

import contextlib
import grp
import imaplib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from laufzettel.channels import MailServer

#: How the package is installed; ``./run test`` does it as root.
PACKAGE: Final = "dovecot-imapd"
PASSWORD: Final = "nur-im-Test"
PATIENCE_S: Final = 20


class DovecotMissingError(Exception):
    """There is no dovecot here, or it does not start; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dovecot:
    """A running server. Every user exists, with an empty mailbox at first."""

    folder: Path
    port: int
    tls_port: int
    password: str = PASSWORD

    def server(self, user: str, security: str = "tls") -> MailServer:
        """Return how Laufzettel reaches the mailbox of a user."""
        return MailServer(
            host="127.0.0.1" if security == "none" else "localhost",
            port=self.tls_port if security == "tls" else self.port,
            security=security,
            user=user,
            password_file=self.folder / "password",
            ca_file=self.folder / "cert.pem",
        )

    @contextlib.contextmanager
    def client(self, user: str) -> Iterator[imaplib.IMAP4]:
        """Sign in as somebody who reads the mailbox with another program."""
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=PATIENCE_S) as client:
            client.authenticate("PLAIN", lambda _: f"\0{user}\0{self.password}".encode())
            yield client

    def deliver(self, user: str, raw: bytes, folder: str = "INBOX") -> None:
        """Lay a mail into a folder, as the mail server of the town does."""
        with self.client(user) as client:
            state, told = client.append(folder, "", "", raw)
            assert state == "OK", told

    def mails(self, user: str, folder: str = "INBOX") -> list[tuple[bytes, bool]]:
        """Return the mails of a folder: bytes, and whether somebody has read them."""
        with self.client(user) as client:
            if client.select(f'"{folder}"', readonly=True)[0] != "OK":
                return []
            numbers = client.search(None, "UNDELETED")[1][0].split()
            found = []
            for number in numbers:
                data = client.fetch(number, "(FLAGS BODY.PEEK[])")[1]
                found.append((data[0][1], b"\\Seen" in data[0][0]))  # type: ignore[index, operator]
            return found  # type: ignore[return-value]


def running(introspection: str = "") -> Iterator[Dovecot]:
    """Yield a server, for a fixture; without dovecot its tests skip with the reason."""
    try:
        with dovecot(introspection=introspection) as server:
            yield server
    except DovecotMissingError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


@contextlib.contextmanager
def dovecot(
    capability: str = "", introspection: str = "", password: str = PASSWORD
) -> Iterator[Dovecot]:
    """Run a server; ``capability`` replaces what it says that it can (RFC 3501).

    With ``introspection`` it takes tokens, too: what is asked there about each (RFC 7662).
    """
    program = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if program is None:
        raise DovecotMissingError(f"dovecot fehlt: apt-get install -y {PACKAGE}")
    with tempfile.TemporaryDirectory(prefix="dovecot-", ignore_cleanup_errors=True) as name:
        folder, account = Path(name), _account()
        made = Dovecot(folder=folder, port=free_port(), tls_port=free_port(), password=password)
        make_certificate(folder)
        (folder / "password").write_text(password + "\n", "utf-8")
        (folder / "dovecot.conf").write_text(
            _configuration(made, account, capability) + _tokens(folder, introspection)
        )
        for path in (folder, *folder.iterdir()):
            if os.geteuid() == 0:
                os.chown(path, account.pw_uid, account.pw_gid)
        process = subprocess.Popen(
            [program, "-F", "-c", str(folder / "dovecot.conf")],
            user=account.pw_uid if os.geteuid() == 0 else None,
            group=account.pw_gid if os.geteuid() == 0 else None,
            extra_groups=[] if os.geteuid() == 0 else None,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            _wait(made, process)
            yield made
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.communicate(timeout=PATIENCE_S)


def _account() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def _wait(made: Dovecot, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            told = process.stderr.read().decode() if process.stderr else ""
            raise DovecotMissingError(f"dovecot startet nicht: {told[:300]}")
        with contextlib.suppress(OSError, imaplib.IMAP4.error), made.client("probe"):
            return
        time.sleep(0.05)
    log = made.folder / "log"
    told = log.read_text()[-300:] if log.exists() else ""
    raise DovecotMissingError(f"dovecot antwortet nicht: {told}")


def free_port() -> int:
    """Return a port that nobody listens to now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def make_certificate(folder: Path) -> None:
    """Lay key and certificate of „localhost“ into the folder."""
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    more = "-subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem"
    subprocess.run(f"{command} {more}".split(), cwd=folder, check=True, capture_output=True)


def _configuration(made: Dovecot, account: pwd.struct_passwd, capability: str) -> str:
    group = grp.getgrgid(account.pw_gid).gr_name
    user = account.pw_name
    return f"""
base_dir = {made.folder}/run
state_dir = {made.folder}/state
log_path = {made.folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
disable_plaintext_auth = no
mail_location = maildir:{made.folder}/mail/%u
ssl = yes
ssl_cert = <{made.folder}/cert.pem
ssl_key = <{made.folder}/key.pem
{f"imap_capability = {capability}" if capability else ""}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={made.password}
}}
userdb {{
  driver = static
  args = uid={account.pw_uid} gid={account.pw_gid} home={made.folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {made.port}
  }}
  inet_listener imaps {{
    port = {made.tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


def _tokens(folder: Path, introspection: str) -> str:
    """Return what makes the server take tokens, and write down whom it asks about them."""
    if not introspection:
        return ""
    (folder / "oauth2.conf").write_text(
        f"""
introspection_mode = get
introspection_url = {introspection}
force_introspection = yes
username_attribute = username
active_attribute = active
active_value = true
"""
    )
    return f"""
auth_mechanisms = plain xoauth2 oauthbearer
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
"""
