"""The case page tells what the program decided, from what, and by which rules."""

from __future__ import annotations

from tests.dmn.draw import decision, definitions, given, table
from tests.engine.execution.draw import drawn
from tests.second_person import deployed
from tests.web.conftest import Town

from laufzettel.engine.handler import Start
from laufzettel.engine.model.sources import Sources
from laufzettel.identity import system

MODEL = """
knows name
rule choose unit = level deployment
user check
start>choose choose>check check>end
"""


def case_with_a_decision(town: Town, name: str) -> str:
    """Deploy a model with a table and start a case on it."""
    logic = table([(["-"], ['"gemeint: " + name'])], inputs=["name"])
    dmn = definitions(given("name"), decision("level", logic, needs=["i_name"])).encode()
    actor = system("musterstadt")
    deployed(town.app.engine, actor, Sources(files={**drawn(MODEL), "decisions.dmn": dmn}))
    start = Start(process_id="main", business_key="x:1", variables={"name": name})
    return town.app.engine.start(actor, start)


def test_inputs_rules_and_result_stand_on_the_page_escaped(musterstadt: Town) -> None:
    case_id = case_with_a_decision(musterstadt, "<b>Ä</b>")

    page = musterstadt.browser("vogt").get(f"/vorgaenge/{case_id}").text

    assert "Entscheidungen nach Tabellen" in page
    assert "name = <code>&#34;&lt;b&gt;Ä&lt;/b&gt;&#34;</code>" in page
    assert "gemeint: &lt;b&gt;Ä&lt;/b&gt;" in page
    assert "entschieden nach „level“, Regeln: 1" in page
    assert "<b>Ä</b>" not in page
