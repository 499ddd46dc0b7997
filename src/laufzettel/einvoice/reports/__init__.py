"""The report of a check for people and programs, all forms from one source.

``Subject`` says what was checked and when; ``report_html`` is a part of a page,
``report_paper`` a whole document for a browser or the PDF job, ``report_json`` and
``report_xml`` are for programs (docs/validation.md has their structure).
"""

from laufzettel.einvoice.reports.machine import NAMESPACE, report_json, report_xml
from laufzettel.einvoice.reports.paper import report_css, report_html, report_paper
from laufzettel.einvoice.reports.subject import Subject

__all__ = [
    "NAMESPACE",
    "Subject",
    "report_css",
    "report_html",
    "report_json",
    "report_paper",
    "report_xml",
]
