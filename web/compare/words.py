"""The words for evidence: what of two invoices agrees, and what does not."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask

from laufzettel.einvoice.view.texts import grouped
from laufzettel.einvoice.view.words import Words
from laufzettel.records.heads.compare import POINTS, Finding, Part
from laufzettel.records.heads.links import Relation
from laufzettel.web import formats
from laufzettel.web.compare.queries import Alike, Known
from laufzettel.web.compare.related import Related
from laufzettel.web.i18n import gettext as _
from laufzettel.web.i18n import language


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of the comparison."""

    label: str
    mine: str
    other: str
    verdict: str  # "" where nothing was compared
    speaks_for: bool | None  # for one invoice, against it, or neither


def reason(finding: Finding) -> str:
    """Return in words what was found.

    >>> reason(Finding.SAME_GROSS)
    'gleicher Betrag'
    """
    words = {
        Finding.SAME_CONTENT: _("Zeile für Zeile gleich, nur die Datei ist eine andere"),
        Finding.SAME_VAT_ID: _("gleiche USt-IdNr."),
        Finding.SAME_IBAN: _("gleiche IBAN"),
        Finding.SAME_NAME: _("gleicher Name"),
        Finding.ALIKE_NAME: _("ähnlicher Name"),
        Finding.OTHER_VAT_ID: _("andere USt-IdNr."),
        Finding.OTHER_NAME: _("anderer Name"),
        Finding.SAME_NUMBER: _("gleiche Nummer"),
        Finding.RETYPED_NUMBER: _("gleich, nur anders geschrieben"),
        Finding.SHORT_NUMBER: _("gleich, aber zu kurz, um allein etwas zu sagen"),
        Finding.SLIPPED_NUMBER: _("ein Zeichen vertauscht, falsch oder ausgelassen"),
        Finding.PART_OF_NUMBER: _("eine ist das Ende der anderen"),
        Finding.NEXT_NUMBER: _("fortlaufende Nummern"),
        Finding.NUMBER_OF_OTHER_YEAR: _("gleich, aber in einem anderen Jahr"),
        Finding.OTHER_NUMBER: _("eine andere Nummer"),
        Finding.SAME_GROSS: _("gleicher Betrag"),
        Finding.OTHER_GROSS: _("ein anderer Betrag"),
        Finding.SAME_DATE: _("gleiches Datum"),
        Finding.SWAPPED_DATE: _("Tag und Monat vertauscht"),
        Finding.NEAR_DATE: _("bis zu drei Tage auseinander"),
        Finding.OTHER_DATE: _("bis zu einen Monat auseinander"),
        Finding.FAR_DATE: _("mehr als einen Monat auseinander"),
        Finding.SAME_PERIOD: _("gleicher Zeitraum"),
        Finding.OTHER_PERIOD: _("ein anderer Zeitraum"),
        Finding.SAME_ORDER: _("gleicher Auftrag"),
        Finding.OTHER_ORDER: _("ein anderer Auftrag"),
        Finding.NEXT_INTERIM: _("zwei Abschläge"),
        Finding.OTHER_KIND: _(
            "Abschlag, Schlussrechnung oder Korrektur gegenüber einer anderen Art"
        ),
    }
    return words[finding]


def kind(code: str) -> str:
    """Return what kind of invoice a code of BT-3 means.

    >>> kind("384")
    'Rechnungskorrektur (384)'
    """
    known = Words(language()).code("type", code)
    return code if known == code else f"{known} ({code})"


def relation(one: Related) -> str:
    """Return what another invoice is to this one, as the heading of a line."""
    words = {
        (Relation.CORRECTION, False): _("Diese Rechnung berichtigt"),
        (Relation.CORRECTION, True): _("Diese Rechnung ist berichtigt durch"),
        (Relation.CREDIT, False): _("Diese Gutschrift gehört zu"),
        (Relation.CREDIT, True): _("Zu dieser Rechnung gibt es eine Gutschrift"),
        (Relation.FINAL, False): _("Abschlag dazu"),
        (Relation.FINAL, True): _("Schlussrechnung dazu"),
        (Relation.REFERENCE, False): _("Diese Rechnung nennt"),
        (Relation.REFERENCE, True): _("Diese Rechnung ist genannt in"),
    }
    return words[one.relation, one.is_later]


def lines(alike: Alike) -> list[Line]:
    """Return the comparison of both invoices, row by row; what neither has is left out."""
    other = alike.other
    if not isinstance(other, Known):
        return []
    found = dict(alike.grounds)
    drawn = [
        _line(found, part, label, *(_cell(part, side) for side in (alike.mine, other)))
        for part, label in _labels()
    ]
    return [line for line in drawn if line.mine or line.other or line.verdict]


def _labels() -> list[tuple[Part | str, str]]:
    terms = Words(language())
    return [
        (Part.CONTENT, _("Inhalt der Positionen")),
        (Part.SELLER, _("Rechnungssteller")),
        ("vat_id", _("USt-IdNr.")),
        ("iban", terms.term("BT-84")),
        (Part.NUMBER, terms.term("BT-1")),
        (Part.GROSS, terms.term("BT-112")),
        (Part.DATE, terms.term("BT-2")),
        (Part.PERIOD, _("Zeitraum der Leistung")),
        (Part.ORDER, _("Auftrag oder Vertrag")),
        (Part.KIND, terms.term("BT-3")),
    ]


def _line(found: dict[Part, Finding], part: Part | str, label: str, mine: str, other: str) -> Line:
    finding = found.get(part) if isinstance(part, Part) else None
    return Line(
        label=label,
        mine=mine,
        other=other,
        verdict=reason(finding) if finding else "",
        speaks_for=POINTS[finding] > 0 if finding else None,
    )


def _cell(part: Part | str, side: Known) -> str:
    cells: dict[Part | str, str] = {
        Part.SELLER: side.name,
        "vat_id": side.vat_id,
        "iban": grouped(side.iban),
        Part.NUMBER: side.number,
        Part.GROSS: formats.money(side.gross, side.currency),
        Part.DATE: formats.day(side.issued_on),
        Part.PERIOD: period(side),
        Part.ORDER: side.order_ref,
        Part.KIND: kind(side.type_code),
    }
    return cells.get(part, "")


def period(side: Known) -> str:
    """Return from when to when, "" where the invoice does not say."""
    if side.period is None:
        return ""
    start, end = side.period
    return formats.day(start) if end is None else f"{formats.day(start)} – {formats.day(end)}"


def register(app: Flask) -> None:
    """Let templates draw comparisons."""
    app.jinja_env.filters.update(comparison=lines, relation=relation)
