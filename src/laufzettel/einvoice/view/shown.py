"""Values of an invoice as a reader reads them; ``""`` for what is not there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from markupsafe import Markup

from laufzettel.einvoice.invoice import (
    Account,
    Address,
    AllowanceCharge,
    Attachment,
    Identifier,
    Invoice,
    Line,
    PaymentMeans,
    Period,
)
from laufzettel.einvoice.sums import sums
from laufzettel.einvoice.view.texts import grouped, harmless
from laufzettel.einvoice.view.words import Words

#: Codes of BT-81 by which the seller collects the money himself.
_DEBIT_CODES: Final = frozenset({"49", "59"})
#: Scheme of an electronic address that is an e-mail: nobody needs to be told.
_EMAIL: Final = "EM"
#: What can be added up again.
_TOTALS: Final = ("BT-106", "BT-107", "BT-108", "BT-109", "BT-110", "BT-112", "BT-115")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recount:
    """A total added up again, in words."""

    text: str
    is_right: bool


class Show:
    """Turns values of one invoice into text."""

    def __init__(
        self, invoice: Invoice, words: Words, attachment_url: Callable[[int], str] | None
    ) -> None:
        self._invoice = invoice
        self._words = words
        self._attachment_url = attachment_url

    # --- simple values ------------------------------------------------------------------

    def money(self, value: Decimal | None, currency: str = "") -> str:
        """Return an amount, in the currency of the invoice unless another is given."""
        return "" if value is None else self._words.money(value, currency or self._invoice.currency)

    def day(self, value: date | None) -> str:
        """Return a day."""
        return "" if value is None else self._words.day(value)

    def percent(self, value: Decimal | None) -> str:
        """Return a rate."""
        return "" if value is None else self._words.percent(value)

    def quantity(self, value: Decimal | None, unit: str) -> str:
        """Return how much of what."""
        return "" if value is None else self._words.quantity(value, unit)

    def grouped(self, account: str) -> str:
        """Return an account number in groups of four."""
        return grouped(account)

    def period(self, period: Period | None) -> str:
        """Return from when to when, as far as the invoice says."""
        if period is None:
            return ""
        if period.start and period.end:
            return self._words("period", start=self.day(period.start), end=self.day(period.end))
        if period.start:
            return self._words("from", day=self.day(period.start))
        return self._words("until", day=self.day(period.end)) if period.end else ""

    def identifier(self, identifier: Identifier | None) -> str:
        """Return a number and its scheme."""
        if identifier is None or not identifier.value:
            return ""
        if identifier.scheme in {"", _EMAIL}:
            return identifier.value
        return f"{identifier.value} ({self._words('scheme', scheme=identifier.scheme)})"

    def identifiers(self, identifiers: Iterable[Identifier]) -> str:
        """Return several numbers."""
        return ", ".join(text for one in identifiers if (text := self.identifier(one)))

    def address(self, address: Address | None) -> str:
        """Return an address as lines; the country where it is another one."""
        if address is None:
            return ""
        country = address.country
        lines = (
            address.line_1,
            address.line_2,
            address.line_3,
            f"{address.post_code} {address.city}".strip(),
            address.subdivision,
            "" if country == "DE" else self._words.code("country", country),
        )
        return "\n".join(line for line in lines if line)

    @property
    def recounts(self) -> Mapping[str, Recount | None]:
        """What each total comes out as when it is added up again; None where nothing says so."""
        found: dict[str, Recount | None] = dict.fromkeys(_TOTALS)
        for one in sums(self._invoice):
            if one.given is not None and one.computed is not None:
                is_right = one.computed == one.given
                key = "recounted" if is_right else "recounted_wrong"
                text = self._words(key, amount=self.money(one.computed))
                found[one.term] = Recount(text=text, is_right=is_right)
        return found

    # --- parts of the invoice -----------------------------------------------------------

    @property
    def type(self) -> str:
        """What kind of invoice it is, with the code."""
        code = self._invoice.type_code
        known = self._words.code("type", code)
        return code if known == code else f"{known} ({code})"

    @property
    def other_payee(self) -> bool:
        """Whether the money goes to somebody else than the seller."""
        payee = self._invoice.payee
        return payee is not None and payee.name != self._invoice.seller.name

    @property
    def is_debit(self) -> bool:
        """Whether the seller collects the money himself."""
        codes = {means.code for means in self._invoice.payment_means}
        return self._invoice.direct_debit is not None or bool(codes & _DEBIT_CODES)

    @property
    def terms_text(self) -> str:
        """The payment terms without the Skonto lines that the table shows."""
        terms = self._invoice.payment_terms
        lines = terms.text.splitlines()
        kept = (
            line
            for line in lines
            if not line.strip().startswith("#") or line.strip() in terms.unclear
        )
        return "\n".join(kept).strip()

    def means(self, means: PaymentMeans) -> str:
        """Return a way to pay in words."""
        known = self._words.code("means", means.code)
        return f"{known} ({means.text})" if means.text and means.text != known else known

    def iban(self, account: Account | None) -> str:
        """Return the account to pay to in groups of four."""
        return grouped(account.iban) if account else ""

    def price(self, line: Line) -> str:
        """Return the price, for how many, and from which list price."""
        texts = [self.money(line.net_price)]
        if line.base_quantity not in {None, Decimal(1)}:
            unit = line.base_unit or line.unit
            texts.append(self._words("per", quantity=self.quantity(line.base_quantity, unit)))
        if line.gross_price is not None and line.price_discount:
            texts.append(
                self._words(
                    "before_discount",
                    gross=self.money(line.gross_price),
                    discount=self.money(line.price_discount),
                )
            )
        return "\n".join(text for text in texts if text)

    def vat(self, category: str, rate: Decimal | None) -> str:
        """Return the rate; in words what is not simply a rate."""
        texts = [self.percent(rate)]
        if category not in {"", "S"}:
            texts.append(self._words.code("vat_category", category))
        return "\n".join(text for text in texts if text)

    def reason(self, extra: AllowanceCharge) -> str:
        """Return why there is an allowance or a charge."""
        return extra.reason or extra.reason_code

    def rate_of(self, extra: AllowanceCharge) -> str:
        """Return how an allowance or a charge was computed."""
        if extra.percent is None or extra.base is None:
            return self.percent(extra.percent) or self.money(extra.base)
        return self._words(
            "of_base", percent=self.percent(extra.percent), base=self.money(extra.base)
        )

    def signed(self, extra: AllowanceCharge) -> str:
        """Return the amount as it changes the sum."""
        if extra.amount is None:
            return ""
        return self.money(extra.amount if extra.is_charge else -extra.amount)

    def extra(self, extra: AllowanceCharge) -> str:
        """Return an allowance or a charge of a line in one text."""
        computed = self.rate_of(extra)
        amount = self.signed(extra) + (f" ({computed})" if computed else "")
        return ": ".join(text for text in (amount, self.reason(extra)) if text)

    def file(self, attachment: Attachment, index: int) -> str:
        """Return the name of a supporting document, with a link where one can be given."""
        if not attachment.sha256:
            missing = self._words("not_embedded")
            return f"{missing}: {attachment.url}" if attachment.url else missing
        name = harmless(attachment.name or attachment.reference)
        if self._attachment_url is None:
            return name
        return Markup('<a href="{}">{}</a>').format(self._attachment_url(index), name)
