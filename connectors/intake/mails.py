"""Taking a mail: archived and numbered first, then taken apart, each invoice received.

Dying anywhere in between, the same mail is taken again under the same key, and nothing is
lost or doubled.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime

from laufzettel.connectors.intake.mime import Mail, Part, read_mail
from laufzettel.connectors.intake.port import (
    Arrival,
    Contents,
    Enclosed,
    MailDesk,
    Posting,
)
from laufzettel.connectors.intake.sorting import Sorted, sort
from laufzettel.errors import InputError
from laufzettel.failpoints import failpoint
from laufzettel.spool import Content

log = logging.getLogger(__name__)


def take_mail(
    desk: MailDesk, raw: Content, *, key: str, channel: str, arrived_at: datetime | None = None
) -> str:
    """Return why a person must look at the mail, empty where it is done with; committed.

    ``key`` is that of this delivery, ``arrived_at`` when it lay in the mailbox, where that is
    known. Raises what the desk raises; then nothing is settled.
    """
    posting = desk.open_mail(raw, key=key, channel=channel, arrived_at=arrived_at)
    failpoint("intake.posted")
    mail = read_mail(raw)
    found = _sorted(mail)
    problem = found.problem
    if not posting.is_settled:
        files, refusal = _take_files(desk, posting, mail, found, key=key, channel=channel)
        problem = problem or refusal
        desk.settle_mail(posting, _contents(mail, problem, files))
    failpoint("intake.settled")
    return problem


def _sorted(mail: Mail) -> Sorted:
    """Return what of the mail is an invoice; files that no reader survives are for a person."""
    try:
        return sort(mail)
    except Exception:  # whatever a file does to its reader, the mails behind it are taken
        log.exception("a file of a mail could not be looked at")
        return Sorted(problem="Eine Datei der Mail lässt sich nicht ansehen.")


def _take_files(
    desk: MailDesk, posting: Posting, mail: Mail, found: Sorted, *, key: str, channel: str
) -> tuple[list[Enclosed], str]:
    """Return what became of each file, and why one that is an invoice was not taken."""
    files, refusal = [], ""
    for index, part in enumerate(found.invoices, start=1):
        arrival = Arrival(
            key=f"{key}:{index}",
            channel=channel,
            sender=mail.sender,
            file_name=part.name or f"Anhang {index}",
            data=part.data,
        )
        try:
            what = f"Rechnung {desk.take_from(posting, arrival).receipt_no}"
        except InputError as error:
            what = "nicht angenommen"
            refusal = f"„{arrival.file_name}“ wurde nicht angenommen: {error}"
        files.append(_enclosed(part, what))
    return files + [_enclosed(one.part, one.what) for one in found.noted], refusal


def _enclosed(part: Part, what: str) -> Enclosed:
    return Enclosed(
        name=part.name,
        media_type=part.media_type,
        size=len(part.data),
        what=what,
        sha256=hashlib.sha256(part.data).hexdigest(),
    )


def _contents(mail: Mail, problem: str, files: list[Enclosed]) -> Contents:
    return Contents(
        digest=mail.digest,
        message_id=mail.message_id,
        sender=mail.sender,
        sender_name=mail.sender_name,
        subject=mail.subject,
        text=mail.text,
        is_automatic=mail.is_automatic,
        problem=problem,
        files=tuple(files),
    )
