"""The page of the Auskunft."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from laufzettel.identity import Right
from laufzettel.web.auth.guard import actor, needs
from laufzettel.web.case.queries import names
from laufzettel.web.case.views import reader
from laufzettel.web.lookup import queries
from laufzettel.web.lookup.sentence import spoken
from laufzettel.web.parts import parts
from laufzettel.web.search import queries as texts

blueprint = Blueprint("lookup", __name__)
blueprint.add_app_template_filter(spoken)

#: Longest search text.
TEXT_MAX = 200


@blueprint.get("/auskunft")
@needs(Right.WORK, Right.READ, Right.OPERATE)
def show() -> str:
    """Answer the telephone: what was received, where it lies, when it is paid."""
    text = request.args.get("q", "")[:TEXT_MAX].replace("\x00", "")  # no text has it
    with parts().db.read() as connection:
        cards = queries.answer(connection, reader(), text)
        found = texts.hits(connection, reader(), text, without=[card.case_id for card in cards])
        known = names(connection, actor().tenant)
    return render_template(
        "lookup/show.html",
        text=text,
        cards=cards,
        hits=found,
        names=known,
        cards_max=queries.CARDS_MAX,
        hits_max=texts.HITS_MAX,
    )
