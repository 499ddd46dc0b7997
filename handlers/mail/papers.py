"""Paper that a person said is a Mahnung: entered in the Posteingangsbuch, then a case of it.

It comes over the upload page, or as a scan that was first taken for an invoice. Which invoice it
is about is asked in the case, as of a mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.documents.store import DocumentStore
from laufzettel.engine.handler import Facets, Start, StartCase
from laufzettel.errors import ForbiddenError
from laufzettel.handlers.invoice.receive import may_be_confidential
from laufzettel.handlers.mail.book import PROCESS, draw, keep_mail
from laufzettel.identity import Actor, system
from laufzettel.ids import new_id
from laufzettel.records.delivery import Delivery, Posted
from laufzettel.records.tables import mail
from laufzettel.spool import head_of, size_of

#: Most cases that one run begins.
PER_RUN: Final = 100

# Built once: building a statement costs more than running it.
_KNOWN: Final = sa.select(mail.c.id, mail.c.number).where(
    mail.c.tenant == sa.bindparam("of_tenant"), mail.c.delivery == sa.bindparam("of_delivery")
)
_INSERT: Final = sa.insert(mail)
_WAITING: Final = (
    sa.select(mail)
    .where(
        mail.c.tenant == sa.bindparam("of_tenant"),
        mail.c.media_type.is_not(None),
        mail.c.settled_at.is_(None),
    )
    .order_by(mail.c.number)
    .limit(PER_RUN)
)
_SETTLE: Final = sa.update(mail).where(
    mail.c.id == sa.bindparam("of_id"), mail.c.settled_at.is_(None)
)


class GoneOnError(ForbiddenError):
    """Dieses Schreiben hat schon einen Vorgang."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A Mahnung on paper."""

    channel: str
    sender: str
    file_name: str
    media_type: str
    sha256: str
    size: int
    delivery: str
    problem: str  # German; how it came to be taken for a Mahnung

    def columns(self) -> dict[str, Any]:
        """Return what the Posteingangsbuch says of it, without number and times."""
        return {
            "channel": self.channel,
            "delivery": self.delivery,
            "sha256": self.sha256,
            "size": self.size,
            "sender": self.sender[:254],
            "sender_name": "",
            "subject": self.file_name[:200],
            "is_automatic": False,
            "problem": self.problem,
            "media_type": self.media_type,
            "files": [
                {
                    "name": self.file_name[:200],
                    "media_type": self.media_type,
                    "size": self.size,
                    "what": "Mahnung",
                    "sha256": "",
                }
            ],
        }


class PaperBook:
    """Enters Mahnungen on paper and begins their cases."""

    def __init__(self, db: Database, store: DocumentStore, start: StartCase) -> None:
        self._db = db
        self._store = store
        self._start = start

    def __call__(self, delivery: Delivery, *, by: Actor) -> Posted:
        """Enter the file and begin its case; the same file again has both already.

        ``by`` must hold START.
        """
        stored = self._store.put(delivery.data, tenant=delivery.tenant)
        is_pdf = b"%PDF-" in head_of(delivery.data)[:1024]
        paper = Paper(
            channel=delivery.channel,
            sender=delivery.sender,
            file_name=delivery.file_name,
            media_type="application/pdf" if is_pdf else "application/xml",
            sha256=stored.sha256,
            size=size_of(delivery.data),
            delivery=f"{delivery.channel}:{stored.sha256}",
            problem="Als Mahnung angenommen.",
        )
        try:
            return self._known(by.tenant, paper.delivery) or self._enter(
                by, paper, delivery.received_at
            )
        except sa.exc.IntegrityError:
            # The same file by two people at the same moment: the key let one be the first.
            known = self._known(by.tenant, paper.delivery)
            if known is None:
                raise
            return known

    def begin(self, tenant: str) -> int:
        """Begin the cases of what was set aside, at most PER_RUN; return how many."""
        with self._db.read() as connection:
            rows = connection.execute(_WAITING, {"of_tenant": tenant}).all()
            is_neutral = bool(rows) and may_be_confidential(connection, tenant)
        for row in rows:
            entry = row._asdict()

            def settle(connection: sa.Connection, entry: Mapping[str, Any] = entry) -> None:
                done = {"of_id": entry["id"], "settled_at": self._db.now(connection)}
                if connection.execute(_SETTLE, done).rowcount != 1:
                    raise GoneOnError

            try:
                self._start(system(tenant), case_of(entry, is_neutral), settle)
            except GoneOnError:
                continue  # another worker was faster
        return len(rows)

    def _known(self, tenant: str, delivery: str) -> Posted | None:
        with self._db.read() as connection:
            which = {"of_tenant": tenant, "of_delivery": delivery}
            row = connection.execute(_KNOWN, which).one_or_none()
        return row and Posted(mail_id=row.id, number=row.number, is_repeat=True)

    def _enter(self, by: Actor, paper: Paper, came: datetime | None) -> Posted:
        with self._db.read() as connection:
            now = self._db.now(connection)
            is_neutral = may_be_confidential(connection, by.tenant)
        entry = paper.columns() | {"id": new_id(), "tenant": by.tenant, "number": ""}
        entry |= {"received_at": came or now, "settled_at": now}
        numbers: list[str] = []

        def write(connection: sa.Connection) -> None:
            numbers[:] = [draw(connection, by.tenant, now)]
            enter(connection, entry | {"number": numbers[0]})

        self._start(by, case_of(entry, is_neutral), write)
        return Posted(mail_id=entry["id"], number=numbers[0], is_repeat=False)


def enter(connection: sa.Connection, entry: Mapping[str, Any]) -> None:
    """The paper stands in the Posteingangsbuch, and is a document of its own."""
    connection.execute(_INSERT, dict(entry))
    keep_mail(connection, entry, holder=entry["id"])


def case_of(entry: Mapping[str, Any], is_neutral: bool) -> Start:
    """Return the case in which a person says which invoice it is about."""
    subject = "Mahnung auf Papier" if is_neutral else f"Mahnung: {entry['subject']}"
    return Start(
        process_id=PROCESS,
        business_key=f"mail:{entry['id']}",
        variables={
            "mail_id": entry["id"],
            "number": entry["number"],
            "channel": entry["channel"],
            "sender": entry["sender"],
            "subject": entry["subject"],
            "reason": entry["problem"],
            "text": "",
            "files": entry["subject"],
            "finding": "mahnung",
        },
        facets=Facets(
            subject=subject[:200],
            party="" if is_neutral else entry["sender"],
            remarks="dunning",
        ),
    )
