"""YAML with line numbers, read strictly: plain data, no anchors, no tags, no floats.

Only ``true`` and ``false`` are truth values, a number with leading zeros stays a text (it
is an account or a cost centre), and an amount is a Decimal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import yaml

from laufzettel.errors import InputError

#: Largest file of scenarios, in bytes.
SIZE_MAX: Final = 256 * 1024
#: Lists and mappings inside each other; PyYAML's time grows with the square of it.
DEPTH_MAX: Final = 30
#: libyaml's where it is there: eight times as fast, the same events and lines.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_WORDS: Final = {"true": True, "false": False, "null": None, "~": None, "": None}


class ScenarioFileError(InputError):
    """Ein Szenario ist nicht lesbar."""

    def __init__(self, file: Path, line: int, text_de: str) -> None:
        super().__init__(f"{file}:{line}: {text_de}")
        self.file = file
        self.line = line
        self.text_de = text_de


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A part of a YAML file: what it says and where it says it."""

    file: Path
    line: int
    name: str  # the key it stands under, as messages name it
    content: Any  # a scalar, a list of branches, or text -> branch

    def error(self, text_de: str) -> ScenarioFileError:
        """Return the error that names this place."""
        return ScenarioFileError(self.file, self.line, text_de)

    def plain(self) -> Any:
        """Return the same as plain lists, dictionaries and scalars."""
        if isinstance(self.content, dict):
            return {key: branch.plain() for key, branch in self.content.items()}
        if isinstance(self.content, list):
            return [branch.plain() for branch in self.content]
        return self.content

    def mapping(self, known: Mapping[str, Any] | frozenset[str] | None = None) -> dict[str, Branch]:
        """Return the entries; with ``known`` any other key is refused, by name."""
        if not isinstance(self.content, dict):
            raise self.error(f"„{self.name}“ braucht Angaben der Form „Schlüssel: Wert“.")
        for key, branch in self.content.items():
            if known is not None and key not in known:
                words = ", ".join(sorted(known))
                raise branch.error(f"„{key}“ ist hier nicht bekannt. Möglich sind: {words}.")
        return self.content

    def items(self) -> list[Branch]:
        """Return the entries of a list."""
        if not isinstance(self.content, list):
            raise self.error(f"„{self.name}“ braucht eine Liste („- …“ oder [ … ]).")
        return self.content

    def text(self) -> str:
        """Return a text that is not empty."""
        if not isinstance(self.content, str) or not self.content:
            raise self.error(f"„{self.name}“ braucht einen Text.")
        return self.content

    def texts(self) -> tuple[str, ...]:
        """Return one text or a list of texts."""
        if isinstance(self.content, list):
            return tuple(branch.text() for branch in self.content)
        return (self.text(),)

    def whole(self) -> int:
        """Return a whole number that is not negative."""
        if not isinstance(self.content, int) or isinstance(self.content, bool) or self.content < 0:
            raise self.error(f"„{self.name}“ braucht eine ganze Zahl ab 0.")
        return self.content

    def flag(self) -> bool:
        """Return a truth value."""
        if not isinstance(self.content, bool):
            raise self.error(f"„{self.name}“ ist „true“ oder „false“.")
        return self.content


def read_documents(file: Path) -> list[Branch]:
    """Return the documents of the file (parted by ``---``); raises ScenarioFileError."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ScenarioFileError(file, 0, f"Nicht lesbar: {error.strerror}.") from error
    if len(data) > SIZE_MAX:
        raise ScenarioFileError(file, 0, f"Größer als {SIZE_MAX // 1024} KiB.")
    return list(parse_documents(file, data))


def parse_documents(file: Path, data: bytes) -> Iterator[Branch]:
    r"""Yield the documents in ``data``.

    >>> first, = parse_documents(Path("a.yaml"), b"amount: 10.50\naccount: 0815\n")
    >>> first.plain()
    {'amount': Decimal('10.50'), 'account': '0815'}
    >>> next(parse_documents(Path("a.yaml"), b"a: 1\na: 2\n"))
    Traceback (most recent call last):
    ...
    laufzettel.scenarios.yaml_tree.ScenarioFileError: a.yaml:2: „a“ steht hier zweimal.
    """
    try:
        text = data.decode("utf-8-sig")
        _refuse_what_is_not_plain(file, text)
        for node in yaml.compose_all(text, Loader=_LOADER):
            yield _branch(file, node, "Szenario")
    except UnicodeDecodeError as error:
        raise ScenarioFileError(file, 0, "Die Datei ist kein Text in UTF-8.") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise ScenarioFileError(file, line, f"Kein gültiges YAML: {error.problem}.") from error
    except yaml.YAMLError as error:
        raise ScenarioFileError(file, 0, f"Kein gültiges YAML: {error}.") from error


def _refuse_what_is_not_plain(file: Path, text: str) -> None:
    """Refuse anchors, tags and depth before anything is built of them."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent):
            said = "Verweise (*name) werden nicht gelesen. Bitte ausschreiben."
            raise ScenarioFileError(file, line, said)
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag:
            raise ScenarioFileError(file, line, f"Kennzeichen ({event.tag}) werden nicht gelesen.")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_MAX:
            raise ScenarioFileError(file, line, "Die Angaben sind zu tief verschachtelt.")


def _branch(file: Path, node: yaml.Node, name: str) -> Branch:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        content: Any = _entries(file, node)
    elif isinstance(node, yaml.SequenceNode):
        content = [_branch(file, item, name) for item in node.value]
    else:
        content = _scalar(file, node) if isinstance(node, yaml.ScalarNode) else None
    return Branch(file=file, line=line, name=name, content=content)


def _entries(file: Path, node: yaml.MappingNode) -> dict[str, Branch]:
    found: dict[str, Branch] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise ScenarioFileError(file, line, "Ein Schlüssel ist immer ein einfacher Text.")
        if key.value in found:
            raise ScenarioFileError(file, line, f"„{key.value}“ steht hier zweimal.")
        found[key.value] = _branch(file, value, key.value)
    return found


def _scalar(file: Path, node: yaml.ScalarNode) -> Any:
    text = str(node.value)
    if node.style:  # in quotation marks or a block: always a text
        return text
    if text in _WORDS:
        return _WORDS[text]
    if number := _NUMBER.fullmatch(text):
        return Decimal(text) if number[2] else int(text)
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            line = node.start_mark.line + 1
            raise ScenarioFileError(file, line, f"Den Tag {text} gibt es nicht.") from None
    return text
