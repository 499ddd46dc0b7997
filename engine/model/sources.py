"""The files of a bundle: the main model, called models, forms and decisions."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from laufzettel.engine.dmn.library import with_imports
from laufzettel.errors import InputError

#: Name of the main model inside a process folder.
MAIN: Final = "model.bpmn"
#: How a file of decisions ends.
DECISIONS: Final = ".dmn"
#: Most files of one bundle, and the largest of them in bytes.
FILES_MAX: Final = 200
SIZE_MAX: Final = 4 * 1024 * 1024


class UnreadableFolderError(InputError):
    """Der Ordner enthält kein Modell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """File name inside the bundle -> bytes; ``forms/x.form`` keeps its folder."""

    files: dict[str, bytes]

    @property
    def sha256(self) -> str:
        """The hash over the names and the bytes of all files.

        >>> Sources(files={"a": b"bc"}).sha256 == Sources(files={"ab": b"c"}).sha256
        False
        """
        each = [[name, hashlib.sha256(self.files[name]).hexdigest()] for name in sorted(self.files)]
        return hashlib.sha256(json.dumps(each).encode()).hexdigest()

    def named(self, suffix: str) -> dict[str, bytes]:
        """Return the files of one kind, the main model first.

        >>> list(Sources(files={"a.bpmn": b"", "model.bpmn": b"", "x.form": b""}).named(".bpmn"))
        ['model.bpmn', 'a.bpmn']
        """
        names = [name for name in self.files if name.lower().endswith(suffix)]
        return {name: self.files[name] for name in sorted(names, key=lambda n: (n != MAIN, n))}


def load_folder(path: Path) -> Sources:
    """Return the bundle of a process folder: ``*.bpmn``, ``*.dmn``, ``forms/*.form``.

    Raises UnreadableFolderError where there is no BPMN file or one cannot be read.
    """
    folder = Path(path)
    found = [*folder.glob("*.bpmn"), *_beside(folder)]
    if not any(each.suffix == ".bpmn" for each in found):
        raise UnreadableFolderError(f"Der Ordner {folder} enthält kein Modell (*.bpmn).")
    return Sources(files=_read(folder, found))


def load_file(path: Path) -> Sources:
    """Return the bundle of one model with the forms and decisions that lie beside it.

    Of a decision file it is the file with those that it imports.
    """
    model = Path(path)
    if model.suffix == DECISIONS:
        files = _read(model.parent, [model, *model.parent.glob("*.dmn")])
        return Sources(files=with_imports(model.name, files))
    if model.name == MAIN:
        return load_folder(model.parent)
    return Sources(files=_read(model.parent, [model, *_beside(model.parent)]))


def _beside(folder: Path) -> list[Path]:
    return [*folder.glob("*.dmn"), *folder.glob("forms/*.form"), *folder.glob("*.form")]


def _read(folder: Path, paths: list[Path]) -> dict[str, bytes]:
    if len(paths) > FILES_MAX:
        raise UnreadableFolderError(f"Der Ordner {folder} enthält mehr als {FILES_MAX} Dateien.")
    try:
        return {each.relative_to(folder).as_posix(): _bytes(each) for each in sorted(paths)}
    except OSError as error:
        raise UnreadableFolderError(f"{error.filename} ist nicht lesbar: {_why(error)}") from error


def _why(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "die Datei gibt es nicht."
    if isinstance(error, PermissionError):
        return "es fehlt die Leseberechtigung."
    return "das Betriebssystem meldet einen Fehler."


def _bytes(path: Path) -> bytes:
    # One byte more than is allowed is enough to be refused with its reason later.
    with path.open("rb") as file:
        return file.read(SIZE_MAX + 1)
