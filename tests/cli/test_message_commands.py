"""Messages and signals from the command line: once by their id, and what nobody waited for."""

from __future__ import annotations

import json

from tests.cli.conftest import Run


def test_a_message_is_published_once_and_listed_while_nobody_waits(run: Run) -> None:
    publish = ("publish", "paid", "order:4711", "--payload", '{"amount": 12.50}', "--id", "m1")

    assert run(*publish).out == "Veröffentlicht.\n"
    assert "Diese Kennung gab es schon" in run(*publish).out

    listed = [json.loads(line) for line in run("messages", "--json").out.splitlines()]
    mine = [one for one in listed if one["message_id"] == "m1"]
    assert [(one["name"], one["key"], one["has_expired"]) for one in mine] == [
        ("paid", "order:4711", False)
    ]
    assert "paid · order:4711 (cli): niemand wartet; gilt immer" in run("messages").out


def test_a_message_may_expire_at_once(run: Run) -> None:
    run("publish", "paid", "order:4712", "--ttl", "PT0S")

    assert "paid · order:4712 (cli): abgelaufen, niemand wartete" in run("messages").out


def test_what_is_not_readable_is_refused_in_german(run: Run) -> None:
    for option, text, told in [
        ("--payload", "[1]", "muss ein JSON-Objekt sein"),
        ("--payload", "{", "ist kein JSON"),
        ("--payload", '{"a": NaN}', "NaN ist keine Zahl"),
        ("--ttl", "bald", "ist keine Dauer"),
        ("--ttl", "P1M", "ist keine Dauer"),
    ]:
        done = run("publish", "paid", "order:1", option, text)

        assert (done.code, told in done.err) == (2, True), done


def test_a_signal_that_nobody_waits_for_says_so(run: Run) -> None:
    assert run("signal", "alarm", "--id", "s1").out == "Niemand wartet auf dieses Signal.\n"
    assert "schon ausgerufen" in run("signal", "alarm", "--id", "s1").out

    assert "0 von 0 erreicht" in run("signal").out
