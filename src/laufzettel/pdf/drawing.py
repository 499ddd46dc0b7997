"""Drawing with WeasyPrint; imported in the child process only, for it loads system libraries.

Whatever a page names is looked up among the assets of its job. Anything else ends the
drawing: no file is opened, no address is called, no ``data:`` is read (security.md 3.3).
"""

from __future__ import annotations

import logging
from typing import Any, Final
from urllib.parse import urlsplit

import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from laufzettel.pdf.job import Attachment, DrawJob

#: Where relative addresses of a page lie; ``.invalid`` never exists (RFC 2606).
BASE: Final = "https://assets.invalid/"
#: Where a link of a page may lead when a reader clicks it; ``javascript:`` is no such place.
_LINK_SCHEMES: Final = {"http", "https", "mailto"}
_TYPES: Final = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "svg": "image/svg+xml",
    "css": "text/css",
    "ttf": "font/ttf",
    "otf": "font/otf",
    "woff2": "font/woff2",
}

#: Raised, through everything, for what is not among the assets.
RefusedError = FatalURLFetchingError


class IncompleteError(Exception):
    """Something that belongs to the page could not be drawn."""


class ClosedFetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Finds the assets of one job and nothing else."""

    def __init__(self, assets: dict[str, bytes]) -> None:
        # Not the parent's: it would add what opens files and connections.
        self._assets = assets
        self._fail_on_errors = True

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        """Return the asset that the address names; raise RefusedError for any other."""
        name = url.removeprefix(BASE)
        if not url.startswith(BASE) or name not in self._assets:
            raise RefusedError(url[:200])
        kind = _TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
        return URLFetcherResponse(url, self._assets[name], {"Content-Type": kind})


class _Complaints(logging.Handler):
    """Keeps what WeasyPrint left out of the page and would only have logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the sentence."""
        self.texts.append(record.getMessage())


def draw(job: DrawJob) -> bytes:
    """Return the PDF of the job.

    Raises RefusedError when the page wants what is not among its assets, IncompleteError when
    a part of it could not be drawn.
    """
    complaints = _Complaints()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(complaints)
    logger.propagate = False
    try:
        pdf = _drawn(job)
    finally:
        logger.removeHandler(complaints)
    if complaints.texts:
        raise IncompleteError(complaints.texts[0])
    return pdf


def _drawn(job: DrawJob) -> bytes:
    fetcher = ClosedFetcher(dict(job.assets))
    fonts = FontConfiguration()
    sheets = [weasyprint.CSS(string=job.css, **_known(fetcher), font_config=fonts)]
    document = weasyprint.HTML(string=job.html, **_known(fetcher)).render(
        font_config=fonts, stylesheets=sheets, **_options(job)
    )
    for page in document.pages:
        page.links = [link for link in page.links if _is_harmless(link)]
    pdf: bytes = document.write_pdf(finisher=_finish, **_options(job))
    return pdf


def _known(fetcher: ClosedFetcher) -> dict[str, Any]:
    return {"base_url": BASE, "url_fetcher": fetcher}


def _options(job: DrawJob) -> dict[str, Any]:
    # Sorted, for the name tree of a PDF is, and WeasyPrint leaves it as it comes.
    attachments = sorted(job.attachments, key=lambda each: each.name)
    return {
        "pdf_variant": job.variant.value,
        "attachments": [_attached(each) for each in attachments],
    }


def _attached(attachment: Attachment) -> weasyprint.Attachment:
    return weasyprint.Attachment(
        file_obj=_Bytes(attachment.data),
        name=attachment.name,
        description=attachment.description,
        created=attachment.changed_at,
        modified=attachment.changed_at,
        relationship=attachment.relationship.value,
    )


class _Bytes:
    """A file object with nothing but ``read``; one of ``io`` could not be read again."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self) -> bytes:
        """Return all bytes, each time."""
        return self._data


def _is_harmless(link: tuple[Any, ...]) -> bool:
    kind, target = link[0], link[1]
    if kind != "external":
        return True  # a place in the page, or an attachment that the fetcher judges
    parts = urlsplit(target)
    return parts.scheme in _LINK_SCHEMES and not target.startswith(BASE)


def _finish(document: object, pdf: Any) -> None:
    """Name every attachment once in /AF; WeasyPrint 70 does so twice (einvoice.md 5)."""
    named = pdf.catalog.get("AF")
    if named is not None:
        pdf.catalog["AF"] = type(named)(dict.fromkeys(named))
