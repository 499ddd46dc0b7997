"""``laufzettel routing``: proposals for the table „Zuständigkeit“, taken over or declined.

A proposal changes nothing by itself. ``take`` writes its row into a copy of the process folder,
checks and tests that. The first person who takes it wants it in the table, as on the page
„Zuordnung“; the second, another one, deploys the folder as the tenant's new version. Where anything
fails, folder and tenant stay as they were. All of it is in the audit with its reason.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from laufzettel import settings
from laufzettel.app import App
from laufzettel.cli import scenarios, second, show
from laufzettel.cli.tenants import add_tenant, known
from laufzettel.clock import office_time
from laufzettel.compose import compose
from laufzettel.engine.api import Deployed, Finding, Sources
from laufzettel.engine.dmn.add_rule import NewRule, add_rule
from laufzettel.engine.model.decisions import read_dmn
from laufzettel.engine.model.sources import load_folder
from laufzettel.errors import InputError
from laufzettel.identity import Actor
from laufzettel.records import proposals
from laufzettel.records.proposals import DECISION, STREAM, Proposal, Status


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = commands.add_parser(
        "routing", help="zeigt und übernimmt Vorschläge zur Tabelle „Zuständigkeit“"
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="proposals|take|decline")
    listed = actions.add_parser("proposals", help="zeigt die offenen Vorschläge")
    listed.add_argument("--settled", action="store_true", help="statt dessen die entschiedenen")
    add_tenant(listed)
    take = actions.add_parser("take", help="nimmt einen Vorschlag in die Tabelle auf")
    take.add_argument("id", help="Kennung aus der Liste")
    take.add_argument("folder", type=Path, metavar="ORDNER", help="der Ordner mit der Tabelle")
    take.add_argument("--dry-run", action="store_true", help="nur prüfen und testen, nichts ändern")
    decline = actions.add_parser("decline", help="lehnt einen Vorschlag ab")
    decline.add_argument("id", help="Kennung aus der Liste")
    for one in (take, decline):
        second.add_by(one)
        add_tenant(one)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List, take over or decline; return 1 where the lint or a scenario says no."""
    with compose(settings.load()) as app:
        tenant = known(app, args.tenant)
        if args.action == "proposals":
            return _list(app, tenant, args)
        if args.action == "decline":
            return _decline(app, tenant, args)
        return _take(app, tenant, args)


def _list(app: App, tenant: str, args: argparse.Namespace) -> int:
    with app.db.read() as connection:
        found = proposals.proposals(connection, tenant, is_open=not args.settled)
    if args.json:
        show.objects(found)
    else:
        show.lines([line for each in found for line in _told(each)] or ["Kein Vorschlag."])
    return 0


def _told(one: Proposal) -> Iterator[str]:
    clerk = f", Sachbearbeitung „{one.clerk}“" if one.clerk else ""
    yield f"{one.id}  {one.label_de} „{one.value}“ gehört immer zu „{one.unit}“{clerk}"
    yield f"  {office_time(one.proposed_at)}, {one.proposed_by}, aus Vorgang {one.case_id}"
    if one.settled_at is not None:
        what = "übernommen" if one.status is Status.TAKEN else "abgelehnt"
        yield f"  {what} {office_time(one.settled_at)}, {one.settled_by}: {one.reason}"


def _decline(app: App, tenant: str, args: argparse.Namespace) -> int:
    reason, actor = proposals.reason_of(args.reason), second.acting(app, args)
    with app.db.write() as connection:
        _settle(app, connection, actor, args.id, Status.DECLINED, reason)
    show.lines(["Der Vorschlag ist abgelehnt; die Tabelle bleibt, wie sie ist."])
    return 0


def _settle(
    app: App,
    connection: sa.Connection,
    actor: Actor,
    proposal_id: str,
    status: Status,
    reason: str,
    deployed: Deployed | None = None,
) -> None:
    """Settle the proposal and write that into the audit, in the transaction."""
    bundle = deployed.bundle_id if deployed else None
    found = proposals.settle(
        connection,
        actor.tenant,
        proposal_id,
        status=status,
        by=actor.label,
        at=app.db.now(connection),
        reason=reason,
        bundle_id=bundle,
    )
    _note(app, connection, actor, f"routing.{status}", found, reason, bundle or "")


def _note(
    app: App,
    connection: sa.Connection,
    actor: Actor,
    kind: str,
    found: Proposal,
    reason: str,
    bundle: str = "",
) -> None:
    data = {"proposal": found.id, "case": found.case_id, "bundle": bundle}
    if found.chosen_by:
        data["chosen_by"] = found.chosen_by
    app.engine.note(connection, actor, STREAM, kind, data, {"reason": reason})


def _take(app: App, tenant: str, args: argparse.Namespace) -> int:
    if not args.dry_run:
        proposals.reason_of(args.reason)
    with app.db.read() as connection:
        proposal = proposals.one(connection, tenant, args.id)
    if proposal.settled_at is not None:
        raise InputError("Über diesen Vorschlag ist schon entschieden.")
    file = _file(args.folder)
    actor = second.acting(app, args) if args.dry_run else second.person(app, args)
    text = with_row(file.read_bytes(), proposal)
    with tempfile.TemporaryDirectory() as scratch:
        trial = Path(scratch) / args.folder.resolve().name
        shutil.copytree(args.folder, trial)
        (trial / file.name).write_bytes(text)
        findings = app.engine.lint(actor, load_folder(trial))
        show.lines([_finding(each) for each in findings])
        if any(each.severity == "error" for each in findings) or _tests_fail(trial):
            show.lines(["Nichts geändert: Erst muss der Ordner mit der neuen Regel bestehen."])
            return 1
        if args.dry_run:
            show.lines(["Die Regel passt in die Tabelle; geändert ist nichts (--dry-run)."])
            return 0
        sources = load_folder(trial)
    _require_only_the_row(app, actor, proposal, sources)
    if proposal.status is Status.OPEN:
        return _choose(app, actor, proposal, args.reason)
    deployed = _release(app, actor, proposal, sources, args.reason)
    _replace(file, text)
    show.lines([f"{deployed.process_id}: Fassung {deployed.number} gilt ab jetzt; {file} ist neu."])
    return 0


def _require_only_the_row(app: App, actor: Actor, proposal: Proposal, sources: Sources) -> None:
    """Raise InputError unless the folder is the tenant's version in force, but for the row.

    Else two persons would stand for a row, and something else would come along with it.
    """
    plan = app.engine.plan_rule(actor, DECISION, NewRule(**proposal.rule))
    if plan.sources.files != sources.files:
        raise InputError(
            "Der Ordner ist nicht die Fassung der Tabelle, die für diesen Mandanten gilt. Bitte ihn "
            f"erst einspielen: laufzettel deploy ORDNER --tenant {actor.tenant}"
        )


def _choose(app: App, actor: Actor, proposal: Proposal, reason: str) -> int:
    with app.db.write() as connection:
        at = app.db.now(connection)
        why = proposals.reason_of(reason)
        proposals.choose(connection, actor, proposal.id, at=at, reason=why)
        _note(app, connection, actor, "routing.chosen", proposal, why)
    show.lines(
        ["Vorgemerkt. Eine zweite Person nimmt die Regel mit demselben Befehl auf (--by KONTO)."]
    )
    return 0


def _release(app: App, actor: Actor, proposal: Proposal, sources: Sources, reason: str) -> Deployed:
    """Deploy the folder as the second person; raises ForbiddenError for the first."""
    with app.db.read() as connection:
        proposals.check_second(connection, actor, proposal.id)

    def taken(connection: sa.Connection, made: Deployed) -> None:
        found = proposals.check_second(connection, actor, proposal.id)
        why = proposals.reason_of(reason)
        _settle(app, connection, actor, found.id, Status.TAKEN, why, made)

    return app.engine.deploy(actor, sources, wanted_by=proposal.chosen_by, within=taken)


def with_row(xml: bytes, proposal: Proposal) -> bytes:
    """Return the DMN file with the proposal as one more rule of the table."""
    return add_rule(xml, DECISION, NewRule(**proposal.rule))


def _file(folder: Path) -> Path:
    """Return the file of the folder that holds the table; raises InputError."""
    for path in sorted(folder.glob("*.dmn")):
        try:
            decisions = read_dmn(path.name, path.read_bytes()).decisions
        except OSError as error:
            raise InputError(f"{path} ist nicht lesbar: {show.reason(error)}.") from error
        if any(each.id == DECISION for each in decisions):
            return path
    raise InputError(
        f"Im Ordner {folder} gibt es keine Entscheidung „{DECISION}“. Nehmen Sie den Ordner mit der "
        "Tabelle des Mandanten; zum Beginnen liegt einer unter examples/zustaendigkeit."
    )


def _finding(one: Finding) -> str:
    return f"{one.file}:{one.line}: {one.text_de} {one.remedy_de}".rstrip()


def _tests_fail(folder: Path) -> bool:
    """Run the scenarios beside the model, straight only; say whether one does not hold."""
    args = argparse.Namespace(
        paths=[folder],
        samples=None,
        strict=False,
        format="text",
        once=True,
        quiet=True,
        processes=1,
    )
    return scenarios.run(args) != 0


def _replace(file: Path, text: bytes) -> None:
    """Write the file whole or not at all."""
    beside = file.with_suffix(".dmn.neu")
    try:
        beside.write_bytes(text)
        os.replace(beside, file)
    except OSError as error:
        raise InputError(
            f"Die neue Fassung gilt, aber {file} ließ sich nicht schreiben: {show.reason(error)}. "
            "Tragen Sie die Regel dort von Hand nach."
        ) from error
