"""The official data lies beside the checkout, never in it."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def dmn_tck() -> Path:
    """Return the folder of the DMN compatibility kit, or skip."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "data" / "dmn-tck" / "TestCases"
    if not folder.is_dir():
        pytest.skip("the DMN compatibility kit (../shared/data/dmn-tck) is not here")
    return folder
