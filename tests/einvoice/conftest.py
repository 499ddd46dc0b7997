"""What the tests of e-invoices share: rules, sample invoices, official data, validators."""

from __future__ import annotations

import importlib.util
import os
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from laufzettel.einvoice.pool import ValidationPool
from laufzettel.einvoice.rule_install import install_rules
from laufzettel.einvoice.validator import Validator

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of official data and attacks beside the checkout; skips where it is absent."""
    folder = ROOT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("../shared with the official data is not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def rules_dir() -> Path:
    """A folder with the official rules, installed there if need be."""
    folder = Path(os.environ.get("LAUFZETTEL_RULES_DIR") or ROOT / ".laufzettel" / "rules")
    install_rules(folder, lambda line: None)
    return folder


@pytest.fixture(scope="session")
def validator(rules_dir: Path) -> Validator:
    """A validator in this process, warm after the first test that uses it."""
    return Validator(rules_dir)


@pytest.fixture
def pool(rules_dir: Path) -> Iterator[ValidationPool]:
    """A pool of one worker that ends with the test."""
    with ValidationPool(rules_dir, timeout_s=20) as pool:
        yield pool


@pytest.fixture(scope="session")
def make_invoices() -> ModuleType:
    """The generator of the sample invoices, loaded by its path as ./run does."""
    path = ROOT / "examples" / "make_invoices.py"
    spec = importlib.util.spec_from_file_location("make_invoices", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def samples(make_invoices: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The written sample invoices by file name."""
    with warnings.catch_warnings():
        # WeasyPrint leaves its colour profile open until it is collected.
        warnings.simplefilter("ignore", ResourceWarning)
        written: dict[str, Path] = make_invoices.write_samples(tmp_path_factory.mktemp("samples"))
    return written


@pytest.fixture(scope="session")
def sample_model(make_invoices: ModuleType) -> Any:
    """The module that describes a sample before it has a syntax."""
    return sys.modules["sample_invoices.model"]


@pytest.fixture(scope="session")
def big_invoice(make_invoices: ModuleType, sample_model: Any) -> bytes:
    """A valid invoice of 300 positions."""
    item = sample_model.Item(
        name="Kanaldeckel", quantity=Decimal(2), unit="C62", price=Decimal("80.00")
    )
    sample = replace(make_invoices.samples.GOOD, items=(item,) * 300)
    data: bytes = make_invoices.as_ubl(sample)
    return data
