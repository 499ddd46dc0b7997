"""The words of the pages for the codes of the program: remarks, duties, papers, states."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Flask

from laufzettel.web.case.invoice_records import Document
from laufzettel.web.i18n import gettext as _
from laufzettel.web.i18n import ngettext
from laufzettel.web.task.form import answer_label

#: What is due within this time stands out.
SOON: Final = timedelta(days=3)


#: Remarks of what is no invoice, so that nothing is said about its form.
NO_INVOICE: Final = frozenset({"mail", "dunning"})


def remarks(codes: Sequence[str]) -> list[tuple[str, str]]:
    """Return (level, words) for each code of a task's remarks; an invoice without one is in order.

    >>> remarks(("finding=2", "bank_changed"))
    [('warning', '2 Hinweise'), ('danger', 'neue IBAN')]
    >>> remarks(())
    [('success', 'formal in Ordnung')]
    >>> remarks(("mail",))
    [('info', 'Mail')]
    """
    found = [_remark(code) for code in codes]
    if not NO_INVOICE.intersection(codes) and not any(level != "info" for level, _text in found):
        found.insert(0, ("success", _("formal in Ordnung")))
    return found


def _remark(code: str) -> tuple[str, str]:
    kind, _eq, number = code.partition("=")
    if kind == "finding":
        count = int(number) if number.isdecimal() else 1
        return "warning", ngettext("%d Hinweis", "%d Hinweise", count) % count
    words = {
        "unchecked": ("warning", _("nicht geprüft")),
        "defective": ("danger", _("nicht in Ordnung")),
        "duplicate": ("danger", _("Doppelrechnung?")),
        "superseded": ("danger", _("Korrektur eingegangen")),
        "bank_changed": ("danger", _("neue IBAN")),
        "dunned": ("danger", _("gemahnt")),
        "order_differs": ("warning", _("Auftrag prüfen")),
        "payee_differs": ("warning", _("anderer Zahlungsempfänger")),
        "direct_debit": ("info", _("Lastschrift")),
        "credit_note": ("info", _("Gutschrift")),
        "correction": ("warning", _("berichtigt eine andere")),
        "foreign": ("info", _("Ausland")),
        "interim": ("info", _("Abschlag")),
        "confidential": ("info", _("vertraulich")),
        "mail": ("info", _("Mail")),
        "dunning": ("warning", _("Mahnung")),
    }
    return words.get(kind, ("info", kind))


def order_level(level: str) -> tuple[str, str]:
    """Return (level, word) for a point of the comparison with an order.

    >>> order_level("look")
    ('warning', 'ansehen')
    """
    words = {
        "ok": ("success", _("passt")),
        "note": ("info", _("Hinweis")),
        "look": ("warning", _("ansehen")),
        "unchecked": ("warning", _("nicht verglichen")),
    }
    return words[level]


def duty(code: str) -> str:
    """Return the Vermerk that a duty stands for.

    >>> duty("sachlich")
    'sachlich richtig'
    """
    words = {
        "erfassung": _("erfasst"),
        "sachlich": _("sachlich richtig"),
        "rechnerisch": _("rechnerisch richtig"),
        "fachtechnisch": _("fachtechnisch richtig"),
        "anordnung": _("Anordnung"),
        "mitzeichnung": _("Mitzeichnung"),
        "freigabe": _("Zahlungsfreigabe"),
        "visa": _("Visum"),
    }
    return words.get(code, code)


def paper_name(document: Document) -> str:
    """Return what a stored paper is."""
    words = {
        "original": _("Original, wie eingegangen"),
        "xml": _("Rechnungsdaten (XML) aus dem Original"),
        "report": _("Prüfbericht, wie gespeichert"),
        "order": _("Kassenanordnung"),
        "letter": _("Brief an den Lieferanten"),
        "mail": _("Mail, wie eingegangen"),
        "stack": _("Stapel, wie eingegangen"),
    }
    if document.kind == "mail" and document.media_type != "message/rfc822":
        return _("Schreiben, wie eingegangen")
    return words.get(document.kind, document.kind)


def stage(code: str) -> str:
    """Return where an invoice stands, in the words of the office."""
    words = {
        "received": _("eingegangen"),
        "split": _("in einzelne Rechnungen aufgeteilt"),
        "rejected": _("zurückgewiesen"),
        "registered": _("in Bearbeitung"),
        "duplicate": _("als Doppelrechnung abgelegt"),
        "set_aside": _("keine Rechnung, sondern eine Mahnung"),
        "ordered": _("angeordnet"),
        "accepted": _("vom HKR angenommen"),
        "paid": _("bezahlt"),
        "archived": _("bezahlt und archiviert"),
    }
    return words.get(code, code)


def parcel_status(code: str) -> tuple[str, str]:
    """Return (level, words) for where a handover stands."""
    words = {
        "pending": ("info", _("wird vorbereitet")),
        "sending": ("info", _("unterwegs")),
        "done": ("success", _("übergeben")),
        "refused": ("danger", _("abgelehnt")),
        "unknown": ("warning", _("Ausgang unbekannt")),
        "withdrawn": ("info", _("zurückgezogen")),
    }
    return words.get(code, ("info", code))


def channel(code: str) -> str:
    """Return where a handover goes.

    >>> channel("hkr")
    'Übergabe an das HKR'
    """
    words = {
        "hkr": _("Übergabe an das HKR"),
        "post": _("Briefe"),
        "mail": _("Mails an Lieferanten"),
    }
    return words.get(code.partition("-")[0], code)


def case_status(code: str) -> tuple[str, str]:
    """Return (level, words) for the state of a case."""
    words = {
        "open": ("info", _("offen")),
        "suspended": ("warning", _("angehalten")),
        "cancelling": ("warning", _("wird abgebrochen")),
        "ended": ("success", _("beendet")),
        "cancelled": ("warning", _("abgebrochen")),
    }
    return words.get(code, ("info", code))


def urgency(task: Any, now: datetime) -> str:
    """Return the class under which a deadline is shown: late, soon, or none of its own."""
    if task.act_by is None:
        return ""
    if task.act_by < now:
        return "lz-date--late"
    return "lz-date--soon" if task.act_by < now + SOON else ""


def register(app: Flask) -> None:
    """Let templates use the words."""
    app.jinja_env.filters.update(
        remarks=remarks,
        duty=duty,
        paper_name=paper_name,
        stage=stage,
        parcel_status=parcel_status,
        channel=channel,
        case_status=case_status,
        order_level=order_level,
        urgency=urgency,
        answer_label=answer_label,
    )
