"""Before and during an upgrade: no open case is stranded, and none is spoilt by an older worker."""

from __future__ import annotations

from dataclasses import replace

import pytest
from alembic import command
from tests.engine.execution.desk import Desk
from tests.engine.execution.lab import handlers

from laufzettel.db import Database, schema
from laufzettel.engine.execution import codec
from laufzettel.engine.execution.upgrade import Checked, check
from laufzettel.engine.model import codec as definitions
from laufzettel.engine.model.contract import HandlerContract, HandlerKind, ParamSpec
from laufzettel.engine.tables import case, job

MODEL = "knows number\nuser a\nservice s lab.double\nin number = number\nstart>a a>s s>end"


def _check(desk: Desk, **changes: object) -> Checked:
    """Hold the database against a program whose ``lab.double`` is another one."""
    contracts = handlers().contracts
    if "missing" in changes:
        del contracts["lab.double"]
    else:
        contracts["lab.double"] = replace(contracts["lab.double"], **changes)  # type: ignore[arg-type]
    with desk.db.read() as connection:
        return check(connection, contracts)


def _problems(desk: Desk, **changes: object) -> list[str]:
    return [problem for one in _check(desk, **changes).stranded for problem in one.problems]


def test_the_same_program_strands_nothing(desk: Desk) -> None:
    desk.start(MODEL, number=1)
    desk.start(number=2)

    found = _check(desk)

    assert (found.bundles, found.cases, found.stranded) == (1, 2, ())


def test_a_missing_function_is_named_with_the_number_of_cases(desk: Desk) -> None:
    desk.start(MODEL, number=1)
    desk.start(number=2)

    (one,) = _check(desk, missing=True).stranded

    assert (one.process_id, one.number, one.cases) == ("main", 1, 2)
    assert one.problems == ("Die Funktion „lab.double“ fehlt.",)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"parameters": {"number": ParamSpec(type="str")}},
            "Die Angabe „number“ der Funktion „lab.double“ war Decimal und ist jetzt str.",
        ),
        ({"parameters": {}}, "Die Funktion „lab.double“ kennt die Angabe „number“ nicht mehr."),
        ({"results": ()}, "Die Funktion „lab.double“ liefert „twice“ nicht mehr."),
        (
            {"kind": HandlerKind.EFFECT},
            "Die Funktion „lab.double“ war inline und ist jetzt effect.",
        ),
    ],
)
def test_a_changed_contract_is_named(desk: Desk, changes: dict[str, object], problem: str) -> None:
    desk.start(MODEL, number=1)

    assert problem in _problems(desk, **changes)


def test_what_is_new_and_may_be_left_out_strands_nothing(desk: Desk) -> None:
    desk.start(MODEL, number=1)
    known = handlers().contracts["lab.double"].parameters

    more = known | {"factor": ParamSpec(type="Decimal", required=False)}
    assert _problems(desk, parameters=more) == []
    must = known | {"factor": ParamSpec(type="Decimal")}
    assert _problems(desk, parameters=must) == [
        "Die Funktion „lab.double“ verlangt neu die Angabe „factor“."
    ]


def test_only_open_cases_count(desk: Desk) -> None:
    case_id = desk.start(MODEL, number=1)
    desk.engine.cancel(desk.all, case_id, "irrtümlich")

    assert _check(desk, missing=True) == Checked(bundles=0, cases=0, stranded=())


def test_a_state_or_a_model_of_a_newer_program_is_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.start(
        MODEL.replace("user a", "user a\nboundary b a timer R/P1D calm\nuser n").replace(
            "start>a", "b>n n>end start>a"
        ),
        number=1,
    )
    with monkeypatch.context() as patch:
        patch.setattr(codec, "VERSION", 1)
        assert _problems(desk) == [
            "1 Vorgänge: Der Vorgang wurde von einer neueren Programmversion gespeichert (Format 2)."
        ]
    definitions.from_json.cache_clear()
    monkeypatch.setattr(definitions, "COMPILER_VERSION", 1)
    assert "Compiler-Version 2" in _problems(desk)[0]


def test_an_older_worker_leaves_a_newer_case_to_newer_workers(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a rolling upgrade both run: the older one must neither spoil nor give up the case."""
    desk.start("user a\nboundary b a timer R/PT1H calm\nuser n\nstart>a a>end b>n n>end")
    before = desk.rows(case)[0]

    with monkeypatch.context() as patch:
        patch.setattr(codec, "VERSION", 1)
        desk.clock.advance(hours=1)
        for _ in range(20):  # more often than attempts are allowed
            desk.jobs.run_due()
            desk.clock.advance(seconds=6)
    assert desk.rows(case)[0] == before
    assert desk.incidents == []
    (waiting,) = desk.rows(job)
    assert (waiting.attempts, waiting.is_leased) == (0, False)

    desk.run_jobs(seconds=6)
    assert sorted(desk.tasks()) == ["a", "n"]


def test_the_check_reads_a_database_of_the_first_revision(sqlite_url: str) -> None:
    """It is asked before the tables are migrated, so it may use no newer column."""
    db = Database(sqlite_url)
    with db.write() as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")

    with db.read() as connection:
        found = check(connection, {"x": HandlerContract(name="x")})
    db.close()

    assert schema.current(sqlite_url) == "0001"
    assert found == Checked(bundles=0, cases=0, stranded=())
