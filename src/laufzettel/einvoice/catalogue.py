"""Every rule of the check by its id: what it looks for, in one German sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from laufzettel.einvoice import explain
from laufzettel.einvoice.layers import Layer, layer_of
from laufzettel.einvoice.report import Own


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the check."""

    id: str
    layer: Layer
    title_de: str


_OWN: Final = {
    Own.XSD: "Die Datei hält das amtliche XML-Schema nicht ein.",
    Own.UNSAFE: "Die Datei ist nicht sicher zu lesen (DOCTYPE, XInclude, geteilte Werte, zu groß).",
    Own.UNREADABLE: "Die Datei ist weder XML noch PDF, oder beschädigt.",
    Own.NO_INVOICE: "Das XML ist keine Rechnung.",
    Own.UNKNOWN_VERSION: "Der Standard der Rechnung wird nicht angenommen.",
    Own.BAD_VALUE: "Ein Betrag, Tag oder eine Zahl ist nicht lesbar.",
    Own.PDF_AMBIGUOUS: "Im PDF stecken zwei Rechnungen.",
    Own.PDF_BROKEN: "Das PDF ist beschädigt oder verschlüsselt.",
    Own.PDF_ACTIVE: "Das PDF enthält Skripte oder Aktionen.",
    Own.PDF_DIFFERS: "Das Bild im PDF sagt etwas anderes als die Daten.",
    Own.PDF_SILENT: "Das Bild im PDF hat keinen Text zum Vergleichen.",
    Own.IBANS: "Die Rechnung nennt mehrere Konten.",
    Own.IBAN: "Die IBAN hat eine falsche Form oder Prüfziffer.",
    Own.BIC: "Der BIC ist keiner oder passt nicht zum Land des Kontos.",
    Own.VAT_ID: "Die Umsatzsteuer-ID hat eine falsche Form oder Prüfziffer.",
    Own.TAX_FORM: "Die Steuernummer hat eine falsche Form.",
    Own.ROUTING: "Die Prüfziffern der Leitweg-ID stimmen nicht.",
    Own.RECIPIENT: "Die Leitweg-ID gehört jemand anderem.",
    Own.NUMBER: "Die Rechnungsnummer hat versteckte oder verwechselbare Zeichen.",
    Own.ATTACHMENT: "Ein Anhang ist nicht, was er vorgibt zu sein.",
    Own.SKONTO: "Eine Skontozeile ist nicht lesbar, oder Skonto steht nur in Worten da.",
    Own.SKONTO_BASE: "Das Skonto ist höher als der Betrag, der zu zahlen ist.",
    Own.SKONTO_LATE: "Das Skonto läuft länger als die Zahlungsfrist.",
    Own.LINE_SUM: "Menge mal Preis ergibt einen anderen Positionsbetrag.",
    Own.EXTRA_SUM: "Basis mal Prozentsatz ergibt einen anderen Nachlass oder Zuschlag.",
    Own.TOTALS: "Die Summen der Rechnung gehen nicht auf.",
    Own.VAT_BASE: "Der Steuerbetrag beruht auf einer anderen Summe als die Positionen.",
    Own.VAT_SUM: "Basis mal Steuersatz ergibt eine andere Steuer.",
    Own.SUPPLY_DATE: "Der Zeitpunkt der Leistung fehlt.",
    Own.ADDRESS: "Name oder Anschrift von Lieferant oder Empfänger ist unvollständig.",
    Own.TAX_NUMBER: "Steuernummer und Umsatzsteuer-ID des Lieferanten fehlen.",
    Own.DESCRIPTION: "Was geliefert oder geleistet wurde, ist nicht beschrieben.",
    Own.REVERSE_CHARGE: "Die Worte „Steuerschuldnerschaft des Leistungsempfängers“ fehlen.",
    Own.ACCOUNT: "Die Bankverbindung fehlt.",
    Own.ORDER: "Die Auftragsnummer fehlt, obwohl wir sie mitgeteilt haben.",
    Own.FUTURE: "Das Rechnungsdatum liegt nach dem Eingang.",
    Own.SUPPLY_FUTURE: "Die Lieferung liegt nach dem Eingang.",
    Own.OLD: "Die Rechnung wurde lange vor dem Eingang ausgestellt.",
    Own.DUE_FIRST: "Die Rechnung ist fällig, bevor sie ausgestellt wurde.",
    Own.REVERSED: "Ein Zeitraum endet, bevor er beginnt.",
}


def title_of(rule: str) -> str:
    """Return what a rule looks for; "" for one that only a rule set or a tenant knows.

    >>> title_of("LZ-IBAN"), title_of("EIGEN-BAU-1")
    ('Die IBAN hat eine falsche Form oder Prüfziffer.', '')
    """
    own = _OWN.get(Own(rule)) if rule in set(Own) else None
    return own or explain.title_of(rule)


def rules(layer: Layer | None = None, words: str = "") -> Iterator[Rule]:
    """Yield the rules of a layer, or of all, whose id or sentence holds the words.

    >>> [one.id for one in rules(Layer.SKONTO)]
    ['LZ-SKONTO', 'LZ-SKONTO-BASIS', 'LZ-SKONTO-FRIST']
    >>> [one.id for one in rules(words="leitweg-id (buyer")]
    ['BR-DE-15']
    """
    wanted = words.casefold()
    for rule in _every():
        if layer in (None, rule.layer) and wanted in f"{rule.id} {rule.title_de}".casefold():
            yield rule


@cache
def _every() -> tuple[Rule, ...]:
    """Every rule, put together once: there are some 1,700."""
    ids = (*map(str, _OWN), *explain.explained_rules())
    return tuple(Rule(id=one, layer=layer_of(one), title_de=title_of(one)) for one in ids)
