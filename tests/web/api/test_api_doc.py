"""docs/api.md: its examples are run as they stand there, by curl against a served installation."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import waitress
from tests.web.api.conftest import MACHINE, token
from tests.web.conftest import Town

from laufzettel.records.api_tokens import Scope
from laufzettel.web.api.operations import OPERATIONS
from laufzettel.web.api.problems import KINDS

ROOT = Path(__file__).resolve().parents[3]
DOC = ROOT / "docs" / "api.md"


@pytest.fixture
def migrated_url(migrated_sqlite_url: str) -> str:
    """SQLite alone: what is tried is the page."""
    return migrated_sqlite_url


@pytest.fixture
def address(musterstadt: Town) -> Iterator[str]:
    """Where the town is served."""
    server = waitress.create_server(musterstadt.pages, host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}/api/v1"
    server.close()
    thread.join(10)


def examples() -> str:
    """Return the commands of the page, one block after the other."""
    return "\n".join(
        re.findall(r"^```sh\n(.*?)^```", DOC.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    )


def test_the_examples_of_the_page_work_as_they_stand_there(
    musterstadt: Town, address: str, tmp_path: Path
) -> None:
    if missing := [name for name in ("bash", "curl", "jq") if shutil.which(name) is None]:
        if os.environ.get("CI") == "true":
            pytest.fail(f"missing: {missing}")
        pytest.skip(f"{', '.join(missing)} not installed")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    environment = {
        "PATH": os.environ["PATH"],
        "API": address,
        "TOKEN": token(musterstadt, *MACHINE),
        "PERSON": token(musterstadt, Scope.TASKS_READ, Scope.TASKS_WORK, login="yilmaz"),
        "DESIGNER": token(musterstadt, Scope.MODELS_APPROVE, login="lohmann"),
    }

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", examples()],
        check=False,
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def test_the_page_names_every_scope_and_every_problem() -> None:
    text = DOC.read_text("utf-8")

    assert [scope for scope in Scope if f"`{scope}`" not in text] == []
    assert [code for code in KINDS if f"`{code}`" not in text] == []
    assert {one.scope for one in OPERATIONS.values()} <= set(Scope)
