"""Write the sample invoices of Musterstadt into a folder.

    python examples/make_invoices.py FOLDER

Everybody in them is invented. The XML files are the same at every run; the PDF differs only
in its time stamps and ids.
"""

from __future__ import annotations

import sys
from pathlib import Path

# Also when this file is loaded by its path, as ./run and the tests do.
if (_here := str(Path(__file__).resolve().parent)) not in sys.path:
    sys.path.insert(0, _here)

from sample_invoices import samples
from sample_invoices.cii_writer import as_cii
from sample_invoices.pdf_writer import as_zugferd
from sample_invoices.ubl_writer import as_ubl


def write_samples(target: Path) -> dict[str, Path]:
    """Leave every sample in ``target`` and return the files by name.

    ``gut.xml`` and ``gut_cii.xml`` are one invoice in two syntaxes; only ``fehlerhaft.xml``
    breaks rules: it has no Leitweg-ID and a wrong VAT total.
    """
    target.mkdir(parents=True, exist_ok=True)
    contents = {
        "gut.xml": as_ubl(samples.GOOD),
        "gut_cii.xml": as_cii(samples.GOOD),
        "klein.xml": as_ubl(samples.SMALL),
        "fehlerhaft.xml": as_ubl(samples.FAULTY),
        "ruecklaeufer.xml": as_ubl(samples.RETURNED),
        "gutschrift.xml": as_ubl(samples.CREDIT),
        "zugferd.pdf": as_zugferd(samples.LICENCE),
    }
    for name, content in contents.items():
        (target / name).write_bytes(content)
    return {name: target / name for name in contents}


def main(arguments: list[str]) -> int:
    """Write the samples where the command line says."""
    if len(arguments) != 1:
        sys.stderr.write(__doc__ or "")
        return 2
    for path in write_samples(Path(arguments[0])).values():
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
