"""What is wrong in a scenario file is told in German, with file and line."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from laufzettel.scenarios.read import read_file
from laufzettel.scenarios.scenario import Advance, Aspect, Complete, Receive
from laufzettel.scenarios.yaml_tree import SIZE_MAX, ScenarioFileError

HEAD = "scenario: Beispiel\ngiven: {invoice: {}}\nsteps:\n"


def read(tmp_path: Path, text: str) -> object:
    file = tmp_path / "a.yaml"
    file.write_text(text)
    return read_file(file)


WRONG = {
    "no title": ("steps: []\n", 1, "Dem Szenario fehlt „scenario“."),
    "nothing happens": (
        "scenario: A\nsteps:\n  - expect: {tasks: []}\n",
        1,
        "Es geschieht nichts: „given“ braucht „invoice“ oder „start“.",
    ),
    "unknown key": (
        "scenario: A\nschritte: []\nsteps: []\n",
        2,
        "„schritte“ ist hier nicht bekannt. Möglich sind: given, scenario, steps.",
    ),
    "twice": (HEAD + "  - advance: P1D\n    advance: P2D\n", 5, "„advance“ steht hier zweimal."),
    "two verbs": (
        HEAD + "  - advance: P1D\n    retry: validate\n",
        4,
        "Ein Schritt tut nur eines; hier stehen advance und retry.",
    ),
    "nobody": (
        HEAD + "  - complete: certify\n    with: {}\n",
        4,
        "„complete“ braucht „by“.",
    ),
    "stranger": (
        HEAD + "  - complete: certify\n    by: nemo\n",
        5,
        "Die Person „nemo“ gibt es in diesem Szenario nicht. Es gibt: brandt, damm, kranz, lohmann,",
    ),
    "no duration": (
        HEAD + "  - advance: 3 Tage\n",
        4,
        "„advance“ braucht eine Dauer wie P3D (drei Tage) oder PT2H (zwei Stunden).",
    ),
    "no amount": (
        "scenario: A\ngiven: {invoice: {amount: 349.861}}\nsteps: []\n",
        2,
        "„amount“ braucht einen Betrag wie 349.86 (mit Punkt, ohne Währung).",
    ),
    "unknown preset": (
        "scenario: A\ngiven: {invoice: {}, tenant: {duty_preset: lax}}\nsteps: []\n",
        2,
        "„lax“ ist für „duty_preset“ nicht möglich. Möglich sind: nrw, streng.",
    ),
    "unknown field of a task": (
        HEAD + "  - expect:\n      tasks: [{elment: certify}]\n",
        5,
        "„elment“ ist hier nicht bekannt.",
    ),
    "unknown aspect": (HEAD + "  - expect: {task: []}\n", 4, "„task“ ist hier nicht bekannt."),
    "no list": (
        HEAD + "  - expect: {tasks: certify}\n",
        4,
        "„tasks“ braucht eine Liste („- …“ oder [ … ]).",
    ),
    "refusing time": (
        HEAD + "  - advance: P1D\n    refused: nie\n",
        5,
        "„advance“ kann niemand ablehnen.",
    ),
    "unknown table": (
        HEAD + "  - expect: {records: {bundle: {}}}\n",
        4,
        "„bundle“ ist hier nicht bekannt. Möglich sind: booking, cash_order, document, invoice,",
    ),
    "two conducts": (
        HEAD + "  - handler: task.remind\n    works: true\n    fails: kaputt\n",
        4,
        "Ein Handler hat genau ein Verhalten: „works“, „returns“, „raises“, „fails“",
    ),
    "alias": ("a: &x 1\nb: *x\n", 2, "Verweise (*name) werden nicht gelesen. Bitte ausschreiben."),
    "tag": (
        "scenario: !!python/object:os.system x\nsteps: []\n",
        1,
        "Kennzeichen (tag:yaml.org,2002:python/object:os.system) werden nicht gelesen.",
    ),
    "no YAML": ("scenario: [\n", 2, "Kein gültiges YAML"),
    "no such day": (
        "scenario: A\ngiven: {invoice: {due_on: 2026-02-30}}\nsteps: []\n",
        2,
        "Den Tag 2026-02-30 gibt es nicht.",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_named_with_its_line(case: str, tmp_path: Path) -> None:
    text, line, said = WRONG[case]

    with pytest.raises(ScenarioFileError) as caught:
        read(tmp_path, text)

    assert caught.value.line == line
    assert caught.value.text_de.startswith(said)
    assert str(caught.value).startswith(f"{tmp_path / 'a.yaml'}:{line}: ")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfe\x00", "Die Datei ist kein Text in UTF-8."),
        (b"a: " + b"[" * 100_000, "Die Angaben sind zu tief verschachtelt."),
        (b"#" * (SIZE_MAX + 1), "Größer als 256 KiB."),
    ],
    ids=["binary", "deep", "large"],
)
def test_a_hostile_file_is_refused(data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(data)

    with pytest.raises(ScenarioFileError, match=said):
        read_file(tmp_path / "a.yaml")


def test_a_file_holds_one_scenario_a_document(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        HEAD + "  - advance: P3D\n---\n" + HEAD + "  - advance: PT2H\n"
    )

    first, second = read_file(tmp_path / "a.yaml")

    assert first.steps[1].act == Advance(by=timedelta(days=3))
    assert second.steps[1].act == Advance(by=timedelta(hours=2))


def test_values_keep_their_kind(tmp_path: Path) -> None:
    """An account with leading zeros is a text, an amount a Decimal, no word is a truth value."""
    (tmp_path / "a.yaml").write_text(
        HEAD + "  - complete: certify\n    by: yilmaz\n"
        "    with: {account: 0815, amount: 1.10, day: 2026-11-23, word: yes, done: true}\n"
    )
    (found,) = read_file(tmp_path / "a.yaml")
    act = found.steps[1].act

    assert isinstance(act, Complete)
    assert act.values == {
        "account": "0815",
        "amount": Decimal("1.10"),
        "day": date(2026, 11, 23),
        "word": "yes",
        "done": True,
    }


def test_a_first_step_that_only_looks_sees_what_is_given(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(HEAD + "  - expect: {tasks: [certify]}\n")

    (found,) = read_file(tmp_path / "a.yaml")

    (step,) = found.steps
    assert isinstance(step.act, Receive)
    assert [expected.aspect for expected in step.expected] == [Aspect.TASKS]
