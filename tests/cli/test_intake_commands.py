"""Looking into the ways in by hand, and taking addresses over."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Run
from tests.cli.programs import Place

from laufzettel.cli.demo.town import TENANT
from laufzettel.compose import compose
from laufzettel.identity import Actor, Right


@pytest.fixture
def inbox(place: Place) -> Path:
    """A watched folder of the installation."""
    path = place.data / "drop"
    (place.data / "channels.toml").write_text(
        f"[musterstadt.folders.sftp]\npath = '{path}'\nsettle_s = 0\n", "utf-8"
    )
    return path


def test_a_folder_is_set_up_and_looked_into_by_hand(run: Run, inbox: Path) -> None:
    assert run("intake", "--create").out == f"{inbox}\n"
    (inbox / "a.xml").write_bytes(b"<Invoice/>")
    (inbox / "b.xml").write_bytes(b"<Invoice />")

    done = run("intake", "--once")

    assert (done.code, done.out) == (0, "musterstadt, ordner-sftp: 2 abgeholt\n")
    assert run("intake", "--once").out == ""


def test_a_folder_that_is_not_there_is_told_and_ends_with_one(run: Run, inbox: Path) -> None:
    done = run("intake", "--once")

    assert done.code == 1
    assert "ist nicht eingerichtet, nicht eingehängt oder gesperrt" in done.out


def test_without_a_way_in_there_is_nothing_to_look_into(run: Run, place: Place) -> None:
    (place.data / "channels.toml").unlink()

    done = run("intake", "--once")

    assert done.code == 2
    assert done.err.startswith("Kein Eingang ist eingerichtet: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[a.folders.x]\npath = 'relativ'",
            "[a.folders.x]: „path“ muss ein vollständiger Pfad sein",
        ),
        ("[a.folders.X]\npath = '/x'", "[a.folders]: „X“ geht nicht als Name"),
        ("[a.folders.x]\npath = '/x'\nsettle_s = -1", "„settle_s“ muss eine ganze Zahl von 0"),
        ("[a.briefkasten]", "[a]: „briefkasten“ gibt es hier nicht"),
        ("[a.mailboxes.x]\nhost = 'h'", "[a.mailboxes.x]: „user“ fehlt"),
        (
            "[a.mailboxes.x]\nhost = 'h'\nsecurity = 'none'",
            "„security = none“ geht nur für einen Server auf diesem Rechner.",
        ),
        (
            "[a.mail]\nhost = 'h'\nfrom = 'x'\nname = 'y'",
            "[a.mail]: „from“ ist keine E-Mail-Adresse.",
        ),
        ("[a", "ist kein TOML"),
    ],
)
def test_a_slip_of_the_pen_stops_the_start_with_the_place(
    run: Run, place: Place, text: str, said: str
) -> None:
    """A way in that is closed by a typing error would be noticed by nobody."""
    (place.data / "channels.toml").write_text(text, "utf-8")

    done = run("intake", "--once")

    assert (done.code, said in done.err) == (2, True), done.err


def test_addresses_of_the_master_data_are_taken_over_whole_or_not_at_all(
    run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "adressen.csv"
    file.write_text("vat_id;name;mail\nDE 123;Tiefbau;buero@tiefbau.example\n", "utf-8-sig")
    assert run("contacts", str(file)).out == (
        "1 Adressen übernommen: 1 neu, 0 geändert, 0 entfallen.\n"
    )

    file.write_text("vat_id;name;mail\nDE1;A;a@b.example\nDE2;B;kein mail\n", "utf-8")
    done = run("contacts", str(file))

    assert done.code == 2
    assert "Zeile 3: Nummer oder Adresse ist nicht lesbar." in done.err


def test_the_doctor_looks_into_every_way_in_and_takes_nothing(
    run: Run, place: Place, inbox: Path
) -> None:
    run("intake", "--create")
    (inbox / "a.xml").write_bytes(b"<Invoice/>")
    channels = place.data / "channels.toml"
    more = "[musterstadt.mail]\nhost = '127.0.0.1'\nport = 9\nsecurity = 'none'\n"
    more += "from = 'a@b.example'\nname = 'Stadt'\n[anderswo.folders.x]\npath = '/x'\n"
    channels.write_text(channels.read_text("utf-8") + more, "utf-8")

    told = run("doctor").out

    assert "Mandant „musterstadt“: ordner-sftp erreichbar" in told
    assert "Der Mailserver 127.0.0.1 ist nicht erreichbar" in told
    assert "Mandant „anderswo“ gibt es nicht; für ihn wird nichts abgeholt" in told
    assert [one.name for one in inbox.iterdir() if one.is_file()] == ["a.xml"]


def test_every_change_of_an_address_stands_in_the_audit_and_can_be_seen_before(
    run: Run, place: Place, tmp_path: Path
) -> None:
    """Who, when, which file, and each address before and after; the same again is no change."""
    file = tmp_path / "adressen.csv"
    file.write_text("vat_id;name;mail\nDE1;A;a@a.example\nDE2;B;b@b.example\n", "utf-8")
    run("contacts", str(file))
    run("contacts", str(file))
    file.write_text("vat_id;name;mail\nDE2;B;neu@b.example\nDE3;C;c@c.example\n", "utf-8")

    seen = run("contacts", str(file), "--dry-run").out
    run("contacts", str(file))

    assert seen.splitlines() == [
        "neu: DE3 C <c@c.example>",
        "geändert: DE2 B <b@b.example> → DE2 B <neu@b.example>",
        "entfällt: DE1 A <a@a.example>",
        "2 Adressen gelesen: 1 neu, 1 geändert, 1 entfallen.",
    ]
    with compose(place.settings()) as app:
        reader = Actor(tenant=TENANT, rights=frozenset({Right.READ}))
        told = app.engine.timeline(reader, "contacts")
    assert [one.kind for one in told] == ["contacts.replaced"] * 2
    assert {key: told[1].data[key] for key in ("added", "changed", "removed")} == {
        "added": 1,
        "changed": 1,
        "removed": 1,
    }
    assert told[1].texts["changes"].splitlines() == seen.splitlines()[:3]
    assert told[1].actor == "operator"
