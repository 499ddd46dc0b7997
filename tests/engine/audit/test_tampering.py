"""R24: what is changed, removed, swapped or cut off behind our back is found and located."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from laufzettel.db import Database
from laufzettel.engine.audit.seals import export_seals, merkle_root
from laufzettel.engine.audit.streams import event_hash, genesis
from laufzettel.engine.audit.verify import verify_stream, verify_tenant
from laufzettel.engine.audit.verify_export import Report
from laufzettel.engine.tables import (
    audit_event,
    audit_seal,
    audit_seal_entry,
    audit_stream,
    audit_text,
)

LATER = datetime(2026, 11, 24, tzinfo=UTC)
EVENT, TEXT, SEAL, ENTRY = audit_event.c, audit_text.c, audit_seal.c, audit_seal_entry.c


def event(stream: str, seq: int) -> Any:
    """The condition that names one event of musterstadt."""
    return sa.and_(EVENT.tenant == "musterstadt", EVENT.stream == stream, EVENT.seq == seq)


def head(stream: str) -> Any:
    """The condition that names one stream of musterstadt."""
    return sa.and_(audit_stream.c.tenant == "musterstadt", audit_stream.c.stream == stream)


def tamper(database: Database, *statements: sa.Executable) -> Report:
    with database.write() as connection:
        for statement in statements:
            connection.execute(statement)
    with database.read(snapshot=True) as connection:
        return verify_tenant(connection, "musterstadt")


def places(report: Report) -> list[tuple[str, int]]:
    return [(finding.stream, finding.number) for finding in report.findings]


def test_an_untouched_audit_verifies(story: Database) -> None:
    report = tamper(story)

    assert report.findings == []
    assert (report.streams, report.events, report.texts, report.seals) == (4, 9, 4, 3)
    assert report.unsealed == 0


@pytest.mark.parametrize(
    "values",
    [
        {"data": '{"amount":"18432.61","duty":"sachlich"}'},
        {"actor": "p-18"},
        {"kind": "task.returned"},
        {"at": LATER},
        {"hash": b"\0" * 32},
    ],
    ids=lambda values: next(iter(values)),
)
def test_a_changed_event_is_found(story: Database, values: dict[str, Any]) -> None:
    report = tamper(story, sa.update(audit_event).where(event("case-1", 3)).values(**values))

    assert places(report)[0] == ("case-1", 3)
    assert report.findings[0].text == (
        "Strom „case-1“, Ereignis 3: verändert oder vertauscht; es passt nicht zu seiner Prüfsumme."
    )


def test_one_changed_event_is_one_finding(story: Database) -> None:
    report = tamper(
        story, sa.update(audit_event).where(event("case-1", 3)).values(data='{"amount":"1.00"}')
    )

    assert places(report) == [("case-1", 3)]


def test_a_removed_event_is_found(story: Database) -> None:
    report = tamper(story, sa.delete(audit_event).where(event("case-1", 3)))

    assert report.findings[0].text == "Strom „case-1“, Ereignis 3: fehlt."


def test_several_removed_events_are_named_together(story: Database) -> None:
    report = tamper(
        story,
        sa.delete(audit_event).where(event("case-1", 2)),
        sa.delete(audit_event).where(event("case-1", 3)),
    )

    assert report.findings[0].text == "Strom „case-1“, Ereignis 2: fehlt, ebenso alle bis 3."


def test_swapped_events_are_found(story: Database) -> None:
    report = tamper(
        story,
        sa.update(audit_event).where(event("case-1", 3)).values(seq=99),
        sa.update(audit_event).where(event("case-1", 4)).values(seq=3),
        sa.update(audit_event).where(event("case-1", 99)).values(seq=4),
    )

    assert places(report)[:2] == [("case-1", 3), ("case-1", 4)]


def test_a_cut_off_end_is_found_by_the_head(story: Database) -> None:
    report = tamper(story, sa.delete(audit_event).where(event("case-1", 4)))

    assert [finding.text for finding in report.findings] == [
        "Strom „case-1“, Ereignis 4: fehlt, obwohl Siegel 3 es bezeugt.",
        "Strom „case-1“, Ereignis 4: Das Ende fehlt (laut Kopf).",
    ]


def test_a_cut_off_end_with_its_head_moved_back_is_found_by_the_seal(story: Database) -> None:
    third = sa.select(EVENT.hash).where(event("case-1", 3)).scalar_subquery()
    report = tamper(
        story,
        sa.update(audit_stream).where(head("case-1")).values(seq=3, hash=third),
        sa.delete(audit_event).where(event("case-1", 4)),
    )

    assert report.findings[0].text == (
        "Strom „case-1“, Ereignis 4: fehlt, obwohl Siegel 3 es bezeugt."
    )


def test_a_stream_that_is_gone_altogether_is_found_by_its_seals(story: Database) -> None:
    report = tamper(
        story,
        sa.delete(audit_stream).where(head("accounts")),
        sa.delete(audit_event).where(EVENT.stream == "accounts"),
        sa.delete(audit_text).where(TEXT.stream == "accounts"),
    )

    assert report.findings[0].text == (
        "Strom „accounts“, Ereignis 1: fehlt, obwohl Siegel 2 es bezeugt."
    )


def test_a_stream_that_is_gone_with_what_seals_say_of_it_is_found(story: Database) -> None:
    report = tamper(
        story,
        sa.delete(audit_stream).where(head("accounts")),
        *(sa.delete(t).where(t.c.stream == "accounts") for t in (audit_event, audit_text)),
        sa.delete(audit_seal_entry).where(ENTRY.stream == "accounts"),
    )

    assert [finding.text for finding in report.findings] == [
        "Siegel 2: Die Einträge sind nicht die gesiegelten."
    ]


def test_a_planted_event_is_found(story: Database) -> None:
    planted = {"tenant": "musterstadt", "stream": "case-1", "seq": 5, "at": LATER}
    planted |= {"kind": "note", "actor": "p-1", "data": "{}", "hash": b"\1" * 32}
    report = tamper(story, sa.insert(audit_event).values(**planted))

    assert places(report) == [("case-1", 5), ("case-1", 4)]


def test_a_history_written_anew_is_found_by_the_seals(story: Database) -> None:
    """Somebody who can write everything but the seals computes every hash again."""
    with story.write() as connection:
        rows = connection.execute(
            sa.select(audit_event)
            .where(EVENT.tenant == "musterstadt", EVENT.stream == "case-1")
            .order_by(EVENT.seq)
        ).all()
        previous = genesis("musterstadt", "case-1")
        for row in rows:
            values = {**row._mapping, "actor": "p-99" if row.seq == 3 else row.actor}
            del values["tenant"], values["hash"]
            previous = event_hash(previous, **values)
            connection.execute(
                sa.update(audit_event)
                .where(event("case-1", row.seq))
                .values(actor=values["actor"], hash=previous)
            )
        connection.execute(sa.update(audit_stream).where(head("case-1")).values(hash=previous))

    report = tamper(story)

    assert [finding.text for finding in report.findings] == [
        "Strom „case-1“, Ereignis 3: Siegel 1 bezeugt hier ein anderes Ereignis.",
        "Strom „case-1“, Ereignis 4: Siegel 3 bezeugt hier ein anderes Ereignis.",
    ]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"text": "passt nicht"}, "Der Inhalt „comment“ ist verändert."),
        ({"salt": b"\0" * 16}, "Der Inhalt „comment“ ist verändert."),
        ({"text": None}, "Der Inhalt „comment“ fehlt, ohne dass er gelöscht wurde."),
        (
            {"text": None, "salt": None, "erased_at": LATER},
            "Die Löschung von „comment“ ist nicht im Strom „erasure“ eingetragen.",
        ),
        ({"field": "other"}, "Der Inhalt „other“ gehört zu keinem Ereignis."),
    ],
    ids=["text", "salt", "emptied", "erased without a record", "renamed"],
)
def test_a_changed_text_is_found(story: Database, values: dict[str, Any], text: str) -> None:
    where = sa.and_(TEXT.tenant == "musterstadt", TEXT.stream == "case-1", TEXT.seq == 2)

    report = tamper(story, sa.update(audit_text).where(where).values(**values))

    assert report.findings[0].text == f"Strom „case-1“, Ereignis 2: {text}"


def test_a_removed_text_is_found(story: Database) -> None:
    where = sa.and_(TEXT.tenant == "musterstadt", TEXT.stream == "case-1", TEXT.seq == 2)

    report = tamper(story, sa.delete(audit_text).where(where))

    assert report.findings[0].text == "Strom „case-1“, Ereignis 2: Der Inhalt „comment“ fehlt."


def test_a_restored_text_does_not_pass_for_an_erased_one(story: Database) -> None:
    report = tamper(
        story, sa.update(audit_text).where(TEXT.stream == "case-2", TEXT.seq == 2).values(text="ok")
    )

    assert places(report) == [("case-2", 2)]


@pytest.mark.parametrize(
    ("statement", "texts"),
    [
        (
            sa.update(audit_seal).where(SEAL.number == 2).values(at=LATER),
            ["Siegel 2: verändert; es passt nicht zu seiner Prüfsumme."],
        ),
        (
            sa.update(audit_seal).where(SEAL.number == 2).values(previous=b"\0" * 32),
            [
                "Siegel 2: passt nicht zum Siegel davor.",
                "Siegel 2: verändert; es passt nicht zu seiner Prüfsumme.",
            ],
        ),
        (
            sa.delete(audit_seal).where(SEAL.number == 2),
            ["Siegel 2: fehlt oder steht an falscher Stelle.", "Siegel 2: fehlt."],
        ),
        (sa.delete(audit_seal).where(SEAL.number == 3), ["Siegel 3: fehlt."]),
        (
            sa.delete(audit_seal_entry).where(ENTRY.number == 1, ENTRY.stream == "case-1"),
            ["Siegel 1: Die Einträge sind nicht die gesiegelten."],
        ),
    ],
    ids=["time", "previous", "removed", "removed last", "entry removed"],
)
def test_a_changed_seal_is_found(
    story: Database, statement: sa.Executable, texts: list[str]
) -> None:
    report = tamper(story, statement)

    assert [finding.text for finding in report.findings] == texts


def test_only_seals_kept_elsewhere_show_that_the_end_of_everything_was_cut_off(
    story: Database,
) -> None:
    """R24: truncation found through the external anchor."""
    with story.read() as connection:
        anchors = export_seals(connection, "musterstadt", 0)
    third = sa.select(EVENT.hash).where(event("case-1", 3)).scalar_subquery()
    cut_off = [
        sa.update(audit_stream)
        .where(head("case-1"))
        .values(seq=3, sealed_seq=3, hash=third, moved_at=LATER),
        sa.delete(audit_event).where(event("case-1", 4)),
        sa.delete(audit_seal).where(SEAL.number == 3),
        sa.delete(audit_seal_entry).where(ENTRY.number == 3),
    ]
    undo_erasure = [
        sa.delete(table).where(table.c.stream == "erasure") for table in (audit_stream, audit_event)
    ]

    report = tamper(story, *cut_off, *undo_erasure)
    with story.read(snapshot=True) as connection:
        anchored = verify_tenant(connection, "musterstadt", anchors=anchors)

    assert not [finding for finding in report.findings if not finding.stream]
    assert "Siegel 3: fehlt, obwohl es früher ausgegeben wurde." in [
        finding.text for finding in anchored.findings
    ]


def test_one_stream_can_be_verified_alone(story: Database) -> None:
    tamper(story, sa.update(audit_event).where(event("case-1", 3)).values(actor="p-99"))

    with story.read(snapshot=True) as connection:
        assert places(verify_stream(connection, "musterstadt", "case-1")) == [("case-1", 3)]
        assert verify_stream(connection, "musterstadt", "case-2").findings == []


def test_the_tampering_of_another_tenant_is_not_ours(story: Database) -> None:
    report = tamper(
        story, sa.update(audit_event).where(EVENT.tenant == "nachbarort").values(actor="p-99")
    )

    assert report.findings == []
    with story.read(snapshot=True) as connection:
        assert places(verify_tenant(connection, "nachbarort")) == [("case-1", 1)]


def test_the_history_of_another_tenant_does_not_pass_for_ours(story: Database) -> None:
    report = tamper(
        story,
        sa.update(audit_event)
        .where(EVENT.tenant == "nachbarort")
        .values(tenant="musterstadt", stream="case-9"),
        sa.update(audit_stream)
        .where(audit_stream.c.tenant == "nachbarort")
        .values(tenant="musterstadt", stream="case-9"),
    )

    assert places(report) == [("case-9", 1)]


def test_an_odd_leaf_is_not_paired_with_itself() -> None:
    """CVE-2012-2459: else two lists would have one root."""
    a, b, c = b"a" * 32, b"b" * 32, b"c" * 32

    assert merkle_root([a, b, c]) != merkle_root([a, b, c, c])
