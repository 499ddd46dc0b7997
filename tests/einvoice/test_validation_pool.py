"""Checks in other processes end in a report whatever happens to the process."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from laufzettel.einvoice.pool import ValidationPool
from laufzettel.einvoice.report import Own, Report, Verdict


def test_a_pool_gives_the_same_report_as_a_validator_here(
    pool: ValidationPool, samples: dict[str, Path]
) -> None:
    good = pool.validate(samples["gut.xml"].read_bytes())
    faulty = pool.validate(samples["fehlerhaft.xml"].read_bytes())

    assert good.verdict is Verdict.ACCEPTED
    assert good.rule_set == "xrechnung-3.0.2_2026-08-31"
    assert [finding.id for finding in faulty.findings] == ["BR-CO-14", "BR-DE-15"]


def test_no_process_is_started_before_it_is_needed(
    pool: ValidationPool, samples: dict[str, Path]
) -> None:
    before = pool.pids

    pool.validate(samples["gut.xml"].read_bytes())

    assert before == []
    assert len(pool.pids) == 1


def test_a_process_killed_under_way_is_a_technical_error_and_the_next_check_works(
    pool: ValidationPool, samples: dict[str, Path]
) -> None:
    xml = samples["gut.xml"].read_bytes()
    pool.validate(xml)
    (pid,) = pool.pids

    report = _while(pid, lambda: pool.validate(xml), signal.SIGKILL)

    assert (report.verdict, report.findings[0].id) == (Verdict.TECHNICAL_ERROR, Own.CHECKER)
    assert report.summary == "Das Prüfprogramm ist während der Prüfung ausgefallen."
    assert pool.validate(xml).verdict is Verdict.ACCEPTED
    assert pool.pids != [pid]


def _while(pid: int, check: Callable[[], Report], then: signal.Signals) -> Report:
    """Return the report of a check during which the stopped process gets a signal."""
    os.kill(pid, signal.SIGSTOP)
    timer = threading.Timer(0.3, os.kill, (pid, then))
    timer.start()
    try:
        return check()
    finally:
        timer.join()


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_process_that_hangs_is_ended_in_time_and_the_next_check_works(
    rules_dir: Path, samples: dict[str, Path]
) -> None:
    xml = samples["gut.xml"].read_bytes()
    with ValidationPool(rules_dir, timeout_s=8) as pool:
        pool.validate(xml)
        (pid,) = pool.pids
        os.kill(pid, signal.SIGSTOP)
        start = time.monotonic()

        report = pool.validate(xml)

        assert 7 < time.monotonic() - start < 12
        assert (report.verdict, report.findings[0].id) == (Verdict.TECHNICAL_ERROR, Own.TIMEOUT)
        assert report.summary == "Die Prüfung wurde nach 8 Sekunden abgebrochen."
        assert not _is_running(pid)
        assert pool.validate(xml).verdict is Verdict.ACCEPTED


def test_a_process_is_replaced_after_its_share_of_checks(
    rules_dir: Path, samples: dict[str, Path]
) -> None:
    xml = samples["gut.xml"].read_bytes()
    with ValidationPool(rules_dir, recycle_after=2) as pool:
        pool.validate(xml)
        first = pool.pids
        pool.validate(xml)
        emptied = pool.pids
        pool.validate(xml)

        assert emptied == []
        assert len(pool.pids) == 1
        assert pool.pids != first


def test_many_threads_are_served_by_two_processes(
    rules_dir: Path, samples: dict[str, Path]
) -> None:
    names = ["gut.xml", "fehlerhaft.xml", "gut_cii.xml", "gutschrift.xml"] * 6
    with ValidationPool(rules_dir, workers=2) as pool, ThreadPoolExecutor(8) as threads:
        reports = list(threads.map(lambda n: pool.validate(samples[n].read_bytes()), names))

        assert len(pool.pids) == 2
    expected = [
        Verdict.REJECTED if name == "fehlerhaft.xml" else Verdict.ACCEPTED for name in names
    ]
    assert [report.verdict for report in reports] == expected


def test_nothing_is_left_running_after_close(rules_dir: Path, samples: dict[str, Path]) -> None:
    pool = ValidationPool(rules_dir)
    pool.validate(samples["gut.xml"].read_bytes())
    (pid,) = pool.pids

    pool.close()

    assert not _is_running(pid)
    assert pool.validate(samples["gut.xml"].read_bytes()).verdict is Verdict.TECHNICAL_ERROR


def test_without_rules_a_pool_says_unchecked_too(tmp_path: Path, samples: dict[str, Path]) -> None:
    with ValidationPool(tmp_path) as pool:
        assert pool.validate(samples["gut.xml"].read_bytes()).verdict is Verdict.UNCHECKED


def test_what_is_too_large_is_not_even_sent(pool: ValidationPool) -> None:
    report = pool.validate(b" " * (25 * 1024 * 1024 + 1))

    assert (report.verdict, pool.pids) == (Verdict.REJECTED, [])


def test_a_worker_is_bounded_in_memory_and_writes_no_file(
    pool: ValidationPool, samples: dict[str, Path]
) -> None:
    pool.validate(samples["gut.xml"].read_bytes())

    (pid,) = pool.pids
    limits = Path(f"/proc/{pid}/limits").read_text("ascii").splitlines()
    bounds = {line[:26].strip(): line[26:].split()[0] for line in limits}
    assert (bounds["Max data size"], bounds["Max file size"]) == ("1073741824", "0")


def test_a_worker_knows_no_secret_of_its_parent(
    pool: ValidationPool, samples: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAUFZETTEL_DATABASE_PASSWORD", "geheim")

    pool.validate(samples["gut.xml"].read_bytes())

    (pid,) = pool.pids
    assert b"geheim" not in Path(f"/proc/{pid}/environ").read_bytes()
