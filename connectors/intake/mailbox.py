"""A mailbox that is read over IMAP (RFC 3501): mails are taken, then moved, never deleted.

A mail is fetched without marking it as read, archived and numbered at the desk, and only then
taken apart. What held invoices moves to „Laufzettel/erledigt“, what a person must look at to
„Laufzettel/unklar“. Dying in between leaves the mail in the inbox; UIDVALIDITY and UID
(RFC 3501 section 2.3.1.1) are the key under which it is known when it is fetched again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from laufzettel.connectors.intake.imap import (
    Account,
    Fetched,
    GoneError,
    MailRefusedError,
    Session,
    session,
)
from laufzettel.connectors.intake.mails import take_mail
from laufzettel.connectors.intake.port import PER_RUN, InletUnreachableError, MailDesk
from laufzettel.errors import LaufzettelError
from laufzettel.spool import spooled

#: Largest mail that is fetched, in bytes.
MAIL_MAX: Final = 50 * 1024 * 1024
#: So often a server may hang up over one mail before it counts as out.
CUTS_MAX: Final = 5
#: The folders, below the server's own prefix and with its own separator.
DONE: Final = ("Laufzettel", "erledigt")
UNCLEAR: Final = ("Laufzettel", "unklar")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """An Inlet over a mailbox."""

    account: Account
    name: str  # of the channel
    mail_max: int = MAIL_MAX

    def check(self) -> None:
        """Raise InletUnreachableError when the mailbox cannot be opened."""
        with session(self.account):
            return

    def collect(self, desk: MailDesk) -> int:
        """Take the mails of the inbox, the oldest first; one that fails holds up no other."""
        failures: list[LaufzettelError] = []
        seen: set[bytes] = set()
        for _ in range(CUTS_MAX):
            try:
                with session(self.account) as opened:
                    self._take_all(opened, desk, seen, failures)
                break
            except MailRefusedError as error:  # and hung up: on behind this one
                failures.append(error)
        if failures:
            raise failures[0]
        return len(seen)

    def _take_all(
        self,
        opened: Session,
        desk: MailDesk,
        seen: set[bytes],
        failures: list[LaufzettelError],
    ) -> None:
        """Take what is not ``seen`` yet; raises MailRefusedError where the server hung up."""
        waiting = [uid for uid in opened.uids() if uid not in seen]
        for uid in waiting[: PER_RUN - len(seen)]:
            seen.add(uid)
            desk.alive()
            try:
                self._take(opened, uid, desk)
            except InletUnreachableError:
                raise
            except LaufzettelError as error:
                if isinstance(error, MailRefusedError) and error.is_cut:
                    raise
                failures.append(error)

    def _take(self, opened: Session, uid: bytes, desk: MailDesk) -> None:
        key = f"{self.name}:{opened.validity}:{uid.decode('ascii')}"
        waiting = opened.look(uid)
        if waiting is None:
            return  # somebody has moved it by hand
        size = waiting.size
        if size > self.mail_max:
            desk.complain(
                key,
                f"Im Postfach „{self.name}“ liegt eine Mail mit {size // 1048576} MB; geholt "
                f"werden höchstens {self.mail_max // 1048576} MB. Sie liegt ungelesen im Ordner "
                "„Laufzettel/unklar“; bitte die Rechnung von Hand hochladen.",
            )
            opened.move(uid, UNCLEAR)
            return
        try:
            with spooled(Fetched(opened, uid, size), size_max=self.mail_max) as raw:
                problem = take_mail(
                    desk, raw, key=key, channel=self.name, arrived_at=waiting.arrived_at
                )
        except GoneError:
            return  # as above
        opened.move(uid, UNCLEAR if problem else DONE)
