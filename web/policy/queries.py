"""Read models of the Prüfregeln: what holds today, and what a change would have decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, Final

import orjson
import sqlalchemy as sa

from laufzettel.einvoice import catalogue
from laufzettel.einvoice.catalogue import Rule
from laufzettel.einvoice.layers import Layer
from laufzettel.einvoice.policy import (
    FIXED,
    Bounds,
    Decision,
    Policy,
    Treatment,
    bounds_of_subject,
)
from laufzettel.einvoice.policy_change import judged
from laufzettel.einvoice.report import Finding, Report, Severity
from laufzettel.engine.tables import case
from laufzettel.errors import LaufzettelError
from laufzettel.records.tables import document, invoice
from laufzettel.web.case.queries import Reader, visible

#: Invoices that a preview decides again.
PREVIEW_MAX: Final = 200
#: Of those that it would decide otherwise, how many are listed.
LISTED_MAX: Final = 20
#: Rules that a page lists; there are some 1,700.
RULES_MAX: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerView:
    """A layer and what follows from its rules today."""

    layer: Layer
    rules: int
    counts: Mapping[Treatment, int]  # of our own rules; of official ones their weight decides
    rows: int  # of the tenant's table that are about it and hold today
    bounds: Bounds
    is_fixed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """A rule and what follows from its warning today."""

    rule: Rule
    decision: Decision
    bounds: Bounds
    by_weight: bool  # an official rule without a row: what its rule set says decides


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """An invoice that would be decided otherwise; of a hidden one only the number."""

    receipt_no: str
    case_id: str | None
    supplier: str
    before: Treatment
    after: Treatment
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a change would have decided about the latest invoices."""

    looked_at: int
    unread: int  # whose report cannot be read
    ways: Mapping[tuple[Treatment, Treatment], int]  # outcome before and after -> how many
    others: Sequence[Other]  # the newest of those that would be decided otherwise

    @property
    def changed(self) -> int:
        """How many invoices would have another outcome."""
        return sum(n for (old, new), n in self.ways.items() if old is not new)


def layers(policy: Policy, on: date) -> list[LayerView]:
    """Return every layer with what holds on that day."""
    return [_layer(layer, policy, on) for layer in Layer]


def _layer(layer: Layer, policy: Policy, on: date) -> LayerView:
    found = [*catalogue.rules(layer)]
    ours = [] if layer.is_official else found
    rows = [row for row in policy.rows if _holds(row, on) and _is_about(row.subject, layer, found)]
    return LayerView(
        layer=layer,
        rules=len(found),
        counts=_counted(_decided(policy, one.id, on).treatment for one in ours),
        rows=len(rows),
        bounds=bounds_of_subject(layer.value),
        is_fixed=layer in FIXED,
    )


def _counted(found: Iterable[Treatment]) -> dict[Treatment, int]:
    counts = Counter(found)
    return {one: counts[one] for one in Treatment if counts[one]}  # the strongest first


def _holds(row: Any, on: date) -> bool:
    return (row.valid_from or on) <= on <= (row.valid_until or on)


def _is_about(subject: str, layer: Layer, found: Sequence[Rule]) -> bool:
    if subject.endswith("*"):
        return any(one.id.startswith(subject[:-1]) for one in found)
    return subject == layer.value or any(one.id == subject for one in found)


def rules(policy: Policy, layer: Layer, words: str, on: date) -> list[RuleView]:
    """Return the rules of a layer that hold the words, at most ``RULES_MAX``."""
    found: Iterator[Rule] = catalogue.rules(layer, words)
    return [rule_view(policy, rule, on) for rule in islice(found, RULES_MAX)]


def rule_view(policy: Policy, rule: Rule, on: date) -> RuleView:
    """Return what follows from a rule on that day, for an invoice whatever its amount."""
    own = any(_holds(row, on) and row.fits(rule.id, None, on) for row in policy.rows)
    return RuleView(
        rule=rule,
        decision=_decided(policy, rule.id, on),
        bounds=bounds_of_subject(rule.id),
        by_weight=rule.layer.is_official and rule.layer not in FIXED and not own,
    )


def _decided(policy: Policy, rule: str, on: date) -> Decision:
    is_fixed = len(bounds_of_subject(rule).choices) == 1
    weight = Severity.ERROR if is_fixed else Severity.WARNING
    finding = Finding(id=rule, severity=weight, text_de="")
    return policy.decide(finding, None, on)


_LATEST: Final = (
    sa.select(*invoice.c["id", "receipt_no", "payable", "supplier_name"])
    .where(invoice.c.tenant == sa.bindparam("of_tenant"), invoice.c.verdict.is_not(None))
    .order_by(invoice.c.id.desc())
    .limit(PREVIEW_MAX)
)
_REPORTS: Final = (
    sa.select(document.c.invoice_id, document.c.sha256)
    .where(
        document.c.tenant == sa.bindparam("of_tenant"),
        document.c.kind == "report",
        document.c.invoice_id.in_(sa.bindparam("of_ids", expanding=True)),
    )
    .order_by(document.c.stored_at)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """An invoice that was checked, and where its report lies."""

    receipt_no: str
    payable: Decimal | None
    supplier: str
    sha256: str
    case_id: str | None  # none: not the reader's to see


def checked(connection: sa.Connection, reader: Reader) -> list[Checked]:
    """Return the latest invoices with a report, the newest first."""
    rows = connection.execute(_LATEST, {"of_tenant": reader.tenant}).all()
    ids = [row.id for row in rows]
    found = connection.execute(_REPORTS, {"of_tenant": reader.tenant, "of_ids": ids})
    reports = {row.invoice_id: row.sha256 for row in found}
    cases = _cases(connection, reader, ids)
    return [
        Checked(
            receipt_no=row.receipt_no,
            payable=row.payable,
            supplier=row.supplier_name or "" if row.id in cases else "",
            sha256=reports[row.id],
            case_id=cases.get(row.id),
        )
        for row in rows
        if row.id in reports
    ]


def _cases(connection: sa.Connection, reader: Reader, ids: Sequence[str]) -> Mapping[str, str]:
    keys = {f"invoice:{one}": one for one in ids}
    rows = connection.execute(
        sa.select(case.c.id, case.c.business_key).where(
            case.c.tenant == reader.tenant, case.c.business_key.in_(keys), visible(reader)
        )
    )
    return {keys[row.business_key]: row.id for row in rows}


def reports(found: Sequence[Checked], read: Callable[[str], bytes]) -> list[Report | None]:
    """Return the stored reports; None for one that is erased after its term, or at fault."""
    return [_report(read, one.sha256) for one in found]


def _report(read: Callable[[str], bytes], sha256: str) -> Report | None:
    try:
        return Report.from_dict(orjson.loads(read(sha256)))
    except LaufzettelError:
        return None


def preview(
    found: Sequence[tuple[Checked, Report | None]], before: Policy, after: Policy, on: date
) -> Preview:
    """Return how both tables decide the stored findings, as if the invoices came on that day."""
    ways: Counter[tuple[Treatment, Treatment]] = Counter()
    others: list[Other] = []
    for each, report in found:
        outcome = report and judged(report, before, after, amount=each.payable, on=on)
        if not outcome:
            continue
        ways[(outcome.before, outcome.after)] += 1
        if outcome.rules:
            others.append(
                Other(
                    receipt_no=each.receipt_no,
                    case_id=each.case_id,
                    supplier=each.supplier,
                    before=outcome.before,
                    after=outcome.after,
                    rules=outcome.rules,
                )
            )
    return Preview(
        looked_at=ways.total(),
        unread=sum(report is None for _each, report in found),
        ways=ways,
        others=others[:LISTED_MAX],
    )
