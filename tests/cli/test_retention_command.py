"""``laufzettel retention``: counting, two persons, the protocol."""

from __future__ import annotations

import json
import re

from tests.cli.conftest import Run

WHO = ("--by", "yilmaz", "--reason", "Ratsbeschluss")


def test_nothing_is_due_in_a_young_installation(run: Run) -> None:
    outcome = run("retention", "due")

    assert outcome.code == 0
    assert outcome.out.endswith("Mandant „musterstadt“: 0 Rechnungen sind zu löschen.\n")


def test_what_will_be_due_is_told_with_its_rule(run: Run) -> None:
    early = run("retention", "due", "--on", "2060-01-01")
    year = re.findall(r"Jahresabschluss (\d{4})", early.out)[0]
    run("retention", "adopted", year, f"{int(year) + 1}-06-24", *WHO)

    outcome = run("retention", "due", "--on", "2060-01-01", "--json")

    rules = {json.loads(line)["rule"] for line in outcome.out.splitlines()}
    assert "0 Rechnungen sind zu löschen" in early.out
    assert any(rule.startswith("8 Jahre nach § 147 Abs. 3 AO") for rule in rules)
    assert any(rule.startswith("6 Jahre nach § ") for rule in rules)


def test_an_act_needs_a_person_that_exists_and_a_reason(run: Run) -> None:
    nobody = run("retention", "propose")
    unknown = run("retention", "propose", "--by", "niemand", "--reason", "weil")
    early = run("retention", "propose", "--by", "yilmaz", "--reason", "weil")

    assert (nobody.code, unknown.code, early.code) == (2, 2, 2)
    assert "--by PERSON und --reason TEXT" in nobody.err
    assert "Die Person „niemand“ gibt es nicht" in unknown.err
    assert early.err == "Heute ist nichts zu löschen.\n"


def test_a_hold_is_placed_listed_and_lifted(run: Run) -> None:
    receipt = re.findall(r"E-\d{4}-\d{6}", run("receive", "README.md").out)[0]

    placed = run("retention", "hold", receipt, *WHO)
    listed = run("retention", "holds")
    lifted = run("retention", "lift", receipt, *WHO)

    assert (placed.code, lifted.code) == (0, 0)
    assert re.fullmatch(rf"{receipt}  seit .* durch yilmaz: Ratsbeschluss\n", listed.out)
    assert run("retention", "holds").out == "Keine Löschsperre.\n"
    assert run("retention", "hold", "E-2026-999999", *WHO).code == 2
    assert run("retention", "protocol").out == "Mandant „musterstadt“: noch nichts gelöscht.\n"


def test_a_proposal_that_is_none_is_said_plainly(run: Run) -> None:
    outcome = run("retention", "delete", "01ABC", "--dry-run")

    assert outcome.code == 2
    assert outcome.err == "Den Löschvorschlag „01ABC“ gibt es bei diesem Mandanten nicht.\n"
