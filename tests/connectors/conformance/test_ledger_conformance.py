"""What every LedgerPort keeps, whatever lies behind it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from tests.connectors.conformance.conftest import Bench
from tests.connectors.kasse_examples import BUILDER, accepted, answer, batch, order

from laufzettel.connectors.kasse.memory import Outage
from laufzettel.connectors.kasse.port import (
    AckStatus,
    DocumentMissingError,
    NumberTakenError,
    OutOfSequenceError,
    UnknownOutcomeError,
    UnreachableError,
)
from laufzettel.errors import InputError


def delivered_batches(bench: Bench, count: int) -> list[bytes]:
    """Deliver that many batches and return their bytes."""
    previous: bytes | None = None
    sent = []
    for number in range(1, count + 1):
        previous = bench.ledger.pack(batch(number, previous=previous))
        bench.ledger.deliver(number, previous)
        sent.append(previous)
    return sent


# batches


def test_a_batch_packs_to_the_same_bytes_every_time(bench: Bench) -> None:
    assert bench.ledger.pack(batch(1)) == bench.restart().pack(batch(1))


def test_a_batch_of_another_channel_is_not_packed(bench: Bench) -> None:
    with pytest.raises(InputError, match="gehört nicht zum Kanal"):
        bench.ledger.pack(replace(batch(1), channel="hkr-nachbarstadt"))


def test_a_delivered_batch_is_held_whole_under_its_number(bench: Bench) -> None:
    data = bench.ledger.pack(batch(1))

    bench.ledger.deliver(1, data)

    assert bench.peer_sees() == {1: data}
    assert bench.ledger.delivered(1) == hashlib.sha256(data).hexdigest()
    assert bench.ledger.last_number() == 1


def test_before_the_first_delivery_nothing_is_held(bench: Bench) -> None:
    assert bench.ledger.delivered(1) is None
    assert bench.ledger.last_number() == 0
    assert bench.peer_sees() == {}


def test_what_is_held_can_be_read_back_after_a_restart(bench: Bench) -> None:
    """After a restore the peer alone knows what it was given."""
    sent = delivered_batches(bench, 2)

    held = bench.restart().held(2)

    assert held is not None
    assert held.data == sent[1]
    assert held.batch.number == 2
    assert [one.order_id for one in held.batch.orders] == [
        one.order_id for one in batch(2, previous=sent[0]).orders
    ]
    assert bench.ledger.held(3) is None


def test_the_same_bytes_again_change_nothing(bench: Bench) -> None:
    first, second = delivered_batches(bench, 2)

    bench.ledger.deliver(1, first)
    bench.restart().deliver(2, second)

    assert bench.peer_sees() == {1: first, 2: second}
    assert bench.ledger.last_number() == 2


def test_other_bytes_under_a_used_number_are_refused_and_the_first_stay(bench: Bench) -> None:
    [data] = delivered_batches(bench, 1)
    other = bench.ledger.pack(batch(1, order(amount="999.99")))

    with pytest.raises(NumberTakenError, match="mit anderem Inhalt"):
        bench.ledger.deliver(1, other)

    assert bench.peer_sees() == {1: data}


def test_a_number_before_its_turn_waits_and_can_be_sent_later(bench: Bench) -> None:
    first = bench.ledger.pack(batch(1))
    second = bench.ledger.pack(batch(2, previous=first))

    with pytest.raises(OutOfSequenceError) as refused:
        bench.ledger.deliver(2, second)

    assert refused.value.retryable
    assert bench.peer_sees() == {}
    bench.ledger.deliver(1, first)
    bench.ledger.deliver(2, second)
    assert bench.peer_sees() == {1: first, 2: second}


def test_a_batch_that_names_another_predecessor_is_refused(bench: Bench) -> None:
    [data] = delivered_batches(bench, 1)
    foreign = bench.ledger.pack(batch(2, previous=b"another history"))

    with pytest.raises(InputError, match="schließt nicht an die vorliegende Übergabe 1 an"):
        bench.ledger.deliver(2, foreign)

    assert bench.peer_sees() == {1: data}


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda data: b"", id="nothing"),
        pytest.param(lambda data: b"no batch\n", id="something else"),
        pytest.param(lambda data: data[:-1], id="cut off"),
        pytest.param(lambda data: data.replace(b"100.00", b"900.00", 1), id="other amount"),
        pytest.param(lambda data: data.replace(b"musterstadt", b"nachbardorf"), id="other channel"),
    ],
)
def test_what_is_no_batch_of_the_channel_never_reaches_the_peer(bench: Bench, spoil) -> None:  # type: ignore[no-untyped-def]
    data = spoil(bench.ledger.pack(batch(1)))

    with pytest.raises(InputError):
        bench.ledger.deliver(1, data)

    assert bench.peer_sees() == {}


def test_a_batch_under_a_wrong_number_never_reaches_the_peer(bench: Bench) -> None:
    with pytest.raises(InputError, match="Übergeben werden soll Nummer 2"):
        bench.ledger.deliver(2, bench.ledger.pack(batch(1)))

    assert bench.peer_sees() == {}


# failures


def test_unreachable_means_that_nothing_is_held_and_a_repeat_works(bench: Bench) -> None:
    data = bench.ledger.pack(batch(1))
    bench.fail_next_delivery(Outage.BEFORE)

    with pytest.raises(UnreachableError) as failed:
        bench.ledger.deliver(1, data)

    assert failed.value.retryable
    assert bench.ledger.delivered(1) is None
    bench.ledger.deliver(1, data)
    assert bench.peer_sees() == {1: data}


def test_an_unknown_outcome_is_resolved_by_the_query_and_never_doubles(bench: Bench) -> None:
    data = bench.ledger.pack(batch(1))
    bench.fail_next_delivery(Outage.AFTER)

    with pytest.raises(UnknownOutcomeError) as failed:
        bench.ledger.deliver(1, data)

    assert not failed.value.retryable
    assert bench.restart().delivered(1) in {None, hashlib.sha256(data).hexdigest()}
    bench.ledger.deliver(1, data)
    assert bench.peer_sees() == {1: data}
    assert bench.ledger.delivered(1) == hashlib.sha256(data).hexdigest()


def test_the_last_number_survives_a_restart(bench: Bench) -> None:
    delivered_batches(bench, 3)

    assert bench.restart().last_number() == 3


# what is withheld


def test_a_second_position_and_the_tax_arrive_as_they_were_ordered(bench: Bench) -> None:
    first = bench.ledger.pack(batch(1, order(1)))
    second = bench.ledger.pack(batch(2, order(2), BUILDER, previous=first))
    bench.ledger.deliver(1, first)
    bench.ledger.deliver(2, second)

    held = bench.restart().held(2)

    assert held is not None
    assert held.batch.orders == (order(2), BUILDER)
    assert b'"version":1' in bench.peer_sees()[1]
    assert b'"version":2' in bench.peer_sees()[2]


def test_another_second_position_under_the_same_number_is_refused(bench: Bench) -> None:
    bench.ledger.deliver(1, bench.ledger.pack(batch(1, BUILDER)))
    held = BUILDER.withholding
    assert held is not None
    elsewhere = replace(held, payee_iban="DE89370400440532013000")

    with pytest.raises(NumberTakenError):
        bench.ledger.deliver(
            1, bench.ledger.pack(batch(1, replace(BUILDER, withholding=elsewhere)))
        )


# documents


def test_a_batch_waits_for_its_documents(document_bench: Bench) -> None:
    ledger = document_bench.ledger
    original = b"<Invoice/>"
    sha256 = hashlib.sha256(original).hexdigest()
    data = ledger.pack(batch(1, replace(order(), documents=(sha256,))))

    with pytest.raises(DocumentMissingError):
        ledger.deliver(1, data)
    assert document_bench.peer_sees() == {}

    ledger.attach(sha256, original)
    ledger.attach(sha256, original)
    ledger.deliver(1, data)
    assert document_bench.peer_sees() == {1: data}


def test_a_document_that_is_not_what_its_hash_says_is_refused(document_bench: Bench) -> None:
    with pytest.raises(InputError, match="passt nicht zu seiner Prüfsumme"):
        document_bench.ledger.attach("0" * 64, b"<Invoice/>")


def test_a_channel_says_whether_it_takes_documents(bench: Bench, document_bench: Bench) -> None:
    assert (bench.ledger.takes_documents, document_bench.ledger.takes_documents) == (False, True)


def test_a_channel_without_documents_takes_none(bench: Bench) -> None:
    original = b"<Invoice/>"

    with pytest.raises(InputError, match="nimmt keine Belege an"):
        bench.ledger.attach(hashlib.sha256(original).hexdigest(), original)


# acknowledgements


def test_acknowledgements_come_by_number_however_they_arrived(bench: Bench) -> None:
    for number in (3, 1, 2):
        bench.peer_answers(number, answer(number, accepted(number)))

    files = bench.ledger.acknowledgements()

    assert [file.number for file in files] == [1, 2, 3]
    assert all(file.is_good for file in files)
    [first] = files[0].acknowledgements
    assert first == replace(accepted(1), source="rueckmeldung-000001.jsonl", line=2)


def test_a_file_comes_again_until_it_is_settled_and_never_after(bench: Bench) -> None:
    bench.peer_answers(1, answer(1))
    [file] = bench.ledger.acknowledgements()
    assert bench.restart().acknowledgements() == [file]

    bench.ledger.settle(file)
    bench.ledger.settle(file)

    assert bench.restart().acknowledgements() == []


def test_a_defective_file_is_a_value_with_a_reason_and_holds_nobody_up(bench: Bench) -> None:
    bench.peer_answers(1, answer(1).replace(b"100.00", b"999.00"))
    bench.peer_answers(2, answer(2))

    defective, good = bench.ledger.acknowledgements()

    assert not defective.is_good
    assert defective.acknowledgements == ()
    assert "Die Datei ist unvollständig oder verändert" in defective.defect_de
    assert good.is_good


def test_a_settled_defect_makes_room_for_the_corrected_file(bench: Bench) -> None:
    bench.peer_answers(1, b"broken\n")
    [defective] = bench.ledger.acknowledgements()
    bench.ledger.settle(defective)
    assert bench.ledger.acknowledgements() == []

    bench.peer_answers(1, answer(1))

    assert [file.is_good for file in bench.ledger.acknowledgements()] == [True]


def test_a_repetition_of_a_settled_file_is_put_away(bench: Bench) -> None:
    for _ in range(3):
        bench.peer_answers(1, answer(1))
        for file in bench.ledger.acknowledgements():
            bench.ledger.settle(file)

    bench.peer_answers(1, answer(1))

    assert bench.ledger.acknowledgements() == []
    assert [file.number for file in bench.ledger.settled_after(0)] == [1]


def test_other_content_under_a_settled_number_is_a_defect(bench: Bench) -> None:
    bench.peer_answers(1, answer(1))
    bench.ledger.settle(bench.ledger.acknowledgements()[0])

    bench.peer_answers(1, answer(1, accepted(2)))

    [file] = bench.ledger.acknowledgements()
    assert file.defect_de == (
        "Rückmeldung 1 wurde schon mit anderem Inhalt verarbeitet. "
        "Eine Berichtigung braucht eine neue Nummer."
    )


def test_a_file_that_was_replaced_before_it_was_settled_comes_again(bench: Bench) -> None:
    bench.peer_answers(1, answer(1))
    [seen] = bench.ledger.acknowledgements()
    bench.peer_answers(1, answer(1, accepted(2)))

    bench.ledger.settle(seen)

    [replaced] = bench.ledger.acknowledgements()
    assert replaced.acknowledgements[0].order_id == order(2).order_id


def test_a_gap_is_reported_and_closed_by_the_late_file(bench: Bench) -> None:
    for number in (1, 4):
        bench.peer_answers(number, answer(number))
    for file in bench.ledger.acknowledgements():
        bench.ledger.settle(file)
    assert bench.ledger.missing_acknowledgements() == [2, 3]

    bench.peer_answers(2, answer(2))
    bench.peer_answers(3, answer(3))
    for file in bench.ledger.acknowledgements():
        bench.ledger.settle(file)

    assert bench.ledger.missing_acknowledgements() == []


def test_settled_files_can_be_read_once_more_after_a_restore(bench: Bench) -> None:
    for number in (1, 2, 3):
        bench.peer_answers(number, answer(number, accepted(number)))
    for file in bench.ledger.acknowledgements():
        bench.ledger.settle(file)

    again = bench.restart().settled_after(1)

    assert [file.number for file in again] == [2, 3]
    assert [ack.status for file in again for ack in file.acknowledgements] == [
        AckStatus.ACCEPTED,
        AckStatus.ACCEPTED,
    ]
