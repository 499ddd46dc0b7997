"""The Prüfregeln: what follows from a finding; changing it from a day on, with a preview."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, TypeAlias

import sqlalchemy as sa
from flask import Blueprint, Flask, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from laufzettel.einvoice import catalogue
from laufzettel.einvoice.catalogue import Rule
from laufzettel.einvoice.layers import Layer, layer_of
from laufzettel.einvoice.policy import DEFAULT, Policy, Row, Treatment, bounds_of_subject
from laufzettel.einvoice.policy_change import Change, lightened
from laufzettel.einvoice.policy_table import policy_of
from laufzettel.einvoice.report import Report
from laufzettel.engine.api import StandingDecision
from laufzettel.errors import ConflictError, InputError, NotFoundError
from laufzettel.identity import Right
from laufzettel.records import policy_changes, settings
from laufzettel.records.policy_changes import Note, PolicyChange
from laufzettel.web.auth.guard import actor, needs, now
from laufzettel.web.case import queries as case_queries
from laufzettel.web.case.views import reader
from laufzettel.web.formats import office_day, parse_amount
from laufzettel.web.i18n import gettext as _
from laufzettel.web.parts import parts
from laufzettel.web.policy import queries
from laufzettel.web.policy.queries import Checked, Preview

blueprint = Blueprint("policy", __name__, url_prefix="/pruefregeln")

#: The decision that holds a tenant's own rules (``handlers.invoice.own_rules``).
OWN_RULES = "eigene_regeln"
#: What „as preset“ is in a form.
PRESET = "vorgabe"
_SUBJECT_MAX = 80


@blueprint.get("")
@needs(Right.DEPLOY, Right.READ, Right.OPERATE)
def show() -> str:
    """Show what follows from which finding, what waits for a second person, what has changed."""
    with parts().db.read() as connection:
        policy = settings.load(connection, actor().tenant).findings
        waiting = policy_changes.waiting(connection, actor())
        changes = policy_changes.changes(connection, actor())
        names = case_queries.names(connection, actor().tenant)
    return render_template(
        "policy/show.html",
        layers=queries.layers(policy, _today()),
        rows=policy.rows,
        preset=DEFAULT,
        today=_today(),
        waiting=list(zip(waiting, _previews([_plan_of(one) for one in waiting]), strict=True)),
        changes=[one for one in changes if one.status != policy_changes.Status.OPEN],
        names=names,
        own=_own_rules(),
    )


@blueprint.get("/schicht/<layer>")
@needs(Right.DEPLOY, Right.READ, Right.OPERATE)
def of_layer(layer: str) -> str:
    """List the rules of a layer with what follows from each today."""
    if layer not in set(Layer):
        raise NotFoundError(_("Diese Schicht der Prüfung gibt es nicht."))
    words = request.args.get("q", "").strip()[:100]
    with parts().db.read() as connection:
        policy = settings.load(connection, actor().tenant).findings
    return render_template(
        "policy/layer.html",
        layer=Layer(layer),
        bounds=bounds_of_subject(layer),
        rules=queries.rules(policy, Layer(layer), words, _today()),
        rules_max=queries.RULES_MAX,
        words=words,
    )


@blueprint.get("/aendern")
@needs(Right.DEPLOY)
def edit() -> str | AnyResponse:
    """Ask what is to follow from a rule or layer, and show what that would have decided."""
    if not request.args.get("regel"):
        return redirect(url_for("policy.show"))
    subject = _subject(request.args.get("regel", ""))
    wanted = _wanted(request.args) if "folge" in request.args else None
    with parts().db.read() as connection:
        policy = settings.load(connection, actor().tenant).findings
        lighter = _lighter(connection, wanted)
    rule = Rule(id=subject, layer=_layer(subject), title_de=catalogue.title_of(subject))
    return render_template(
        "policy/edit.html",
        rule=rule,
        is_many=subject in set(Layer) or subject.endswith("*"),
        now_holds=queries.rule_view(policy, rule, _today()),
        bounds=bounds_of_subject(subject),
        wanted=wanted,
        above=request.args.get("ab_betrag", ""),
        today=_today(),
        lighter=lighter,
        preview=_previews([_plan(wanted)])[0] if wanted else None,
    )


@blueprint.post("/eintragen")
@needs(Right.DEPLOY)
def change() -> AnyResponse:
    """Enter the change, or leave it to a second person where it makes less of a finding."""
    wanted = _wanted(request.form)
    with parts().db.write() as connection:
        policy_changes.change(
            connection,
            actor(),
            wanted,
            request.form.get("grund", ""),
            now=parts().db.now(connection),
            note=_note(connection),
        )
    return redirect(url_for("policy.show"))


@blueprint.post("/<change_id>/freigeben")
@needs(Right.DEPLOY)
def release(change_id: str) -> AnyResponse:
    """Let a change hold, as its second person."""
    _settle(change_id, policy_changes.release)
    return redirect(url_for("policy.show"))


@blueprint.post("/<change_id>/ablehnen")
@needs(Right.DEPLOY)
def decline(change_id: str) -> AnyResponse:
    """Say no to a change; the table stays."""
    _settle(change_id, policy_changes.decline)
    return redirect(url_for("policy.show"))


def _settle(change_id: str, verb: Any) -> None:
    with parts().db.write() as connection:
        policy_changes.one(connection, actor(), change_id)
        verb(
            connection,
            actor(),
            change_id,
            request.form.get(f"grund-{change_id}", ""),
            now=parts().db.now(connection),
            note=_note(connection),
        )


def _note(connection: sa.Connection) -> Note:
    return partial(parts().engine.note, connection, actor(), policy_changes.STREAM)


def _lighter(connection: sa.Connection, wanted: Change | None) -> tuple[str, ...]:
    if wanted is None:
        return ()
    before, after = policy_changes.planned(connection, actor(), wanted, now=now())
    return lightened(before, after, today=_today())


#: The day from which a change holds, and the table before and after it.
_Plan: TypeAlias = tuple[date, Callable[[sa.Connection], tuple[Policy, Policy]]]


def _plan(wanted: Change) -> _Plan:
    day = max(wanted.holds_from, _today())
    late = replace(wanted, holds_from=day)
    return day, lambda connection: policy_changes.planned(connection, actor(), late, now=now())


def _plan_of(waits: PolicyChange) -> _Plan:
    day = max(waits.holds_from, _today())
    return day, lambda connection: policy_changes.planned_of(connection, actor(), waits, now=now())


def _previews(plans: Sequence[_Plan]) -> list[Preview | None]:
    """Return what changes would have decided; None for one that would change nothing any more.

    The reports are read once for all of them.
    """
    if not plans:
        return []
    store, tenant = parts().store, actor().tenant
    with parts().db.read() as connection:
        found = queries.checked(connection, reader())
    reports = queries.reports(found, lambda sha256: store.get(sha256, tenant=tenant))
    looked_at = list(zip(found, reports, strict=True))
    with parts().db.read() as connection:
        return [_preview(connection, each, looked_at) for each in plans]


def _preview(
    connection: sa.Connection, plan: _Plan, looked_at: Sequence[tuple[Checked, Report | None]]
) -> Preview | None:
    day, planned = plan
    try:
        before, after = planned(connection)
    except (InputError, ConflictError):
        return None
    return queries.preview(looked_at, before, after, day)


def _own_rules() -> StandingDecision | None:
    every = parts().engine.standing_decisions(actor())
    return next((one for one in every if one.decision == OWN_RULES), None)


def _today() -> date:
    return office_day(now())


def _subject(given: str) -> str:
    if not given or len(given) > _SUBJECT_MAX:
        raise NotFoundError(_("Diese Regel gibt es nicht."))
    return given


def _layer(subject: str) -> Layer:
    if subject in set(Layer):
        return Layer(subject)
    begin = subject.removesuffix("*")
    known = (one.layer for one in catalogue.rules() if one.id.startswith(begin))
    return next(known, layer_of(begin))


def _wanted(given: Any) -> Change:
    """Return the change that a form describes."""
    chosen = given.get("folge", "")
    if chosen not in {PRESET, *Treatment}:
        raise InputError(_("Bitte wählen Sie, was aus dem Befund folgen soll."))
    return Change(
        subject=_subject(given.get("regel", "")),
        treatment=None if chosen == PRESET else Treatment(chosen),
        why=_("Vorschau"),
        holds_from=_date(given.get("ab", "")),
        above=_amount(given.get("ab_betrag", "")),
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(_("Bitte nennen Sie den Tag, ab dem die Änderung gilt.")) from None


def _amount(text: str) -> Decimal | None:
    if not text.strip():
        return None
    amount = parse_amount(text)
    if amount is None:
        raise InputError(_("Das ist kein Betrag; richtig ist etwa 5.000,00."))
    return amount


def treatment(code: str | None) -> tuple[str, str]:
    """Return (level, words) for what follows from a finding; without one it is as preset.

    >>> treatment("ansehen")
    ('warning', 'ansehen')
    """
    words = {
        "zurueckweisen": ("danger", _("zurückweisen")),
        "ansehen": ("warning", _("ansehen")),
        "vermerken": ("info", _("vermerken")),
        "uebergehen": ("", _("übergehen")),
    }
    return words.get(code or "", ("", _("wie vorgegeben")))


def subject_name(code: str) -> str:
    """Return what people call the subject of a row: a layer by its name, a rule by its id.

    >>> subject_name("bank"), subject_name("LZ-IBAN"), subject_name("")
    ('Bankverbindung und Steuernummern', 'LZ-IBAN', 'die ganze Tabelle')
    """
    if not code:
        return _("die ganze Tabelle")
    return Layer(code).german if code in set(Layer) else code


def policy_rows(table: Any) -> tuple[Row, ...]:
    """Return the rows of a table that a change has kept."""
    return policy_of(list(table)).rows


def register(app: Flask) -> None:
    """Let templates write treatments, subjects and tables."""
    app.jinja_env.filters.update(
        treatment=treatment,
        subject_name=subject_name,
        rule_title=catalogue.title_of,
        policy_rows=policy_rows,
    )
