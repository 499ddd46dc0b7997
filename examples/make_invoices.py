"""Write the sample invoices of Musterstadt into a folder.

    python examples/make_invoices.py FOLDER [TODAY]

Everybody in them is invented. The three of the story are the same at every run; those of the
town are dated relative to TODAY (2026-11-23), by default this day. A PDF differs at every run
in its time stamps and ids.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

# Also when this file is loaded by its path, as ./run and the tests do.
if (_here := str(Path(__file__).resolve().parent)) not in sys.path:
    sys.path.insert(0, _here)

from sample_invoices import samples
from sample_invoices.cii_writer import as_cii
from sample_invoices.town import town_invoices
from sample_invoices.town_model import Form, TownInvoice, content
from sample_invoices.ubl_writer import as_ubl

from laufzettel.clock import OFFICE_ZONE, SystemClock

__all__ = ["as_cii", "as_ubl", "content", "samples", "town_invoices", "write_samples", "write_town"]

_LICENCE = TownInvoice(file_name="zugferd.pdf", sample=samples.LICENCE, form=Form.ZUGFERD)


def story_samples() -> dict[str, bytes]:
    """Return the XML files of the story by name.

    ``gut.xml`` and ``gut_cii.xml`` are one invoice in two syntaxes; only ``fehlerhaft.xml``
    breaks rules: it has no Leitweg-ID and a wrong VAT total.
    """
    return {
        "gut.xml": as_ubl(samples.GOOD),
        "gut_cii.xml": as_cii(samples.GOOD),
        "klein.xml": as_ubl(samples.SMALL),
        "fehlerhaft.xml": as_ubl(samples.FAULTY),
        "ruecklaeufer.xml": as_ubl(samples.RETURNED),
        "gutschrift.xml": as_ubl(samples.CREDIT),
    }


def write_samples(target: Path) -> dict[str, Path]:
    """Leave the story and a ZUGFeRD file in ``target`` and return the files by name."""
    return _written(target, {**story_samples(), "zugferd.pdf": content(_LICENCE)})


def write_town(target: Path, today: date) -> dict[str, Path]:
    """Leave the invoices of the town in ``target`` and return the files by name."""
    return _written(target, {one.file_name: content(one) for one in town_invoices(today)})


def _written(target: Path, contents: dict[str, bytes]) -> dict[str, Path]:
    target.mkdir(parents=True, exist_ok=True)
    for name, data in contents.items():
        (target / name).write_bytes(data)
    return {name: target / name for name in contents}


def _this_day() -> str:
    return str(SystemClock().now().astimezone(OFFICE_ZONE).date())


def main(arguments: list[str]) -> int:
    """Write the samples where the command line says."""
    try:
        folder, *given = arguments
        (today,) = map(date.fromisoformat, given or [_this_day()])
    except ValueError:
        sys.stderr.write(__doc__ or "")
        return 2
    for path in [*write_samples(Path(folder)).values(), *write_town(Path(folder), today).values()]:
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
