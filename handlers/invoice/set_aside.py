"""Set aside what was taken for an invoice and is a Mahnung."""

from __future__ import annotations

import sqlalchemy as sa

from laufzettel.engine.handler import Inline, Values, inline
from laufzettel.handlers.invoice.listing import clear_deadline
from laufzettel.handlers.invoice.stages import move
from laufzettel.handlers.mail.book import draw
from laufzettel.handlers.mail.papers import Paper, enter
from laufzettel.ids import new_id
from laufzettel.records.invoice import Stage
from laufzettel.records.tables import document, invoice

# Built once: building a statement costs more than running it.
_ORIGINAL = sa.select(document).where(
    document.c.tenant == sa.bindparam("of_tenant"),
    document.c.invoice_id == sa.bindparam("of_invoice"),
    document.c.kind == "original",
)


@inline("invoice.set_aside", label="Als Mahnung ablegen")
def set_aside(step: Inline, *, invoice_id: str) -> Values:
    """Enter the file in the Posteingangsbuch, from where it begins a case as a Mahnung.

    Its number of the Eingangsbuch stays, and says what became of it.
    """
    move(step, invoice_id, Stage.SET_ASIDE)
    clear_deadline(step)
    row = step.records.row(invoice, invoice_id)
    which = {"of_tenant": step.tenant, "of_invoice": invoice_id}
    original = step.connection.execute(_ORIGINAL, which).one()
    paper = Paper(
        channel=row["channel"],
        sender=row["sender"],
        file_name=original.file_name,
        media_type=original.media_type,
        sha256=original.sha256,
        size=original.size,
        delivery=f"invoice:{invoice_id}",
        problem=f"Beim Erfassen als Mahnung erkannt; eingegangen unter {row['receipt_no']}.",
    )
    entry = paper.columns() | {"id": new_id(), "tenant": step.tenant}
    entry["received_at"] = row["received_at"]

    def write(connection: sa.Connection) -> None:
        enter(connection, entry | {"number": draw(connection, step.tenant, step.now)})

    step.write(write)
    step.audit("invoice.set_aside", {"mail": entry["id"]})
    return {}
