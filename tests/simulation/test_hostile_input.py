"""Whatever arrives ends in a named state; nothing is read, nothing is sent, work goes on.

The files of the attack corpus, some of our own making and plain rubbish go through the whole
pipeline: received, worked on by the jobs, to the end. The official rules are the real ones.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests import canary
from tests.simulation.world import OPERATOR, World, sample

from laufzettel.einvoice.rule_install import install_rules
from laufzettel.einvoice.validator import Validator
from laufzettel.engine.execution import codec
from laufzettel.engine.tables import case, effect, incident, user_task
from laufzettel.records.tables import invoice

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "attack-corpus"
SECRET = b"root:x:0:0"
#: No single file may hold the pipeline up for longer.
SECONDS_MAX = 10

OWN = {
    "own/empty.xml": b"",
    "own/garbage.bin": bytes(range(256)) * 40,
    "own/only_zeros.xml": b"\0" * 4096,
    "own/plain.pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
    "own/html.xml": b"<!DOCTYPE html><html><script>alert(1)</script></html>",
    "own/text_20mb.xml": b"<Invoice>" + b"x" * 20_000_000 + b"</Invoice>",
    "own/nested_200k.xml": b"<a>" * 200_000 + b"</a>" * 200_000,
    "own/many_namespaces.xml": b"<Invoice "
    + b" ".join(b'xmlns:n%d="urn:%d"' % (number, number) for number in range(50_000))
    + b"/>",
    "own/half_utf8.xml": "<?xml version='1.0'?><a>ä</a>".encode()[:-6],
}


def names() -> list[str]:
    """Return every file that is fed in, by its name."""
    folders = [CORPUS / "xml", CORPUS / "pdf", CORPUS / "html", CORPUS / "zip"]
    found = [path.relative_to(CORPUS).as_posix() for one in folders for path in one.glob("*.*")]
    return sorted(found) + sorted(OWN)


@dataclass(slots=True)
class Outcome:
    """What became of one file."""

    seconds: float
    invoice_id: str = ""
    error: BaseException | None = None


@dataclass(slots=True)
class Siege:
    """A town after all files have arrived."""

    world: World
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    connections: int = 0


@contextmanager
def listening(siege: Siege) -> Iterator[None]:
    """Count who calls at the address that the attacks name."""
    with canary.listener() as server:
        server.settimeout(0.1)
        over = threading.Event()

        def count() -> None:
            while not over.is_set():
                try:
                    server.accept()[0].close()
                except TimeoutError:
                    continue
                siege.connections += 1

        thread = threading.Thread(target=count)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


@pytest.fixture(scope="module")
def siege(founded_sqlite: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    """A town into which every file has been thrown, between two good invoices."""
    rules = Path(os.environ.get("LAUFZETTEL_RULES_DIR") or ROOT / ".laufzettel" / "rules")
    install_rules(rules, lambda line: None)
    folder = tmp_path_factory.mktemp("siege")
    world = founded_sqlite.copy(folder, f"sqlite:///{folder / 'laufzettel.sqlite'}")
    world.checker = Validator(rules)
    siege = Siege(world)
    with listening(siege):
        world.deliver("vorher.xml", sample("GOOD"))
        for name in names():
            data = OWN[name] if name in OWN else (CORPUS / name).read_bytes()
            siege.outcomes[name] = thrown(world, name, data)
        world.deliver("nachher.xml", sample("SMALL"))
        world.work()
    yield siege
    world.die()


def thrown(world: World, name: str, data: bytes) -> Outcome:
    """Deliver a file and let the jobs work; note what comes out."""
    began = time.monotonic()
    try:
        invoice_id = world.deliver(name, data)
    except BaseException as error:  # noqa: BLE001 - the test shows it
        return Outcome(time.monotonic() - began, error=error)
    for _ in range(10):
        world.work()
        world.clock.advance(hours=1)  # type: ignore[attr-defined]
    return Outcome(time.monotonic() - began, invoice_id=invoice_id)


def state_of(world: World, invoice_id: str) -> str:
    """Return where the invoice has come to rest; fails where that has no name."""
    columns = (invoice.c.stage, invoice.c.rejection, invoice.c.number, invoice.c.payable)
    ((stage, rejection, number, payable),) = world.rows(
        sa.select(*columns).where(invoice.c.id == invoice_id)
    )
    ((case_id, end),) = world.rows(
        sa.select(case.c.id, case.c.result).where(case.c.business_key == f"invoice:{invoice_id}")
    )
    if stage == "rejected":
        letters = sa.select(effect.c.status).where(effect.c.case_id == case_id)
        assert world.rows(letters) == [("done",)]
        assert rejection and end["end"] == "rejected"
        return "rejected"
    troubles = sa.select(incident.c.cause).where(
        incident.c.case_id == case_id, incident.c.status == "open"
    )
    causes = [cause for (cause,) in world.rows(troubles)]
    if causes:
        assert all("Unerwarteter Fehler" not in cause for cause in causes), causes
        return "incident"
    assert number and payable is not None, "accepted without having been read"
    tasks = sa.select(user_task.c.element).where(
        user_task.c.case_id == case_id, user_task.c.status == "open"
    )
    ((element,),) = world.rows(tasks)
    return f"task:{element}"


@pytest.mark.skipif(
    not CORPUS.is_dir(), reason="../shared/attack-corpus is not beside this checkout"
)
class TestSiege:
    """R31 to R33: the whole corpus, through the whole pipeline."""

    @pytest.mark.parametrize("name", names())
    def test_every_file_ends_in_a_named_state(self, name: str, siege: Siege) -> None:
        """Rejected with a letter, an incident with a cause, or read and accepted by the rules."""
        outcome = siege.outcomes[name]

        assert outcome.error is None
        assert outcome.seconds < SECONDS_MAX
        assert state_of(siege.world, outcome.invoice_id)

    def test_the_good_invoices_before_and_after_are_worked_on(self, siege: Siege) -> None:
        """A siege stops nobody's work."""
        waiting = {task.subject for task in siege.world.tasks("certify")}

        assert {"Rechnung TB-2026-1187", "Rechnung RE-26-4711"} <= waiting

    def test_nobody_was_called(self, siege: Siege) -> None:
        """No entity, no stylesheet, no include reached the network."""
        assert siege.connections == 0

    def test_nothing_was_read_from_the_disk(self, siege: Siege) -> None:
        """No file of the data folder and no stored case holds what the attacks were after."""
        assert SECRET in Path("/etc/passwd").read_bytes()
        files = [path for path in siege.world.folder.rglob("*") if path.is_file()]

        assert [path for path in files if SECRET in path.read_bytes()] == []
        for state, result in siege.world.rows(sa.select(case.c.state, case.c.result)):
            held = repr(result) + (repr(codec.decode(state)) if state else "")
            assert SECRET.decode() not in held

    def test_nothing_was_written_outside(self, siege: Siege) -> None:
        """The canaries of the corpus are nowhere."""
        places = [ROOT, *ROOT.parents, siege.world.folder, Path.cwd()]

        assert [path for place in places for path in place.glob("attack-canary*")] == []

    def test_the_invariants_hold(self, siege: Siege) -> None:
        """Nothing is lost, the Eingangsbuch has no gap, and nobody has to mend a Störung."""
        assert siege.world.breaches() == []
        assert siege.world.app.engine.incidents(OPERATOR) == []
