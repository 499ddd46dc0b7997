"""Whatever is handed in, the process holds a portion of it: measured on real processes."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from tests.cli.programs import ROOT, Place, call, first_line, found_town, looked_at, started
from tests.connectors.mails import invoice as ubl
from tests.connectors.mails import mail
from tests.simulation.world import TENANT
from tests.web.conftest import hidden

from laufzettel.records import accounts
from laufzettel.records.tables import invoice

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="the peak of a process is told by Linux"
)

MB = 1024 * 1024
#: One file, larger than anything of ours reads whole; and by how much the peak may rise.
FILE_MB = 120
RISE_MB = 40
BOUNDARY = "grenze"


@pytest.fixture
def place(migrated_sqlite_file: Path, tmp_path: Path) -> Place:
    """The demo town on SQLite, taking large files."""
    made = Place(
        data=tmp_path / "data",
        rules=tmp_path / "rules",
        extra=(("LAUFZETTEL_FILE_MAX_MB", "150"), ("TMPDIR", str(tmp_path))),
    )
    made.data.mkdir()
    shutil.copy(migrated_sqlite_file, made.data / "laufzettel.sqlite")
    found_town(made)
    return made


def peak_mb(process: int) -> int:
    """Return the most memory that the process has held since it was last reset, in MB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def reset_peak(process: int) -> None:
    """Let the peak begin anew at what the process holds now."""
    Path(f"/proc/{process}/clear_refs").write_text("5")


def large(mark: str, size: int) -> Iterator[bytes]:
    """Yield a file that begins as a PDF does, another one for each mark."""
    head = f"%PDF-1.7 {mark}\n".encode()
    yield head
    portion, left = os.urandom(MB), size - len(head)
    while left:
        yield portion[: min(left, MB)]
        left -= min(left, MB)


def in_a_form(
    field: str, mark: str, size: int, more: dict[str, str]
) -> tuple[Iterator[bytes], int]:
    """Return the body of a form with one file, and its length."""
    fields = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in more.items()
    )
    opening = (
        f'{fields}--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; '
        f'filename="{mark}.pdf"\r\nContent-Type: application/pdf\r\n\r\n'
    ).encode()
    closing = f"\r\n--{BOUNDARY}--\r\n".encode()

    def body() -> Iterator[bytes]:
        yield opening
        yield from large(mark, size)
        yield closing

    return body(), len(opening) + size + len(closing)


class Sender:
    """Somebody who hands files in over HTTP, as a person and as a program."""

    def __init__(self, place: Place, url: str) -> None:
        self.host = url.removeprefix("http://")
        made = call(place, "tokens", "create", "probe", "--scope", "invoices:send", "--json")
        self.token = json.loads(made.stdout)["token"]
        with looked_at(place) as app, app.db.write() as connection:
            accounts.set_password(
                connection, TENANT, "kranz", accounts.hash_password("Vorgang-2026-Eingang")
            )
        self.cookies: dict[str, str] = {}
        token = hidden(self.ask("GET", "/anmelden")[1], "token")
        given = {"token": token, "tenant": TENANT, "login": "kranz"}
        form = urlencode({**given, "password": "Vorgang-2026-Eingang"}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        assert self.ask("POST", "/anmelden", [form], len(form), kind)[0] == 302

    def ask(
        self,
        method: str,
        path: str,
        body: list[bytes] | Iterator[bytes] = (),  # type: ignore[assignment]
        length: int = 0,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, str]:
        """Return code and text of an answer."""
        line = http.client.HTTPConnection(self.host, timeout=120)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        more = {"Cookie": cookies, "Content-Length": str(length), **(headers or {})}
        line.request(method, path, body=iter(body), headers=more)
        answer = line.getresponse()
        text = answer.read().decode()
        for name, value in answer.getheaders():
            if name == "Set-Cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        line.close()
        return answer.status, text

    def as_it_is(self, size: int) -> int:
        """Send a file as the body of a request."""
        head = {"Content-Type": "application/pdf", **self._program()}
        mark = uuid.uuid4().hex
        return self.ask("POST", "/api/v1/invoices", large(mark, size), size, head)[0]

    def as_a_form(self, size: int) -> int:
        """Send a file as a program's form."""
        body, length = in_a_form("file", uuid.uuid4().hex, size, {})
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", **self._program()}
        return self.ask("POST", "/api/v1/invoices", body, length, kind)[0]

    def by_the_page(self, size: int) -> int:
        """Send a file by the page of the Poststelle; return 201 where it says „angenommen“."""
        csrf = {"csrf": hidden(self.ask("GET", "/annehmen")[1], "csrf")}
        body, length = in_a_form("dateien", uuid.uuid4().hex, size, csrf)
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        status, text = self.ask("POST", "/annehmen", body, length, kind)
        said = " ".join(re.sub(r"<[^>]+>", " ", text).split())
        return 201 if status == 200 and "angenommen als E-" in said else status

    def _program(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Idempotency-Key": uuid.uuid4().hex}


def test_a_large_file_is_never_in_memory_over_http(place: Place) -> None:
    with started(place, "web") as web:
        sender = Sender(place, first_line(web))
        ways = (sender.as_it_is, sender.as_a_form, sender.by_the_page)
        assert [way(1_000_000) for way in ways] == [201, 201, 201]
        reset_peak(web.pid)
        before = peak_mb(web.pid)

        assert [way(FILE_MB * MB) for way in ways] == [201, 201, 201]

        rise = peak_mb(web.pid) - before
        assert rise < RISE_MB, f"{rise} MB more for files of {FILE_MB} MB"
        assert sender.as_it_is(151 * MB) == 413
    with looked_at(place) as app, app.db.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(invoice)).scalar() == 6


COLLECT = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from laufzettel.connectors.intake.folder import WatchedFolder
from laufzettel.connectors.intake.mails import take_mail
from laufzettel.documents.directory import DirectoryStore
from laufzettel.connectors.intake.port import Posting, Taken
from laufzettel.spool import size_of, spooled

class Desk:
    def __init__(self, root):
        self.store = DirectoryStore(root)
    def take(self, arrival):
        self.store.put(arrival.data, tenant="stadt")
        return Taken(receipt_no="E-2026-000001", is_repeat=False)
    def open_mail(self, raw, *, key, channel, arrived_at):
        self.store.put(raw, tenant="stadt")
        now = datetime.now(UTC)
        return Posting(id=key, number="P-1", received_at=now, is_settled=False)
    def take_from(self, posting, arrival):
        return self.take(arrival)
    def settle_mail(self, posting, contents):
        assert not contents.problem, contents.problem
    def complain(self, subject, cause):
        raise AssertionError(cause)
    def alive(self):
        pass

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

def collect(root):
    folder = WatchedFolder(root=root, name="o", settle_s=0, size_max=1 << 30)
    return folder.collect(desk)

def mails(root):
    for path in root.glob("*.eml"):
        with path.open("rb") as file, spooled(file, size_max=1 << 30) as raw:
            take_mail(desk, raw, key=path.name, channel="p")
    return 1

desk, work = Desk(Path(sys.argv[2]) / "store"), {"folder": collect, "mails": mails}[sys.argv[1]]
small, big = Path(sys.argv[2]) / "small", Path(sys.argv[2]) / "big"
assert work(small) == 1
before = peak()
assert work(big) == 1
print(peak() - before)
"""


def rise_of(way: str, root: Path) -> int:
    """Return by how many MB the peak of a process rises that takes in what lies there."""
    done = subprocess.run(
        [sys.executable, "-c", COLLECT, way, str(root)],
        env={"PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(root), "PATH": os.environ["PATH"]},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_a_large_file_of_a_watched_folder_is_never_in_memory(tmp_path: Path) -> None:
    for name, size in (("small", MB), ("big", FILE_MB * MB)):
        root = tmp_path / name
        for box in (".work", ".done", ".error"):
            (root / box).mkdir(parents=True)
        with (root / "RE.pdf").open("wb") as file:
            file.writelines(large(name, size))

    assert rise_of("folder", tmp_path) < RISE_MB


def test_a_large_mail_is_in_memory_no_more_often_than_taking_it_apart_needs(tmp_path: Path) -> None:
    """Its attachment is read once to see what it is: what a mail may be is bounded by its cap."""
    for name, data in (("small", ubl(1)), ("big", ubl(2) + b" " * (20 * MB))):
        (tmp_path / name).mkdir()
        raw = mail(("RE.xml", "application/xml", data))
        (tmp_path / name / "a.eml").write_bytes(raw)

    assert (tmp_path / "big" / "a.eml").stat().st_size > 27 * MB
    assert rise_of("mails", tmp_path) < 4 * 27 + RISE_MB
