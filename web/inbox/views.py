"""The Eingangskorb: baskets, filters in the address, and what is done with many at once."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from laufzettel.clock import OFFICE_ZONE
from laufzettel.engine.api import Outcome
from laufzettel.errors import InputError
from laufzettel.identity import Right
from laufzettel.web.auth.guard import actor, needs, now
from laufzettel.web.case.queries import names
from laufzettel.web.formats import parse_amount
from laufzettel.web.i18n import gettext as _
from laufzettel.web.inbox import queries
from laufzettel.web.inbox.queries import Basket, Counts, Cursor, Due, Filters, Reader, Remarked
from laufzettel.web.parts import parts
from laufzettel.web.task.queries import done
from laufzettel.web.withholding.queries import reminders

blueprint = Blueprint("inbox", __name__)

#: Word in the address → basket, and → deadline.
BASKETS: Final = {"meine": Basket.MINE, "gruppe": Basket.GROUP, "wiedervorlage": Basket.FOLLOW_UP}
DUES: Final = {
    "ueberfaellig": Due.OVERDUE,
    "heute": Due.TODAY,
    "drei-tage": Due.THREE_DAYS,
    "woche": Due.WEEK,
    "skonto": Due.SKONTO,
}
REMARKED: Final = {"ja": Remarked.WITH, "nein": Remarked.WITHOUT}
TEXT_MAX: Final = 100


@blueprint.get("/aufgaben")
@needs(Right.WORK)
def show() -> str:
    """Show a basket, the most urgent first."""
    basket, filters = _wanted(request.args)
    cursor = request.args.get("seite")
    reader = reader_of()
    with parts().db.read() as connection:
        page = queries.page(
            connection,
            reader,
            basket,
            filters,
            after=Cursor.decode(cursor) if cursor else None,
        )
        counts = queries.counts(connection, reader, basket)
        task_id = request.args.get("erledigt", "")[:26]
        found = done(connection, reader.tenant, reader.person, task_id) if task_id else None
        today = now().astimezone(OFFICE_ZONE).date()
        keeps = actor().rights & {Right.READ, Right.OPERATE}
        announce = reminders(connection, reader.tenant, today) if keeps else []
    return render_template(
        "inbox/list.html",
        page=page,
        basket=_word(BASKETS, basket),
        titles=titles(),
        filters=filters,
        args=_plain(request.args),
        done=found,
        numbers=_numbers(counts),
        now=now(),
        announce=announce,
        today=today,
    )


@blueprint.get("/aufgaben/naechste")
@needs(Right.WORK)
def following() -> Response:
    """Open the most urgent task of the own basket, else of the group's."""
    reader = reader_of()
    with parts().db.read() as connection:
        for basket in (Basket.MINE, Basket.GROUP):
            page = queries.page(connection, reader, basket, Filters(), after=None, size=1)
            if page.rows:
                return redirect(url_for("task.show", task_id=page.rows[0].id))
    return redirect(url_for("inbox.show", erledigt=request.args.get("erledigt")))


@blueprint.post("/aufgaben/uebernehmen")
@needs(Right.WORK)
def claim() -> Response | str:
    """Take every chosen task for oneself; say for each what became of it."""
    return _outcome(parts().engine.claim_many(actor(), _chosen()), _("Übernehmen"))


@blueprint.post("/aufgaben/zuruecklegen")
@needs(Right.WORK)
def unclaim() -> Response | str:
    """Put every chosen task back into the basket of its group."""
    return _outcome(parts().engine.unclaim_many(actor(), _chosen()), _("Zurücklegen"))


@blueprint.post("/aufgaben/wiedervorlage")
@needs(Right.WORK)
def follow_up() -> Response | str:
    """Hide every chosen task until a day; without a day it shows itself again at once."""
    text = request.form.get("tag", "").strip()
    if not text and request.args.get("korb") != "wiedervorlage":
        raise InputError(_("Bitte wählen Sie den Tag der Wiedervorlage."))
    day = _day(text) if text else None
    return _outcome(parts().engine.follow_up(actor(), _chosen(), day), _("Wiedervorlage"))


def _numbers(counts: Counts) -> dict[str, str]:
    """Return the counts as they are shown, by the words of the address."""
    baskets = {word: counts.baskets[basket] for word, basket in BASKETS.items()}
    dues = {word: counts.due[due] for word, due in DUES.items()}
    return {word: queries.count_text(count) for word, count in (baskets | dues).items()}


def reader_of() -> Reader:
    """Return who looks into the baskets."""
    who = actor()
    return Reader(tenant=who.tenant, person=who.person or "", groups=who.groups, now=now())


def titles() -> dict[str, str]:
    """Return the names of the baskets by their word in the address."""
    return {
        "meine": _("Mir zugewiesen"),
        "gruppe": _("Meine Gruppen"),
        "wiedervorlage": _("Wiedervorlage"),
    }


def _wanted(args: MultiDict[str, str]) -> tuple[Basket, Filters]:
    """Return basket and filters of an address; InputError for what no page of ours makes."""
    basket = BASKETS.get(args.get("korb", "gruppe"))
    due = args.get("frist", "")
    if basket is None or (due and due not in DUES):
        raise InputError(_("Diesen Korb gibt es nicht. Bitte öffnen Sie den Eingangskorb neu."))
    return basket, Filters(
        text=args.get("q", "").strip()[:TEXT_MAX],
        due=DUES[due] if due else None,
        amount_min=_amount(args.get("von", "")),
        amount_max=_amount(args.get("bis", "")),
        task_name=args.get("aufgabe", "")[:TEXT_MAX],
        remarks=REMARKED.get(args.get("hinweise", "")),
    )


def _amount(text: str) -> Decimal | None:
    if not text.strip():
        return None
    amount = parse_amount(text)
    if amount is None:
        raise InputError(_("Bitte schreiben Sie den Betrag so: 1.234,50."))
    return amount


def _day(text: str) -> date:
    for pattern in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(text, pattern).date()
        except ValueError:
            continue
    raise InputError(_("Bitte geben Sie den Tag der Wiedervorlage so ein: 31.12.2026."))


def _chosen() -> list[str]:
    chosen = request.form.getlist("aufgabe")
    if not chosen:
        raise InputError(_("Bitte wählen Sie zuerst eine oder mehrere Aufgaben aus."))
    return chosen


def _outcome(outcomes: tuple[Outcome, ...], title: str) -> Response | str:
    """Go back to the basket when all went well, else say what did not."""
    back = url_for("inbox.show", **_plain(request.args))  # type: ignore[arg-type]
    if all(one.ok for one in outcomes):
        return redirect(back)
    with parts().db.read() as connection:
        people = names(connection, actor().tenant)
    return render_template(
        "inbox/outcome.html", outcomes=outcomes, title=title, back=back, names=people
    )


def _word(words: dict[str, Basket], basket: Basket) -> str:
    return next(word for word, one in words.items() if one is basket)


def _plain(args: MultiDict[str, str]) -> dict[str, str]:
    """Return the filters of an address, the place in the list left out."""
    known = ("korb", "q", "frist", "von", "bis", "aufgabe", "hinweise")
    return {key: args[key] for key in known if args.get(key)}
