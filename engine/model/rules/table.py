"""The table of rules: id, severity, texts and remedy in two languages, and the check.

A rule is a small function that yields a ``Hit`` for each place that breaks it. The texts
are templates: ``{what}`` names the element as a designer sees it at the beginning of a
sentence, ``{of}``, ``{to}`` and ``{it}`` in the other cases; all else comes from the hit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from laufzettel.engine.model.bundle import Bundle
from laufzettel.engine.model.finding import Finding, Severity
from laufzettel.engine.model.nouns import ELEMENT, NOUNS
from laufzettel.engine.model.source import File, Place

#: Longest text of the model that is repeated in a finding.
_QUOTE_MAX: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One place that breaks a rule, and what the texts say about it."""

    at: Place
    line: int = 0  # 0: the line of the place
    values: dict[str, str] = field(default_factory=dict)


Check = Callable[[Bundle], Iterator[Hit]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the lint."""

    id: str
    severity: Severity
    de: str
    en: str
    remedy_de: str
    remedy_en: str
    check: Check

    def findings(self, bundle: Bundle) -> Iterator[Finding]:
        """Yield a finding for each place that breaks this rule."""
        return (self._finding(hit) for hit in self.check(bundle))

    def _finding(self, hit: Hit) -> Finding:
        noun = NOUNS.get(hit.at.tag, ELEMENT)
        label = _clipped(hit.at.name or hit.at.id)
        values = {key: _clipped(value) for key, value in hit.values.items()}
        german = values | noun.cases(label)
        english = values | noun.english_cases(label)
        return Finding(
            rule=self.id,
            severity=self.severity,
            file=hit.at.file,
            line=hit.line or hit.at.line,
            element=hit.at.id,
            element_name=hit.at.name,
            text_de=self.de.format(**german).rstrip(),
            text_en=self.en.format(**english).rstrip(),
            remedy_de=self.remedy_de.format(**german),
            remedy_en=self.remedy_en.format(**english),
        )


#: Rule id -> rule, in the order in which the modules register them.
RULES: Final[dict[str, Rule]] = {}


def rule(
    name: str,
    severity: Severity,
    *,
    de: str,
    en: str,
    remedy_de: str,
    remedy_en: str,
) -> Callable[[Check], Check]:
    """Register the decorated check as ``laufzettel/name``."""

    def register(check: Check) -> Check:
        rule_id = f"laufzettel/{name}"
        assert rule_id not in RULES, f"two rules are called {rule_id}"  # noqa: S101
        RULES[rule_id] = Rule(
            id=rule_id,
            severity=severity,
            de=de,
            en=en,
            remedy_de=remedy_de,
            remedy_en=remedy_en,
            check=check,
        )
        return check

    return register


def in_file(name: str, *, line: int = 1, tag: str = "definitions") -> Place:
    """Return a whole file as the place of a finding."""
    return Place(id="", name=name, line=line, file=name, tag=tag)


def at_file(file: File, *, line: int = 1) -> Place:
    """Return a BPMN file as the place of a finding."""
    return in_file(file.name, line=line)


def listed(names: object) -> str:
    """Return names as a designer reads them, sorted and bounded.

    >>> listed({"b", "a"}), listed([])
    ('a, b', '–')
    """
    words = sorted(map(str, names)) if isinstance(names, (list, tuple, set, frozenset)) else []
    text = ", ".join(words[:12]) or "–"
    return f"{text} …" if len(words) > 12 else text


def _clipped(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _QUOTE_MAX * 5 else text[: _QUOTE_MAX * 5] + "…"
