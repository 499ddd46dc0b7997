"""The benches of jobs and of messages run tiny and print what they promise."""

from __future__ import annotations

import json

import pytest
from bench import jobs, messages


def test_a_tiny_run_of_jobs_ends_with_one_json_object(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = jobs.main(["--quick", "--json"])

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert code == 0
    promised = {"sqlite_floor_per_s", "sqlite_loop_per_s", "sqlite_loop_wake_p99_ms"}
    promised |= {"pg_floor_per_s", "pg_loop_2_per_s", "pg_procrastinate_2_per_s"}
    promised |= {"pg_procrastinate_wake_p50_ms", "pg_procrastinate_idle_per_s"}
    assert all(figures[name] > 0 for name in promised)


def test_a_tiny_run_of_messages_ends_with_one_json_object(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = messages.main(["--quick", "--json"])

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert code == 0
    kinds = ("publish", "subscribe", "timer")
    promised = {f"{name}_{kind}_p50_ms" for name in ("sqlite", "postgresql") for kind in kinds}
    assert all(figures[name] > 0 for name in promised)
