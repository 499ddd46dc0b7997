"""``laufzettel deploy`` and ``deployments``: what weighs waits for somebody else at the shell too."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.cli.conftest import Outcome
from tests.cli.test_operators_commands import ONE, WHY, Town, town
from tests.engine.execution.draw import drawn

from laufzettel.compose import compose
from laufzettel.records import accounts
from laufzettel.records.tables import account, person
from laufzettel.settings import load

__all__ = ["town"]  # the fixture

PASSWORDS = {"lohmann": "ein langes Passwort", "sommer": "noch ein langes Passwort"}
CHANGED = ONE.replace("user b", "user b rpa")


@pytest.fixture
def begun(town: Town) -> Town:
    """A town with a case and two persons who may deploy."""
    with compose(load()) as app, app.db.write() as connection:
        for name, password in PASSWORDS.items():
            row = {"tenant": "musterstadt", "id": name, "name": name.title(), "office": "EDV"}
            connection.execute(sa.insert(person), row)
            hashed = accounts.hash_password(password)
            values = {"login": name, "person": name, "rights": ["deploy", "read"]}
            values |= {"tenant": "musterstadt", "password_hash": hashed}
            connection.execute(sa.insert(account), values)
    town.start()
    return town


def folder(tmp_path: Path, model: str) -> str:
    for name, data in drawn(model).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return str(tmp_path)


@pytest.fixture
def as_(begun: Town, monkeypatch: pytest.MonkeyPatch) -> object:
    """Run a command as a person whose password is typed."""

    def run(login: str, *arguments: str, password: str = "") -> Outcome:
        typed = io.StringIO((password or PASSWORDS[login]) + "\n")
        monkeypatch.setattr("sys.stdin", typed)
        return begun.run(*arguments, "--by", login)

    return run


def waiting(town: Town) -> dict[str, str]:
    (line,) = town.run("deployments", "list", "--json").out.splitlines()
    return dict(json.loads(line))


def test_what_the_operator_deploys_is_released_by_another_account(
    begun: Town, as_: object, tmp_path: Path
) -> None:
    assert callable(as_)
    path = folder(tmp_path, CHANGED)

    made = begun.run("deploy", path, "--tenant", "musterstadt", "--reason", "Umbau")

    assert made.code == 3
    assert made.out.startswith("main: noch nicht eingespielt. Es wartet auf eine zweite Person")
    listed = begun.run("deployments", "list").out
    assert "main: neue Fassung" in listed and "operator: Umbau" in listed
    assert '  - Schritt „b“ ändert sich: Zuordnung „"kasse"“ wird „"rpa"“' in listed
    change = waiting(begun)
    approve = ("deployments", "approve", change["id"], "--seen", change["seen"], *WHY)
    nobody = begun.run(*approve)
    assert (nobody.code, "--by KONTO" in nobody.err) == (2, True)
    wrong = as_("lohmann", *approve, password="falsch geraten")
    assert (wrong.code, wrong.err) == (2, "Anmeldename oder Passwort stimmt nicht.\n")
    blind = as_("lohmann", "deployments", "approve", change["id"], *WHY)
    assert (blind.code, "--seen" in blind.err) == (2, True)

    done = as_("lohmann", *approve)

    assert (done.code, done.out) == (
        0,
        "main: freigegeben; es gilt ab jetzt für neue Vorgänge.\n",
    )
    assert begun.run("deployments", "list").out == "Es wartet nichts.\n"
    assert "Nr. 2" in begun.run("models").out
    last = json.loads(begun.run("cases", "models", "--json").out.splitlines()[-1])
    assert (last["actor"], last["data"]["wanted_by"]) == ("lohmann", "operator")


def test_who_deploys_by_name_does_not_release(begun: Town, as_: object, tmp_path: Path) -> None:
    assert callable(as_)
    path = folder(tmp_path, CHANGED)

    assert as_("lohmann", "deploy", path, "--tenant", "musterstadt").code == 3

    change = waiting(begun)
    assert change["by"] == "lohmann"
    approve = ("deployments", "approve", change["id"], "--seen", change["seen"], *WHY)
    refused = as_("lohmann", *approve)
    assert (refused.code, "nicht selbst frei" in refused.err) == (2, True)
    assert as_("sommer", *approve).code == 0


def test_what_is_for_all_is_released_at_the_machine(
    begun: Town, as_: object, tmp_path: Path
) -> None:
    """A process that nothing preceded, and a case has begun: it weighs where it signs."""
    assert callable(as_)
    model = "user a\nmark duty = sachlich\nstart>a a>end"
    files = {name: data.replace(b'"main"', b'"other"') for name, data in drawn(model).items()}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)

    assert begun.run("deploy", str(tmp_path)).code == 3

    change = waiting(begun)
    assert bool(change["is_shared"])
    approve = ("deployments", "approve", change["id"], "--seen", change["seen"], *WHY)
    assert as_("sommer", *approve).code == 0
    assert "other" in begun.run("models").out
    told = begun.run("cases", "models", "--tenant", "*", "--json").out.splitlines()
    assert [json.loads(line)["kind"] for line in told] == ["model.proposed", "model.deployed"]
    verified = begun.run("audit", "verify", "--tenant", "*")
    assert verified.code == 0
    assert "1 Ströme, 2 Ereignisse" in verified.out and "1 Siegel geprüft" in verified.out


def test_the_operator_takes_back_what_it_proposed(begun: Town, tmp_path: Path) -> None:
    begun.run("deploy", folder(tmp_path, CHANGED), "--tenant", "musterstadt")
    change = waiting(begun)

    done = begun.run("deployments", "withdraw", change["id"], *WHY)

    assert (done.code, done.out) == (0, "main: Es bleibt, wie es ist.\n")
    assert begun.run("deployments", "list").out == "Es wartet nichts.\n"


def test_a_light_change_is_in_force_at_once(begun: Town, tmp_path: Path) -> None:
    made = begun.run("deploy", folder(tmp_path, ONE + "\nversion 1.1"), "--tenant", "musterstadt")

    assert (made.code, made.out) == (0, "main: Fassung 2 (neu)\n")


def test_pinning_what_weighs_waits_too(begun: Town, as_: object, tmp_path: Path) -> None:
    assert callable(as_)
    begun.deploy(CHANGED)

    pinned = begun.run("models", "main", "--pin", "1", *WHY)

    assert "Noch nicht festgelegt. Es wartet auf eine zweite Person" in pinned.err
    assert "festgelegt" not in pinned.out
    change = waiting(begun)
    approve = ("deployments", "approve", change["id"], "--seen", change["seen"], *WHY)
    assert as_("lohmann", *approve).code == 0
    assert "festgelegt" in begun.run("models", "main").out


def test_too_many_wrong_passwords_block_the_account(begun: Town, as_: object) -> None:
    assert callable(as_)
    command = ("deployments", "approve", "0" * 26, "--seen", "0" * 12, *WHY)
    for _ in range(5):
        as_("lohmann", *command, password="falsch geraten")

    assert "Zu viele Fehlversuche" in as_("lohmann", *command).err
