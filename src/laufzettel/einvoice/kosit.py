"""An unpacked configuration of KoSIT's validator, used as it is: its ``scenarios.xml`` decides.

Scenarios are matched by their XPath, in the order of the file; each brings its XML schema, its
stylesheets and the levels that it sets otherwise (``customLevel``). Several configurations may
lie side by side, each with the days from and to which it holds: that is how the next version
of XRechnung comes, as data.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from lxml import etree

from laufzettel import safe_xml
from laufzettel.einvoice.report import Severity
from laufzettel.errors import InputError, LaufzettelError

#: The file that makes a folder a configuration, and beside it when it holds.
SCENARIOS: Final = "scenarios.xml"
VALIDITY: Final = "gueltig.json"
_NS: Final = "{http://www.xoev.de/de/validator/framework/1/scenarios}"
_LEVELS: Final = {
    "error": Severity.ERROR,
    "warning": Severity.WARNING,
    "information": Severity.INFORMATION,
}
_SIZE_MAX: Final = 2 * 1024 * 1024


class ConfigurationError(LaufzettelError):
    """Die Prüfkonfiguration ist nicht zu gebrauchen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KositScenario:
    """One scenario of the file."""

    name: str
    match: str  # XPath 2.0 and later, true for what it is about
    namespaces: Mapping[str, str]
    schema: Path | None
    stylesheets: tuple[Path, ...]
    levels: Mapping[str, Severity]


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """A folder with ``scenarios.xml`` and what it names."""

    folder: Path
    title: str
    scenarios: tuple[KositScenario, ...]
    valid_from: date | None = None
    valid_until: date | None = None  # the last day

    @property
    def named(self) -> Sequence[Path]:
        """The schemas and stylesheets that it names."""
        found = {path for one in self.scenarios for path in (*one.stylesheets, one.schema) if path}
        return sorted(found)

    @cached_property
    def id(self) -> str:
        """Title and the beginning of a SHA-256 over the file and everything that it names."""
        digest = hashlib.sha256((self.folder / SCENARIOS).read_bytes())
        for path in self.named:
            digest.update(path.read_bytes())
        return f"{self.title} [{digest.hexdigest()[:12]}]"

    def holds(self, on: date | None) -> bool:
        """Return whether it holds on that day; a day that nobody knows is no reason against."""
        if on is None:
            return True
        return (self.valid_from or on) <= on <= (self.valid_until or on)


#: Path, time and size of files.
Signature = tuple[tuple[str, int, int], ...]


def configurations(rules_dir: Path) -> list[Configuration]:
    """Return what lies in the folder itself or side by side in it, the newest first.

    Raises ConfigurationError for one that cannot be used: no other is taken in its place.
    """
    if (rules_dir / SCENARIOS).is_file():
        return [read_configuration(rules_dir)]
    found = sorted(path.parent for path in rules_dir.glob(f"*/{SCENARIOS}"))
    read = map(read_configuration, found)
    return sorted(read, key=lambda one: one.valid_from or date.min, reverse=True)


def signature_of(rules_dir: Path) -> Signature:
    """Return what changes when a configuration comes, goes, or is another: cheap to ask for."""
    files = [rules_dir / SCENARIOS, rules_dir / VALIDITY]
    files += [path for name in (SCENARIOS, VALIDITY) for path in rules_dir.glob(f"*/{name}")]
    return _stamps(files)


def rules_signature_of(known: Iterable[Configuration]) -> Signature:
    """Return what changes when one of their schemas or stylesheets was exchanged alone."""
    return _stamps(path for one in known for path in one.named)


def _stamps(files: Iterable[Path]) -> Signature:
    stats = ((file, file.stat()) for file in files if file.is_file())
    return tuple((str(file), stat.st_mtime_ns, stat.st_size) for file, stat in stats)


def read_configuration(folder: Path) -> Configuration:
    """Return the configuration in the folder. Raises ConfigurationError."""
    try:
        root = safe_xml.parse((folder / SCENARIOS).read_bytes(), size_max=_SIZE_MAX)
        valid_from, valid_until = _validity(folder)
    except (InputError, OSError, ValueError) as error:
        raise ConfigurationError(f"{folder.name}/{SCENARIOS} ist nicht lesbar: {error}") from error
    if root.tag != f"{_NS}scenarios":
        raise ConfigurationError(f"{folder.name}/{SCENARIOS} ist keine Prüfkonfiguration.")
    scenarios = tuple(_scenario(folder, item) for item in root.iterfind(f"{_NS}scenario"))
    if not scenarios:
        raise ConfigurationError(f"{folder.name}/{SCENARIOS} enthält kein Szenario.")
    title = " ".join(filter(None, (_text(root, "name"), _text(root, "date")))) or folder.name
    return Configuration(
        folder=folder,
        title=title,
        scenarios=scenarios,
        valid_from=valid_from,
        valid_until=valid_until,
    )


def _validity(folder: Path) -> tuple[date | None, date | None]:
    """Return the days of ``gueltig.json``: ``{"from": "2027-01-01", "until": null}``."""
    file = folder / VALIDITY
    if not file.is_file():
        return None, None
    given: dict[str, Any] = json.loads(file.read_text("utf-8"))
    first, last = given.get("from"), given.get("until")
    return (
        date.fromisoformat(first) if first else None,
        date.fromisoformat(last) if last else None,
    )


def _scenario(folder: Path, item: etree._Element) -> KositScenario:
    name = _text(item, "name")
    if item.find(f".//{_NS}acceptMatch") is not None:
        # It would judge KoSIT's own report, which there is not: better no verdict than another.
        raise ConfigurationError(f"Das Szenario „{name}“ entscheidet mit acceptMatch.")
    schemas = _resources(folder, item, "validateWithXmlSchema")
    if len(schemas) > 1:
        raise ConfigurationError(f"Das Szenario „{name}“ nennt mehrere XML-Schemas.")
    return KositScenario(
        name=name,
        match=_text(item, "match"),
        namespaces={
            one.get("prefix", ""): (one.text or "").strip()
            for one in item.iterfind(f"{_NS}namespace")
        },
        schema=schemas[0] if schemas else None,
        stylesheets=_resources(folder, item, "validateWithSchematron"),
        levels=dict(_levels(name, item)),
    )


def _resources(folder: Path, item: etree._Element, kind: str) -> tuple[Path, ...]:
    places = item.iterfind(f"{_NS}{kind}/{_NS}resource/{_NS}location")
    return tuple(_inside(folder, (place.text or "").strip()) for place in places)


def _inside(folder: Path, location: str) -> Path:
    """Return the file, which lies below the folder whatever the location says."""
    path = (folder / location).resolve()
    if not location or not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise ConfigurationError(
            f"{folder.name}/{SCENARIOS} nennt „{location}“; das liegt nicht in der Konfiguration."
        )
    return path


def _levels(name: str, item: etree._Element) -> Iterator[tuple[str, Severity]]:
    # Below createReport until 1.x, below the rules from 2.0 on, where both name one these win.
    for place in ("createReport", "validateWithSchematron"):
        for custom in item.iterfind(f"{_NS}{place}/{_NS}customLevel"):
            level = _LEVELS.get(custom.get("level", ""))
            if level is None:
                raise ConfigurationError(f"Das Szenario „{name}“ setzt ein unbekanntes Gewicht.")
            yield from ((rule, level) for rule in (custom.text or "").split())


def _text(item: etree._Element, name: str) -> str:
    return " ".join((item.findtext(f"{_NS}{name}") or "").split())
