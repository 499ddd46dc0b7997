"""The front end in one call: read, lint everything at once, compile if nothing is wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from laufzettel.engine.model.bundle import read_bundle
from laufzettel.engine.model.compile import compile_bundle
from laufzettel.engine.model.contract import HandlerContract
from laufzettel.engine.model.definition import Definition
from laufzettel.engine.model.finding import Finding, Severity, sort_key
from laufzettel.engine.model.rules import RULES
from laufzettel.engine.model.sources import Sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the front end says of a bundle."""

    findings: tuple[Finding, ...]  # by file and line
    definition: Definition | None  # None where a finding is an error

    @property
    def deployable(self) -> bool:
        """Whether no finding is an error."""
        return self.definition is not None


def check(
    sources: Sources,
    *,
    handlers: Mapping[str, HandlerContract] | None,
    known_decisions: Collection[str] = (),
    known_processes: Collection[str] = (),
) -> Checked:
    """Return all findings at once, and the definition if none is an error.

    ``handlers`` None means that they are not known: then nothing is said of handlers.
    ``known_decisions`` and ``known_processes`` are ids that are deployed already and
    bound when they are reached. Bad input never raises: it gives findings.

    >>> [each.rule for each in check(Sources(files={"m.bpmn": b"<a>"}), handlers=None).findings]
    ['laufzettel/unreadable-file']
    """
    bundle = read_bundle(
        sources,
        handlers=handlers,
        known_decisions=known_decisions,
        known_processes=known_processes,
    )
    found = {finding for rule in RULES.values() for finding in rule.findings(bundle)}
    findings = tuple(sorted(found, key=sort_key))
    failed = any(each.severity is Severity.ERROR for each in findings)
    return Checked(findings=findings, definition=None if failed else compile_bundle(bundle))
