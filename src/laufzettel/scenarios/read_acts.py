"""What happens in a scenario, read from YAML: one function an act."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from laufzettel.connectors.kasse.acknowledgement import ReasonCode
from laufzettel.connectors.kasse.behaviour import Reply
from laufzettel.einvoice.report import Verdict
from laufzettel.engine.model.contract import HandlerKind
from laufzettel.scenarios.read_values import amount, choice, day, duration, one_of, optional_day
from laufzettel.scenarios.scenario import (
    Act,
    Advance,
    Answer,
    Begin,
    Behave,
    Broadcast,
    Cancel,
    Checking,
    Claim,
    Complete,
    Conduct,
    Facts,
    Publish,
    Receive,
    Resolve,
    Retry,
    Stub,
)
from laufzettel.scenarios.yaml_tree import Branch

Entries = Mapping[str, Branch]

# --- an invoice ---------------------------------------------------------------------------


def _optional_text(branch: Branch) -> str | None:
    return None if branch.content is None else branch.text()


_FACTS: Final[dict[str, Callable[[Branch], Any]]] = {
    "verdict": lambda branch: choice(branch, Verdict),
    "reason": Branch.text,
    "supplier": Branch.text,
    "vat_id": Branch.text,
    "number": Branch.text,
    "amount": amount,
    "currency": Branch.text,
    "leitweg": Branch.text,
    "iban": _optional_text,
    "issued_on": day,
    "delivered_on": optional_day,
    "due_on": optional_day,
}
_DELIVERY: Final = ("as", "sender", "file_name")


def invoice_of(branch: Branch) -> Receive:
    """Return the arrival of an invoice, by a sample's name or by its facts."""
    entries = branch.mapping(frozenset({*_FACTS, *_DELIVERY, "sample"}))
    told = {key: _FACTS[key](value) for key, value in entries.items() if key in _FACTS}
    if "sample" in entries and told:
        raise branch.error("Entweder „sample“ oder Angaben zur Rechnung, nicht beides.")
    sample = entries["sample"].text() if "sample" in entries else ""
    texts = {key: entries[key].text() for key in _DELIVERY if key in entries}
    return Receive(
        facts=None if sample else Facts(**told),
        sample=sample,
        alias=texts.get("as", ""),
        sender=texts.get("sender", "lieferant@example.org"),
        file_name=texts.get("file_name", sample or "rechnung.xml"),
    )


# --- a case of any process ----------------------------------------------------------------


def begin_of(branch: Branch) -> Begin:
    """Return the begin of a case of any process."""
    entries = branch.mapping(frozenset({"process", "variables", "business_key", "as"}))
    if "process" not in entries:
        raise branch.error("„start“ braucht „process“, die Id des Prozesses.")
    process = entries["process"].text()
    return Begin(
        process=process,
        variables=entries["variables"].plain() if "variables" in entries else {},
        business_key=entries["business_key"].text() if "business_key" in entries else process,
        alias=entries["as"].text() if "as" in entries else "",
    )


# --- handlers -----------------------------------------------------------------------------

_CONDUCT: Final = frozenset({"returns", "raises", "fails", "unknown", "times", "works"})
_STUB: Final = _CONDUCT | {"kind", "results"}


def stub_of(name: str, branch: Branch) -> Stub:
    """Return the stub of a handler."""
    entries = branch.mapping(_STUB)
    conduct = _conduct(branch, entries)
    results = entries["results"].texts() if "results" in entries else tuple(conduct.returns or ())
    return Stub(
        name=name,
        kind=choice(entries["kind"], HandlerKind) if "kind" in entries else HandlerKind.WORK,
        results=results,
        conduct=conduct,
    )


def _conduct(branch: Branch, entries: Entries) -> Conduct:
    said = [key for key in ("works", "raises", "fails", "unknown") if key in entries]
    if len(said) > 1 or ("works" in said and "returns" in entries):
        raise branch.error(
            "Ein Handler hat genau ein Verhalten: „works“, „returns“, „raises“, „fails“ "
            "oder „unknown“."
        )
    returns = entries["returns"].plain() if "returns" in entries else None
    if returns is not None:
        entries["returns"].mapping()
    return Conduct(
        returns={} if returns is None and not said else returns,
        raises=entries["raises"].text() if "raises" in entries else "",
        fails=entries["fails"].text() if "fails" in entries else "",
        is_unknown=entries["unknown"].flag() if "unknown" in entries else False,
        times=entries["times"].whole() if "times" in entries else None,
    )


# --- one function a verb; ``entries`` are those of the step ---------------------------------


def _values(entries: Entries) -> dict[str, Any]:
    if "with" not in entries:
        return {}
    return {key: branch.plain() for key, branch in entries["with"].mapping().items()}


def _complete(branch: Branch, entries: Entries) -> Act:
    deputy = entries.get("as_deputy_for")
    return Complete(
        element=branch.text(),
        by=entries["by"].text(),
        values=_values(entries),
        deputy_for=deputy.text() if deputy else None,
    )


def _claim(branch: Branch, entries: Entries) -> Act:
    return Claim(element=branch.text(), by=entries["by"].text())


def _give_back(branch: Branch, entries: Entries) -> Act:
    return Claim(element=branch.text(), by=entries["by"].text(), is_given_back=True)


_REPLY: Final = frozenset(
    {"refuse", "reason_text", "late_days", "times", "lost", "pays_after_days"}
)


def reply_of(branch: Branch) -> Reply:
    """Return how the HKR treats orders."""
    said = branch.mapping(_REPLY)
    refuse = one_of(said["refuse"], frozenset(ReasonCode)) if "refuse" in said else None
    pays = said.get("pays_after_days")
    return Reply(
        refuse=None if refuse is None else ReasonCode(refuse),
        reason_text=said["reason_text"].text() if "reason_text" in said else "",
        late_days=said["late_days"].whole() if "late_days" in said else 0,
        times=said["times"].whole() if "times" in said else 1,
        is_lost=said["lost"].flag() if "lost" in said else False,
        pays_after_days=None if pays is None or pays.content is None else pays.whole(),
    )


def _ledger(branch: Branch, entries: Entries) -> Act:
    said = branch.mapping(_REPLY | {"resend"})
    if "resend" in said:
        return Answer(resend=said["resend"].whole())
    return Answer(reply=reply_of(branch))


def _message(branch: Branch, entries: Entries) -> Act:
    return Publish(
        name=branch.text(),
        key=entries["key"].text(),
        payload=_values(entries),
        message_id=entries["id"].text() if "id" in entries else "",
    )


def _signal(branch: Branch, entries: Entries) -> Act:
    return Broadcast(name=branch.text(), payload=_values(entries))


def _retry(branch: Branch, entries: Entries) -> Act:
    return Retry(element=branch.text())


def _cancel(branch: Branch, entries: Entries) -> Act:
    return Cancel(reason=branch.text())


def _resolve(branch: Branch, entries: Entries) -> Act:
    outcome = one_of(branch, frozenset({"arrived", "not_arrived"}))
    return Resolve(
        by=entries["by"].text(),
        has_arrived=outcome == "arrived",
        reason=entries["reason"].text(),
    )


def _handler(branch: Branch, entries: Entries) -> Act:
    inner = {key: value for key, value in entries.items() if key in _STUB}
    whole = Branch(file=branch.file, line=branch.line, name=branch.name, content=inner)
    return Behave(stub=stub_of(branch.text(), whole))


def _checker(branch: Branch, entries: Entries) -> Act:
    return Checking(is_down=one_of(branch, frozenset({"down", "up"})) == "down")


Reader = Callable[[Branch, Entries], Act]
#: Verb -> how it is read, the entries it needs, the entries it may have.
VERBS: Final[dict[str, tuple[Reader, frozenset[str], frozenset[str]]]] = {
    "receive": (lambda branch, _: invoice_of(branch), frozenset(), frozenset()),
    "start": (lambda branch, _: begin_of(branch), frozenset(), frozenset()),
    "complete": (_complete, frozenset({"by"}), frozenset({"with", "as_deputy_for"})),
    "claim": (_claim, frozenset({"by"}), frozenset()),
    "give_back": (_give_back, frozenset({"by"}), frozenset()),
    "advance": (lambda branch, _: Advance(by=duration(branch)), frozenset(), frozenset()),
    "ledger": (_ledger, frozenset(), frozenset()),
    "message": (_message, frozenset({"key"}), frozenset({"with", "id"})),
    "signal": (_signal, frozenset(), frozenset({"with"})),
    "retry": (_retry, frozenset(), frozenset()),
    "cancel": (_cancel, frozenset(), frozenset()),
    "resolve": (_resolve, frozenset({"by", "reason"}), frozenset()),
    "handler": (_handler, frozenset(), _CONDUCT),
    "checker": (_checker, frozenset(), frozenset()),
}
