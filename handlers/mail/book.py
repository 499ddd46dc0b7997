"""The Posteingangsbuch: every mail has a number and lies in the store before it is parsed.

What held invoices is done with that; a mail from which none was taken waits for the Poststelle
as a case. The same mail again is an entry of its own that names the first, and opens nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from laufzettel.clock import OFFICE_ZONE
from laufzettel.connectors.intake.port import Contents, Posting
from laufzettel.db import Database
from laufzettel.documents.store import DocumentStore
from laufzettel.engine.handler import Facets, Start, StartCase, next_number
from laufzettel.errors import ForbiddenError, NotFoundError
from laufzettel.handlers.invoice.receive import may_be_confidential
from laufzettel.identity import system
from laufzettel.ids import new_id
from laufzettel.records.delivery import Receipt
from laufzettel.records.tables import document, mail
from laufzettel.spool import Content

PROCESS: Final = "posteingang"

# Built once: building a statement costs more than running it.
_OPENED: Final = sa.select(mail.c.id, mail.c.number, mail.c.received_at, mail.c.settled_at).where(
    mail.c.tenant == sa.bindparam("of_tenant"), mail.c.delivery == sa.bindparam("of_delivery")
)
_BY_ID: Final = sa.select(mail).where(
    mail.c.tenant == sa.bindparam("of_tenant"), mail.c.id == sa.bindparam("of_id")
)
_FIRST: Final = sa.select(mail.c.id).where(
    mail.c.tenant == sa.bindparam("of_tenant"), mail.c.digest == sa.bindparam("of_digest")
)
_LOCKED: Final = (
    sa.select(mail.c.files)
    .where(mail.c.tenant == sa.bindparam("of_tenant"), mail.c.id == sa.bindparam("of_id"))
    .with_for_update()
)
_FILES: Final = sa.update(mail).where(mail.c.id == sa.bindparam("of_id"))
_INSERT: Final = sa.insert(mail)
_SETTLE: Final = sa.update(mail).where(
    mail.c.id == sa.bindparam("of_id"), mail.c.settled_at.is_(None)
)
_KEPT: Final = sa.select(document.c.kind).where(
    document.c.tenant == sa.bindparam("of_tenant"),
    document.c.sha256 == sa.bindparam("of_sha256"),
    document.c.invoice_id == sa.bindparam("of_holder"),
)
_KEEP: Final = sa.insert(document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A mail of the Posteingangsbuch."""

    id: str
    delivery: str
    channel: str
    sender: str
    received_at: datetime
    sha256: str


class SettledError(ForbiddenError):
    """Diese Mail ist schon erledigt."""


class MailBook:
    """Enters mails and settles them."""

    def __init__(self, db: Database, store: DocumentStore, start: StartCase) -> None:
        self._db = db
        self._store = store
        self._start = start

    def open(
        self, tenant: str, raw: Content, *, key: str, channel: str, arrived_at: datetime | None
    ) -> Posting:
        """The mail lies in the store and has its number; the same delivery has it already.

        It was received when it lay in the town's mailbox, whenever somebody fetched it from there
        (§ 130 Abs. 1 BGB, BGH 06.10.2022 – VII ZR 895/21).
        """
        stored = self._store.put(raw, tenant=tenant)
        with self._db.write() as connection:
            which = {"of_tenant": tenant, "of_delivery": key}
            row = connection.execute(_OPENED, which).one_or_none()
            if row is not None:
                return _posting(row)
            now = self._db.now(connection)
            number = draw(connection, tenant, now)
            entry: dict[str, Any] = {
                "id": new_id(),
                "tenant": tenant,
                "number": number,
                "channel": channel,
                "delivery": key,
                "received_at": min(arrived_at or now, now),
                "sha256": stored.sha256,
                "size": stored.size,
            }
            connection.execute(_INSERT, entry)
            keep_mail(connection, entry, holder=entry["id"])
            return _posting(connection.execute(_OPENED, which).one())

    def keep_with(
        self, connection: sa.Connection, tenant: str, mail_id: str, receipt: Receipt
    ) -> None:
        """The mail is a document of the invoice that it brought, in the receipt's transaction."""
        entry = connection.execute(_BY_ID, {"of_tenant": tenant, "of_id": mail_id}).one()
        keep_mail(connection, entry._asdict(), holder=receipt.invoice_id)

    def entered(self, tenant: str, mail_id: str) -> Entered:
        """Return the mail; raises NotFoundError where there is none, or no content any more."""
        with self._db.read() as connection:
            which = {"of_tenant": tenant, "of_id": mail_id}
            row = connection.execute(_BY_ID, which).one_or_none()
        if row is None or row.files is None:
            raise NotFoundError("Diese Mail gibt es bei diesem Mandanten nicht.")
        return Entered(
            id=row.id,
            delivery=row.delivery,
            channel=row.channel,
            sender=row.sender or "",
            received_at=row.received_at,
            sha256=row.sha256,
        )

    def hand_over(
        self,
        connection: sa.Connection,
        tenant: str,
        entered: Entered,
        enclosure: str,
        receipt: Receipt,
    ) -> bool:
        """The mail lies with the invoice that a person took from it, and says so at its file.

        ``enclosure`` is the SHA-256 of the file. Return False where that was noted before.
        """
        which = {"of_tenant": tenant, "of_id": entered.id}
        files = connection.execute(_LOCKED, which).scalar_one()
        told = f"Rechnung {receipt.receipt_no}"
        found = [one for one in files if one.get("sha256") == enclosure]
        if any(told in one["what"].split(", ") for one in found):
            return False
        for one in found:
            before = one["what"] if one["what"].startswith("Rechnung ") else ""
            one["what"] = ", ".join(filter(None, (before, told)))
        connection.execute(_FILES, {"of_id": entered.id, "files": files})
        self.keep_with(connection, tenant, entered.id, receipt)
        return True

    def settle(self, tenant: str, posting: Posting, contents: Contents) -> None:
        """What the mail holds is recorded; one that is unclear waits as a case."""
        try:
            self._settle(tenant, posting, contents)
        except SettledError:
            return  # another process was faster
        except sa.exc.IntegrityError:
            # The same mail over two mailboxes at the same moment: the key let one be the first.
            self._settle(tenant, posting, contents)

    def _settle(self, tenant: str, posting: Posting, contents: Contents) -> None:
        with self._db.read() as connection:
            which = {"of_tenant": tenant, "of_digest": contents.digest}
            first = connection.execute(_FIRST, which).scalar()
            now = self._db.now(connection)
            entry = connection.execute(_BY_ID, {"of_tenant": tenant, "of_id": posting.id}).one()
            is_neutral = may_be_confidential(connection, tenant)
        if entry.settled_at is not None:
            raise SettledError
        found = _columns(contents) | {"settled_at": now, "of_id": posting.id}
        found |= {"digest": contents.digest} if first is None else {"repeat_of": first}

        def write(connection: sa.Connection) -> None:
            if connection.execute(_SETTLE, found).rowcount != 1:
                raise SettledError

        if contents.problem and first is None:
            case = _case(posting, entry.channel, contents, is_neutral)
            self._start(system(tenant), case, write)
            return
        with self._db.write() as connection:
            write(connection)


def _posting(row: Any) -> Posting:
    return Posting(
        id=row.id,
        number=row.number,
        received_at=row.received_at,
        is_settled=row.settled_at is not None,
    )


def draw(connection: sa.Connection, tenant: str, now: datetime) -> str:
    """Return the next number of the Posteingangsbuch, gapless within its year."""
    year = now.astimezone(OFFICE_ZONE).year
    return f"P-{year}-{next_number(connection, tenant, f'mail:{year}'):06d}"


def _case(posting: Posting, channel: str, contents: Contents, is_neutral: bool) -> Start:
    files = (
        f"{one.name or 'ohne Namen'} ({one.media_type}, {one.size} Bytes): {one.what}"
        for one in contents.files
    )
    shown = Facets(subject=f"Mail {posting.number}", remarks="mail")
    if not is_neutral:
        subject = f"Mail: {contents.subject or 'ohne Betreff'}"
        party = contents.sender_name or contents.sender
        shown = Facets(subject=subject[:200], party=party, remarks="mail")
    return Start(
        process_id=PROCESS,
        business_key=f"mail:{posting.id}",
        variables={
            "mail_id": posting.id,
            "number": posting.number,
            "channel": channel,
            "sender": f"{contents.sender_name} {contents.sender}".strip(),
            "subject": contents.subject,
            "reason": contents.problem,
            "text": contents.text,
            "files": "\n".join(files),
        },
        facets=shown,
    )


def _columns(contents: Contents) -> dict[str, Any]:
    return {
        "message_id": contents.message_id[:200],
        "sender": contents.sender[:254],
        "sender_name": contents.sender_name[:200],
        "subject": contents.subject[:200],
        "is_automatic": contents.is_automatic,
        "problem": contents.problem,
        "files": [asdict(one) for one in contents.files],
    }


def keep_mail(connection: sa.Connection, entry: Mapping[str, Any], *, holder: str) -> None:
    """The mail is among the documents of its holder, once."""
    which = {
        "of_tenant": entry["tenant"],
        "of_sha256": entry["sha256"],
        "of_holder": holder,
    }
    if connection.execute(_KEPT, which).first() is not None:
        return
    is_paper = entry.get("media_type") is not None
    kept = {
        "tenant": entry["tenant"],
        "sha256": entry["sha256"],
        "invoice_id": holder,
        "kind": "mail",
        "media_type": entry["media_type"] if is_paper else "message/rfc822",
        "file_name": entry["files"][0]["name"] if is_paper else f"Mail {entry['number']}.eml",
        "size": entry["size"],
        "stored_at": entry["received_at"],
    }
    connection.execute(_KEEP, kept)
