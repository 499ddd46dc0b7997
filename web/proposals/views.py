"""Zuordnung: proposals for the table „Zuständigkeit“ with their evidence, taken over by two.

The first person looks at the row in the table and what the lint says of it, and wants it or
declines it; the second releases it, and then the tenant's next version of the table is deployed.
Both choose with a reason. The row is put into the version that is the newest in that moment.
"""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from laufzettel.engine.api import Deployed, NewRule, RulePlan, Severity
from laufzettel.errors import InputError
from laufzettel.identity import Right
from laufzettel.records import proposals
from laufzettel.records.proposals import DECISION, STREAM, Proposal, Status
from laufzettel.web.auth.guard import actor, needs
from laufzettel.web.i18n import gettext as _
from laufzettel.web.parts import parts
from laufzettel.web.proposals import queries

blueprint = Blueprint("proposals", __name__)


@blueprint.get("/vorschlaege")
@needs(Right.DEPLOY, Right.READ)
def show() -> str:
    """Show the open proposals with their evidence, and what became of others."""
    with parts().db.read() as connection:
        found = queries.page(connection, actor())
    return render_template("proposals/show.html", page=found)


@blueprint.get("/vorschlaege/<proposal_id>")
@needs(Right.DEPLOY, Right.READ)
def one(proposal_id: str) -> str:
    """Show a proposal as a row of the table, and what the lint says of the table with it."""
    with parts().db.read() as connection:
        found = proposals.one(connection, actor().tenant, proposal_id)
        page = queries.page(connection, actor())
    plan, problem = None, ""
    if found.settled_at is None:
        try:
            plan = _plan(found)
        except InputError as error:
            problem = str(error)
    return render_template("proposals/one.html", page=page, one=found, plan=plan, problem=problem)


@blueprint.post("/vorschlaege/<proposal_id>/aufnehmen")
@needs(Right.DEPLOY)
def choose(proposal_id: str) -> AnyResponse:
    """Want the row in the table; it waits for a second person."""
    with parts().db.read() as connection:
        found = proposals.one(connection, actor().tenant, proposal_id)
    _require_fit(_plan(found))
    with parts().db.write() as connection:
        at, reason = parts().db.now(connection), _reason(proposal_id)
        proposals.choose(connection, actor(), proposal_id, at=at, reason=reason)
        _note(connection, "routing.chosen", found, reason)
    return redirect(url_for("proposals.show"))


@blueprint.post("/vorschlaege/<proposal_id>/freigeben")
@needs(Right.DEPLOY)
def release(proposal_id: str) -> AnyResponse:
    """Deploy the next version of the table with the row, as the second person."""
    with parts().db.read() as connection:
        found = proposals.check_second(connection, actor(), proposal_id)
    reason = _reason(proposal_id)
    plan = _plan(found)
    _require_fit(plan)

    def taken(connection: sa.Connection, deployed: Deployed) -> None:
        proposals.check_second(connection, actor(), proposal_id)
        _settle(connection, found, Status.TAKEN, reason, deployed.bundle_id)

    parts().engine.deploy(actor(), plan.sources, wanted_by=found.chosen_by, within=taken)
    return redirect(url_for("proposals.show"))


@blueprint.post("/vorschlaege/<proposal_id>/ablehnen")
@needs(Right.DEPLOY)
def decline(proposal_id: str) -> AnyResponse:
    """Decline a proposal, or what somebody has chosen; the table stays as it is."""
    with parts().db.read() as connection:
        found = proposals.one(connection, actor().tenant, proposal_id)
    reason = _reason(proposal_id)
    with parts().db.write() as connection:
        _settle(connection, found, Status.DECLINED, reason, None)
    return redirect(url_for("proposals.show"))


def _plan(found: Proposal) -> RulePlan:
    return parts().engine.plan_rule(actor(), DECISION, NewRule(**found.rule))


def _require_fit(plan: RulePlan) -> None:
    wrong = next((one for one in plan.findings if one.severity is Severity.ERROR), None)
    if wrong is not None:
        raise InputError(
            _("Mit dieser Regel wäre die Tabelle fehlerhaft: %(why)s") % {"why": wrong.text_de}
        )


def _reason(proposal_id: str) -> str:
    return proposals.reason_of(request.form.get(f"grund-{proposal_id}", ""))


def _settle(
    connection: sa.Connection, found: Proposal, status: Status, reason: str, bundle_id: str | None
) -> None:
    proposals.settle(
        connection,
        actor().tenant,
        found.id,
        status=status,
        by=actor().label,
        at=parts().db.now(connection),
        reason=reason,
        bundle_id=bundle_id,
    )
    _note(connection, f"routing.{status}", found, reason, bundle_id or "")


def _note(
    connection: sa.Connection, kind: str, found: Proposal, reason: str, bundle_id: str = ""
) -> None:
    data = {"proposal": found.id, "case": found.case_id, "bundle": bundle_id}
    if found.chosen_by:
        data["chosen_by"] = found.chosen_by
    parts().engine.note(connection, actor(), STREAM, kind, data, {"reason": reason})
