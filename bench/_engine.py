"""Our side with everything written: the real engine, handlers and tables on a real file.

What lies outside is answered in memory, as the rival's outside is: the check of the invoice,
the document store, the HKR. Nothing of the product is replaced that writes to the database.
"""

from __future__ import annotations

import hashlib
import importlib
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from threading import Lock
from time import perf_counter, sleep, thread_time
from types import TracebackType
from typing import Any, Final, Self

import sqlalchemy as sa

from bench._life import END
from laufzettel import compose
from laufzettel.cli.demo import town
from laufzettel.connectors.kasse import neutral
from laufzettel.connectors.kasse.booking import Batch
from laufzettel.db import Database, schema
from laufzettel.documents.store import Document, DocumentStore
from laufzettel.einvoice.examine import Examination, Opened, check, open_received
from laufzettel.einvoice.invoice import Invoice
from laufzettel.einvoice.report import Report, Verdict
from laufzettel.engine.api import Engine
from laufzettel.engine.handler import Start
from laufzettel.engine.jobs.loop import LoopJobs
from laufzettel.engine.jobs.port import Jobs
from laufzettel.engine.tables import case, user_task
from laufzettel.handlers.invoice import validate
from laufzettel.handlers.invoice.receive import Delivery, Receiving
from laufzettel.handlers.order.deliver import Ledgers
from laufzettel.identity import Actor, Right
from laufzettel.records import people
from laufzettel.records.cash_order import booking_key
from laufzettel.records.tables import cash_order
from laufzettel.scenarios.printing import QuickPrinter
from laufzettel.settings import Settings
from laufzettel.spool import Content, whole

ROOT: Final = Path(__file__).resolve().parents[1]
OPERATOR: Final = Actor(tenant=town.TENANT, name="Betrieb", rights=frozenset(Right))
#: Two persons, for models that change what is in force.
FIRST: Final = "erste"
SECOND: Final = replace(OPERATOR, person="zweite")
_PARTS: Final = (
    (
        "yilmaz",
        {"decision": "feststellen", "cost_center": "5410", "gl_account": "523100"},
    ),
    ("brandt", {"decision": "anordnen"}),
    ("reineke", {"decision": "zeichnen"}),
)
# What the life looks up on its way; a page looks it up by statements built once, too.
_of: Final[sa.BindParameter[str]] = sa.bindparam("of")
_CASE: Final = sa.select(case.c.id).where(case.c.tenant == town.TENANT, case.c.business_key == _of)
_OPEN_TASK: Final = sa.select(user_task.c.id).where(
    user_task.c.case_id == _of, user_task.c.status == "open"
)
_ORDER: Final = sa.select(cash_order.c.id).where(cash_order.c.invoice_id == _of)
_RESULT: Final = sa.select(case.c.result).where(case.c.id == _of)
#: From so many sellers come the invoices.
SELLERS: Final = 997
#: So many amounts they have.
AMOUNTS: Final = 9973
_LOOK_S: Final = 0.002
_LOOKS_MAX: Final = 10_000
_NUMBER: Final = re.compile(rb"TB-2026-\d+")


#: Variables that a case gets besides its own: what they weigh is measured.
Ballast = Mapping[str, str]


class Town:
    """An installation with one tenant on an SQLite file of its own, or on the database given.

    ``is_shared``: other processes work on the same cases, so documents lie in the store of the
    product and not in memory. ``is_new`` False: another process has founded the town.
    """

    def __init__(
        self,
        folder: Path,
        url: str = "",
        *,
        ballast: Ballast | None = None,
        is_shared: bool = False,
        is_new: bool = True,
        jobs: Callable[[Database], Jobs] = LoopJobs,
    ) -> None:
        folder.mkdir(exist_ok=True)
        url = url or f"sqlite:///{folder / 'laufzettel.sqlite'}"
        if is_new:
            schema.upgrade(url)
        settings = Settings(data=folder, database_url=url, rules=folder / "rules")
        self.db = Database(url)
        self.lock = TimedLock(self.db._lock)
        self.db._lock = self.lock
        self.app = compose.build(settings, self.db, jobs(self.db), _Accepting(), QuickPrinter())
        if is_new:
            town.found(self.app)
        self.engine: Engine = self.app.engine
        self.services = self.app.handlers.services
        self.ledger = MemoryLedger()
        self.services.add(Ledgers, self.ledger)  # type: ignore[type-abstract]
        self._documents: dict[str, bytes] = {}
        store: Any = self.app.store if is_shared else MemoryStore(self._documents)
        self.services.add(DocumentStore, store)
        self._ballast = dict(ballast or {})
        self._receive = Receiving(self.db, store, self._start)
        self._sample = sample_invoice()
        self._real = {name: vars(validate)[name] for name in ("open_received", "check")}
        vars(validate).update(_examined_once(self._sample))  # until ``close``
        self._people = [self._actor(person) for person, _ in _PARTS]
        self.lives = 0
        self._counting = Lock()

    def _actor(self, person: str) -> Actor:
        with self.db.read() as connection:
            return people.actor(connection, town.TENANT, person, at=self.db.now(connection))

    def live(self) -> None:
        """Run one case from its receipt to its end, every job right after what caused it."""
        invoice_id = self.receive()
        case_id = self._one(_CASE, f"invoice:{invoice_id}")
        self._work()
        for turn in range(len(_PARTS)):
            self.act(turn, self._one(_OPEN_TASK, case_id))
        self._work()
        self.answer(self._one(_ORDER, invoice_id), self._work)
        ended = self._one(_RESULT, case_id)
        assert ended is not None and ended["end"] == END, ended

    def live_among_others(self) -> None:
        """Run one case while other threads run theirs, and run whatever jobs are due."""
        invoice_id = self.receive()
        case_id = self._one(_CASE, f"invoice:{invoice_id}")
        for turn in range(len(_PARTS)):
            self.act(turn, self._awaited(_OPEN_TASK, case_id))
        self.answer(self._one(_ORDER, invoice_id), self._work)
        assert self._awaited(_RESULT, case_id)["end"] == END

    def forget(self) -> None:
        """Drop the documents that lie in memory, as those of the product lie on the disk."""
        self._documents.clear()

    def receive(self) -> str:
        """Have the next invoice arrive, and return its id."""
        with self._counting:
            self.lives += 1
            number = self.lives
        data = _NUMBER.sub(f"TB-2026-{number:06}".encode(), self._sample)
        delivery = Delivery(
            tenant=town.TENANT, channel="upload", sender="s", file_name="r.xml", data=data
        )
        return self._receive(delivery).invoice_id

    def act(self, turn: int, task_id: str) -> None:
        """Have the person whose turn it is (0, 1, 2) do the task."""
        self.engine.complete(self._people[turn], task_id, _PARTS[turn][1])

    def _start(self, actor: Actor, start: Start, within: Any = None) -> str:
        variables = {**start.variables, **self._ballast}
        return self.engine.start(actor, replace(start, variables=variables), within)

    def answer(self, order: str, then: Callable[[], object]) -> None:
        """Have the HKR book the order and pay it; ``then`` is called after each message."""
        key = booking_key(town.TENANT, order, 1)
        booked = {
            "result": "accepted",
            "document_no": f"B-{order[-12:]}",
            "reason_code": None,
            "reason_text": None,
        }
        paid = {"paid_on": date(2026, 11, 26), "amount": Decimal("18432.60")}
        for name, payload in (("hkr.quittung", booked), ("hkr.bezahlt", paid)):
            self.engine.publish(
                OPERATOR,
                name=name,
                key=key,
                payload=payload,
                source=self.ledger.channel,
                message_id=f"{key}:{name}",
            )
            then()

    def _work(self) -> None:
        self.app.jobs.run_due()

    def _awaited(self, query: sa.Select[Any], of: str) -> Any:
        """Return the value as soon as it is there; another thread may be at it."""
        for _ in range(_LOOKS_MAX):
            self._work()
            with self.db.read() as connection:
                found = connection.execute(query, {"of": of}).scalar()
            if found is not None:
                return found
            sleep(_LOOK_S)
        raise AssertionError("the case does not go on")

    def _one(self, query: sa.Select[Any], of: str) -> Any:
        with self.db.read() as connection:
            return connection.execute(query, {"of": of}).scalar_one()

    def seal(self) -> None:
        """Seal what happened, as the periodic job does."""
        self.app.seal()

    def close(self) -> None:
        """Close the database."""
        vars(validate).update(self._real)
        self.db.close()


class TimedLock:
    """The write lock with a stopwatch: every hold in seconds, from BEGIN to after COMMIT.

    ``busy`` has the processor's time of each, while it looks closer: what is left on a machine
    that others use too.
    """

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._since = self._worked = 0.0
        self.holds: list[float] = []
        self.busy: list[float] = []
        self.is_looking_closer = False  # the processor's time costs a call of the system

    def __enter__(self) -> Self:
        self._inner.__enter__()
        self._since = perf_counter()
        self._worked = thread_time() if self.is_looking_closer else 0.0
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.holds.append(perf_counter() - self._since)
        if self.is_looking_closer:
            self.busy.append(thread_time() - self._worked)
        self._inner.__exit__(kind, error, trace)


class _Accepting:
    """Accepts everything; what the official check costs is measured by bench/validate.py."""

    def validate(self, xml: bytes) -> Report:
        return Report(verdict=Verdict.ACCEPTED)


class MemoryStore:
    """Documents in memory."""

    def __init__(self, documents: dict[str, bytes]) -> None:
        self._documents = documents

    def put(self, data: Content, *, tenant: str) -> Document:
        data = whole(data)
        sha256 = hashlib.sha256(data).hexdigest()
        self._documents[sha256] = data
        return Document(sha256=sha256, size=len(data))

    def get(self, sha256: str, *, tenant: str) -> bytes:
        return self._documents[sha256]


class MemoryLedger:
    """An HKR that takes everything; its files are packed as for the real one."""

    channel = f"hkr-{town.TENANT}"

    def __init__(self) -> None:
        self._held: dict[int, str] = {}

    def of(self, tenant: str) -> Any:
        return self

    def pack(self, batch: Batch) -> bytes:
        return neutral.pack_batch(batch)

    def deliver(self, number: int, data: bytes) -> None:
        self._held[number] = hashlib.sha256(data).hexdigest()

    def delivered(self, number: int) -> str | None:
        return self._held.get(number)

    def last_number(self) -> int:
        return max(self._held, default=0)


def sample_invoice() -> bytes:
    """Return an invoice of 18.432,60 euros, above the limit of a single signature."""
    folder = str(ROOT / "examples")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    samples = importlib.import_module("sample_invoices.samples")
    writer = importlib.import_module("sample_invoices.ubl_writer")
    data: bytes = writer.as_ubl(samples.GOOD)
    return data


def _examined_once(sample: bytes) -> dict[str, Callable[..., Any]]:
    """Return how files are opened and checked without reading them: the sample, of the next seller."""
    opened = open_received(sample)
    found = check(opened, _Accepting())
    invoice = opened.invoice
    assert invoice is not None

    def open_next(data: bytes) -> Opened:
        match = _NUMBER.search(data)
        assert match is not None
        return replace(opened, invoice=_of_another(invoice, match[0].decode()))

    def checked(this: Opened, *_: object) -> Examination:
        return replace(found, invoice=this.invoice)

    return {"open_received": open_next, "check": checked}


def _of_another(invoice: Invoice, number: str) -> Invoice:
    """Return the invoice of one of many sellers, with an amount of its own.

    Else it would look like a double, or at least have to be compared with all the others.
    """
    seller = int(number[-6:]) % SELLERS
    more = Decimal(int(number[-6:]) % AMOUNTS) / 100
    totals = invoice.totals
    assert totals.gross is not None and totals.payable is not None
    bban = f"{seller:018}"
    iban = f"DE{98 - int(f'{bban}131400') % 97:02}{bban}"
    means = [
        replace(one, account=replace(one.account, iban=iban) if one.account else None)
        for one in invoice.payment_means
    ]
    name = f"Tiefbau Bergmann & Söhne {seller} GmbH"
    return replace(
        invoice,
        number=number,
        seller=replace(invoice.seller, name=name, vat_id=f"DE{seller:09}"),
        payment_means=tuple(means),
        totals=replace(totals, gross=totals.gross + more, payable=totals.payable + more),
    )
