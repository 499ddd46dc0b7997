"""The ways in, put together: whose inlets there are, and what becomes of what they bring."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from laufzettel.channels import Channels, FolderChannel
from laufzettel.connectors.intake.folder import WatchedFolder
from laufzettel.connectors.intake.port import PER_RUN, Arrival, Inlet, Taken
from laufzettel.db import Database
from laufzettel.engine.api import Engine
from laufzettel.engine.work import incidents
from laufzettel.errors import LaufzettelError
from laufzettel.handlers.invoice.receive import Delivery, Receiving
from laufzettel.identity import system

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


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantDesk:
    """The desk at which a tenant's arrivals are taken."""

    tenant: str
    receive: Receiving
    engine: Engine
    alive: Callable[[], None]

    def take(self, arrival: Arrival) -> Taken:
        """Receive the invoice; the same delivery again changes nothing."""
        receipt = self.receive(
            Delivery(
                tenant=self.tenant,
                channel=arrival.channel,
                sender=arrival.sender,
                file_name=arrival.file_name,
                data=arrival.data,
                key=arrival.key,
            )
        )
        return Taken(receipt_no=receipt.receipt_no, is_repeat=receipt.is_repeat)

    def complain(self, subject: str, cause: str) -> None:
        """Open an incident, once for each subject."""
        actor = system(self.tenant)
        self.engine.report(actor, code="eingang_pruefen", cause=cause, subject=subject)


class Intake:
    """Looks into the inlets of the tenants."""

    def __init__(
        self, db: Database, engine: Engine, receive: Receiving, channels: Channels
    ) -> None:
        self._db = db
        self._engine = engine
        self._receive = receive
        self._channels = channels

    @property
    def tenants(self) -> Sequence[str]:
        """The tenants that have channels, by what the operator wrote down."""
        return sorted(self._channels.by_tenant)

    def inlets(self, tenant: str) -> list[Inlet]:
        """Return the inlets of the tenant."""
        return list(map(folder_inlet, self._channels.of(tenant).folders))

    def create(self, tenant: str) -> list[str]:
        """Set up the folders that are missing; return what there is now."""
        folders = [folder_inlet(one) for one in self._channels.of(tenant).folders]
        for one in folders:
            one.create()
        return [str(one.root) for one in folders]

    def collect(self, tenant: str, alive: Callable[[], None] = nothing) -> Collected:
        """Take in what lies at every inlet of the tenant; one that is out holds up no other."""
        desk = TenantDesk(tenant=tenant, receive=self._receive, engine=self._engine, alive=alive)
        numbers, outages = {}, {}
        for inlet in self.inlets(tenant):
            alive()
            try:
                numbers[inlet.name] = inlet.collect(desk)
            except LaufzettelError as error:
                outages[inlet.name] = f"Eingang „{inlet.name}“: {error}"
        self._tell(tenant, outages)
        return Collected(numbers=numbers, outages=outages)

    def _tell(self, tenant: str, outages: Mapping[str, str]) -> None:
        """Let the open incidents be exactly the outages; written only where that changes."""
        with self._db.read() as connection:
            if incidents.subjects(connection, tenant, OUTAGE) == outages.keys():
                return
        with self._db.write() as connection:
            incidents.reconcile(connection, tenant, OUTAGE, outages, now=self._db.now(connection))


def folder_inlet(channel: FolderChannel) -> WatchedFolder:
    """Return the inlet of a watched folder."""
    return WatchedFolder(
        root=channel.path,
        name=f"ordner-{channel.name}",
        sender=channel.sender,
        settle_s=channel.settle_s,
        size_max=channel.size_max_mb * 1024 * 1024,
    )
