"""Accounts, sessions and the brake on guessing, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from laufzettel.clock import VirtualClock
from laufzettel.db import Database
from laufzettel.errors import InputError, NotFoundError
from laufzettel.identity import Right
from laufzettel.records import accounts, people
from laufzettel.records.tables import account, deputy, membership, person, tenant, web_session

NOON = datetime(2026, 11, 30, 11, 0, tzinfo=UTC)
PASSWORD = "korrekt pferd batterie"
#: argon2id takes a tenth of a second by design: once for all tests.
HASH = accounts.hash_password(PASSWORD)


@pytest.fixture
def db(migrated_url: str) -> Iterator[Database]:
    """A town with two people, one of them with a password."""
    database = Database(migrated_url, clock=VirtualClock(NOON))
    with database.write() as connection:
        connection.execute(
            sa.insert(tenant).values(id="stadt", name="Stadt", settings={}, created_at=NOON)
        )
        for login, name in (("yilmaz", "M. Yılmaz"), ("brandt", "K. Brandt")):
            connection.execute(
                sa.insert(person).values(tenant="stadt", id=login, name=name, office="Bauamt")
            )
            connection.execute(
                sa.insert(account).values(
                    tenant="stadt",
                    login=login,
                    person=login,
                    password_hash=HASH if login == "yilmaz" else None,
                    rights=["work"],
                )
            )
        connection.execute(
            sa.insert(membership).values(tenant="stadt", group_="bauamt", person="yilmaz")
        )
    yield database
    database.close()


def test_a_password_is_right_only_for_its_hash() -> None:
    assert accounts.is_password(PASSWORD, HASH)
    assert not accounts.is_password(PASSWORD + "x", HASH)
    assert not accounts.is_password(PASSWORD, None)
    assert not accounts.is_password(PASSWORD, "kein hash")
    assert not accounts.is_password("x" * 201, HASH)


def test_the_hash_is_argon2id_with_the_parameters_of_rfc_9106() -> None:
    assert HASH.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize("password", ["", "elf zeichen", "x" * 201])
def test_a_new_password_must_have_a_sensible_length(password: str) -> None:
    with pytest.raises(InputError, match="12 bis 200 Zeichen"):
        accounts.hash_password(password)


def test_a_session_is_found_by_its_token_and_by_nothing_that_is_stored(db: Database) -> None:
    with db.write() as connection:
        token = accounts.open_session(connection, "stadt", "yilmaz", now=NOON)
        stored = connection.execute(sa.select(web_session.c.id)).scalar_one()

        found = accounts.load_session(connection, token, now=NOON)
        by_stored = accounts.load_session(connection, stored, now=NOON)

    assert found is not None
    assert (found.person, found.name, found.rights) == (
        "yilmaz",
        "M. Yılmaz",
        frozenset({Right.WORK}),
    )
    assert stored != token
    assert by_stored is None


def test_two_sessions_have_tokens_and_form_keys_of_their_own(db: Database) -> None:
    with db.write() as connection:
        tokens = [accounts.open_session(connection, "stadt", "yilmaz", now=NOON) for _ in "ab"]
        found = [accounts.load_session(connection, token, now=NOON) for token in tokens]

    assert len({one.csrf for one in found if one is not None}) == 2
    assert len(set(tokens)) == 2


def test_a_closed_session_is_worth_nothing(db: Database) -> None:
    with db.write() as connection:
        token = accounts.open_session(connection, "stadt", "yilmaz", now=NOON)
        accounts.close_session(connection, accounts.token_id(token))

        assert accounts.load_session(connection, token, now=NOON) is None


@pytest.mark.parametrize(
    ("seen_after", "asked_after", "is_open"),
    [
        (timedelta(0), timedelta(hours=2), True),
        (timedelta(0), timedelta(hours=2, seconds=1), False),
        (timedelta(hours=11), timedelta(hours=12), True),
        (timedelta(hours=11), timedelta(hours=12, seconds=1), False),
    ],
)
def test_a_session_ends_when_nobody_is_there_and_after_a_working_day(
    db: Database, seen_after: timedelta, asked_after: timedelta, is_open: bool
) -> None:
    with db.write() as connection:
        token = accounts.open_session(connection, "stadt", "yilmaz", now=NOON)
        accounts.touch(connection, accounts.token_id(token), now=NOON + seen_after)

        found = accounts.load_session(connection, token, now=NOON + asked_after)

    assert (found is not None) is is_open


def test_whoever_leaves_the_house_is_signed_out_at_once(db: Database) -> None:
    with db.write() as connection:
        token = accounts.open_session(connection, "stadt", "yilmaz", now=NOON)
        connection.execute(sa.update(person).values(is_active=False))

        assert accounts.load_session(connection, token, now=NOON) is None
        assert accounts.stored_hash(connection, "stadt", "yilmaz") is None


def test_a_new_password_ends_the_sessions_of_the_old_one(db: Database) -> None:
    with db.write() as connection:
        token = accounts.open_session(connection, "stadt", "yilmaz", now=NOON)
        accounts.set_password(connection, "stadt", "yilmaz", HASH)

        assert accounts.load_session(connection, token, now=NOON) is None
        with pytest.raises(NotFoundError, match="niemand"):
            accounts.set_password(connection, "stadt", "niemand", HASH)


def test_guessing_at_an_account_is_slowed_down_and_no_other_account(db: Database) -> None:
    keys = [accounts.login_key("stadt", "yilmaz"), accounts.address_key("192.0.2.7")]
    with db.write() as connection:
        for _ in range(4):
            accounts.note_failure(connection, keys, now=NOON)
        accounts.check_blocked(connection, keys, now=NOON)

        accounts.note_failure(connection, keys, now=NOON)

        with pytest.raises(accounts.BlockedError, match="in 1 Minute erneut"):
            accounts.check_blocked(connection, keys, now=NOON)
        accounts.check_blocked(connection, [accounts.login_key("stadt", "brandt")], now=NOON)
        accounts.check_blocked(connection, keys, now=NOON + timedelta(minutes=1))


def test_guessing_at_many_accounts_from_one_address_is_slowed_down_later(db: Database) -> None:
    """Behind one address may sit a whole town hall."""
    keys = [accounts.address_key("192.0.2.7")]
    with db.write() as connection:
        for _ in range(49):
            accounts.note_failure(connection, keys, now=NOON)
        accounts.check_blocked(connection, keys, now=NOON)
        accounts.note_failure(connection, keys, now=NOON)

        with pytest.raises(accounts.BlockedError):
            accounts.check_blocked(connection, keys, now=NOON)


def test_a_right_password_lets_the_count_begin_anew(db: Database) -> None:
    keys = [accounts.login_key("stadt", "yilmaz")]
    with db.write() as connection:
        for _ in range(5):
            accounts.note_failure(connection, keys, now=NOON)
        accounts.forget_failures(connection, keys)

        accounts.check_blocked(connection, keys, now=NOON)


def test_a_deputy_acts_for_somebody_only_while_a_rule_says_so(db: Database) -> None:
    with db.write() as connection:
        token = accounts.open_session(connection, "stadt", "brandt", now=NOON)
        session = accounts.load_session(connection, token, now=NOON)
        assert session is not None
        with pytest.raises(NotFoundError, match="keine gültige Regelung"):
            accounts.represent(connection, session, "yilmaz", now=NOON)
        connection.execute(
            sa.insert(deputy).values(
                id="1",
                tenant="stadt",
                person="brandt",
                represents="yilmaz",
                document="Verfügung",
                valid_from=NOON,
                valid_until=NOON + timedelta(days=1),
            )
        )

        accounts.represent(connection, session, "yilmaz", now=NOON)
        session = accounts.load_session(connection, token, now=NOON)
        assert session is not None
        today, later = (
            accounts.actor_of(
                connection,
                session,
                people.represented(connection, "stadt", "brandt", at=moment),
                now=moment,
            )
            for moment in (NOON, NOON + timedelta(days=2))
        )

    assert (today.person, today.deputy_for, today.groups) == (
        "brandt",
        "yilmaz",
        frozenset({"bauamt"}),
    )
    assert (later.deputy_for, later.groups) == (None, frozenset())


def test_only_accounts_without_a_password_open_with_one_click(db: Database) -> None:
    with db.read() as connection:
        found = accounts.without_password(connection)
        every = accounts.of_tenant(connection, "stadt")

    assert [one.login for one in found] == ["brandt"]
    assert [one.login for one in every] == ["brandt", "yilmaz"]
