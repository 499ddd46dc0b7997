"""The page of a case leads to the cases that it has called, and back; none of them is an invoice."""

from __future__ import annotations

import pytest
import yaml
from tests.bpmn import behaviour_model
from tests.second_person import deployed
from tests.web.conftest import Town

from laufzettel.engine.handler import Start
from laufzettel.engine.model.sources import Sources
from laufzettel.identity import system

MODEL = """
knows: [units]
ask: {is: call inner, each: unit of units}
flows: [start > ask > end]
"""
CALLED = """
inner: {properties: {"laufzettel:case": own}, look: user, flows: [i_start > look > i_end]}
"""


@pytest.fixture
def caller(musterstadt: Town) -> str:
    """A case that has called two others."""
    actor = system("musterstadt")
    files = behaviour_model.files(yaml.safe_load(MODEL), yaml.safe_load(CALLED), ())
    engine = musterstadt.app.engine
    deployed(engine, actor, Sources(files=files))
    start = Start(process_id="main", business_key="x:1", variables={"units": ["a", "b"]})
    caller = engine.start(actor, start)
    musterstadt.app.jobs.run_due()
    return caller


def test_caller_and_called_lead_to_each_other(musterstadt: Town, caller: str) -> None:
    reader = musterstadt.browser("vogt")

    page = reader.get(f"/vorgaenge/{caller}").text

    assert "0 von 2 beendet" in page
    listed = musterstadt.app.engine.cases(system("musterstadt"))
    called = [one.id for one in listed if one.business_key.startswith("x:1/")]
    assert len(called) == 2
    for case_id in called:
        assert f'href="/vorgaenge/{case_id}"' in page
        assert f'href="/vorgaenge/{caller}"' in reader.get(f"/vorgaenge/{case_id}").text


def test_pages_of_a_case_without_an_invoice_speak_of_none(musterstadt: Town, caller: str) -> None:
    (task, _other) = musterstadt.app.engine.tasks(system("musterstadt"))
    reader = musterstadt.browser("wiebusch")

    for path in (f"/vorgaenge/{caller}", f"/vorgaenge/{task.case_id}", f"/aufgaben/{task.id}"):
        page = reader.get(path).text
        assert "Vorgang begonnen" in page
        assert "dieser Rechnung" not in page and "Rechnung eingegangen" not in page
        assert '<h1 id="worum" lang="de">Vorgang</h1>' in page
