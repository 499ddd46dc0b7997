"""What happened in a case, in sentences that a clerk reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from laufzettel.einvoice.report import Verdict
from laufzettel.engine.api import Happening
from laufzettel.money import Money

_DESKS: Final = {
    "certify": "zurück zur Feststellung",
    "assign": "zurück zur Kontierung",
    "order": "zurück zur Anordnung",
}
#: What a decision that signs nothing comes to; one that signs is said by its Vermerk.
_DECIDED: Final = {
    "feststellen": "",
    "erfassen": "",
    "aufteilen": "neu aufgeteilt",
    "anordnen": "",
    "zeichnen": "",
    "zurueckgeben": "im Haus zurückgegeben",
    "zurueckweisen": "an den Lieferanten zurückgewiesen",
    "nicht_zustaendig": "gehört nicht zu uns",
    "doppelrechnung": "ist eine Doppelrechnung",
    "neu": "ist eine neue Rechnung",
    "mahnung": "ist keine Rechnung, sondern eine Mahnung",
    "weiter": "geht weiter zur Feststellung",
    "beantwortet": "",
    "kosten_anerkannt": "Mahnkosten anerkannt",
    "kosten_abgelehnt": "Mahnkosten abgelehnt",
    "kopie_erbeten": "Rechnung liegt nicht vor, Kopie erbeten",
}
_PROPOSED: Final = {
    "decision": "vorgeschlagen nach der Tabelle",
    "history": "vorgeschlagen nach früheren Rechnungen",
    "none": "kein Vorschlag",
}
_UNSIGNED: Final = {
    "certify": "Feststellung",
    "certify_facts": "Sachliche Feststellung",
    "certify_amounts": "Rechnerische Feststellung",
}
_SENT: Final = {
    "hkr": "an das HKR übergeben",
    "mail": "Mail an den Lieferanten gesendet",
}
_ANSWERS: Final = {
    "hkr.quittung": "Quittung des HKR erhalten",
    "hkr.bezahlt": "Zahlungsmeldung des HKR erhalten",
}
_NOBODY: Final[Mapping[str, str]] = {}
_ELEMENTS: Final = {
    "certify": "sachlich und rechnerisch richtig",
    "certify_facts": "sachlich richtig",
    "certify_amounts": "rechnerisch richtig",
    "order": "Anordnung",
    "countersign": "Mitzeichnung",
    "capture": "Rechnung erfasst",
    "correct_accounts": "Kontierung berichtigt",
    "check_duplicate": "Doppelrechnung geprüft",
    "check_findings": "Auffälligkeiten angesehen",
    "clarify_unit": "Zuständigkeit geklärt",
    "look_at": "Post angesehen",
    "answer": "Mahnung beantwortet",
}


def _day(text: str) -> str:
    return f"{date.fromisoformat(text):%d.%m.%Y}"


def _amount(text: str) -> str:
    number, _, currency = text.partition(" ")
    return Money.parse(number, currency or "EUR").german()


def _reason(texts: Mapping[str, str]) -> str:
    return texts.get("reason", "ohne Grund")


def _started(business_key: str) -> str:
    """Return how a case began; what it calls has a key of its own below the invoice's."""
    kind, _, key = business_key.partition(":")
    is_invoice = kind == "invoice" and "/" not in key
    return "Rechnung eingegangen, Vorgang begonnen" if is_invoice else "Vorgang begonnen"


def _rules(tables: Sequence[Sequence[int]]) -> str:
    return "; ".join(", ".join(map(str, rules)) or "keine" for rules in tables) or "keine"


def _checked(data: Mapping[str, Any]) -> str:
    """Return what the check came to; earlier checks knew no policy."""
    if data.get("outcome") == "ansehen":
        return f"{Verdict(data['verdict']).german}, vor der Feststellung anzusehen"
    return Verdict(data["verdict"]).german


_TOLD: Final[Mapping[str, Callable[[Mapping[str, Any], Mapping[str, str]], str]]] = {
    "case.started": lambda data, texts: _started(data["object"]),
    "invoice.validated": lambda data, texts: (
        f"geprüft{data['rule_set'] and ' mit ' + data['rule_set']}: "
        f"{_checked(data)}{(texts.get('why') and ' (' + texts['why'] + ')') or ''}"
    ),
    "invoice.to_capture": lambda data, texts: "PDF ohne Rechnungsdaten: von Hand zu erfassen",
    "invoice.stack": lambda data, texts: f"Stapel mit Trennblättern, {data['invoices']} Rechnungen",
    "invoice.split": lambda data, texts: (
        f"{'von Hand' if data['by'] == 'hand' else 'nach Trennblättern'} aufgeteilt in "
        f"{', '.join(data['into'])}"
    ),
    "invoice.captured": lambda data, texts: "von Hand erfasst und eingetragen",
    "invoice.registered": lambda data, texts: f"eingetragen unter {data['receipt_no']}",
    "invoice.routed": lambda data, texts: (
        f"zugewiesen: {data['unit']}{(texts.get('why') and ' (' + texts['why'] + ')') or ''}"
    ),
    "routing.proposed": lambda data, texts: f"vorgeschlagen: gehört immer zu {data['unit']}",
    "accounts.proposed": lambda data, texts: (
        f"Kontierung: {_PROPOSED[data['source']]}"
        f"{'' if data['is_usable'] else '; die Tabelle „Kontierung“ ergab keinen Wert'}"
    ),
    "invoice.rejected": lambda data, texts: "zurückgewiesen an den Lieferanten",
    "invoice.archived": lambda data, texts: (
        f"bezahlt am {_day(data['paid_on'])} ({_amount(data['amount'])}), archiviert"
    ),
    "invoice.duplicate": lambda data, texts: "als Doppelrechnung abgelegt",
    "mail.file_taken": lambda data, texts: (
        f"Datei der Mail als Rechnung {data['receipt_no']} übernommen"
    ),
    "dunning.matched": lambda data, texts: (
        f"Mahnung vom {_day(data['dunned_on'])}"
        f"{' zu ' + data['receipt_no'] if data['receipt_no'] else ', keiner Rechnung zugeordnet'}"
    ),
    "dunning.received": lambda data, texts: (
        f"Mahnung vom {_day(data['dunned_on'])} eingegangen"
        f"{data['until'] and ', Frist bis ' + _day(data['until'])}"
    ),
    "invoice.set_aside": lambda data, texts: (
        "als Mahnung abgelegt, im Posteingangsbuch eingetragen"
    ),
    "dunning.decided": lambda data, texts: "Antwort auf die Mahnung festgehalten",
    "task.claimed": lambda data, texts: "übernommen",
    "task.unclaimed": lambda data, texts: "in den Eingangskorb zurückgelegt",
    "task.reminded": lambda data, texts: f"erinnert: {data['unit']}",
    "order.prepared": lambda data, texts: f"Anordnung über {_amount(data['amount'])} vorbereitet",
    "order.issued": lambda data, texts: f"Anordnung {data['number']} ausgestellt",
    "order.printed": lambda data, texts: (
        f"Anordnung als Dokument abgelegt, Fassung {data['revision']}"
    ),
    "task.follow_up": lambda data, texts: (
        f"Wiedervorlage am {_day(data['day'])}" if data["day"] else "aus der Wiedervorlage geholt"
    ),
    "order.handed_over": lambda data, texts: "zur Übergabe an das HKR bereitgestellt",
    "invoice.kept_despite_correction": lambda data, texts: (
        f"trotz eingegangener Korrektur zu zahlen: {_reason(texts)}"
    ),
    "case.remarked": lambda data, texts: "Hinweise in den Listen geändert",
    "order.accepted": lambda data, texts: f"vom HKR angenommen, Beleg {data['document_no']}",
    "order.refused": lambda data, texts: f"Rückläufer des HKR: {_DESKS[data['return_to']]}",
    "order.revised": lambda data, texts: f"Anordnung neu gefasst, Fassung {data['revision']}",
    "effect.done": lambda data, texts: _SENT.get(
        data["channel"], "Schreiben an den Lieferanten im Postausgang"
    ),
    "effect.refused": lambda data, texts: (
        "vom HKR nicht angenommen"
        if data["channel"] == "hkr"
        else "Schreiben an den Lieferanten nicht zustellbar"
    ),
    "message.consumed": lambda data, texts: _ANSWERS.get(
        data["name"], f"Rückmeldung erhalten: {data['name']}"
    ),
    "signal.broadcast": lambda data, texts: f"Signal „{data['name']}“ ausgerufen",
    "signal.received": lambda data, texts: f"Signal „{data['name']}“ empfangen",
    "incident.opened": lambda data, texts: f"Störung: {texts.get('cause', data['code'])}",
    "incident.retried": lambda data, texts: "Störung: wird erneut versucht",
    "decision.made": lambda data, texts: (
        f"entschieden nach „{data['decision']}“, Regeln: {_rules(data['rules'])}"
    ),
    "timer.fired": lambda data, texts: "Frist abgelaufen",
    "case.suspended": lambda data, texts: f"angehalten: {_reason(texts)}",
    "case.resumed": lambda data, texts: f"fortgesetzt: {_reason(texts)}",
    "case.cancelling": lambda data, texts: (
        f"wird abgebrochen, sobald der laufende Versand feststeht: {_reason(texts)}"
    ),
    "case.cancelled": lambda data, texts: f"abgebrochen: {_reason(texts)}",
    "case.variable_edited": lambda data, texts: (
        f"Angabe „{data['variable']}“ berichtigt: {_reason(texts)}"
    ),
    "case.moved": lambda data, texts: (
        f"versetzt von „{data['from']}“ nach „{data['to']}“: {_reason(texts)}"
    ),
    "case.migrated": lambda data, texts: (
        f"auf Fassung {data['to_number']} des Modells umgestellt: {_reason(texts)}"
    ),
    "incident.settled": lambda data, texts: f"Störung erledigt: {_reason(texts)}",
    "case.erased": lambda data, texts: f"Inhalt nach Frist gelöscht ({data['rule']})",
    "case.ended": lambda data, texts: "Vorgang beendet",
}


def sentence(happening: Happening, names: Mapping[str, str] = _NOBODY) -> str:
    """Return what happened in German; ``names`` has those of the groups under „group:…“.

    >>> from datetime import UTC, datetime
    >>> sentence(Happening(number=1, at=datetime(2026, 1, 1, tzinfo=UTC), kind="case.ended",
    ...     actor="system", data={"end": "x"}, texts={}))
    'Vorgang beendet'
    """
    if happening.kind == "task.completed":
        return _completed(happening)
    tell = _TOLD.get(happening.kind)
    data = dict(happening.data)
    if unit := data.get("unit"):
        data["unit"] = names.get(f"group:{unit}", unit)
    return tell(data, happening.texts) if tell else happening.kind


def _completed(happening: Happening) -> str:
    """Return who signed what, or what was decided instead."""
    element, duties = happening.data["element"], happening.data["duties"]
    act = _ELEMENTS.get(element, element)
    decision = happening.texts.get("value.decision", "")
    parts = [
        act if duties else _UNSIGNED.get(element, act),
        _DECIDED.get(decision, f"Entscheidung: {decision}") if decision else "",
        f"gezeichnet: {', '.join(duties)}" if duties else "",
    ]
    return " · ".join(part for part in parts if part)
