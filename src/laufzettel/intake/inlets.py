"""Whose inlets there are, and what becomes of what they bring."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from laufzettel.channels import Channels, FolderChannel, MailboxChannel
from laufzettel.connectors.intake.folder import WatchedFolder
from laufzettel.connectors.intake.imap import Account
from laufzettel.connectors.intake.mailbox import Mailbox
from laufzettel.connectors.intake.port import (
    PER_RUN,
    Arrival,
    Contents,
    Inlet,
    Posting,
    Taken,
)
from laufzettel.connectors.post.smtp import SmtpPost
from laufzettel.db import Database
from laufzettel.engine.api import Engine
from laufzettel.engine.jobs.port import Lost
from laufzettel.engine.work import incidents
from laufzettel.errors import LaufzettelError
from laufzettel.handlers.invoice.receive import Delivery, Receiving
from laufzettel.handlers.mail.book import MailBook
from laufzettel.identity import system
from laufzettel.intake.watching import Watches
from laufzettel.records.delivery import Receipt, WithReceipt
from laufzettel.spool import Content

log = logging.getLogger(__name__)

#: What has lain for less was found by the usual look, in seconds.
LOOK_S: Final = 120

#: The database does not answer: whoever tries the next one fails as well.
_AWAY: Final = (sa.exc.OperationalError, sa.exc.InterfaceError)

#: Incident of an inlet that cannot be looked into; it closes by itself.
OUTAGE: Final = "eingang_gestoert"


def nothing() -> None:
    """Do nothing: who collects by hand holds no lease."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What one look into the inlets of a tenant brought."""

    numbers: Mapping[str, int]  # inlet -> how much was handed over
    outages: Mapping[str, str]  # inlet -> why it could not be looked into

    @property
    def has_more(self) -> bool:
        """Say whether an inlet stopped at the bound of one look."""
        return any(number >= PER_RUN for number in self.numbers.values())


class UnforeseenError(LaufzettelError):
    """Ein Stück der Eingangspost löste einen Fehler aus, den niemand vorhergesehen hat."""


@contextmanager
def _one_of_many(key: str) -> Iterator[None]:
    """A bug about one arrival is an error about that one, so that the inlet goes on to the next."""
    try:
        yield
    except (LaufzettelError, *_AWAY):
        raise
    except Exception as error:
        log.exception("taking %s broke", key)
        raise UnforeseenError(
            f"{key} löste einen Fehler aus, den niemand vorhergesehen hat ({type(error).__name__}); "
            "Näheres steht im Protokoll. Es liegt noch dort, wo es ankam, und wird wieder versucht; "
            "bitte der Betreuung melden."
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantDesk:
    """The desk at which a tenant's arrivals are taken."""

    tenant: str
    db: Database
    receive: Receiving
    book: MailBook
    engine: Engine
    alive: Callable[[], None]

    def take(self, arrival: Arrival) -> Taken:
        """Receive the invoice; the same delivery again changes nothing."""
        return self._take(arrival, self._came_at(arrival), None)

    def _came_at(self, arrival: Arrival) -> datetime | None:
        """Return when it came, where that was long before anybody looked; None for now."""
        if arrival.waited_s < LOOK_S:
            return None
        with self.db.read() as connection:
            return self.db.now(connection) - timedelta(seconds=arrival.waited_s)

    def _take(
        self, arrival: Arrival, received_at: datetime | None, within: WithReceipt | None
    ) -> Taken:
        delivery = Delivery(
            tenant=self.tenant,
            channel=arrival.channel,
            sender=arrival.sender,
            file_name=arrival.file_name,
            data=arrival.data,
            key=arrival.key,
            received_at=received_at,
        )
        with _one_of_many(arrival.key):
            receipt = self.receive(delivery, within=within)
        return Taken(receipt_no=receipt.receipt_no, is_repeat=receipt.is_repeat)

    def open_mail(
        self, raw: Content, *, key: str, channel: str, arrived_at: datetime | None
    ) -> Posting:
        """Archive the mail and give it its number; the same delivery has it already."""
        with _one_of_many(key):
            return self.book.open(self.tenant, raw, key=key, channel=channel, arrived_at=arrived_at)

    def take_from(self, posting: Posting, arrival: Arrival) -> Taken:
        """Receive an invoice that a mail brought, and keep the mail with it."""

        def keep(connection: sa.Connection, receipt: Receipt) -> None:
            self.book.keep_with(connection, self.tenant, posting.id, receipt)

        return self._take(arrival, posting.received_at, keep)

    def settle_mail(self, posting: Posting, contents: Contents) -> None:
        """Record what the mail holds; one that is unclear begins a case of the Poststelle."""
        with _one_of_many(posting.number):
            self.book.settle(self.tenant, posting, contents)

    def complain(self, subject: str, cause: str) -> None:
        """Open an incident, once for each subject."""
        actor = system(self.tenant)
        self.engine.report(actor, code="eingang_pruefen", cause=cause, subject=subject)


class Intake:
    """Looks into the inlets of the tenants."""

    def __init__(
        self,
        db: Database,
        engine: Engine,
        receive: Receiving,
        book: MailBook,
        channels: Channels,
    ) -> None:
        self._db = db
        self._engine = engine
        self._receive = receive
        self._book = book
        self._channels = channels
        self._watches = Watches()

    @property
    def tenants(self) -> Sequence[str]:
        """The tenants that have channels, by what the operator wrote down."""
        return sorted(self._channels.by_tenant)

    def inlets(self, tenant: str) -> list[Inlet]:
        """Return the inlets of the tenant."""
        channels = self._channels.of(tenant)
        return [
            *map(folder_inlet, channels.folders),
            *map(mailbox_inlet, channels.mailboxes),
        ]

    def mailers(self, journals: Path) -> SmtpMailers:
        """Return the ways out for mails, by what the operator wrote down."""
        return SmtpMailers(self._channels, journals)

    def desk(self, tenant: str, alive: Callable[[], None] = nothing) -> TenantDesk:
        """Return where the tenant's arrivals are taken."""
        return TenantDesk(
            tenant=tenant,
            db=self._db,
            receive=self._receive,
            book=self._book,
            engine=self._engine,
            alive=alive,
        )

    def create(self, tenant: str) -> list[str]:
        """Set up the folders that are missing; return what there is now."""
        folders = [folder_inlet(one) for one in self._channels.of(tenant).folders]
        for one in folders:
            one.create()
        return [str(one.root) for one in folders]

    def watching(
        self, tenants: Sequence[str], ring: Callable[[str], None]
    ) -> AbstractContextManager[None]:
        """Watch over the mailboxes of the tenants; ``ring`` is told whose is to be collected."""
        accounts = {
            (tenant, mailbox_inlet(one).name): account_of(one)
            for tenant in tenants
            for one in self._channels.of(tenant).mailboxes
            if one.idle
        }
        return self._watches.running(accounts, ring)

    def collect(self, tenant: str, alive: Callable[[], None] = nothing) -> Collected:
        """Take in what lies at every inlet of the tenant; one that is out holds up no other.

        A mailbox at which a watch of this process has heard nothing new is left in peace.
        """
        desk = self.desk(tenant, alive)
        numbers, outages = {}, {}
        for inlet in self.inlets(tenant):
            covered = self._watches.look((tenant, inlet.name))
            if covered is None:
                continue
            alive()
            try:
                numbers[inlet.name] = inlet.collect(desk)
            except (Lost, *_AWAY):
                raise  # somebody else goes on here, or there is nobody to tell
            except LaufzettelError as error:
                outages[inlet.name] = f"Eingang „{inlet.name}“: {error}"
                continue
            except Exception as error:  # one way in that breaks must not close the others
                log.exception("the inlet %s of %s broke", inlet.name, tenant)
                outages[inlet.name] = _broken(inlet.name, error)
                continue
            if numbers[inlet.name] < PER_RUN:
                self._watches.looked((tenant, inlet.name), covered)
        self._tell(tenant, outages)
        return Collected(numbers=numbers, outages=outages)

    def _tell(self, tenant: str, outages: Mapping[str, str]) -> None:
        """Let the open incidents be exactly the outages; written only where that changes."""
        with self._db.read() as connection:
            if incidents.subjects(connection, tenant, OUTAGE) == outages.keys():
                return
        with self._db.write() as connection:
            incidents.reconcile(connection, tenant, OUTAGE, outages, now=self._db.now(connection))


def _broken(name: str, error: Exception) -> str:
    """Return what people are told of a failure that nobody has foreseen, without what it says."""
    return (
        f"Eingang „{name}“: unerwarteter Fehler ({type(error).__name__}); Näheres steht im "
        "Protokoll. Es ist nichts verloren, und es wird wieder versucht; bitte der Betreuung melden."
    )


class SmtpMailers:
    """The mail servers of the tenants, by what the operator wrote down."""

    def __init__(self, channels: Channels, journals: Path) -> None:
        self._channels = channels
        self._journals = journals

    def of(self, tenant: str) -> SmtpPost | None:
        """Return the tenant's way out for mails; None where it has none."""
        channel = self._channels.of(tenant).mail
        if channel is None:
            return None
        return SmtpPost(
            server=channel.server,
            sender=channel.sender,
            sender_name=channel.sender_name,
            journal=self._journals / tenant,
        )


def folder_inlet(channel: FolderChannel) -> WatchedFolder:
    """Return the inlet of a watched folder."""
    return WatchedFolder(
        root=channel.path,
        name=f"ordner-{channel.name}",
        sender=channel.sender,
        settle_s=channel.settle_s,
        size_max=channel.size_max_mb * 1024 * 1024,
    )


def account_of(channel: MailboxChannel) -> Account:
    """Return the mailbox of a channel."""
    return Account(server=channel.server, folder=channel.folder)


def mailbox_inlet(channel: MailboxChannel) -> Mailbox:
    """Return the inlet of a mailbox."""
    return Mailbox(
        account=account_of(channel),
        name=f"postfach-{channel.name}",
        mail_max=channel.size_max_mb * 1024 * 1024,
    )
