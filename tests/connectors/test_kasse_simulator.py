"""The simulated HKR: never twice, never lost, however it is interrupted."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from tests.connectors.kasse_examples import BUILDER, CHANNEL, NOW, PIEPENBROCK, batch, order

from laufzettel.connectors.kasse.behaviour import (
    Behaviour,
    CrashPoint,
    Failpoint,
    Reply,
    SimulatedCrash,
    crash_at_hit,
    crash_once,
    no_crash,
)
from laufzettel.connectors.kasse.directory import DirectoryLedger
from laufzettel.connectors.kasse.exchange import ExchangeFolder
from laufzettel.connectors.kasse.port import (
    Acknowledgement,
    AckStatus,
    Batch,
    BookingOrder,
    ReasonCode,
)
from laufzettel.connectors.kasse.simulator import LedgerSimulator, Run
from laufzettel.errors import NotFoundError
from laufzettel.money import Money


class Kasse:
    """Both sides of one exchange folder."""

    def __init__(self, folder: Path, *, takes_documents: bool = False) -> None:
        self.root = folder / "hkr"
        self.file = folder / "hkr.sqlite"
        self.ledger = DirectoryLedger.create(self.root, CHANNEL, takes_documents=takes_documents)
        self._last: bytes | None = None

    def simulator(
        self, behaviour: Behaviour | None = None, failpoint: Failpoint = no_crash
    ) -> LedgerSimulator:
        return LedgerSimulator(
            self.root, self.file, behaviour, channel=CHANNEL, failpoint=failpoint
        )

    def hand_over(self, *orders: BookingOrder) -> Batch:
        number = self.ledger.last_number() + 1
        made = batch(number, *orders, previous=self._last)
        self._last = self.ledger.pack(made)
        self.ledger.deliver(number, self._last)
        return made

    def take_answers(self) -> list[Acknowledgement]:
        answers: list[Acknowledgement] = []
        for file in self.ledger.acknowledgements():
            assert file.defect_de == ""
            answers += file.acknowledgements
            self.ledger.settle(file)
        return answers


@pytest.fixture
def kasse(tmp_path: Path) -> Kasse:
    return Kasse(tmp_path)


def said(answers: list[Acknowledgement]) -> list[tuple[str, str]]:
    return [(ack.order_id or "", ack.status.value) for ack in answers]


def test_an_order_is_booked_once_and_acknowledged_with_its_document_number(kasse: Kasse) -> None:
    kasse.hand_over(PIEPENBROCK)
    simulator = kasse.simulator()

    runs = [simulator.run_once(NOW), simulator.run_once(NOW)]

    assert runs == [Run(batches=1, files=1), Run(batches=0, files=0)]
    [ack] = kasse.take_answers()
    assert (ack.status, ack.document_no, ack.date, ack.amount) == (
        AckStatus.ACCEPTED,
        "2026-000001",
        date(2026, 12, 4),
        Money.parse("24871.00"),
    )
    assert [(b.order_id, b.document_no) for b in simulator.bookings()] == [
        (PIEPENBROCK.order_id, "2026-000001")
    ]


def test_scene_8_of_212_orders_209_are_booked_and_3_come_back(kasse: Kasse) -> None:
    """Acknowledged twice and out of order; 487.302,19 euros handed over (practice.md S8)."""
    refusals = {
        "2026-000007": ReasonCode.ACCOUNT_CLOSED,
        "2026-000090": ReasonCode.SUPPLIER_BLOCKED,
        "2026-000212": ReasonCode.YEAR_CLOSED,
    }
    orders = [order(number, "2298.00") for number in range(1, 212)] + [order(212, "2424.19")]
    made = kasse.hand_over(*orders)
    behaviour = Behaviour(
        rule=lambda order: Reply(
            refuse=refusals.get(order.order_number), times=2, pays_after_days=4
        ),
        acknowledgements_per_file=50,
        is_out_of_order=True,
    )
    simulator = kasse.simulator(behaviour)

    answers = []
    for day in range(6):
        simulator.run_once(NOW + timedelta(days=day))
        answers += kasse.take_answers()

    total = sum(order.amount.cents for order in made.orders)
    assert Money.from_cents(total) == Money.parse("487302.19")
    by_status = Counter(ack.status for ack in answers)
    assert by_status == {AckStatus.ACCEPTED: 418, AckStatus.REJECTED: 6, AckStatus.PAID: 418}
    back = {ack.order_id: ack.reason_code for ack in answers if ack.reason_code}
    assert list(back.values()).count(ReasonCode.YEAR_CLOSED) == 1
    assert len(back) == 3
    assert len(simulator.bookings()) == 209
    assert set(Counter(booking.order_id for booking in simulator.bookings()).values()) == {1}
    assert set(simulator.received().values()) == {1}
    paid = {ack.date for ack in answers if ack.status is AckStatus.PAID}
    assert paid == {date(2026, 12, 8)}
    assert kasse.ledger.missing_acknowledgements() == []


def run_until_quiet(kasse: Kasse, behaviour: Behaviour) -> list[Acknowledgement]:
    answers = []
    for day in range(8):
        kasse.simulator(behaviour).run_once(NOW + timedelta(days=day))
        answers += kasse.take_answers()
    return answers


BUSY = Behaviour(default=Reply(times=2, pays_after_days=1), acknowledgements_per_file=2)


def crash_points_passed(folder: Path) -> int:
    """Return how many crash points an undisturbed run of the scenario below comes by."""
    passed = 0

    def count(_point: CrashPoint) -> None:
        nonlocal passed
        passed += 1

    kasse = Kasse(folder)
    kasse.hand_over(order(1), order(2))
    kasse.hand_over(order(3))
    simulator = kasse.simulator(BUSY, count)
    for day in range(3):
        simulator.run_once(NOW + timedelta(days=day))
    return passed


def test_a_crash_at_any_point_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """The n-th crash point ends the run, for every n."""
    total = crash_points_passed(tmp_path / "count")

    for hit in range(1, total + 1):
        kasse = Kasse(tmp_path / str(hit))
        kasse.hand_over(order(1), order(2))
        kasse.hand_over(order(3))
        crashing = kasse.simulator(BUSY, crash_at_hit(hit))
        with pytest.raises(SimulatedCrash):
            for day in range(3):
                crashing.run_once(NOW + timedelta(days=day))

        answers = run_until_quiet(kasse, BUSY)

        assert len(kasse.simulator().bookings()) == 3, hit
        assert Counter(said(answers)) == Counter(
            {
                (order(number).order_id, status): 2
                for number in (1, 2, 3)
                for status in ("ACCEPTED", "PAID")
            }
        ), hit
        assert kasse.ledger.missing_acknowledgements() == [], hit
    assert total >= 20


@pytest.mark.parametrize("point", CrashPoint)
def test_every_crash_point_is_passed(kasse: Kasse, point: CrashPoint) -> None:
    kasse.hand_over(order(1))

    with pytest.raises(SimulatedCrash, match=point):
        kasse.simulator(failpoint=crash_once(point)).run_once(NOW)


_KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from laufzettel.connectors.kasse.behaviour import CrashPoint
from laufzettel.connectors.kasse.simulator import LedgerSimulator, Run

def die(point):
    if point is CrashPoint(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

LedgerSimulator(
    Path(sys.argv[1]), Path(sys.argv[2]), channel="hkr-musterstadt", failpoint=die
).run_once(datetime.fromisoformat("2026-12-04T09:15:00+00:00"))
"""


@pytest.mark.parametrize(
    "point", [CrashPoint.INSIDE_BOOKING, CrashPoint.AFTER_BOOKING, CrashPoint.BEFORE_MARKER]
)
def test_a_killed_process_goes_on_where_it_was(kasse: Kasse, point: CrashPoint) -> None:
    kasse.hand_over(order(1), order(2))
    source = Path(__file__).resolve().parents[2] / "src"

    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, str(kasse.root), str(kasse.file), point],
        env={**os.environ, "PYTHONPATH": str(source)},
        check=False,
    )

    assert killed.returncode == -signal.SIGKILL
    kasse.simulator().run_once(NOW)
    assert sorted(said(kasse.take_answers())) == [
        (order(1).order_id, "ACCEPTED"),
        (order(2).order_id, "ACCEPTED"),
    ]
    assert len(kasse.simulator().bookings()) == 2


def test_the_same_order_in_a_later_batch_is_a_duplicate_and_not_booked_again(kasse: Kasse) -> None:
    kasse.hand_over(order(1))
    kasse.simulator().run_once(NOW)
    kasse.take_answers()

    kasse.hand_over(order(1))
    kasse.simulator().run_once(NOW + timedelta(days=1))

    [ack] = kasse.take_answers()
    assert (ack.status, ack.document_no, ack.batch_number) == (
        AckStatus.DUPLICATE,
        "2026-000001",
        2,
    )
    assert len(kasse.simulator().bookings()) == 1
    assert kasse.simulator().received() == {order(1).order_id: 2}


def test_the_same_order_id_with_other_content_is_refused(kasse: Kasse) -> None:
    kasse.hand_over(order(1))
    kasse.hand_over(order(1, "999.00"))

    kasse.simulator().run_once(NOW)

    first, second = kasse.take_answers()
    assert (first.status, second.status) == (AckStatus.ACCEPTED, AckStatus.REJECTED)
    assert second.reason_text == "order_id wurde schon mit anderem Inhalt verwendet"
    assert [booking.amount for booking in kasse.simulator().bookings()] == [Money.parse("100.00")]


def test_a_refusal_stays_a_refusal_under_the_same_order_id(kasse: Kasse) -> None:
    refusing = Behaviour(
        default=Reply(refuse=ReasonCode.BUDGET_EXCEEDED, reason_text="Budget 6510")
    )
    kasse.hand_over(order(1))
    kasse.simulator(refusing).run_once(NOW)
    kasse.take_answers()

    kasse.hand_over(order(1))
    kasse.simulator().run_once(NOW)

    [ack] = kasse.take_answers()
    assert (ack.status, ack.reason_code) == (AckStatus.REJECTED, ReasonCode.BUDGET_EXCEEDED)
    assert kasse.simulator().bookings() == []


def test_a_wrong_check_digit_is_refused_by_the_ledger_itself(kasse: Kasse) -> None:
    kasse.hand_over(replace(order(1), payee_iban="DE90370400440532013000"))

    kasse.simulator().run_once(NOW)

    [ack] = kasse.take_answers()
    assert ack.reason_code is ReasonCode.IBAN_INVALID


def test_a_document_that_was_damaged_on_the_way_is_missing(tmp_path: Path) -> None:
    kasse = Kasse(tmp_path, takes_documents=True)
    original = b"<Invoice/>"
    sha256 = hashlib.sha256(original).hexdigest()
    kasse.ledger.attach(sha256, original)
    kasse.hand_over(replace(order(1), documents=(sha256,)))
    stored = kasse.root / "belege" / sha256[:2] / sha256
    stored.chmod(0o600)
    stored.write_bytes(b"<Invoice />")

    kasse.simulator().run_once(NOW)

    [ack] = kasse.take_answers()
    assert (ack.reason_code, ack.reason_text) == (
        ReasonCode.ATTACHMENT_MISSING,
        f"Beleg {sha256}",
    )


def test_a_late_acknowledgement_comes_on_its_day(kasse: Kasse) -> None:
    kasse.hand_over(order(1))
    simulator = kasse.simulator(Behaviour(default=Reply(late_days=3)))

    simulator.run_once(NOW)
    simulator.run_once(NOW + timedelta(days=2))
    assert kasse.take_answers() == []
    simulator.run_once(NOW + timedelta(days=3))

    assert said(kasse.take_answers()) == [(order(1).order_id, "ACCEPTED")]


def test_a_lost_file_leaves_a_gap_that_its_resending_closes(kasse: Kasse) -> None:
    lost = Behaviour(rule=lambda order: Reply(is_lost=order.order_number == "2026-000001"))
    simulator = kasse.simulator(lost)
    kasse.hand_over(order(1))
    simulator.run_once(NOW)
    kasse.hand_over(order(2))
    simulator.run_once(NOW)
    assert said(kasse.take_answers()) == [(order(2).order_id, "ACCEPTED")]
    assert kasse.ledger.missing_acknowledgements() == [1]

    simulator.resend(1)

    assert said(kasse.take_answers()) == [(order(1).order_id, "ACCEPTED")]
    assert kasse.ledger.missing_acknowledgements() == []
    with pytest.raises(NotFoundError):
        simulator.resend(9)


def test_a_resent_file_gets_its_marker_last(kasse: Kasse, monkeypatch: pytest.MonkeyPatch) -> None:
    simulator = kasse.simulator(Behaviour(default=Reply(is_lost=True)))
    kasse.hand_over(order(1))
    simulator.run_once(NOW)
    monkeypatch.setattr(ExchangeFolder, "mark", fail_to_mark)

    with pytest.raises(OSError, match="disk gone"):
        simulator.resend(1)

    assert [path.name for path in (kasse.root / "von").iterdir()] == ["rueckmeldung-000001.jsonl"]
    assert kasse.take_answers() == []


def fail_to_mark(*_args: object) -> None:
    raise OSError("disk gone")


def test_two_ledger_processes_on_one_folder_book_once_together(kasse: Kasse) -> None:
    """The second has read the batch when the first books it."""
    kasse.hand_over(order(1), order(2))

    def let_the_other_go_first(point: CrashPoint) -> None:
        if point is CrashPoint.BEFORE_BOOKING:
            kasse.simulator().run_once(NOW)

    run = kasse.simulator(failpoint=let_the_other_go_first).run_once(NOW)

    assert run == Run(batches=0, files=0)
    assert len(kasse.simulator().bookings()) == 2
    assert kasse.simulator().received() == {order(1).order_id: 1, order(2).order_id: 1}


def test_out_of_order_means_that_a_later_file_overtakes(kasse: Kasse) -> None:
    kasse.hand_over(order(1), order(2), order(3))
    simulator = kasse.simulator(Behaviour(acknowledgements_per_file=1, is_out_of_order=True))

    simulator.run_once(NOW)
    first = said(kasse.take_answers())
    simulator.run_once(NOW)

    assert first == [(order(3).order_id, "ACCEPTED")]
    assert said(kasse.take_answers()) == [
        (order(1).order_id, "ACCEPTED"),
        (order(2).order_id, "ACCEPTED"),
    ]


@pytest.mark.parametrize(
    ("paid_after", "amount"), [(0, "24124.87"), (1, "24871.00")], ids=["in time", "a day late"]
)
def test_the_discount_is_taken_on_its_last_day_and_not_after(
    kasse: Kasse, paid_after: int, amount: str
) -> None:
    kasse.hand_over(PIEPENBROCK)
    simulator = kasse.simulator(Behaviour(default=Reply(pays_after_days=paid_after)))

    simulator.run_once(NOW)
    simulator.run_once(NOW + timedelta(days=2))

    paid = [ack for ack in kasse.take_answers() if ack.status is AckStatus.PAID]
    assert [ack.amount for ack in paid] == [Money.parse(amount)]


def test_a_batch_that_was_changed_on_the_way_is_refused_whole_and_once(kasse: Kasse) -> None:
    kasse.hand_over(order(1))
    path = kasse.root / "an" / "uebergabe-000001.jsonl"
    path.write_bytes(path.read_bytes().replace(b"100.00", b"900.00", 1))
    simulator = kasse.simulator()

    simulator.run_once(NOW)
    simulator.run_once(NOW)

    [ack] = kasse.take_answers()
    assert (ack.batch_number, ack.order_id, ack.reason_code) == (1, None, ReasonCode.OTHER)
    assert "unvollständig oder verändert" in ack.reason_text
    assert simulator.bookings() == []
    assert len(simulator.problems()) == 1


def test_other_content_under_a_taken_number_is_refused_and_books_nothing(kasse: Kasse) -> None:
    """As after a restore of our side together with the folder."""
    kasse.hand_over(order(1))
    kasse.simulator().run_once(NOW)
    kasse.take_answers()
    path = kasse.root / "an" / "uebergabe-000001.jsonl"
    path.write_bytes(kasse.ledger.pack(batch(1, order(2))))

    kasse.simulator().run_once(NOW)

    [ack] = kasse.take_answers()
    assert ack.reason_text == "Übergabe 1 wurde schon mit anderem Inhalt gelesen."
    assert [booking.order_id for booking in kasse.simulator().bookings()] == [order(1).order_id]


def test_a_batch_waits_for_the_one_before_it(kasse: Kasse) -> None:
    kasse.hand_over(order(1))
    kasse.hand_over(order(2))
    marker = kasse.root / "an" / "uebergabe-000001.jsonl.done"
    marker.rename(marker.with_name("later"))

    assert kasse.simulator().run_once(NOW).batches == 0
    marker.with_name("later").rename(marker)

    assert kasse.simulator().run_once(NOW).batches == 2
    assert kasse.simulator().problems() == []


def test_the_time_of_a_run_is_its_argument(kasse: Kasse) -> None:
    kasse.hand_over(order(1))

    kasse.simulator().run_once(datetime(2027, 3, 1, 12, tzinfo=UTC))

    assert [booking.booked_on for booking in kasse.simulator().bookings()] == [date(2027, 3, 1)]


def test_the_finanzamt_gets_its_position_once_and_the_payee_the_rest(tmp_path: Path) -> None:
    """Handed over twice, under another number too: booked, and paid, once."""
    kasse = Kasse(tmp_path)
    simulator = kasse.simulator(Behaviour(default=Reply(pays_after_days=0)))
    kasse.hand_over(BUILDER)
    kasse.hand_over(BUILDER)

    simulator.run_once(NOW)
    simulator.run_once(NOW)

    assert [(one.payee_iban, str(one.amount)) for one in simulator.positions()] == [
        ("DE89370400440532013000", "8500.00 EUR"),
        ("DE02120300000000202051", "1500.00 EUR"),
    ]
    paid = [
        ack
        for file in kasse.ledger.acknowledgements()
        for ack in file.acknowledgements
        if ack.status is AckStatus.PAID
    ]
    # Paid on the last day of the Skonto: 9.700,00 € less 15 % of them.
    assert [str(one.amount) for one in paid] == ["8245.00 EUR"]


def test_an_order_whose_second_account_is_wrong_is_refused_whole(tmp_path: Path) -> None:
    held = BUILDER.withholding
    assert held is not None
    kasse = Kasse(tmp_path)
    kasse.hand_over(
        replace(BUILDER, withholding=replace(held, payee_iban="DE00120300000000202051"))
    )

    simulator = kasse.simulator()
    simulator.run_once(NOW)

    assert (simulator.bookings(), simulator.positions()) == ([], [])
