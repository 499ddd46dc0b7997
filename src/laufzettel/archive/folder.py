"""A case as one folder: everything there is about it, readable without us, with checksums.

The same state gives the same bytes: nothing in it says when, by whom or where it was made, so two
exports can be compared by their checksums. Who asked for one, and why, stands in the audit's
stream ``exports`` and not in the case: an auditor's look is not the examined unit's to see.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any, Final

import orjson
import sqlalchemy as sa

from laufzettel.archive.copies import note_handed_out
from laufzettel.archive.folder_page import Told, facts, page, timeline
from laufzettel.clock import office_time
from laufzettel.db import Database
from laufzettel.documents.store import SIZE_MAX, DocumentStore
from laufzettel.einvoice.embedded import clean_name
from laufzettel.einvoice.read import read_invoice
from laufzettel.einvoice.report import Report
from laufzettel.einvoice.reports import Subject, report_paper
from laufzettel.einvoice.view import copy_css, copy_html
from laufzettel.engine.api import CaseView, Engine, Happening
from laufzettel.errors import ConflictError, InputError, LaufzettelError
from laufzettel.identity import Actor
from laufzettel.ids import new_id
from laufzettel.records.tables import booking, cash_order, document, invoice, mail, person

#: The audit's stream of what was handed out.
STREAM: Final = "exports"
#: Who acts without being a person.
_ACTORS: Final = {"system": "System", "operator": "Betrieb"}
#: How often a case that moves is read anew.
ATTEMPTS: Final = 5
#: What every file of a zip is said to be from: a real time would make two exports differ.
_DATE: Final = (1980, 1, 1, 0, 0, 0)

# Built once: building a statement costs more than running it.
_OF: Final[sa.BindParameter[str]] = sa.bindparam("of_tenant")
_HOLDER: Final[sa.BindParameter[str]] = sa.bindparam("of_holder")
_DOCUMENTS: Final = (
    sa.select(document)
    .where(document.c.tenant == _OF, document.c.invoice_id == _HOLDER)
    .order_by(document.c.stored_at, document.c.kind, document.c.sha256)
)
_INVOICE: Final = sa.select(invoice).where(invoice.c.tenant == _OF, invoice.c.id == _HOLDER)
_MAIL: Final = sa.select(mail).where(mail.c.tenant == _OF, mail.c.id == _HOLDER)
_ORDERS: Final = (
    sa.select(cash_order)
    .where(cash_order.c.tenant == _OF, cash_order.c.invoice_id == _HOLDER)
    .order_by(cash_order.c.id)
)
_BOOKINGS: Final = (
    sa.select(booking)
    .join(cash_order, cash_order.c.id == booking.c.cash_order_id)
    .where(booking.c.tenant == _OF, cash_order.c.invoice_id == _HOLDER)
    .order_by(booking.c.order_key)
)
_NAMES: Final = sa.select(person.c.id, person.c.name).where(person.c.tenant == _OF)

#: Returns an event as a sentence that a clerk reads.
Tell = Callable[[Happening], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFiles:
    """The files of the folder by their place in it, the checksums last."""

    name: str  # of the folder
    files: Mapping[str, bytes]

    def as_zip(self) -> bytes:
        """Return the folder as one file; the same files give the same bytes."""
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for place, data in self.files.items():
                entry = zipfile.ZipInfo(f"{self.name}/{place}", date_time=_DATE)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o640 << 16
                archive.writestr(entry, data)
        return target.getvalue()


class CaseFolder:
    """Makes folders of cases."""

    def __init__(self, db: Database, engine: Engine, store: DocumentStore) -> None:
        self._db = db
        self._engine = engine
        self._store = store

    def export(self, actor: Actor, case_id: str, reason: str, tell: Tell) -> CaseFiles:
        """Return everything about the case; the audit says who asked for it, and why.

        Raises NotFoundError for a case that the actor may not look at, InputError without a
        reason, StorageError where a document is missing or changed: half a file is no file.
        """
        why = " ".join(reason.split())
        if not why:
            raise InputError("Bitte geben Sie den Grund an; er steht im Protokoll der Ausgaben.")
        case, found = self._settled(actor, case_id, tell)
        made = CaseFiles(name=_folder_name(case), files=_summed(found))
        checked = hashlib.sha256(made.files["SHA256SUMS"]).hexdigest()
        with self._db.write() as connection:
            data = {"case": case.id, "sha256": checked}
            self._engine.note(
                connection, actor, STREAM, "case.exported", data, {"reason": why[:1000]}
            )
            given: dict[str, Any] = {
                "id": new_id(),
                "tenant": actor.tenant,
                "business_key": case.business_key,
            }
            given |= {"at": self._db.now(connection), "by_person": actor.label, "sha256": checked}
            note_handed_out(connection, given)
        return made

    def _settled(self, actor: Actor, case_id: str, tell: Tell) -> tuple[CaseView, dict[str, bytes]]:
        """Return the files of one moment: what moved while they were read is read again."""
        for _ in range(ATTEMPTS):
            case = self._engine.case(actor, case_id)
            before = self._engine.timeline(actor, case_id)
            found = self._files(actor, case, tell)
            if self._engine.timeline(actor, case_id) == before:
                return case, found
        raise ConflictError("Der Vorgang bewegt sich gerade. Bitte gleich noch einmal ausgeben.")

    def _files(self, actor: Actor, case: CaseView, tell: Tell) -> dict[str, bytes]:
        happenings = self._engine.timeline(actor, case.id)
        holder = case.business_key.partition(":")[2]
        with self._db.read() as connection:
            which = {"of_tenant": actor.tenant, "of_holder": holder}
            records = {
                name: [_row(row) for row in connection.execute(query, which).mappings()]
                for name, query in (
                    ("eingang", _INVOICE),
                    ("mail", _MAIL),
                    ("anordnung", _ORDERS),
                    ("buchung", _BOOKINGS),
                )
            }
            papers = connection.execute(_DOCUMENTS, which).all()
            names = {
                row.id: row.name for row in connection.execute(_NAMES, {"of_tenant": actor.tenant})
            }
        found: dict[str, bytes] = {}
        found["vorgang.json"] = _json({"vorgang": asdict(case), **records})
        found["verlauf.json"] = _json([asdict(one) for one in happenings])
        told = [
            Told(
                at=office_time(one.at),
                who=names.get(one.actor, _ACTORS.get(one.actor, one.actor)),
                sentence=tell(one),
                texts=one.texts,
            )
            for one in happenings
        ]
        found["verlauf.txt"] = timeline(told).encode()
        found["entscheidungen.json"] = _json(
            [asdict(one) for one in self._engine.decisions(actor, case.id)]
        )
        found |= self._papers(actor.tenant, papers)
        found |= self._audit(actor, case)
        found["index.html"] = page(case, facts(records), told, list(found)).encode()
        return found

    def _papers(self, tenant: str, rows: Sequence[Any]) -> dict[str, bytes]:
        """Return the documents as they were stored, and the invoice as people read it."""
        found: dict[str, bytes] = {}
        by_kind: dict[str, tuple[str, bytes]] = {}
        for number, row in enumerate(rows, 1):
            data = self._store.get(row.sha256, tenant=tenant, size_max=SIZE_MAX)
            name = f"{number:02d}-{row.kind}-{clean_name(row.file_name) or 'datei'}"
            found[f"dokumente/{name}"] = data
            by_kind.setdefault(row.kind, (row.sha256, data))
        if shown := _view(by_kind):
            found["ansicht/rechnung.html"] = shown
        if checked := _report(rows, by_kind):
            found["ansicht/pruefbericht.html"] = checked
        return found

    def _audit(self, actor: Actor, case: CaseView) -> dict[str, bytes]:
        programs = files("laufzettel.engine.audit")
        return {
            "protokoll/auszug.jsonl": self._engine.excerpt(actor, case.id),
            **{
                f"protokoll/{name}": programs.joinpath(name).read_bytes()
                for name in ("verify_excerpt.py", "verify_export.py")
            },
        }


def _view(by_kind: Mapping[str, tuple[str, bytes]]) -> bytes | None:
    """Return the invoice as a page; None where its data cannot be read."""
    sha256, original = by_kind.get("original", ("", b""))
    _, xml = by_kind.get("xml", ("", original))
    if not xml or xml.startswith(b"%PDF"):
        return None
    try:
        report = (
            Report.from_dict(orjson.loads(by_kind["report"][1])) if "report" in by_kind else None
        )
        page = copy_html(read_invoice(xml), report=report, original_sha256=sha256)
    except LaufzettelError:
        return None
    return page.replace("</head>", f"<style>{copy_css()}</style></head>", 1).encode()


def _report(rows: Sequence[Any], by_kind: Mapping[str, tuple[str, bytes]]) -> bytes | None:
    """Return the report of the check as a page; None where nothing was checked."""
    original = next((row for row in rows if row.kind == "original"), None)
    report = next((row for row in rows if row.kind == "report"), None)
    if original is None or report is None:
        return None
    subject = Subject(
        report=Report.from_dict(orjson.loads(by_kind["report"][1])),
        file=original.file_name,
        sha256=original.sha256,
        checked_at=report.stored_at,
    )
    return report_paper(subject).encode()


def _summed(found: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files in the order of their places, with a file that ``sha256sum -c`` reads."""
    ordered = {place: found[place] for place in sorted(found)}
    lines = [f"{hashlib.sha256(data).hexdigest()}  {place}\n" for place, data in ordered.items()]
    return {**ordered, "SHA256SUMS": "".join(lines).encode()}


def _folder_name(case: CaseView) -> str:
    return f"vorgang-{PurePosixPath(case.id).name}"


def _row(row: Mapping[Any, Any]) -> dict[str, Any]:
    # The keys of a row are a kind of text of its own, which is no key of JSON.
    return {str(name): value for name, value in row.items()}


def _json(value: Any) -> bytes:
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(value, default=_plain, option=options)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return sorted(value) if isinstance(value, set | frozenset) else str(value)
