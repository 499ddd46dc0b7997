"""The Abgleich from the command line: begun, asked, released, each by a named person."""

from __future__ import annotations

import json

from tests.cli.conftest import Run


def test_an_abgleich_is_begun_asked_and_released(run: Run) -> None:
    who = ("--by", "okafor", "--reason", "Sicherung eingespielt")
    sound = run("abgleich")
    assert (sound.code, sound.out) == (
        0,
        "Kein Abgleich; kein Empfänger kennt mehr als diese Datenbank.\n",
    )

    assert run("abgleich", "--begin").code == 2
    assert run("abgleich", "--begin", *who).code == 0
    assert "Ein Abgleich läuft schon" in run("abgleich", "--begin", *who).out
    assert run("abgleich").code == 1
    assert "Nicht abgeglichen" in run("abgleich", "--release", *who).err
    states = [json.loads(line) for line in run("abgleich", "--ask", "--json").out.splitlines()]
    assert {(one["channel"], one["error"], one["adopted"]) for one in states} == {
        ("hkr", "", 0),
        ("mail", "", 0),
        ("post", "", 0),
    }
    assert run("abgleich", "--release", *who).code == 0

    assert run("abgleich").code == 0
    assert run("prove").code == 0
