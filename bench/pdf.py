"""How many pages a second become PDF/A: our printing server against a process for each page.

    ./run bench pdf [--json] [--quick] [--pages N]

The rival is what we did before and still do where there is no fork: a fresh Python that loads
WeasyPrint, draws one page and ends. Both draw the same pages in turns, an Anordnung with its
invoice enclosed and a Sichtkopie, under the same limits; every pair must be equal byte by byte.
Processor time is the steadier measure on a machine that others use.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import resource
import statistics
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final

from bench._engine import sample_invoice
from laufzettel.einvoice.read import read_invoice
from laufzettel.einvoice.view import copy_css, copy_html
from laufzettel.money import Money
from laufzettel.pdf import Attachment, Limits, Relationship, Variant
from laufzettel.pdf.job import DrawJob
from laufzettel.pdf.press import Press
from laufzettel.pdf.process import draw_alone
from laufzettel.records.papers.order import OrderPaper, Signed, order_css, order_html

PAGES, QUICK_PAGES = 20, 2
LIMITS: Final = Limits(wall_s=120)
AT: Final = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one side took, page by page."""

    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    @property
    def pages_per_s(self) -> float:
        """Return how many pages a second, one after the other."""
        return 1000 * len(self.wall_ms) / sum(self.wall_ms)


def main(argv: list[str]) -> int:
    """Measure and print; the last line is JSON where it was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--quick", action="store_true", help="few pages")
    parser.add_argument("--pages", type=int, help=f"how many pages each side draws ({PAGES})")
    args = parser.parse_args(argv)
    number = args.pages or (QUICK_PAGES if args.quick else PAGES)
    figures = measure(number)
    show(figures)
    if args.json:
        print(json.dumps(figures))
    return 0


def jobs(number: int) -> list[bytes]:
    """Return pages of both kinds in turn, as they go to the process that draws."""
    kinds = (order_job(), copy_job())
    return [kinds[n % 2].to_bytes() for n in range(number)]


def order_job() -> DrawJob:
    """Return an Anordnung over the sample invoice."""
    signed = [
        Signed(duty=duty, name=name, office="Bauamt", at=AT)
        for duty, name in (("sachlich", "M. Yılmaz"), ("anordnung", "K. Brandt"))
    ]
    paper = OrderPaper(
        tenant="Stadt Musterstadt",
        number="A-2026-000001",
        revision=1,
        ordered_on=date(2026, 11, 23),
        amount=Money.parse("18432.60"),
        fiscal_year_expense=2026,
        fiscal_year_payment=2026,
        payee_name="Tiefbau Bergmann & Söhne GmbH",
        payee_iban="DE89370400440532013000",
        purpose="Rechnung TB-2026-1187",
        due_on=date(2026, 12, 2),
        discount_until=None,
        discount=None,
        cost_center="5410",
        gl_account="523100",
        supplier="Tiefbau Bergmann & Söhne GmbH",
        invoice_number="TB-2026-1187",
        invoice_date=date(2026, 11, 2),
        receipt_no="E-2026-000007",
        received_at=AT,
        signatures=tuple(signed),
        original_sha256=hashlib.sha256(sample_invoice()).hexdigest(),
    )
    return _job(order_html(paper), order_css())


def copy_job() -> DrawJob:
    """Return the Sichtkopie of the sample invoice."""
    data = sample_invoice()
    sha256 = hashlib.sha256(data).hexdigest()
    page = copy_html(read_invoice(data), report=None, original_sha256=sha256)
    return _job(page, copy_css())


def _job(page: str, css: str) -> DrawJob:
    enclosed = Attachment(
        name="rechnung.xml",
        data=sample_invoice(),
        changed_at=AT,
        relationship=Relationship.SOURCE,
    )
    return DrawJob(html=page, css=css, variant=Variant.A_3B, attachments=(enclosed,))


def measure(number: int) -> dict[str, float | int | str]:
    """Draw the same pages on both sides in turns, then ours from two threads."""
    press, ours, rival = Press(), Side(), Side()
    try:
        start = perf_counter()
        draw(press, order_job().to_bytes())
        first_ms = (perf_counter() - start) * 1000
        pages = jobs(number)
        for page in pages:
            drawn = timed(ours, partial(draw, press, page), partial(server_cpu_s, press))
            alone = timed(rival, partial(alone_drawn, page), children_cpu_s)
            assert drawn == alone, "both sides draw the same bytes"
        start = perf_counter()
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(lambda page: draw(press, page), pages))
        together = number / (perf_counter() - start)
    finally:
        press.close()
    return figures_of(ours, rival) | {
        "first_page_ms": round(first_ms),
        "two_threads_pages_per_s": round(together, 2),
    }


def draw(press: Press, page: bytes) -> bytes:
    """Draw on our side."""
    ended = press.draw(page, LIMITS)
    assert ended.code == 0, ended
    return ended.output


def alone_drawn(page: bytes) -> bytes:
    """Draw on the rival's side."""
    ended = draw_alone(page, LIMITS)
    assert ended.code == 0, ended
    return ended.output


def timed(side: Side, work: Callable[[], bytes], cpu_s: Callable[[], float]) -> bytes:
    """Return what the work returned, having noted what it took."""
    cpu, start = cpu_s(), perf_counter()
    output = work()
    side.wall_ms.append((perf_counter() - start) * 1000)
    side.cpu_ms.append((cpu_s() - cpu) * 1000)
    return output


def server_cpu_s(press: Press) -> float:
    """Return the processor time of the server and of the pages it has seen end."""
    fields = Path(f"/proc/{press.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def children_cpu_s() -> float:
    """Return the processor time of our processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def figures_of(ours: Side, rival: Side) -> dict[str, float | int | str]:
    """Return what was measured under the names that are printed."""
    return {
        "pages": len(ours.wall_ms),
        "pages_per_s": round(ours.pages_per_s, 2),
        "rival_pages_per_s": round(rival.pages_per_s, 2),
        "ratio": round(ours.pages_per_s / rival.pages_per_s, 1),
        "page_median_ms": round(statistics.median(ours.wall_ms)),
        "rival_median_ms": round(statistics.median(rival.wall_ms)),
        "page_cpu_ms": round(statistics.mean(ours.cpu_ms)),
        "rival_cpu_ms": round(statistics.mean(rival.cpu_ms)),
        "ratio_cpu": round(sum(rival.cpu_ms) / max(1.0, sum(ours.cpu_ms)), 1),
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}",
        "load": round(os.getloadavg()[0], 2),
    }


def show(figures: dict[str, float | int | str]) -> None:
    """Print the figures for people."""
    get = figures.__getitem__
    print(f"{get('machine')}, load {get('load')}; {get('pages')} pages on each side")
    print(f"server        {get('pages_per_s')} pages/s, median {get('page_median_ms')} ms", end="")
    print(f", processor {get('page_cpu_ms')} ms a page")
    print(
        f"process each  {get('rival_pages_per_s')} pages/s, median {get('rival_median_ms')}", end=""
    )
    print(f" ms, processor {get('rival_cpu_ms')} ms a page")
    print(f"ratio         {get('ratio')} by the clock, {get('ratio_cpu')} by processor time")
    print(f"first page    {get('first_page_ms')} ms, the start of the server included")
    print(f"two threads   {get('two_threads_pages_per_s')} pages/s on the server")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
