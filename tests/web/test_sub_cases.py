"""The page of a case leads to the cases that it has called, and back."""

from __future__ import annotations

import yaml
from tests.bpmn import behaviour_model
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


def test_caller_and_called_lead_to_each_other(musterstadt: Town) -> None:
    actor = system("musterstadt")
    files = behaviour_model.files(yaml.safe_load(MODEL), yaml.safe_load(CALLED), ())
    engine = musterstadt.app.engine
    engine.deploy(actor, Sources(files=files))
    start = Start(process_id="main", business_key="x:1", variables={"units": ["a", "b"]})
    caller = engine.start(actor, start)
    musterstadt.app.jobs.run_due()
    reader = musterstadt.browser("vogt")

    page = reader.get(f"/vorgaenge/{caller}").text

    assert "0 von 2 beendet" in page
    called = [one.id for one in engine.cases(actor) if one.business_key.startswith("x:1/")]
    assert len(called) == 2
    for case_id in called:
        assert f'href="/vorgaenge/{case_id}"' in page
        assert f'href="/vorgaenge/{caller}"' in reader.get(f"/vorgaenge/{case_id}").text
