"""Databases to run scenarios on, prepared once and copied for each run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from laufzettel.db import schema

#: A file system in memory; what a scenario stores shall not last.
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - the folders in it have random names and are closed


class Databases(Protocol):
    """Where fresh databases come from."""

    def prepared(self, key: Hashable, prepare: Callable[[str], None]) -> str:
        """Return the URL of a fresh database with all tables and what ``prepare`` wrote.

        ``prepare(url)`` is called at most once for equal keys; the rest are copies.
        """
        ...

    def separate(self, name: str) -> None:
        """Write from now on where no other process of this machine does."""
        ...


class SqliteDatabases:
    """Copies of files, all in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._templates: dict[Hashable, Path] = {}
        self._empty: Path | None = None

    def prepared(self, key: Hashable, prepare: Callable[[str], None]) -> str:
        """Return a copy of the template for ``key``."""
        if key not in self._templates:
            template = self._copy(self._migrated())
            prepare(f"sqlite:///{template}")
            self._templates[key] = template
        return f"sqlite:///{self._copy(self._templates[key])}"

    def separate(self, name: str) -> None:
        """Put the copies from now on into a folder of this name; templates stay."""
        self._folder = self._folder / name
        self._folder.mkdir()

    def _migrated(self) -> Path:
        if self._empty is None:
            self._empty = self._folder / "empty.sqlite"
            schema.upgrade(f"sqlite:///{self._empty}")
        return self._empty

    def _copy(self, template: Path) -> Path:
        self._count += 1
        copy = self._folder / f"{self._count}.sqlite"
        shutil.copyfile(template, copy)
        return copy


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a folder that is gone afterwards, in memory where the system has room for it."""
    place = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="laufzettel-szenarien-", dir=place) as name:
        yield Path(name)
