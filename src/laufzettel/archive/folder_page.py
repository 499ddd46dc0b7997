"""The first page of a case's folder, and its timeline: what an auditor reads before anything else.

Nothing here needs us to be read: one HTML file without a script, and the same as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from html import escape
from typing import Any, Final

from laufzettel.clock import office_minute
from laufzettel.engine.api import CaseView

#: What the texts of an event are called; what is not named here is told by its own name.
_LABELS: Final = {
    "value.note": "Vermerk",
    "value.decision": "Entscheidung",
    "value.cost_center": "Kostenstelle",
    "value.gl_account": "Sachkonto",
    "value.rejection_text": "Begründung",
    "value.chosen_unit": "Stelle",
    "reason": "Grund",
    "cause": "Ursache",
    "why": "Warum",
    "message_id": "Kennung der Meldung",
}
#: What lies in the folder, by how its place begins.
_WHAT: Final = (
    ("ansicht/rechnung", "die Rechnung, wie Menschen sie lesen"),
    ("ansicht/pruefbericht", "der Prüfbericht, wie Menschen ihn lesen"),
    ("entscheidungen", "welche Tabelle was woraus entschieden hat"),
    ("protokoll/auszug", "Auszug des Protokolls mit seinen Siegeln"),
    ("protokoll/", "Programm, das den Auszug nachrechnet"),
    ("verlauf.txt", "der Verlauf als Text, mit Vermerken und Gründen"),
    ("verlauf.json", "der Verlauf für Programme"),
    ("vorgang", "alle Angaben zum Vorgang für Programme"),
)
_KINDS: Final = {
    "original": "Original, wie eingegangen",
    "mail": "Mail, wie eingegangen",
    "report": "Prüfbericht",
    "xml": "Rechnungsdaten aus dem PDF",
    "order": "Kassenanordnung",
}
_STYLE: Final = (
    "body{font-family:sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;line-height:1.5}"
    "td,th{vertical-align:top;text-align:left;padding:.2rem 1rem .2rem 0}"
    "th{font-weight:normal;color:#555}p.more{margin:0;color:#555}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event as it is told."""

    at: str
    who: str
    sentence: str
    texts: Mapping[str, str]

    def more(self) -> Iterator[str]:
        """Yield what the sentence does not say itself.

        >>> told = Told(at="", who="", sentence="zurückgegeben",
        ...     texts={"value.note": "Aufmaß fehlt", "value.decision": "zurueck"})
        >>> list(told.more())
        ['Vermerk: Aufmaß fehlt', 'Entscheidung: zurueck']
        """
        for name, text in self.texts.items():
            if text and text not in self.sentence:
                label = _LABELS.get(name, name.removeprefix("value."))
                yield f"{label}: {' '.join(text.split())}"


def timeline(told: Sequence[Told]) -> str:
    """Return the events as lines of text."""
    lines: list[str] = []
    for one in told:
        lines.append(f"{one.at}  {one.who}: {one.sentence}")
        lines += (f"    {more}" for more in one.more())
    return "".join(f"{line}\n" for line in lines)


def facts(records: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[tuple[str, str]]:
    """Return the facts that the first page begins with; what was erased is left out."""
    found: list[tuple[str, Any]] = []
    for row in records["eingang"]:
        found += [
            ("Eingang", f"{row['receipt_no']}, {office_minute(row['received_at'])}"),
            ("Weg", row["channel"]),
            ("Absender", row["sender"]),
            ("Lieferant", row["supplier_name"]),
            ("Rechnung", row["number"]),
            ("Rechnungsdatum", row["issued_on"]),
            ("Zahlbetrag", _euros(row["payable"], row["currency"])),
            ("Original (SHA-256)", row["sha256"]),
        ]
    for row in records["anordnung"]:
        amount = _euros(row["amount"], row["currency"])
        found.append(("Anordnung", f"{row['number']}, Fassung {row['revision']}, {amount}"))
        found.append(("Zahlungsempfänger", f"{row['payee_name']} {row['payee_iban']}".strip()))
    for row in records["buchung"]:
        found.append(("Beleg im HKR", row["document_no"]))
        found.append(("Bezahlt am", row["paid_on"]))
    return [(name, _shown(value)) for name, value in found if value]


def _euros(amount: Decimal | None, currency: str | None) -> str:
    if amount is None:
        return ""
    text = f"{amount:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".")
    return f"{text} {currency or ''}".strip()


def _shown(value: Any) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        return f"{value:%d.%m.%Y}"
    return str(value)


def page(
    case: CaseView,
    known: Sequence[tuple[str, str]],
    told: Sequence[Told],
    places: Sequence[str],
) -> str:
    """Return the first page."""
    title = escape(case.subject or case.id)
    return (
        '<!doctype html><html lang="de"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f"<p>{escape(case.party)} · Vorgang {escape(case.id)}</p>"
        f"<table>{''.join(map(_fact, known))}</table>"
        f"<h2>Verlauf</h2><table>{''.join(map(_event, told))}</table>"
        f"<h2>Dateien</h2><ul>{''.join(map(_file, sorted(places)))}</ul>"
        "<h2>Nachprüfen</h2><p>Prüfsummen aller Dateien: <code>sha256sum -c SHA256SUMS</code>. "
        "Das Protokoll, nur mit Python: <code>python3 protokoll/verify_excerpt.py "
        "protokoll/auszug.jsonl</code>; wer früher ausgegebene Siegel hat, gibt sie als weitere "
        "Datei an.</p></body></html>\n"
    )


def _fact(one: tuple[str, str]) -> str:
    name, value = one
    return f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'


def _event(one: Told) -> str:
    more = "".join(f'<p class="more">{escape(text)}</p>' for text in one.more())
    return (
        f"<tr><td>{escape(one.at)}</td><td>{escape(one.who)}</td>"
        f"<td>{escape(one.sentence)}{more}</td></tr>"
    )


def _file(place: str) -> str:
    kind = place.removeprefix("dokumente/").partition("-")[2].partition("-")[0]
    what = _KINDS.get(kind, "") if place.startswith("dokumente/") else ""
    what = what or next((text for begin, text in _WHAT if place.startswith(begin)), "")
    told = f" – {escape(what)}" if what else ""
    return f'<li><a href="{escape(place, quote=True)}">{escape(place)}</a>{told}</li>'
