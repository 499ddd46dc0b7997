"""The forms in which ``laufzettel validate`` writes a report to a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from laufzettel.einvoice.reports import Subject, report_css, report_paper, report_xml
from laufzettel.pdf import ProcessPrinter

#: What is written to a folder, and everything that ``--format`` takes.
WRITTEN: Final = ("html", "pdf", "xml")
FORMS: Final = ("text", "json", "lieferant", *WRITTEN)


def write(subject: Subject, form: str, folder: Path) -> Path:
    """Write the report of a file as ``NAME.pruefbericht.FORM`` and return where it is.

    Raises OSError for a folder that cannot be written to, and what the PDF job raises.
    """
    target = folder / f"{Path(subject.file).name}.pruefbericht.{form}"
    if form == "pdf":
        data = ProcessPrinter().print(report_paper(subject), report_css())
    else:
        data = report_xml(subject) if form == "xml" else report_paper(subject).encode()
    folder.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    return target
