"""``laufzettel tokens``: a secret that is shown once, and a trail of who got what."""

from __future__ import annotations

import json

from tests.cli.conftest import Run


def test_a_token_is_shown_once_and_listed_without_its_secret(run: Run) -> None:
    made = run("tokens", "create", "E-Akte", "--scope", "cases:read", "--days", "30", "--json")
    secret = json.loads(made.out)["token"]
    listed = run("tokens", "list")

    assert secret.startswith("lz_") and len(secret) == 46
    assert "E-Akte" in listed.out and "Maschine" in listed.out and "nie benutzt" in listed.out
    assert secret not in listed.out
    (row,) = map(json.loads, run("tokens", "list", "--json").out.splitlines())
    assert row["scopes"] == ["cases:read"]


def test_a_token_is_revoked_and_both_stand_in_the_audit(run: Run) -> None:
    made = run("tokens", "create", "E-Akte", "--scope", "cases:read", "--json")
    token_id = json.loads(made.out)["id"]

    revoked = run("tokens", "revoke", token_id)
    again = run("tokens", "revoke", token_id)

    assert revoked.out == "Der Zugang „E-Akte“ gilt ab sofort nicht mehr.\n"
    assert (again.code, again.out) == (2, "")
    assert "widerrufen am" in run("tokens", "list").out
    told = run("cases", "tokens", "--json").out.splitlines()
    assert [json.loads(line)["kind"] for line in told] == ["token.created", "token.revoked"]
    assert run("audit", "verify").code == 0


def test_the_chain_of_the_audit_names_a_person_and_no_login(run: Run) -> None:
    run("tokens", "create", "Skript", "--scope", "cases:read", "--login", "yilmaz")

    (told,) = map(json.loads, run("cases", "tokens", "--json").out.splitlines())
    assert told["actor"] == "operator"
    assert (told["data"]["person"], "login" in told["data"]) == ("yilmaz", False)
    assert told["texts"] == {"name": "Skript", "login": "yilmaz"}


def test_what_cannot_be_given_is_refused_in_german(run: Run) -> None:
    unknown = run("tokens", "create", "x", "--scope", "alles")
    machine = run("tokens", "create", "x", "--scope", "tasks:work")
    account = run("tokens", "create", "x", "--scope", "models:deploy", "--login", "yilmaz")
    long = run("tokens", "create", "x", "--scope", "cases:read", "--days", "400")

    assert unknown.err.startswith("„alles“ gibt es nicht. Möglich sind: models:read, ")
    assert "erledigt und zeichnet keine Maschine" in machine.err
    assert account.err == "Für „models:deploy“ fehlt dem Konto „yilmaz“ das Recht.\n"
    assert long.err == "Ein Zugang gilt 1 bis 366 Tage.\n"
    assert [one.code for one in (unknown, machine, account, long)] == [2, 2, 2, 2]
