"""The pages of the archive: documents re-checked, holds, deletions by two persons.

An operator proposes and another one approves; an auditor reads all of it and may hold. What is
approved is carried out by a job, so that no page waits for it.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from laufzettel.identity import Right
from laufzettel.web.auth.guard import actor, needs
from laufzettel.web.case.queries import names
from laufzettel.web.parts import parts

blueprint = Blueprint("archive", __name__)

#: Deletions that the page lists, the newest first; all of them are in the command line.
RUNS_MAX = 50
REASON_MAX = 1000
NUMBER_MAX = 40


@blueprint.get("/archiv")
@needs(Right.READ, Right.OPERATE)
def show() -> str:
    """Show what was re-checked, what is held and what was erased; count what is due when asked."""
    tenant, made = actor().tenant, parts()
    runs = [made.deletion.head(tenant, one) for one in made.deletion.runs(tenant)[::-1][:RUNS_MAX]]
    with made.db.read() as connection:
        known = names(connection, tenant)
    return render_template(
        "archive/show.html",
        round=made.integrity.round(tenant),
        faults=made.integrity.faults(tenant),
        holds=made.retention.holds(tenant),
        runs=runs,
        outlook=made.deletion.due(tenant) if request.args.get("zaehlen") else None,
        names=known,
    )


@blueprint.get("/archiv/loeschungen/<run_id>")
@needs(Right.READ, Right.OPERATE)
def run(run_id: str) -> str:
    """Show a deletion: who wanted it, who approved it, what became of each invoice and its copies."""
    tenant, made = actor().tenant, parts()
    found = made.deletion.forecast(tenant, run_id)
    with made.db.read() as connection:
        known = names(connection, tenant)
    return render_template("archive/run.html", run=found, names=known, mine=actor().person)


@blueprint.post("/archiv/loeschungen")
@needs(Right.OPERATE)
def propose() -> AnyResponse:
    """Write down what is due today; nothing is erased by it."""
    run_id = parts().deletion.propose(actor(), _reason("grund-loeschung"))
    return redirect(url_for("archive.run", run_id=run_id))


@blueprint.post("/archiv/loeschungen/<run_id>/freigeben")
@needs(Right.OPERATE)
def approve(run_id: str) -> AnyResponse:
    """Approve as the second person; a job carries it out."""
    parts().deletion.approve(actor(), run_id, _reason())
    return redirect(url_for("archive.run", run_id=run_id))


@blueprint.post("/archiv/sperren")
@needs(Right.READ, Right.OPERATE)
def hold() -> AnyResponse:
    """Let nothing of an invoice be erased until the hold is lifted."""
    parts().retention.hold(actor(), _receipt(), _reason())
    return redirect(url_for("archive.show"))


@blueprint.post("/archiv/sperren/aufheben")
@needs(Right.READ, Right.OPERATE)
def lift() -> AnyResponse:
    """End every hold on an invoice, as another person than the one who placed it."""
    parts().retention.lift_as_second(actor(), _receipt(), _reason())
    return redirect(url_for("archive.show"))


def _reason(field: str = "grund") -> str:
    return request.form.get(field, "")[:REASON_MAX]


def _receipt() -> str:
    return request.form.get("nummer", "").strip()[:NUMBER_MAX]
