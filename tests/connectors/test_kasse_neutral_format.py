"""The neutral format: exact, deterministic, and closed to anything else."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.connectors.kasse_examples import (
    BUILDER,
    CHANNEL,
    NOW,
    PIEPENBROCK,
    answer,
    batch,
    order,
)

from laufzettel.connectors.kasse import lines, neutral
from laufzettel.connectors.kasse.lines import FormatError
from laufzettel.connectors.kasse.port import (
    Acknowledgement,
    AckStatus,
    Batch,
    BookingOrder,
    OrderType,
    ReasonCode,
    Share,
    TaxMark,
    Withholding,
)
from laufzettel.errors import InputError
from laufzettel.money import Money

FEW = settings(max_examples=60, database=None)

_VISIBLE = st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"])


def texts(length_max: int) -> st.SearchStrategy[str]:
    return st.text(_VISIBLE, min_size=1, max_size=length_max).filter(lambda text: text.strip())


AMOUNTS = st.integers(2, 10**12).map(Money.from_cents)
DAYS = st.dates(date(2000, 1, 1), date(2199, 12, 31))
SHA256 = st.text("0123456789abcdef", min_size=64, max_size=64)
PARTS = st.text("abcXYZ019._-", min_size=1, max_size=20)
ORDER_IDS = st.tuples(PARTS, PARTS, PARTS, PARTS).map(":".join)


MARKS = st.builds(TaxMark, question=texts(60), answer=texts(60))


@st.composite
def withholdings(draw: st.DrawFn, whole: int, discount: int) -> Withholding | None:
    """Return a part of the amount that leaves the payee something, with the discount too."""
    rest = whole - discount
    if rest < 2:
        return None
    early, less = draw(st.integers(1, rest - 1)), draw(st.integers(0, discount))
    return Withholding(
        amount=Money.from_cents(early + less),
        discount_amount=Money.from_cents(less) if less else None,
        payee_name=draw(texts(140)),
        payee_iban="DE02120300000000202051",
        purpose=draw(texts(140)),
    )


@st.composite
def orders(draw: st.DrawFn, order_id: str) -> BookingOrder:
    amount = draw(AMOUNTS)
    has_discount, kind = draw(st.booleans()), draw(st.sampled_from(OrderType))
    first = draw(st.integers(1, amount.cents - 1))
    parts = draw(st.sampled_from([[], [amount.cents], [first, amount.cents - first]]))
    return BookingOrder(
        order_id=order_id,
        order_number=draw(texts(40)),
        fiscal_year_expense=draw(st.integers(2000, 2199)),
        fiscal_year_payment=draw(st.integers(2000, 2199)),
        order_type=kind,
        amount=amount,
        payee_name=draw(texts(140)),
        payee_iban="DE89370400440532013000",
        due_date=draw(DAYS),
        discount_until=draw(DAYS) if has_discount else None,
        discount_amount=Money.from_cents(first) if has_discount else None,
        purpose=draw(texts(140)),
        supplier_no=draw(st.none() | texts(40)),
        cost_center=draw(st.just("") | texts(40)),
        gl_account=draw(texts(40)),
        shares=tuple(
            Share(amount=Money.from_cents(cents), cost_center="", gl_account="5241")
            for cents in parts
        ),
        certified_by=draw(texts(80)),
        ordered_by=draw(texts(80)),
        ordered_on=draw(DAYS),
        documents=tuple(draw(st.lists(SHA256, max_size=3, unique=True))),
        withholding=draw(st.none() | withholdings(amount.cents, first if has_discount else 0))
        if kind is OrderType.DISBURSEMENT
        else None,
        tax=tuple(draw(st.lists(MARKS, max_size=3))),
    )


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    number = draw(st.integers(1, 999_999_999))
    ids = draw(st.lists(ORDER_IDS, min_size=1, max_size=4, unique=True))
    moments = st.datetimes(datetime(2020, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC))
    return Batch(
        channel=CHANNEL,
        number=number,
        created_at=draw(moments),
        orders=tuple(draw(orders(order_id)) for order_id in ids),
        previous_sha256=None if number == 1 else draw(SHA256),
    )


@FEW
@given(batches())
def test_a_batch_reads_back_as_it_was_packed(written: Batch) -> None:
    data = neutral.pack_batch(written)

    assert neutral.read_batch(data, channel=CHANNEL) == written
    assert neutral.pack_batch(written) == data


@FEW
@given(batches(), DAYS)
def test_the_positions_are_together_the_amount_on_every_day(written: Batch, day: date) -> None:
    for one in written.orders:
        in_time = one.discount_until is not None and day <= one.discount_until
        whole = one.amount_with_discount if in_time else one.amount
        held = one.withheld(day)

        assert one.payable(day).cents + (held.cents if held else 0) == whole.cents
        assert one.payable(day).cents > 0


def test_a_batch_with_nothing_withheld_is_written_as_ever() -> None:
    """A ledger that knows version 1 alone sees no difference until there is one."""
    plain, extended = (
        neutral.pack_batch(batch(1, *some)) for some in ([order(2)], [order(2), BUILDER])
    )

    assert b'"version":1' in plain and b"withholding" not in plain
    assert b'"version":2' in extended
    assert b'"withholding":null,"tax":[]' in extended  # of the order that has none


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount": "10000.00"}, "Einbehalten wird weniger als der Betrag der Anordnung."),
        ({"amount": "0.00"}, "Der einbehaltene Betrag muss größer als null sein."),
        ({"discount_amount": "301.00"}, "Der Skontoanteil des einbehaltenen Betrags ist größer"),
        ({"discount_amount": "1500.00"}, "Der Skontoanteil muss kleiner sein"),
        ({"payee_iban": "DE02 1203"}, "Die IBAN für den einbehaltenen Betrag"),
        ({"payee_name": ""}, "Der Empfänger des einbehaltenen Betrags"),
        ({"note": "x"}, "Das Feld „note“ ist nicht vereinbart."),
    ],
)
def test_a_second_position_that_nobody_could_pay_is_refused(
    changes: dict[str, object], reason: str
) -> None:
    data = neutral.pack_batch(batch(1, BUILDER))
    held = json.loads(data.splitlines()[1])["withholding"]

    with pytest.raises(FormatError, match=re.escape(reason)):
        neutral.read_batch(
            rewritten({"withholding": {**held, **changes}}, data=data), channel=CHANNEL
        )


@st.composite
def acknowledgements(draw: st.DrawFn) -> Acknowledgement:
    status = draw(st.sampled_from(AckStatus))
    is_refused = status is AckStatus.REJECTED
    return Acknowledgement(
        batch_number=draw(st.integers(1, 999_999_999)),
        order_id=draw(ORDER_IDS | st.none()) if is_refused else draw(ORDER_IDS),
        status=status,
        document_no=None if is_refused else draw(texts(40)),
        reason_code=draw(st.sampled_from(ReasonCode)) if is_refused else None,
        reason_text=draw(st.just("") | texts(500)),
        date=draw(DAYS),
        amount=draw(AMOUNTS) if status is AckStatus.PAID else draw(st.none() | AMOUNTS),
    )


@FEW
@given(st.lists(acknowledgements(), min_size=1, max_size=5), st.integers(1, 999_999_999))
def test_acknowledgements_read_back_as_they_were_packed(
    written: list[Acknowledgement], number: int
) -> None:
    data = neutral.pack_acknowledgements(CHANNEL, number, NOW, written)

    read = neutral.read_acknowledgements(data, channel=CHANNEL, number=number, source="")

    assert [replace(ack, line=0) for ack in read] == written


_BATCH = neutral.pack_batch(batch(1, PIEPENBROCK, order(2)))
_ANSWER = answer(1)


def test_every_single_changed_byte_of_a_batch_is_noticed() -> None:
    """All positions, three changes each: one bit, the case, a digit."""
    for position, byte in enumerate(_BATCH):
        for changed in {byte ^ 1, byte ^ 0x20, ord("7")} - {byte}:
            spoilt = _BATCH[:position] + bytes([changed]) + _BATCH[position + 1 :]
            with pytest.raises(FormatError):
                neutral.read_batch(spoilt, channel=CHANNEL)


@settings(max_examples=300, database=None)
@given(st.integers(0, len(_BATCH) - 1), st.integers(0, 255), st.sampled_from(["set", "add", "cut"]))
def test_any_changed_added_or_missing_byte_is_noticed(position: int, byte: int, how: str) -> None:
    middle = b"" if how == "cut" else bytes([byte])
    spoilt = _BATCH[:position] + middle + _BATCH[position + (how != "add") :]
    if spoilt == _BATCH:
        return

    with pytest.raises(FormatError):
        neutral.read_batch(spoilt, channel=CHANNEL)


def test_every_single_changed_byte_of_an_acknowledgement_is_noticed() -> None:
    for position, byte in enumerate(_ANSWER):
        spoilt = _ANSWER[:position] + bytes([byte ^ 1]) + _ANSWER[position + 1 :]
        with pytest.raises(FormatError):
            neutral.read_acknowledgements(spoilt, channel=CHANNEL, number=1, source="x")


@settings(max_examples=200, database=None)
@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda text: f"{text}\n".encode()))
def test_foreign_bytes_are_refused_and_never_anything_worse(data: bytes) -> None:
    with pytest.raises(FormatError):
        neutral.read_batch(data, channel=CHANNEL)


@pytest.mark.parametrize("length", range(0, len(_BATCH), 37))
def test_a_file_that_was_cut_off_anywhere_is_refused(length: int) -> None:
    with pytest.raises(FormatError):
        neutral.read_batch(_BATCH[:length], channel=CHANNEL)


def rewritten(changes: dict[str, object], line: int = 1, data: bytes = _BATCH) -> bytes:
    """Return the file with other values in one line and a trailer that fits again."""
    values = [json.loads(text) for text in data.splitlines()]
    values[line].update(changes)
    values[line] = {key: value for key, value in values[line].items() if value is not ...}
    body = b"".join(raw(value) for value in values[:-1])
    return body + lines.encode({**values[-1], "sha256": lines.digest(body)})


def raw(values: dict[str, object]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount": 24871}, "Zeile 2: „amount“ muss ein Text sein."),
        ({"amount": 24871.0}, "Zeile 2: Die Zahl 24871.0 ist nicht erlaubt"),
        ({"amount": float("nan")}, "Zeile 2: Die Zahl NaN ist nicht erlaubt"),
        ({"amount": "NaN"}, "Zeile 2: „amount“ muss ein Betrag in der Form 24871.00"),
        ({"amount": "1e5"}, "Zeile 2: „amount“ muss ein Betrag"),
        ({"amount": "24871.0"}, "Zeile 2: „amount“ braucht genau zwei Nachkommastellen"),
        ({"amount": "024871.00"}, "keine führende Null"),
        ({"amount": "-24871.00"}, "Zeile 2: Der Betrag muss größer als null sein."),
        ({"currency": "euro"}, "muss ein Betrag in der Form 24871.00 mit Währung EUR sein"),
        ({"fiscal_year_expense": True}, "„fiscal_year_expense“ muss eine ganze Zahl sein."),
        ({"fiscal_year_expense": 10**15}, "Eine Zahl hat zu viele Stellen."),
        ({"fiscal_year_payment": 1999}, "kein Jahr zwischen 2000 und 2199"),
        ({"due_date": "20.12.2026"}, "muss ein Datum in der Form 2026-12-04 sein."),
        ({"due_date": "2026-13-01"}, "muss ein Datum in der Form 2026-12-04 sein."),
        ({"order_type": "PAY"}, "„order_type“ muss eines von DISBURSEMENT, "),
        ({"order_id": "../../etc"}, "Die order_id besteht aus Mandant"),
        ({"payee_iban": None}, "Für eine Zahlung fehlt die IBAN."),
        ({"payee_iban": "DE89 3704"}, "Die IBAN hat nicht die richtige Form"),
        ({"payee_name": "A\u202eB"}, "ein nicht erlaubtes Zeichen (U+202E)"),
        ({"purpose": "A\nB"}, "ein nicht erlaubtes Zeichen (U+000A)"),
        ({"purpose": "x" * 141}, "ist 141 Zeichen lang; erlaubt sind höchstens 140"),
        ({"discount_until": None}, "Skontofrist und Skontobetrag gehören zusammen"),
        ({"discount_amount": "24871.00"}, "muss kleiner sein als der Betrag"),
        ({"shares": [{"amount": "1.00", "cost_center": "", "gl_account": "1"}]}, "ergeben 1.00"),
        ({"shares": [{"amount": "1.00"}]}, "Es fehlt das Feld „cost_center“."),
        ({"shares": "none"}, "„shares“ muss eine Liste von Objekten sein."),
        ({"documents": ["abc"]}, "nicht mit seiner Prüfsumme"),
        ({"documents": [1]}, "„documents“ muss eine Liste von Texten sein."),
        ({"ordered_by": ...}, "Es fehlt das Feld „ordered_by“."),
        ({"extra": 1}, "Das Feld „extra“ ist nicht vereinbart."),
        ({"record": "order2"}, "Erwartet wird eine Zeile mit record = order."),
    ],
)
def test_an_order_that_is_not_exactly_as_agreed_is_refused_with_line_and_reason(
    changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(FormatError) as refused:
        neutral.read_batch(rewritten(changes), channel=CHANNEL)

    assert reason in str(refused.value)
    assert str(refused.value).startswith("Zeile 2: ")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"version": 3}, "Zeile 1: Gelesen wird nur Version 1 und 2 des Formats."),
        ({"version": 2}, "Zeile 2: Es fehlt das Feld „withholding“."),
        ({"version": True}, "Zeile 1: Gelesen wird nur Version 1 und 2 des Formats."),
        ({"format": "anders"}, "Zeile 1: Das ist keine Datei des Formats „laufzettel-uebergabe“."),
        ({"channel": "hkr-dorf"}, f"Zeile 1: Die Datei gehört nicht zum Kanal „{CHANNEL}“."),
        ({"number": 0}, "Zeile 1: Die Nummer der Übergabe muss zwischen 1 und"),
        ({"number": 2}, "Zeile 1: Nur die erste Übergabe eines Kanals hat keine Prüfsumme"),
        ({"created_at": "2026-12-04"}, "muss eine Zeit in der Form 2026-12-04T09:15:00Z sein."),
        ({"created_at": "2026-12-04T25:00:00Z"}, "muss eine Zeit in der Form"),
        ({"previous_sha256": "0" * 64}, "Nur die erste Übergabe"),
        ({"record": "order"}, "Zeile 1: Genau die erste Zeile ist die Kopfzeile"),
    ],
)
def test_a_header_that_is_not_as_agreed_is_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(FormatError) as refused:
        neutral.read_batch(rewritten(changes, line=0), channel=CHANNEL)

    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b'"count":2', b'"count":3', "„count“ stimmt nicht: Angegeben ist 3"),
        (b'"EUR":"24971.00"', b'"EUR":"24971.01"', "„sums“ stimmt nicht"),
        (b'"sha256":"', b'"sha256":"0', "„sha256“ stimmt nicht"),
        (b'"count":2', b'"count": 2', "anders geschrieben als vereinbart"),
        (b'"count":2', b'"count":2,"count":2', "Ein Feld steht zweimal in der Zeile."),
    ],
)
def test_a_trailer_that_does_not_fit_names_what_differs(
    old: bytes, new: bytes, reason: str
) -> None:
    assert _BATCH.count(old) == 1

    with pytest.raises(FormatError) as refused:
        neutral.read_batch(_BATCH.replace(old, new), channel=CHANNEL)

    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "Die Datei ist leer."),
        (b"\xef\xbb\xbf" + _BATCH, "Bytefolgemarke"),
        (_BATCH.replace(b"\n", b"\r\n"), "Zeilen enden mit LF allein"),
        (_BATCH[:-1], "Die Datei ist abgeschnitten"),
        (_BATCH + _BATCH, "Zeile 4: Genau die letzte Zeile ist die Abschlusszeile"),
        (b"\n" * 3, "Die Zeile ist kein gültiges JSON."),
        (b"\xff\n" * 3, "Die Zeile ist kein UTF-8."),
        (b"1\n" * 3, "Die Zeile ist kein JSON-Objekt."),
        (b"[" * 60_000 + b"\n" + b"{}\n" * 2, "Die Zeile ist kein gültiges JSON."),
        (b'{"a":"' + b"x" * 70_000 + b'"}\n' + b"{}\n" * 2, "länger als 65536 Bytes"),
        (b"\n" * 5_000_000, "mehr als 10000 Zeilen"),
        (b"1" * 5000 + b"\n" + b"{}\n" * 2, "Eine Zahl hat zu viele Stellen."),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_what_is_no_such_file_at_all_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(FormatError) as refused:
        neutral.read_batch(data, channel=CHANNEL)

    assert reason in str(refused.value)


def test_a_file_above_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(FormatError, match="größer als 64 MB"):
        neutral.read_batch(b"x" * (lines.FILE_MAX + 1), channel=CHANNEL)


@pytest.mark.parametrize(("number", "last"), [(2, 0), (4, 2), (2, 2), (1, 2)])
def test_a_gap_or_a_repetition_in_the_sequence_is_refused(number: int, last: int) -> None:
    previous = b"x" if number > 1 else None

    with pytest.raises(FormatError, match=f"Erwartet wird Übergabe {last + 1}"):
        neutral.require_successor(
            batch(number, previous=previous), last_number=last, last_sha256=lines.digest(b"x")
        )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": "OK"}, "„status“ muss eines von ACCEPTED, REJECTED, DUPLICATE, PAID sein."),
        ({"status": "REJECTED"}, "Ein reason_code gehört zu REJECTED und nur dazu."),
        ({"document_no": None}, "Zu ACCEPTED gehört eine Belegnummer"),
        ({"order_id": None}, "Ohne order_id kann nur die ganze Übergabe zurückgewiesen werden."),
        ({"status": "PAID", "amount": None, "currency": None}, "Zu PAID gehört der gezahlte"),
        ({"batch_number": "1"}, "„batch_number“ muss eine ganze Zahl sein."),
        ({"amount": "0.00"}, "Der Betrag muss größer als null sein."),
    ],
)
def test_an_acknowledgement_must_say_what_its_status_needs(
    changes: dict[str, object], reason: str
) -> None:
    data = rewritten(changes, data=_ANSWER)

    with pytest.raises(FormatError) as refused:
        neutral.read_acknowledgements(data, channel=CHANNEL, number=1, source="x")

    assert reason in str(refused.value)


def test_an_acknowledgement_may_be_spelled_freely_as_long_as_the_trailer_fits() -> None:
    """A ledger's JSON writer may add spaces and escape umlauts; the bytes are still fixed."""
    values = [json.loads(text) for text in _ANSWER.splitlines()]
    body = b"".join(json.dumps(value).encode() + b"\n" for value in values[:-1])
    data = body + lines.encode({**values[-1], "sha256": lines.digest(body)})

    [ack] = neutral.read_acknowledgements(data, channel=CHANNEL, number=1, source="x")

    assert ack.status is AckStatus.ACCEPTED


def test_the_same_order_twice_in_one_batch_is_refused() -> None:
    with pytest.raises(InputError, match="steht 2-mal in der Übergabe"):
        batch(1, order(1), order(1))


def test_a_batch_keeps_whole_seconds_in_utc() -> None:
    made = replace(batch(1), created_at=datetime.fromisoformat("2026-12-04T10:15:00.999+01:00"))

    assert made.created_at == datetime(2026, 12, 4, 9, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "channel", ["", "..", "../x", "a/b", "A", "a" * 41, "hkr\n", "hkr\x00", "ä"]
)
def test_a_channel_that_could_be_a_path_is_refused(channel: str) -> None:
    with pytest.raises(InputError, match="Ein Kanal heißt mit"):
        replace(batch(1), channel=channel)


def test_every_reason_code_has_a_german_text() -> None:
    assert {code: bool(code.text_de) for code in ReasonCode} == dict.fromkeys(ReasonCode, True)


def test_a_refusal_reads_as_the_reason_and_the_words_of_the_ledger() -> None:
    refused = Acknowledgement(
        batch_number=1,
        order_id=order().order_id,
        status=AckStatus.REJECTED,
        reason_code=ReasonCode.SUPPLIER_BLOCKED,
        reason_text="Insolvenz",
        date=date(2026, 12, 4),
    )

    assert refused.reason_de == (
        "Der Zahlungsempfänger ist im HKR gesperrt. Mitteilung des HKR: „Insolvenz“"
    )
