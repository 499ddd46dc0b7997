"""``laufzettel routing``: a proposal becomes a row of the table, tested, or nothing at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.cli.conftest import Run
from tests.cli.programs import ROOT

from laufzettel import settings
from laufzettel.clock import SystemClock
from laufzettel.compose import compose
from laufzettel.ids import new_id
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


def test_a_proposal_is_taken_over_as_a_new_version(run: Run, folder: Path) -> None:
    proposal = propose()

    listed = run("routing", "proposals")
    taken = run("routing", "take", proposal, str(folder), "--reason", "Vertrag 12")

    assert (
        "Lieferant „Garten Klee“ gehört immer zu „bauamt“, Sachbearbeitung „yilmaz“" in listed.out
    )
    assert taken.code == 0, taken.out + taken.err
    assert "3 Szenarien: 3 ok" in taken.out
    assert "zustaendigkeit: Fassung 1 gilt ab jetzt" in taken.out
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
    (told,) = audited(run, "routing")
    assert (told["kind"], told["data"]["proposal"]) == ("routing.taken", proposal)
    assert told["texts"] == {"reason": "Vertrag 12"}
    assert run("routing", "proposals").out == "Kein Vorschlag.\n"
    assert "übernommen" in run("routing", "proposals", "--settled").out
    assert run("audit", "verify").code == 0


def test_a_row_that_another_covers_is_shown(run: Run, folder: Path) -> None:
    proposal = propose(field="leitweg_fine", value="40000")

    tried = run("routing", "take", proposal, str(folder), "--dry-run")

    assert tried.code == 0, tried.out
    assert "nie" in tried.out and "zustaendigkeit.dmn:" in tried.out
    assert (folder / "zustaendigkeit.dmn").read_bytes() == (
        EXAMPLE / "zustaendigkeit.dmn"
    ).read_bytes()


def test_a_scenario_that_no_longer_holds_leaves_everything_as_it_was(
    run: Run, folder: Path
) -> None:
    proposal = propose(value="Bürobedarf Federkiel e. K.", clerk=None)
    before = (folder / "zustaendigkeit.dmn").read_bytes()

    taken = run("routing", "take", proposal, str(folder), "--reason", "immer")

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
