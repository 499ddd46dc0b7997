"""What is handed over to the HKR: orders, and batches of them with gapless numbers."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final

from laufzettel.connectors.plain_text import require_line
from laufzettel.errors import InputError
from laufzettel.money import Money

#: Most orders of one batch, and most acknowledgements of one file.
ORDERS_MAX: Final = 10_000
#: Most documents of one order, most shares of its account assignment, most answers about its tax.
DOCUMENTS_MAX: Final = 200
SHARES_MAX: Final = 200
TAX_MAX: Final = 50
NUMBER_MAX: Final = 999_999_999

_CHANNEL: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
_ORDER_ID: Final = re.compile(r"[A-Za-z0-9._-]+(:[A-Za-z0-9._-]+){3}", re.ASCII)
_ORDER_ID_MAX: Final = 200
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)
_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


class OrderType(StrEnum):
    """What the Kasse is told to do; the amount is always positive."""

    DISBURSEMENT = "DISBURSEMENT"  # Auszahlungsanordnung: pay the payee
    DIRECT_DEBIT = "DIRECT_DEBIT"  # Anordnung ohne Zahlung: the payee debits our account
    COLLECTION = "COLLECTION"  # Annahmeanordnung: receive money
    TRANSFER = "TRANSFER"  # Umbuchung: no money moves
    REVERSAL = "REVERSAL"  # Storno or Absetzung of an earlier order, never automatic
    REFUND = "REFUND"  # Erstattung: pay back what was received


#: Order types that move money to the payee and therefore need an IBAN.
PAYING: Final = frozenset({OrderType.DISBURSEMENT, OrderType.REFUND})


def order_key(tenant: str, cash_order: str, purpose: str, revision: int) -> str:
    """Return the order_id: the business record named so that it can be booked only once.

    >>> order_key("musterstadt", "01hx", "auszahlung", 1)
    'musterstadt:01hx:auszahlung:1'
    """
    key = f"{tenant}:{cash_order}:{purpose}:{revision}"
    require_order_id(key)
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One part of an order that is assigned to several accounts."""

    amount: Money
    cost_center: str
    gl_account: str

    def __post_init__(self) -> None:
        """Refuse a share that no ledger could post."""
        require_positive(self.amount, "Der Teilbetrag")
        require_line(self.cost_center, "Die Kostenstelle", length_max=40, is_optional=True)
        require_line(self.gl_account, "Das Sachkonto", length_max=40)


@dataclass(frozen=True, slots=True, kw_only=True)
class Withholding:
    """The position of an order that somebody else than its payee gets.

    What a Finanzamt gets of a Bauleistung (§ 48 EStG), on the tenth day after the month in which
    the payee is paid (§ 48a Abs. 1 EStG). It is booked with its order or not at all.
    """

    amount: Money  # of the order's amount; the payee gets the rest
    discount_amount: Money | None = None  # so much less when the order's discount is taken
    payee_name: str
    payee_iban: str  # without spaces
    purpose: str

    def __post_init__(self) -> None:
        """Refuse a position that no ledger could pay."""
        require_positive(self.amount, "Der einbehaltene Betrag")
        require_line(self.payee_name, "Der Empfänger des einbehaltenen Betrags", length_max=140)
        require_line(self.purpose, "Der Verwendungszweck des einbehaltenen Betrags", length_max=140)
        if not _IBAN.fullmatch(self.payee_iban):
            raise InputError("Die IBAN für den einbehaltenen Betrag hat nicht die richtige Form.")
        if self.discount_amount is not None:
            require_positive(self.discount_amount, "Der Skontoanteil des einbehaltenen Betrags")
            _require_currency(self.discount_amount, self.amount)
            if not self.discount_amount < self.amount:
                raise InputError("Der Skontoanteil muss kleiner sein als der einbehaltene Betrag.")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxMark:
    """What a person decided about one question of the tax; who posts the order reads it."""

    question: str  # code:S 19 %, debtor, input_tax, withholding
    answer: str

    def __post_init__(self) -> None:
        """Refuse what is no answer."""
        require_line(self.question, "Die Frage zur Steuer", length_max=60)
        require_line(self.answer, "Die Antwort zur Steuer", length_max=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingOrder:
    """One Kassenanordnung as it is handed over; InputError (German) for what cannot be one."""

    order_id: str  # "<tenant>:<cash order>:<purpose>:<revision>", idempotency key for ever
    order_number: str  # number that people see and say
    fiscal_year_expense: int  # Ergebnishaushalt: the year of the delivery
    fiscal_year_payment: int  # Finanzhaushalt: the year of the payment
    order_type: OrderType
    amount: Money  # above zero; what is paid without discount
    payee_name: str
    payee_iban: str | None  # without spaces; needed by the types in PAYING
    due_date: date
    discount_until: date | None = None  # last day on which the discount may be taken
    discount_amount: Money | None = None  # Skonto: what is deducted, not what is left
    purpose: str  # Verwendungszweck
    supplier_no: str | None = None  # Kreditorennummer of the HKR
    cost_center: str  # of the whole amount, or of the first share; may be empty
    gl_account: str  # Sachkonto of the whole amount, or of the first share
    shares: tuple[Share, ...] = ()  # several accounts: their amounts sum to the amount
    certified_by: str  # person id of who certified (sachlich und rechnerisch richtig)
    ordered_by: str  # person id of who ordered
    ordered_on: date
    documents: tuple[str, ...] = ()  # SHA-256, the invoice first
    withholding: Withholding | None = None  # the position of the Finanzamt, § 48 EStG
    tax: tuple[TaxMark, ...] = ()  # what was decided about the tax

    def __post_init__(self) -> None:
        """Refuse an order that the format cannot carry or a ledger must refuse unread."""
        require_order_id(self.order_id)
        self._require_texts()
        self._require_iban()
        require_positive(self.amount, "Der Betrag")
        _require_year(self.fiscal_year_expense, "Das Haushaltsjahr (Ergebnis)")
        _require_year(self.fiscal_year_payment, "Das Haushaltsjahr (Finanz)")
        self._require_discount()
        self._require_shares()
        self._require_documents()
        self._require_withholding()

    @property
    def is_extended(self) -> bool:
        """Whether it says what version 1 of the format has no field for."""
        return self.withholding is not None or bool(self.tax)

    @property
    def amount_with_discount(self) -> Money:
        """What is paid on or before ``discount_until``, to all together."""
        return self.amount - self.discount_amount if self.discount_amount else self.amount

    def withheld(self, on: date) -> Money | None:
        """Return what is withheld of a payment on that day, None where nothing is."""
        held = self.withholding
        if held is None:
            return None
        in_time = self.discount_until is not None and on <= self.discount_until
        return (
            held.amount - held.discount_amount if in_time and held.discount_amount else held.amount
        )

    def payable(self, on: date) -> Money:
        """Return what the payee gets on that day."""
        in_time = self.discount_until is not None and on <= self.discount_until
        whole = self.amount_with_discount if in_time else self.amount
        held = self.withheld(on)
        return whole - held if held else whole

    def _require_texts(self) -> None:
        require_line(self.order_number, "Die Anordnungsnummer", length_max=40)
        require_line(self.payee_name, "Der Zahlungsempfänger", length_max=140)
        require_line(self.purpose, "Der Verwendungszweck", length_max=140)
        require_line(self.cost_center, "Die Kostenstelle", length_max=40, is_optional=True)
        require_line(self.gl_account, "Das Sachkonto", length_max=40)
        require_line(self.certified_by, "Die feststellende Person", length_max=80)
        require_line(self.ordered_by, "Die anordnende Person", length_max=80)
        if self.supplier_no is not None:
            require_line(self.supplier_no, "Die Kreditorennummer", length_max=40)

    def _require_iban(self) -> None:
        if self.payee_iban is None:
            if self.order_type in PAYING:
                raise InputError("Für eine Zahlung fehlt die IBAN. Bitte Stammdaten ergänzen.")
        elif not _IBAN.fullmatch(self.payee_iban):
            raise InputError(
                "Die IBAN hat nicht die richtige Form (ohne Leerzeichen, große Buchstaben). "
                "Bitte in den Stammdaten berichtigen."
            )

    def _require_discount(self) -> None:
        if (self.discount_until is None) != (self.discount_amount is None):
            raise InputError("Skontofrist und Skontobetrag gehören zusammen; eines davon fehlt.")
        if self.discount_amount is not None:
            require_positive(self.discount_amount, "Der Skontobetrag")
            _require_currency(self.discount_amount, self.amount)
            if not self.discount_amount < self.amount:
                raise InputError("Der Skontobetrag muss kleiner sein als der Betrag.")

    def _require_shares(self) -> None:
        if not self.shares:
            return
        if len(self.shares) > SHARES_MAX:
            raise InputError(f"Eine Anordnung hat höchstens {SHARES_MAX} Kontierungszeilen.")
        for share in self.shares:
            _require_currency(share.amount, self.amount)
        total = sum(share.amount.cents for share in self.shares)
        if total != self.amount.cents:
            raise InputError(
                f"Die Kontierungszeilen ergeben {Money.from_cents(total).amount}, "
                f"der Betrag ist {self.amount.amount}. Bitte die Aufteilung berichtigen."
            )

    def _require_withholding(self) -> None:
        if len(self.tax) > TAX_MAX:
            raise InputError(f"Eine Anordnung hat höchstens {TAX_MAX} Angaben zur Steuer.")
        held = self.withholding
        if held is None:
            return
        _require_currency(held.amount, self.amount)
        if self.order_type not in PAYING:
            raise InputError("Einbehalten wird nur von einer Auszahlung.")
        if not held.amount < self.amount:
            raise InputError("Einbehalten wird weniger als der Betrag der Anordnung.")
        if held.discount_amount is not None and (
            self.discount_amount is None or self.discount_amount < held.discount_amount
        ):
            raise InputError(
                "Der Skontoanteil des einbehaltenen Betrags ist größer als das Skonto."
            )
        if self.discount_until is not None and self.payable(self.discount_until).cents <= 0:
            raise InputError("Mit Skonto bliebe dem Zahlungsempfänger nichts.")

    def _require_documents(self) -> None:
        if len(self.documents) > DOCUMENTS_MAX:
            raise InputError(f"Eine Anordnung hat höchstens {DOCUMENTS_MAX} Belege.")
        if len(set(self.documents)) != len(self.documents):
            raise InputError("Ein Beleg ist bei der Anordnung doppelt aufgeführt.")
        if not all(_SHA256.fullmatch(sha256) for sha256 in self.documents):
            raise InputError("Ein Beleg ist nicht mit seiner Prüfsumme (SHA-256) benannt.")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBatch:
    """What a ledger holds under a number: the batch, and the very bytes that it was sent."""

    batch: Batch
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One Übergabe: orders under a number that has no gap before it.

    ``created_at`` is kept in UTC and whole seconds. InputError (German) for what cannot be one.
    """

    channel: str
    number: int  # 1, 2, 3 … per channel
    created_at: datetime
    orders: tuple[BookingOrder, ...]
    previous_sha256: str | None = None  # of the bytes of batch number-1; None for the first

    def __post_init__(self) -> None:
        """Refuse a batch without order, with one twice, or outside the chain."""
        require_channel(self.channel)
        require_number(self.number, "Die Nummer der Übergabe")
        if self.created_at.tzinfo is None:
            raise ValueError("a batch needs a time with a zone")
        whole = self.created_at.astimezone(UTC).replace(microsecond=0)
        object.__setattr__(self, "created_at", whole)
        self._require_orders()
        if (self.number == 1) != (self.previous_sha256 is None):
            raise InputError("Nur die erste Übergabe eines Kanals hat keine Prüfsumme der vorigen.")
        if self.previous_sha256 is not None and not _SHA256.fullmatch(self.previous_sha256):
            raise InputError("Die Prüfsumme der vorigen Übergabe hat nicht die richtige Form.")

    def _require_orders(self) -> None:
        if not 1 <= len(self.orders) <= ORDERS_MAX:
            raise InputError(f"Eine Übergabe hat 1 bis {ORDERS_MAX} Anordnungen.")
        order_id, count = Counter(order.order_id for order in self.orders).most_common(1)[0]
        if count > 1:
            raise InputError(f"Die Anordnung {order_id} steht {count}-mal in der Übergabe.")


def require_channel(channel: str) -> None:
    """``channel`` is a name that is safe in every file and path.

    >>> require_channel("hkr-musterstadt")
    >>> require_channel("../etc")
    Traceback (most recent call last):
    ...
    laufzettel.errors.InputError: Ein Kanal heißt mit 1 bis 40 kleinen Buchstaben, Ziffern \
und Bindestrichen, zum Beispiel „hkr-musterstadt“.
    """
    if not _CHANNEL.fullmatch(channel):
        raise InputError(
            "Ein Kanal heißt mit 1 bis 40 kleinen Buchstaben, Ziffern und Bindestrichen, "
            "zum Beispiel „hkr-musterstadt“."
        )


def require_order_id(order_id: str) -> None:
    """``order_id`` names tenant, cash order, purpose and revision."""
    if len(order_id) > _ORDER_ID_MAX or not _ORDER_ID.fullmatch(order_id):
        raise InputError(
            "Die order_id besteht aus Mandant, Anordnung, Zweck und Fassung, getrennt durch "
            f"Doppelpunkte, mit höchstens {_ORDER_ID_MAX} Zeichen ohne Leer- und Sonderzeichen."
        )


def require_number(number: int, what: str) -> None:
    """``number`` counts from one."""
    if not 1 <= number <= NUMBER_MAX:
        raise InputError(f"{what} muss zwischen 1 und {NUMBER_MAX} liegen.")


def require_positive(amount: Money, what: str) -> None:
    """``amount`` is more than nothing."""
    if amount.cents <= 0:
        raise InputError(f"{what} muss größer als null sein.")


def _require_currency(part: Money, whole: Money) -> None:
    if part.currency != whole.currency:
        raise InputError(f"{part.currency} und {whole.currency} stehen in einer Anordnung.")


def _require_year(year: int, what: str) -> None:
    if not 2000 <= year <= 2199:
        raise InputError(f"{what} ist kein Jahr zwischen 2000 und 2199.")
