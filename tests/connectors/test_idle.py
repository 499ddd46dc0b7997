"""Waiting at a real IMAP server until a mail comes (RFC 2177)."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest
from tests.connectors.cutter import Wire, wire
from tests.connectors.dovecot import Dovecot, dovecot
from tests.connectors.mails import mail

from laufzettel.connectors.intake.idle import Halt, IdleMissingError, watch
from laufzettel.connectors.intake.imap import Account
from laufzettel.connectors.intake.port import InletUnreachableError
from laufzettel.errors import LaufzettelError
from laufzettel.intake.watching import Watches

#: Longer than anything here takes on a busy machine, in seconds.
PATIENCE_S = 20
PLACE = ("musterstadt", "postfach-rechnung")
_USERS = itertools.count(1)


@pytest.fixture
def user() -> str:
    """A user with an empty mailbox."""
    return f"warten{next(_USERS)}"


@dataclass(slots=True, kw_only=True)
class Ear:
    """Somebody who waits in a thread of his own, and what became of it."""

    halt: Halt
    news: int = 0
    error: LaufzettelError | None = None
    thread: threading.Thread = field(default_factory=threading.Thread)

    def hear(self) -> None:
        """Count the news."""
        self.news += 1

    def wait_for(self, number: int) -> None:
        """Return when there was so much news."""
        eventually(lambda: self.news >= number)


def no_one(tenant: str) -> None:
    """Hear of news and do nothing."""


def eventually(is_so: Callable[[], bool]) -> None:
    """Return as soon as it is so; fail after the patience."""
    until = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.01)


@contextlib.contextmanager
def waiting(account: Account, idle_s: float = 600) -> Iterator[Ear]:
    """Let somebody wait inside; at the end he is told to stop and must end."""
    ear = Ear(halt=Halt())

    def listen() -> None:
        try:
            watch(account, ear.halt, ear.hear, idle_s=idle_s)
        except LaufzettelError as error:
            ear.error = error

    ear.thread = threading.Thread(target=listen)
    ear.thread.start()
    try:
        yield ear
    finally:
        ear.halt.set()
        ear.thread.join(PATIENCE_S)
        assert not ear.thread.is_alive()
        ear.halt.close()


@pytest.fixture
def line(imap: Dovecot) -> Iterator[Wire]:
    """A wire to the server, without encryption: what is said on it can be read."""
    with wire(imap.port) as made:
        yield made


def over(line: Wire, imap: Dovecot, user: str) -> Account:
    """Return the mailbox as it is reached over the wire."""
    return Account(server=replace(imap.server(user, "none"), port=line.port))


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
def test_the_server_tells_of_a_mail_when_it_comes(imap: Dovecot, user: str, security: str) -> None:
    """Without being asked again, and as often as one comes."""
    with waiting(Account(server=imap.server(user, security))) as ear:
        ear.wait_for(1)  # the watch stands
        imap.deliver(user, mail())
        ear.wait_for(2)
        imap.deliver(user, mail(message_id="<2@l.example>"))
        ear.wait_for(3)

    assert ear.error is None


def test_waiting_begins_anew_before_the_server_loses_patience(
    imap: Dovecot, user: str, line: Wire
) -> None:
    """RFC 2177: at least every 29 minutes; here every tenth of a second, and nothing is missed."""
    with waiting(over(line, imap, user), idle_s=0.1) as ear:
        eventually(lambda: line.said.count(b" IDLE\r\n") >= 5)
        heard = ear.news
        imap.deliver(user, mail())
        ear.wait_for(heard + 1)

    assert line.connections == 1
    assert line.said.count(b"DONE\r\n") >= 4


def test_who_is_told_to_stop_says_goodbye_at_once(imap: Dovecot, user: str, line: Wire) -> None:
    """IDLE is ended in order and the session too (RFC 3501 section 6.1.3)."""
    with waiting(over(line, imap, user)) as ear:
        ear.wait_for(1)
        began = time.monotonic()
        ear.halt.set()
        ear.thread.join(PATIENCE_S)

    assert time.monotonic() - began < 5
    assert b"DONE\r\n" in line.said and line.said.rstrip().endswith(b"LOGOUT")


def test_a_server_without_idle_is_named(user: str) -> None:
    """It is polled then; nothing but its own list of capabilities decides."""
    with dovecot("IMAP4rev1 MOVE UIDPLUS") as old, waiting(Account(server=old.server(user))) as ear:
        ear.thread.join(PATIENCE_S)

    assert isinstance(ear.error, IdleMissingError)
    assert ear.news == 0


def test_a_connection_that_breaks_is_an_outage(imap: Dovecot, user: str, line: Wire) -> None:
    """Whoever waits must not sleep on at a dead line."""
    with waiting(over(line, imap, user)) as ear:
        ear.wait_for(1)
        line.cut()
        ear.thread.join(PATIENCE_S)

    assert isinstance(ear.error, InletUnreachableError)


def test_a_lost_watch_is_set_up_again_and_what_came_meanwhile_is_told(
    imap: Dovecot, user: str, line: Wire
) -> None:
    """Whatever came while nobody listened is news to whoever listens again."""
    rung: list[str] = []
    watches = Watches(again_s=0.05)

    with watches.running({PLACE: over(line, imap, user)}, rung.append):
        eventually(lambda: len(rung) == 1)
        line.is_dead = True
        line.cut()
        eventually(lambda: line.connections >= 2)
        line.is_dead = False
        eventually(lambda: len(rung) == 2)

    assert set(rung) == {"musterstadt"}


def test_a_server_that_hangs_up_at_once_is_asked_ever_more_rarely(
    imap: Dovecot, user: str, line: Wire
) -> None:
    """After 0.2, 0.4, 0.8 … seconds, never in a circle."""
    line.is_dead = True

    with Watches(again_s=0.1).running({PLACE: over(line, imap, user)}, no_one):
        time.sleep(1.5)

    assert 1 <= line.connections <= 4


def test_a_mailbox_is_left_in_peace_only_while_its_watch_stands_and_heard_nothing_new() -> None:
    """Else it is looked into; what comes during a look is not taken for looked at."""
    calls: list[Callable[[], None]] = []
    ended, stands = threading.Event(), threading.Event()

    def stand(account: Account, halt: Halt, on_news: Callable[[], None]) -> None:
        calls.append(on_news)
        on_news()
        stands.set()
        ended.wait(PATIENCE_S)
        raise InletUnreachableError

    watches = Watches(stand, again_s=60)
    assert watches.look(PLACE) == 0  # not watched
    watches.looked(PLACE, 0)
    assert watches.look(PLACE) == 0
    account = Account(server=None)  # type: ignore[arg-type]
    with watches.running({PLACE: account}, no_one):
        assert stands.wait(PATIENCE_S)
        assert watches.look(PLACE) == 1
        calls[0]()  # while it is being looked into
        watches.looked(PLACE, 1)
        assert watches.look(PLACE) == 2
        watches.looked(PLACE, 2)
        assert watches.look(PLACE) is None
        ended.set()
        eventually(lambda: watches.look(PLACE) == 2)  # nobody listens any more


def test_a_silent_mailbox_is_looked_into_every_few_minutes_all_the_same() -> None:
    """A line may be dead without either side knowing."""
    ended = threading.Event()
    seconds = [1000.0]

    def stand(account: Account, halt: Halt, on_news: Callable[[], None]) -> None:
        on_news()
        ended.wait(PATIENCE_S)

    watches = Watches(stand, seconds=lambda: seconds[0])
    account = Account(server=None)  # type: ignore[arg-type]
    with watches.running({PLACE: account}, no_one):
        eventually(lambda: watches.look(PLACE) == 1)
        watches.looked(PLACE, 1)
        assert watches.look(PLACE) is None
        seconds[0] += 301
        assert watches.look(PLACE) == 1
        ended.set()
