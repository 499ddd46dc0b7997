"""A scenario as values: what is given, what happens, what is expected to be seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from laufzettel.cli.demo.town import PEOPLE, SETTINGS, Resident
from laufzettel.connectors.kasse.behaviour import Reply
from laufzettel.einvoice.report import Verdict

#: A Monday morning in Musterstadt: when a scenario begins unless it says otherwise.
START: Final = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands in a file."""

    file: Path
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """An invoice by what it says; a file with these facts is made of them."""

    verdict: Verdict = Verdict.ACCEPTED  # what the checker will say of it
    reason: str = "Die Umsatzsteuer ist falsch berechnet."  # when it is not accepted
    supplier: str = "Muster & Söhne GmbH"
    vat_id: str = "DE123456788"
    number: str = "R-2026-1"
    amount: Decimal = Decimal("100.00")  # gross, and all of it is to be paid
    currency: str = "EUR"
    leitweg: str = "053820072072-BAU-73"
    iban: str | None = "DE89370400440532013000"  # None: the invoice names no account
    issued_on: date = date(2026, 11, 2)
    delivered_on: date | None = None  # None: on the day of issue
    due_on: date | None = date(2026, 12, 18)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """How the stub of a handler behaves from now on.

    Exactly one of ``returns``, ``raises`` and ``fails`` holds; with none the real handler
    works. ``times`` bounds a failure: afterwards it returns.
    """

    returns: Mapping[str, Any] | None = None
    raises: str = ""  # code of a BPMN error; for an effect: the peer declines
    fails: str = ""  # technical failure with this text
    is_unknown: bool = False  # an effect: it arrived, but the answer was lost
    times: int | None = None

    @property
    def is_real(self) -> bool:
        """Whether the handler itself works."""
        return self.returns is None and not self.raises and not self.fails and not self.is_unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Stub:
    """A handler that a scenario puts in the place of the real or missing one."""

    name: str
    kind: str = "work"  # inline, work or effect; of a missing handler
    results: tuple[str, ...] = ()
    conduct: Conduct = field(default_factory=Conduct)


# --- what happens: one class an act ---------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Receive:
    """An invoice arrives; its case becomes the one in view."""

    facts: Facts | None = None
    sample: str = ""  # file name of a sample invoice, checked by the official rules
    alias: str = ""
    sender: str = "lieferant@example.org"
    file_name: str = "rechnung.xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """A case of any process begins."""

    process: str
    variables: Mapping[str, Any]
    business_key: str
    alias: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """A person completes the open task at an element."""

    element: str
    by: str
    values: Mapping[str, Any]
    deputy_for: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A person takes the open task at an element, or gives it back."""

    element: str
    by: str
    is_given_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """Time passes; everything that falls due on the way happens in its order."""

    by: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The HKR treats orders this way from now on, or sends an old file again."""

    reply: Reply | None = None
    resend: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """A message arrives from outside; a key that begins with ``=`` is FEEL over the case.

    A case that it starts becomes known, and the one in view where there was none.
    """

    name: str
    key: str
    payload: Mapping[str, Any]
    message_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """A signal goes out to everybody who waits for it."""

    name: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """The operator tries again what an open incident stopped."""

    element: str  # its element, or its code where it belongs to no element


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """The operator ends the case where it stands."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """A person says what became of the parcel whose outcome is unknown."""

    by: str
    has_arrived: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Behave:
    """A handler's stub behaves differently from now on."""

    stub: Stub


@dataclass(frozen=True, slots=True, kw_only=True)
class Checking:
    """The checker of invoices is out of order, or works again."""

    is_down: bool


Act = (
    Receive
    | Begin
    | Complete
    | Claim
    | Advance
    | Answer
    | Publish
    | Broadcast
    | Retry
    | Cancel
    | Resolve
    | Behave
    | Checking
)


class Aspect(StrEnum):
    """What a scenario can look at."""

    TASKS = "tasks"  # exactly these tasks of the case are open
    INCIDENTS = "incidents"  # exactly these are open in the whole tenant
    VARIABLES = "variables"  # these variables of the case have these values
    FACETS = "facets"  # these facets of the case have these values
    STATUS = "status"  # open or ended
    END = "end"  # the end event that was reached last
    PATH = "path"  # these elements were visited in this order, others may lie between
    AVOIDS = "avoids"  # none of these elements was visited
    AUDIT = "audit"  # these kinds of events stand in this order, others may lie between
    CALLS = "calls"  # stubs were called so often
    RECORDS = "records"  # these columns of the business records have these values
    BOOKINGS = "bookings"  # exactly these bookings stand in the HKR
    LETTERS = "letters"  # exactly these letters lie in the outgoing post


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One aspect and what is expected of it."""

    aspect: Aspect
    pattern: Any
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: something happens (or nothing), then something is expected."""

    place: Place
    act: Act | None
    expected: tuple[Expected, ...] = ()
    refused: tuple[str, ...] = ()  # the act is refused with these words
    case: str = ""  # which case it is about; "" the one in view
    note: str = ""
    number: int = 0  # as counted in the file from 1; 0 for what is given


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The world before the first step."""

    now: datetime = START
    settings: Mapping[str, Any] = field(default_factory=lambda: dict(SETTINGS))
    people: tuple[Resident, ...] = PEOPLE
    stubs: tuple[Stub, ...] = ()
    reply: Reply = field(default_factory=Reply)  # how the HKR treats orders


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One scenario of a process."""

    title: str
    place: Place
    given: Given
    steps: tuple[Step, ...]

    @property
    def samples(self) -> frozenset[str]:
        """The sample invoices it needs."""
        acts = (step.act for step in self.steps)
        return frozenset(act.sample for act in acts if isinstance(act, Receive) and act.sample)
