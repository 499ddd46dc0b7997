"""Every page that people can see, and how to get there: what all checks walk through.

``PLACES`` is compared with the routes of the application, so that no page can be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Final

import sqlalchemy as sa
from playwright.sync_api import FilePayload, Page
from tests.browser.town import TO_CAPTURE, TWIN, UNCHECKED, Town, sample
from tests.connectors.mails import mail
from tests.einvoice.test_fulltext import pdf_saying
from tests.second_person import deployed
from tests.web.conftest import text_pdf

from laufzettel.archive.tables import retention_item, retention_run
from laufzettel.cli.demo.town import TENANT, processes
from laufzettel.connectors.intake.mails import take_mail
from laufzettel.einvoice.policy import Treatment
from laufzettel.einvoice.policy_change import Change
from laufzettel.engine.api import BatchKind, Selection, Sources
from laufzettel.engine.model.sources import load_folder
from laufzettel.engine.tables import parcel, user_task
from laufzettel.identity import Actor, Right
from laufzettel.ids import new_id
from laufzettel.records import policy_changes
from laufzettel.records.delivery import Delivery
from laufzettel.records.tables import invoice, routing_proposal
from laufzettel.web.api.operations import OPERATIONS

#: Returns the address of a page in the town; what has to happen before, happens.
Address = Callable[[Town], str]
#: Goes on from a page by clicking and typing.
Act = Callable[[Page, Town], None]


def _stay(page: Page, town: Town) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A page: of which route, who looks at it, its address, and what is done there first."""

    name: str
    endpoint: str  # whose GET or POST draws it; "" where the address leads nowhere
    login: str = "yilmaz"  # "" for a stranger
    address: Address
    act: Act = _stay


#: Routes that draw no page, and why.
NO_PAGE: Final = {
    "static": "style sheet, script, fonts",
    "health": "JSON for the operator",
    "home": "leads to the first page",
    "inbox.following": "leads to the next task",
    "case.document": "a file",
    "case.attachment": "a file",
    "case.page": "a picture",
    "stacks.picture": "a picture",
    "upload.separator": "a PDF file",
    "case.copy": "a PDF file",
    "case.report_file": "a file",
    "cockpit.data": "a file",
    "withholding.as_csv": "a file",
    "metrics": "figures for a program",
    "api.openapi": "JSON for programs",
    **{
        f"api.{name}": "JSON for programs"
        for name, one in OPERATIONS.items()
        if one.method == "GET"
    },
}


def _at(path: str) -> Address:
    return lambda town: path


def _task_of(file: str) -> Address:
    return lambda town: f"/aufgaben/{town.task(town.case(file)).id}"


def _case_of(file: str, rest: str = "") -> Address:
    return lambda town: f"/vorgaenge/{town.case(file)}{rest}"


def _handover(town: Town) -> str:
    with town.app.db.read() as connection:
        first = connection.execute(
            sa.select(parcel.c.id)
            .where(parcel.c.tenant == TENANT, parcel.c.channel.like("hkr%"))
            .order_by(parcel.c.id)
            .limit(1)
        ).scalar_one()
    return f"/uebergaben/{first}"


def _over(town: Town) -> str:
    """Let K. Brandt be faster, and return where the task was."""
    task = town.task(town.case("maler_m311.xml"))
    answers = {"decision": "feststellen", "cost_center": "5410", "gl_account": "523100"}
    town.app.engine.complete(town.actor("brandt"), task.id, answers)
    return f"/aufgaben/{task.id}"


def _sent_back(town: Town) -> str:
    """Let a Fachamt say that it is not theirs, and return where the Poststelle is asked."""
    found = town.case("maler_m311.xml")
    answers = {"decision": "nicht_zustaendig", "note": "Das ist die Mensa der Grundschule."}
    town.app.engine.complete(town.actor("yilmaz"), town.task(found).id, answers)
    return f"/aufgaben/{town.task(found).id}"


def _proposed(town: Town) -> str:
    """Let the Poststelle say that it is always so, and return where that is proposed."""
    task = _sent_back(town).rpartition("/")[2]
    answers = {"chosen_unit": "Schulamt", "always": "lieferant"}
    town.app.engine.complete(town.actor("kranz"), task, answers)
    return "/vorschlaege"


def _proposal(town: Town) -> str:
    """Return where the row that the Poststelle proposes is shown in the table."""
    _proposed(town)
    with town.app.db.read() as connection:
        found = connection.scalar(sa.select(routing_proposal.c.id).limit(1))
    return f"/vorschlaege/{found}"


def _keeper(person: str) -> Actor:
    return Actor(tenant=TENANT, person=person, rights=frozenset(Right))


def _policy(town: Town) -> str:
    """Have a change hold, another be declined and a third wait for its second person."""
    engine, db = town.app.engine, town.app.db
    one, two = _keeper("sommer"), _keeper("lohmann")
    with db.write() as connection:
        now = db.now(connection)
        note = partial(engine.note, connection, one, policy_changes.STREAM)
        day = date(2026, 12, 1)
        for subject, treatment, above in (
            ("LZ-DATUM-ALT", Treatment.LOOK, Decimal("5000.00")),
            ("skonto", Treatment.IGNORE, None),
            ("LZ-IBAN", Treatment.NOTE, None),
        ):
            wanted = Change(
                subject=subject, treatment=treatment, why="", holds_from=day, above=above
            )
            reason = "Dienstanweisung Rechnungen Nr. 4"
            made = policy_changes.change(connection, one, wanted, reason, now=now, note=note)
            if subject == "skonto":
                policy_changes.decline(connection, two, made.id, "Nein", now=now, note=note)
    return "/pruefregeln"


def _batch(town: Town) -> str:
    """Order that the incidents of a kind are tried again, and return where that is seen."""
    actor, engine = _keeper("sommer"), town.app.engine
    (one,) = engine.list_incidents(actor).items
    wanted = Selection(code=one.code)
    return "/betrieb/sammelaktionen/" + engine.order_batch(actor, BatchKind.RETRY, wanted, "Neu")


def _batches(town: Town) -> str:
    return _batch(town) and "/betrieb/sammelaktionen"


def _retry_all(town: Town) -> str:
    (one,) = town.app.engine.list_incidents(_keeper("sommer")).items
    return f"/betrieb/erneut?art={one.code}"


def _two_versions(town: Town) -> str:
    """Give the town a version of its own and return the trial of moving all cases to it."""
    actor, engine = _keeper("sommer"), town.app.engine
    (shared,) = engine.models(actor, "eingangsrechnung")
    folder = next(each for each in processes() if each.name == "eingangsrechnung")
    own = engine.deploy(actor, load_folder(folder))
    return f"/betrieb/prozesse/eingangsrechnung?von={shared.bundle_id}&nach={own.bundle_id}"


def _wanted_version(town: Town) -> str:
    """Have a version with another condition wait for its second person."""
    actor, engine = _keeper("sommer"), town.app.engine
    (shared,) = engine.models(actor, "eingangsrechnung")
    folder = next(each for each in processes() if each.name == "eingangsrechnung")
    files = load_folder(folder).files
    changed = files["model.bpmn"].replace(b'=verdict = "unchecked"', b'=verdict = "ungeprueft"')
    deployed(engine, actor, Sources(files={**files, "model.bpmn": changed}))
    engine.pin(actor, "eingangsrechnung", shared.bundle_id, "Bedingung falsch")
    return "/betrieb/prozesse/eingangsrechnung"


def _proposed_version(town: Town) -> str:
    """Have a version with another condition wait for its second person."""
    folder = next(each for each in processes() if each.name == "eingangsrechnung")
    files = load_folder(folder).files
    changed = files["model.bpmn"].replace(b'=verdict = "unchecked"', b'=verdict = "ungeprueft"')
    made = Sources(files={**files, "model.bpmn": changed})
    assert town.app.engine.deploy(_keeper("sommer"), made, reason="Entwurf").waits
    return "/betrieb"


def _unwaited(town: Town) -> str:
    """Publish a message that nobody waits for."""
    town.app.engine.publish(
        Actor(tenant=TENANT, machine="probe", rights=frozenset(Right)),
        name="hausmeister.fertig",
        key="E-2026-000001",
        payload={},
        source="probe",
        message_id="1",
    )
    return "/betrieb/nachrichten"


def _reconciled(town: Town) -> str:
    """Begin the Abgleich and ask the channels."""
    town.app.engine.reconciliation.begin([TENANT], cause="Sicherung eingespielt", by="Betrieb")
    town.app.engine.ask_channels(_keeper("sommer"))
    return "/betrieb/abgleich"


def _held(town: Town) -> str:
    """Let an auditor hold an invoice, and return where that stands, with what is due counted."""
    case = town.app.engine.case(town.actor("vogt"), town.case("kies_ks_5521.xml"))
    with town.app.db.read() as connection:
        number = connection.execute(
            sa.select(invoice.c.receipt_no).where(
                invoice.c.id == case.business_key.removeprefix("invoice:")
            )
        ).scalar_one()
    if not town.app.retention.holds(TENANT):
        town.app.retention.hold(_keeper("vogt"), number, "Fördermittel bis 2031")
    return "/archiv?zaehlen=1"


def _to_erase(town: Town) -> str:
    """Write down a proposal to erase, as if a term were over, and return where it is."""
    proposal = {"id": new_id(), "tenant": TENANT, "proposed_by": "sommer"}
    item = {
        "run_id": proposal["id"],
        "invoice_id": new_id(),
        "tenant": TENANT,
        "receipt_no": "E-2026-000001",
        "closed_on": date(2026, 11, 23),
        "retain_until": date(2034, 12, 31),
        "rule": "8 Jahre nach § 147 Abs. 3 AO",
        "status": "erased",
        "documents": 3,
        "hashes": [],
        "copies": [{"state": "expires", "text_de": "Band: überschrieben bis 06.02.2035"}],
    }
    with town.app.db.write() as connection:
        now = town.app.db.now(connection)
        run = {"proposed_at": now, "reason": "Aussonderung"}
        connection.execute(sa.insert(retention_run), proposal | run)
        connection.execute(sa.insert(retention_item), item | {"at": now})
    return f"/archiv/loeschungen/{proposal['id']}"


def _with_another_account(town: Town) -> str:
    """Let a supplier send two invoices with two accounts, and return where the second is."""
    town.arrives("gut.xml")
    return f"/aufgaben/{town.task(town.arrives('tiefbau_tb1203_neues_konto.xml')).id}"


def _stuck_together(town: Town) -> str:
    """Let two invoices come as one scan, and return where they are divided."""
    pages = pdf_saying("Rechnung 4711", "Seite 2", "Rechnung 4712")
    found = town.receive("zwei_in_einer.pdf", pages, channel="scan")
    town.settle()
    return f"/aufgaben/{town.task(found).id}/seiten"


def _folder(*, displayed: bool = False, marked: bool = False) -> Address:
    def address(town: Town) -> str:
        actor, engine = town.actor("reineke"), town.app.engine
        folder_id = engine.open_folder(actor)
        items = engine.folder(actor, folder_id).items
        for item in items if marked else ():
            if item.obstacle is None:
                engine.show_item(actor, folder_id, item.task.id, "0" * 64)
                engine.mark_item(actor, folder_id, item.task.id)
        return f"/unterschriften/{folder_id}" + (f"/{items[0].task.id}" if displayed else "")

    return address


def _send_nothing(page: Page, town: Town) -> None:
    """Send the form of a task with wrong and missing answers, past the browser's own checks."""
    page.get_by_label("Feststellen: sachlich und rechnerisch richtig").check()
    page.get_by_label("Kostenstelle").fill("5410")
    page.eval_on_selector("#zeichnen", "form => { form.noValidate = true }")
    page.get_by_role("button", name="Absenden", exact=True).click()
    page.get_by_role("alert").wait_for()


def _too_slow(page: Page, town: Town) -> None:
    """Decide while K. Brandt does the same a moment earlier."""
    page.get_by_label("Feststellen: sachlich und rechnerisch richtig").check()
    page.get_by_label("Kostenstelle").fill("5410")
    page.get_by_label("Sachkonto").fill("523100")
    page.get_by_label("Vermerk").fill("Aufmaß liegt bei")
    _over(town)
    page.get_by_role("button", name="Absenden", exact=True).click()
    page.get_by_text("K. Brandt hat sie").wait_for()


def _hand_in(page: Page, town: Town) -> None:
    """Hand in an invoice that is new, one that was here, and three files that are none."""
    files = {
        "neu.xml": b"<Invoice/>",
        "maler.xml": sample("maler_m311.xml"),
        "leer.pdf": b"",
        "foto.jpg": b"\xff\xd8\xff\xe0",
        "angebot.docx": b"PK\x03\x04..",
    }
    chosen: list[FilePayload] = [
        {"name": name, "mimeType": "", "buffer": data} for name, data in files.items()
    ]
    page.locator("#dateien").set_input_files(chosen)
    page.get_by_role("button", name="Annehmen", exact=True).click()
    page.get_by_role("heading", name="1 angenommen, 1 lagen schon vor, 3 nicht").wait_for()


def _mail(town: Town) -> str:
    """Let a mail come with two PDF files and a picture; return where the Poststelle sees it."""
    files = [
        ("angebot_sanierung_turnhalle_2026_mit_langem_namen.pdf", "application/pdf", text_pdf("A")),
        ("rechnung_4711.pdf", "application/pdf", text_pdf("R")),
        ("logo.png", "image/png", b"\x89PNG\r\n\x1a\n"),
    ]
    raw = mail(*files, subject="Unterlagen Turnhalle")
    take_mail(town.app.intake.desk(TENANT), raw, key="p:1:1", channel="postfach-rechnung")
    with town.app.db.read() as connection:
        newest = sa.select(user_task.c.id).where(user_task.c.element == "look_at")
        return f"/aufgaben/{connection.execute(newest).scalar_one()}"


def _dunned(town: Town) -> str:
    """Hand in a Mahnung about an invoice that is open, name it, and return where it is answered."""
    clerk = town.actor("kranz")
    file = Delivery(
        tenant=TENANT,
        channel="upload",
        sender="Post",
        file_name="zahlungserinnerung_heizungsbau_brenner_2026.pdf",
        data=text_pdf("Zahlungserinnerung"),
    )
    town.app.papers(file, by=replace(clerk, rights=clerk.rights | {Right.START}))
    with town.app.db.read() as connection:
        found = sa.select(user_task.c.id).where(
            user_task.c.element == "look_at", user_task.c.status == "open"
        )
        task = connection.execute(found).scalar_one()
    said = {
        "finding": "mahnung",
        "supplier_name": "Heizungsbau Brenner GmbH",
        "invoice_number": "2026-143",
        "dunned_on": "2026-11-27",
        "dunned_amount": "1250,00",
        "dunned_until": "2026-12-04",
        "dunning_fee": "40,00",
        "note": "lag in der Post",
    }
    town.app.engine.complete(clerk, task, said)
    with town.app.db.read() as connection:
        found = sa.select(user_task.c.id).where(
            user_task.c.element == "answer", user_task.c.status == "open"
        )
        return f"/aufgaben/{connection.execute(found).scalar_one()}"


def _hand_in_dunning(page: Page, town: Town) -> None:
    """Hand in a Mahnung, and a picture that is none."""
    page.get_by_label("Mahnungen auf Papier").check()
    chosen: list[FilePayload] = [
        {"name": "mahnung.pdf", "mimeType": "", "buffer": text_pdf("Mahnung")},
        {"name": "foto.jpg", "mimeType": "", "buffer": b"\xff\xd8\xff\xe0"},
    ]
    page.locator("#dateien").set_input_files(chosen)
    page.get_by_role("button", name="Annehmen", exact=True).click()
    page.get_by_role("link", name="jetzt erfassen").wait_for()


def _say_mahnung(page: Page, town: Town) -> None:
    """Say that a mail is a Mahnung, so that its fields stand there."""
    page.get_by_label("Mahnung; eine Rechnung").check()
    page.get_by_label("Lieferant, der mahnt").wait_for()


def _take_file(page: Page, town: Town) -> None:
    """Say that one of the files of a mail is the invoice."""
    page.get_by_role("button", name="rechnung_4711.pdf").click()
    page.get_by_role("heading", name="Als Rechnung übernommen").wait_for()


def _take_what_is_gone(page: Page, town: Town) -> None:
    """Tick two tasks of which one is done by somebody else meanwhile."""
    page.get_by_role("checkbox", name="Malerbetrieb Öztürk").check()
    page.get_by_role("checkbox", name="Heizungsbau Brenner").check()
    _over(town)
    page.get_by_role("button", name="Übernehmen", exact=True).click()
    page.get_by_role("heading", name="Übernehmen:").wait_for()


def _forge(page: Page, town: Town) -> None:
    """Send a form of another session."""
    page.eval_on_selector_all(
        "#zeichnen [name=csrf]", "fields => fields.forEach((field) => { field.value = 'x' })"
    )
    page.get_by_label("Vermerk").fill("Aufmaß liegt bei")
    page.eval_on_selector("#zeichnen", "form => { form.noValidate = true }")
    page.get_by_role("button", name="Absenden", exact=True).click()
    page.get_by_text("Dieses Formular ist abgelaufen").wait_for()


def _verify(page: Page, town: Town) -> None:
    page.get_by_text("Protokoll mit Prüfsummen").click()
    page.get_by_role("button", name="Protokoll nachrechnen").click()
    page.get_by_role("heading", name="Protokoll nachgerechnet").wait_for()


def _help(page: Page, town: Town) -> None:
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()


def _open_empty(page: Page, town: Town) -> None:
    page.get_by_role("button", name="Neue Mappe öffnen").click()
    page.get_by_text("Hier liegt nichts").wait_for()


def _retry(page: Page, town: Town) -> None:
    page.get_by_role("button", name="Erneut versuchen").click()
    page.get_by_text("Es wird erneut versucht").wait_for()


PLACES: Final = (
    Place(name="login", endpoint="auth.login", login="", address=_at("/anmelden")),
    Place(name="statement", endpoint="statement", login="", address=_at("/barrierefreiheit")),
    Place(name="api-docs", endpoint="api.docs", login="", address=_at("/api/v1/")),
    Place(name="nowhere", endpoint="", address=_at("/gibt/es/nicht")),
    Place(name="forbidden", endpoint="", address=_at("/uebergaben")),
    Place(name="inbox", endpoint="inbox.show", address=_at("/aufgaben")),
    Place(name="inbox-mine", endpoint="inbox.show", address=_at("/aufgaben?korb=meine")),
    Place(name="inbox-empty", endpoint="inbox.show", address=_at("/aufgaben?korb=wiedervorlage")),
    Place(
        name="inbox-filtered",
        endpoint="inbox.show",
        address=_at("/aufgaben?q=Kanalbau&frist=skonto&von=100,00&hinweise=nein"),
    ),
    Place(
        name="inbox-nothing-found", endpoint="inbox.show", address=_at("/aufgaben?q=Kirchenorgel")
    ),
    Place(name="inbox-help", endpoint="inbox.show", address=_at("/aufgaben"), act=_help),
    Place(
        name="inbox-outcome",
        endpoint="inbox.claim",
        address=_at("/aufgaben"),
        act=_take_what_is_gone,
    ),
    Place(
        name="task-capture",
        endpoint="task.show",
        login="kranz",
        address=_task_of(TO_CAPTURE),
    ),
    Place(name="task-mail", endpoint="task.show", login="kranz", address=_mail),
    Place(
        name="task-mail-mahnung",
        endpoint="task.show",
        login="kranz",
        address=_mail,
        act=_say_mahnung,
    ),
    Place(name="task-mahnung", endpoint="task.show", login="okafor", address=_dunned),
    Place(
        name="upload-mahnung",
        endpoint="upload.receive",
        login="kranz",
        address=_at("/annehmen"),
        act=_hand_in_dunning,
    ),
    Place(
        name="mail-file-taken",
        endpoint="mail.take",
        login="kranz",
        address=_mail,
        act=_take_file,
    ),
    Place(name="task-certify", endpoint="task.show", address=_task_of("kanal_se204.xml")),
    Place(
        name="task-long-names",
        endpoint="task.show",
        address=_task_of("garten_müller_lüdenscheidt.xml"),
    ),
    Place(
        name="task-many-lines",
        endpoint="task.show",
        address=_task_of("telefon_63_anschluesse.xml"),
    ),
    Place(
        name="task-given-back",
        endpoint="task.show",
        address=_task_of("dach_2026_88_berichtigt.xml"),
    ),
    Place(
        name="task-new-account",
        endpoint="task.show",
        address=_with_another_account,
    ),
    Place(
        name="task-objection",
        endpoint="task.show",
        address=_task_of("elektro_ep77815.xml"),
    ),
    Place(
        name="task-order",
        endpoint="task.show",
        login="brandt",
        address=_task_of("elektro_ep77815.xml"),
    ),
    Place(
        name="task-taken-by-another",
        endpoint="task.show",
        login="brandt",
        address=_task_of("garten_müller_lüdenscheidt.xml"),
    ),
    Place(
        name="task-correct",
        endpoint="task.show",
        login="okafor",
        address=_task_of("schluessel_k0031.xml"),
    ),
    Place(
        name="task-correction",
        endpoint="task.show",
        address=_task_of("dach_2026_88_berichtigt.xml"),
    ),
    Place(
        name="task-duplicate",
        endpoint="task.show",
        login="kranz",
        address=_task_of(TWIN),
    ),
    Place(name="task-over", endpoint="task.show", address=_over),
    Place(
        name="task-errors",
        endpoint="task.complete",
        address=_task_of("maler_m311.xml"),
        act=_send_nothing,
    ),
    Place(
        name="task-conflict",
        endpoint="task.complete",
        address=_task_of("maler_m311.xml"),
        act=_too_slow,
    ),
    Place(
        name="task-expired",
        endpoint="task.complete",
        address=_task_of("maler_m311.xml"),
        act=_forge,
    ),
    Place(
        name="folders-none",
        endpoint="folder.overview",
        login="reineke",
        address=_at("/unterschriften"),
    ),
    Place(
        name="folders",
        endpoint="folder.overview",
        login="reineke",
        address=lambda town: _folder()(town) and "/unterschriften",
    ),
    Place(name="folder", endpoint="folder.show", login="reineke", address=_folder()),
    Place(
        name="folder-marked", endpoint="folder.show", login="reineke", address=_folder(marked=True)
    ),
    Place(
        name="folder-empty",
        endpoint="folder.create",
        login="okafor",
        address=_at("/unterschriften"),
        act=_open_empty,
    ),
    Place(
        name="folder-item", endpoint="folder.item", login="reineke", address=_folder(displayed=True)
    ),
    Place(
        name="stack-pages",
        endpoint="stacks.show",
        login="kranz",
        address=_stuck_together,
    ),
    Place(name="upload", endpoint="upload.show", login="kranz", address=_at("/annehmen")),
    Place(
        name="upload-outcome",
        endpoint="upload.receive",
        login="kranz",
        address=_at("/annehmen"),
        act=_hand_in,
    ),
    Place(name="cases", endpoint="case.overview", login="vogt", address=_at("/vorgaenge")),
    Place(
        name="cases-none",
        endpoint="case.overview",
        login="vogt",
        address=_at("/vorgaenge?stand=abgebrochen"),
    ),
    Place(name="lookup", endpoint="lookup.show", address=_at("/auskunft")),
    Place(name="lookup-found", endpoint="lookup.show", address=_at("/auskunft?q=Kowalski")),
    Place(name="lookup-words", endpoint="lookup.show", address=_at("/auskunft?q=Lieferung")),
    Place(name="lookup-not-found", endpoint="lookup.show", address=_at("/auskunft?q=Kirchenorgel")),
    Place(
        name="lookup-confidential",
        endpoint="lookup.show",
        login="wiebusch",
        address=_at("/auskunft?q=E-2026-000017"),
    ),
    Place(
        name="case-paid", endpoint="case.show", login="vogt", address=_case_of("kies_ks_5521.xml")
    ),
    Place(
        name="case-original",
        endpoint="case.original",
        login="vogt",
        address=_case_of(UNCHECKED, "/original"),
    ),
    Place(
        name="case-xml",
        endpoint="case.xml",
        login="vogt",
        address=_case_of("planung_ih_0415.xml", "/xml"),
    ),
    Place(
        name="case-report",
        endpoint="case.report",
        login="vogt",
        address=_case_of("planung_ih_0415.xml", "/pruefbericht"),
    ),
    Place(
        name="case-refused",
        endpoint="case.show",
        login="vogt",
        address=_case_of("schluessel_k0031.xml"),
    ),
    Place(
        name="case-sent-back",
        endpoint="case.show",
        login="vogt",
        address=_case_of("mangel_ohne_leitweg.xml"),
    ),
    Place(name="case-stopped", endpoint="case.show", login="sommer", address=_case_of(UNCHECKED)),
    Place(
        name="case-verified",
        endpoint="case.verify",
        login="vogt",
        address=_case_of("kies_ks_5521.xml"),
        act=_verify,
    ),
    Place(
        name="diagram",
        endpoint="case.diagram",
        login="vogt",
        address=_case_of("kies_ks_5521.xml", "/zeichnung"),
    ),
    Place(name="archive", endpoint="archive.show", login="vogt", address=_at("/archiv")),
    Place(name="archive-held", endpoint="archive.show", login="sommer", address=_held),
    Place(name="archive-run", endpoint="archive.run", login="wiebusch", address=_to_erase),
    Place(name="task-whose", endpoint="task.show", login="kranz", address=_sent_back),
    Place(name="proposals", endpoint="proposals.show", login="sommer", address=_proposed),
    Place(name="proposal", endpoint="proposals.one", login="sommer", address=_proposal),
    Place(name="policy", endpoint="policy.show", login="lohmann", address=_policy),
    Place(name="policy-none", endpoint="policy.show", login="vogt", address=_at("/pruefregeln")),
    Place(
        name="policy-layer",
        endpoint="policy.of_layer",
        login="sommer",
        address=_at("/pruefregeln/schicht/recht"),
    ),
    Place(
        name="policy-official",
        endpoint="policy.of_layer",
        login="sommer",
        address=_at("/pruefregeln/schicht/xrechnung?q=Leitweg"),
    ),
    Place(
        name="policy-edit",
        endpoint="policy.edit",
        login="sommer",
        address=_at("/pruefregeln/aendern?regel=LZ-LEISTUNGSZEIT"),
    ),
    Place(
        name="policy-preview",
        endpoint="policy.edit",
        login="sommer",
        address=_at("/pruefregeln/aendern?regel=BR-DE-15&folge=ansehen&ab=2026-12-01"),
    ),
    Place(name="operate", endpoint="operate.show", login="sommer", address=_at("/betrieb")),
    Place(
        name="operate-proposed",
        endpoint="operate.show",
        login="lohmann",
        address=_proposed_version,
    ),
    Place(
        name="operate-process", endpoint="operate.process", login="sommer", address=_two_versions
    ),
    Place(
        name="operate-waits",
        endpoint="operate.process",
        login="lohmann",
        address=_wanted_version,
    ),
    Place(name="batches", endpoint="operate.batches", login="sommer", address=_batches),
    Place(name="batch", endpoint="operate.batch", login="sommer", address=_batch),
    Place(name="retry-all", endpoint="operate.retry_all", login="sommer", address=_retry_all),
    Place(name="messages", endpoint="operate.messages", login="sommer", address=_unwaited),
    Place(name="abgleich", endpoint="operate.abgleich", login="sommer", address=_reconciled),
    Place(
        name="abgleich-none",
        endpoint="operate.abgleich",
        login="sommer",
        address=_at("/betrieb/abgleich"),
    ),
    Place(
        name="handovers-unknown",
        endpoint="cockpit.handovers",
        login="sommer",
        address=_at("/uebergaben?stand=unbekannt"),
    ),
    Place(
        name="proposals-none",
        endpoint="proposals.show",
        login="sommer",
        address=_at("/vorschlaege"),
    ),
    Place(
        name="withholding-none",
        endpoint="withholding.show",
        login="okafor",
        address=_at("/bauabzugsteuer"),
    ),
    Place(
        name="incidents", endpoint="cockpit.incidents", login="sommer", address=_at("/stoerungen")
    ),
    Place(
        name="incidents-none",
        endpoint="cockpit.incidents",
        login="wiebusch",
        address=_at("/stoerungen"),
        act=_retry,
    ),
    Place(
        name="handovers",
        endpoint="cockpit.handovers",
        login="wiebusch",
        address=_at("/uebergaben"),
    ),
    Place(name="handover", endpoint="cockpit.handover", login="wiebusch", address=_handover),
)
