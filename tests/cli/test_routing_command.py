"""``laufzettel routing``: a proposal becomes a row of the table, tested, or nothing at all."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.cli.conftest import Outcome, Run
from tests.cli.programs import ROOT
from tests.second_person import deployed

from laufzettel import settings
from laufzettel.clock import SystemClock
from laufzettel.compose import compose
from laufzettel.engine.model.sources import load_folder
from laufzettel.identity import Actor, Right
from laufzettel.ids import new_id
from laufzettel.records import accounts
from laufzettel.records.tables import routing_proposal

EXAMPLE = ROOT / "examples" / "zustaendigkeit"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the tenant's table."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "zustaendigkeit"))


def propose(**changed: Any) -> str:
    """Have somebody propose a row; return its id."""
    row = {
        "id": new_id(),
        "tenant": "musterstadt",
        "field": "supplier_name",
        "value": "Garten Klee",
        "unit": "bauamt",
        "clerk": "yilmaz",
        "case_id": new_id(),
        "invoice_id": new_id(),
        "proposed_by": "kranz",
        "proposed_at": SystemClock().now(),
        "status": "open",
        **changed,
    }
    with compose(settings.load()) as app, app.db.write() as connection:
        connection.execute(sa.insert(routing_proposal), row)
    return str(row["id"])


def audited(run: Run, stream: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run("cases", stream, "--json").out.splitlines()]


PASSWORD = "ein langes Passwort"


@pytest.fixture
def as_(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command as the first argument's account, whose password is typed."""
    with compose(settings.load()) as app, app.db.write() as connection:
        for login in ("sommer", "lohmann"):
            hashed = accounts.hash_password(PASSWORD)
            accounts.set_password(connection, "musterstadt", login, hashed)

    def by(login: str, *arguments: str) -> Outcome:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
        return run(*arguments, "--by", login)

    return by


def deploy(folder: Path) -> None:
    """Make the folder the tenant's version, by two persons."""
    actor = Actor(tenant="musterstadt", person="kranz", rights=frozenset({Right.DEPLOY}))
    with compose(settings.load()) as app:
        deployed(app.engine, actor, load_folder(folder))


def test_a_proposal_is_taken_over_as_a_new_version_by_two(run: Run, as_: Run, folder: Path) -> None:
    deploy(folder)
    proposal = propose()
    take = ("routing", "take", proposal, str(folder))

    listed = run("routing", "proposals")
    nobody = run(*take, "--reason", "Vertrag 12")
    chosen = as_("sommer", *take, "--reason", "Vertrag 12")
    before = (folder / "zustaendigkeit.dmn").read_bytes()
    alone = as_("sommer", *take, "--reason", "noch einmal")
    taken = as_("lohmann", *take, "--reason", "gesehen")

    assert (nobody.code, "--by KONTO" in nobody.err) == (2, True)
    assert (chosen.code, "Eine zweite Person" in chosen.out) == (0, True)
    assert before == (EXAMPLE / "zustaendigkeit.dmn").read_bytes()
    assert (alone.code, "nicht selbst frei" in alone.err) == (2, True)
    assert (
        "Lieferant „Garten Klee“ gehört immer zu „bauamt“, Sachbearbeitung „yilmaz“" in listed.out
    )
    assert taken.code == 0, taken.out + taken.err
    assert "3 Szenarien: 3 ok" in taken.out
    assert "zustaendigkeit: Fassung 2 gilt ab jetzt" in taken.out
    decided = run(
        "decide",
        str(folder / "zustaendigkeit.dmn"),
        "rechnung_zustaendigkeit",
        "supplier_name=Garten Klee",
        "supplier_vat_id=x",
        "leitweg_fine=x",
        "order_number=x",
        "gross_amount=1",
    )
    assert '{unit: "bauamt", clerk: "yilmaz"}' in decided.out, decided.err
    first, last = audited(run, "routing")
    assert (first["kind"], first["actor"]) == ("routing.chosen", "sommer")
    assert first["texts"] == {"reason": "Vertrag 12"}
    assert (last["kind"], last["actor"]) == ("routing.taken", "lohmann")
    assert (last["data"]["proposal"], last["data"]["chosen_by"]) == (proposal, "sommer")
    assert audited(run, "models")[-1]["data"]["wanted_by"] == "sommer"
    assert run("routing", "proposals").out == "Kein Vorschlag.\n"
    assert "übernommen" in run("routing", "proposals", "--settled").out
    assert run("audit", "verify").code == 0


def test_a_folder_that_is_not_the_version_in_force_is_refused(as_: Run, folder: Path) -> None:
    """Else something that nobody has looked at would come along with the row."""
    deploy(folder)
    model = folder / "model.bpmn"
    model.write_bytes(model.read_bytes().replace(b'name="Gefragt"', b'name="Frage"'))

    refused = as_("sommer", "routing", "take", propose(), str(folder), "--reason", "x")

    assert refused.code == 2
    assert "nicht die Fassung der Tabelle, die für diesen Mandanten gilt" in refused.err


def test_a_row_that_another_covers_is_shown(run: Run, folder: Path) -> None:
    proposal = propose(field="leitweg_fine", value="40000")

    tried = run("routing", "take", proposal, str(folder), "--dry-run")

    assert tried.code == 0, tried.out
    assert "nie" in tried.out and "zustaendigkeit.dmn:" in tried.out
    assert (folder / "zustaendigkeit.dmn").read_bytes() == (
        EXAMPLE / "zustaendigkeit.dmn"
    ).read_bytes()


def test_a_scenario_that_no_longer_holds_leaves_everything_as_it_was(
    run: Run, as_: Run, folder: Path
) -> None:
    proposal = propose(value="Bürobedarf Federkiel e. K.", clerk=None)
    before = (folder / "zustaendigkeit.dmn").read_bytes()

    taken = as_("sommer", "routing", "take", proposal, str(folder), "--reason", "immer")

    assert taken.code == 1
    assert "erwartet: „Einstellung routing“" in taken.out
    assert "Nichts geändert" in taken.out
    assert (folder / "zustaendigkeit.dmn").read_bytes() == before
    assert proposal in run("routing", "proposals").out
    assert "zustaendigkeit" not in run("models").out


def test_a_proposal_is_declined_once_with_its_reason(run: Run, folder: Path) -> None:
    proposal = propose()

    silent = run("routing", "decline", proposal)
    declined = run("routing", "decline", proposal, "--reason", "nur dieses Jahr")
    again = run("routing", "take", proposal, str(folder), "--reason", "doch")

    assert (silent.code, declined.code, again.code) == (2, 0, 2)
    assert "Über diesen Vorschlag ist schon entschieden." in again.err
    (told,) = audited(run, "routing")
    assert (told["kind"], told["texts"]) == ("routing.declined", {"reason": "nur dieses Jahr"})


def test_a_folder_without_the_table_is_named(run: Run, tmp_path: Path) -> None:
    refused = run("routing", "take", propose(), str(tmp_path), "--reason", "x")

    assert refused.code == 2
    assert "gibt es keine Entscheidung „rechnung_zustaendigkeit“" in refused.err
