"""The proposals for the table „Zuständigkeit“: what is open, and declining one with a reason.

Taking one over checks, tests and deploys a folder of files that this server does not have:
that is ``laufzettel routing take``.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from laufzettel.identity import Right
from laufzettel.records import proposals
from laufzettel.records.proposals import Status
from laufzettel.web.auth.guard import actor, needs
from laufzettel.web.parts import parts
from laufzettel.web.proposals import queries

blueprint = Blueprint("proposals", __name__)


@blueprint.get("/vorschlaege")
@needs(Right.DEPLOY, Right.READ)
def show() -> str:
    """Show the open proposals with the row that each would be, and what became of others."""
    with parts().db.read() as connection:
        found = queries.page(connection, actor())
    return render_template("proposals/show.html", page=found)


@blueprint.post("/vorschlaege/<proposal_id>/ablehnen")
@needs(Right.DEPLOY)
def decline(proposal_id: str) -> AnyResponse:
    """Decline a proposal; the table stays as it is."""
    with parts().db.read() as connection:
        proposals.one(connection, actor().tenant, proposal_id)
    reason = proposals.reason_of(request.form.get(f"grund-{proposal_id}", ""))
    with parts().db.write() as connection:
        found = proposals.settle(
            connection,
            actor().tenant,
            proposal_id,
            status=Status.DECLINED,
            by=actor().label,
            at=parts().db.now(connection),
            reason=reason,
        )
        data = {"proposal": found.id, "case": found.case_id, "bundle": ""}
        texts = {"reason": reason}
        parts().engine.note(connection, actor(), "routing", "routing.declined", data, texts)
    return redirect(url_for("proposals.show"))
