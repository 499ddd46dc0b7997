"""The page of withheld tax: what is to be announced by the tenth, as a list and as CSV."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from laufzettel.clock import OFFICE_ZONE
from laufzettel.identity import Right
from laufzettel.records.tax import returns, rules
from laufzettel.records.tax.returns import Month
from laufzettel.web.auth.guard import actor, needs, now
from laufzettel.web.case.papers import download
from laufzettel.web.case.views import reader
from laufzettel.web.parts import parts
from laufzettel.web.withholding import queries, table

blueprint = Blueprint("withholding", __name__)


def today() -> date:
    """Return the day in the office."""
    return now().astimezone(OFFICE_ZONE).date()


@blueprint.get("/bauabzugsteuer")
@needs(Right.READ, Right.OPERATE)
def show() -> str:
    """Show a month: by supplier, with the sums and until when they are to be announced."""
    with parts().db.read() as connection:
        found = queries.page(connection, reader(), _month(connection), today())
    return render_template("withholding/show.html", page=found, today=today())


@blueprint.get("/bauabzugsteuer.csv")
@needs(Right.READ, Right.OPERATE)
def as_csv() -> Response:
    """Hand out the month as a table for the Anmeldung."""
    with parts().db.read() as connection:
        month = _month(connection)
        rows = queries.rows(connection, reader(), month)
    name = f"bauabzugsteuer-{month}.csv"
    return download(table.csv_of(rows), name=name, media_type="text/csv")


@blueprint.post("/bauabzugsteuer/angemeldet")
@needs(Right.OPERATE)
def announced() -> AnyResponse:
    """Note that the Anmeldung of the month was handed in as it stands."""
    month = Month.parse(request.form.get("monat", ""))
    with parts().db.write() as connection:
        at = parts().db.now(connection)
        data = returns.note(connection, actor().tenant, month, by=actor().label, at=at)
        engine = parts().engine
        engine.note(connection, actor(), rules.STREAM, "taxes.announced", data, {})
    return redirect(url_for("withholding.show", monat=str(month)))


def _month(connection: sa.Connection) -> Month:
    """Return the month that the address names, else the one to be announced first."""
    text = request.args.get("monat", "")
    return Month.parse(text) if text else queries.latest(connection, actor().tenant, today())
