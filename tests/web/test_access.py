"""Who may open which page: every route, every role, and a neighbour's browser.

The table names every route of the application. A route that is not in it fails the test, so
that nobody adds a page without deciding who may see it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest
import sqlalchemy as sa
from flask import Flask
from tests.web.api.conftest import token
from tests.web.conftest import Browser, Town, hidden, town_reader, unchecked
from werkzeug.routing import Rule

from laufzettel.engine.tables import parcel
from laufzettel.identity import Right
from laufzettel.records.api_tokens import PERSONAL, Scope
from laufzettel.records.tables import account, document, person, tenant
from laufzettel.web.auth.guard import CSRF_FIELD, Access, access_of, check_marks

PUBLIC: Final = None
SIGNED_IN: Final = frozenset[Right]()
WORK: Final = frozenset({Right.WORK})
READ: Final = frozenset({Right.READ})
OPERATE: Final = frozenset({Right.OPERATE})
DEPLOY: Final = frozenset({Right.DEPLOY})
KEEP: Final = READ | OPERATE
START: Final = frozenset({Right.START})
LOOK: Final = WORK | READ | OPERATE

#: Every route and the rights of which one is needed, or of a program's token the scope.
ACCESS: Final[dict[str, Access]] = {
    "static": PUBLIC,
    "health": PUBLIC,
    "statement": PUBLIC,
    "auth.login": PUBLIC,
    "auth.sign_in": PUBLIC,
    "auth.language": PUBLIC,
    "home": SIGNED_IN,
    "auth.sign_out": SIGNED_IN,
    "auth.represent": SIGNED_IN,
    "inbox.show": WORK,
    "inbox.following": WORK,
    "inbox.claim": WORK,
    "inbox.unclaim": WORK,
    "inbox.follow_up": WORK,
    "task.show": WORK,
    "task.complete": WORK,
    "task.draft": WORK,
    "task.claim": WORK,
    "task.unclaim": WORK,
    "folder.overview": WORK,
    "folder.create": WORK,
    "folder.show": WORK,
    "folder.item": WORK,
    "folder.mark": WORK,
    "folder.unmark": WORK,
    "folder.sign": WORK,
    "stacks.show": WORK,
    "stacks.picture": WORK,
    "stacks.divide": WORK,
    "upload.separator": START,
    "upload.show": START,
    "upload.receive": START,
    "mail.take": START,
    "case.overview": LOOK,
    "lookup.show": LOOK,
    "case.show": LOOK,
    "case.verify": READ,
    "case.export": READ,
    "case.diagram": LOOK,
    "case.document": LOOK,
    "case.attachment": LOOK,
    "case.xml": LOOK,
    "case.original": LOOK,
    "case.page": LOOK,
    "case.copy": LOOK,
    "case.report": LOOK,
    "case.report_file": LOOK,
    "withholding.show": KEEP,
    "withholding.as_csv": KEEP,
    "withholding.announced": OPERATE,
    "cockpit.incidents": KEEP,
    "cockpit.retry": OPERATE,
    "cockpit.settle": OPERATE,
    "cockpit.handovers": KEEP,
    "cockpit.handover": KEEP,
    "cockpit.data": KEEP,
    "cockpit.resolve": OPERATE,
    "operate.show": DEPLOY | KEEP,
    "operate.process": DEPLOY | KEEP,
    "operate.pin": DEPLOY,
    "operate.release_change": DEPLOY,
    "operate.decline_change": DEPLOY,
    "operate.migrate": OPERATE,
    "operate.retry_all": OPERATE,
    "operate.retry": OPERATE,
    "operate.batches": KEEP,
    "operate.batch": KEEP,
    "operate.stop": OPERATE,
    "operate.messages": KEEP,
    "operate.abgleich": KEEP,
    "operate.ask": OPERATE,
    "operate.release": OPERATE,
    "policy.show": DEPLOY | KEEP,
    "policy.of_layer": DEPLOY | KEEP,
    "policy.edit": DEPLOY,
    "policy.change": DEPLOY,
    "policy.release": DEPLOY,
    "policy.decline": DEPLOY,
    "archive.show": KEEP,
    "archive.run": KEEP,
    "archive.propose": OPERATE,
    "archive.approve": OPERATE,
    "archive.hold": KEEP,
    "archive.lift": KEEP,
    "proposals.show": DEPLOY | READ,
    "proposals.one": DEPLOY | READ,
    "proposals.choose": DEPLOY,
    "proposals.release": DEPLOY,
    "proposals.decline": DEPLOY,
    "metrics": Scope.METRICS,
    "api.docs": PUBLIC,
    "api.openapi": PUBLIC,
    "api.list_models": Scope.MODELS_READ,
    "api.lint_model": Scope.MODELS_DEPLOY,
    "api.list_deployments": Scope.MODELS_READ,
    "api.get_deployment": Scope.MODELS_READ,
    "api.approve_deployment": Scope.MODELS_APPROVE,
    "api.withdraw_deployment": Scope.MODELS_DEPLOY,
    "api.deploy_model": Scope.MODELS_DEPLOY,
    "api.list_cases": Scope.CASES_READ,
    "api.start_case": Scope.CASES_START,
    "api.get_case": Scope.CASES_READ,
    "api.get_timeline": Scope.CASES_READ,
    "api.get_variables": Scope.CASES_READ,
    "api.suspend_case": Scope.CASES_OPERATE,
    "api.resume_case": Scope.CASES_OPERATE,
    "api.cancel_case": Scope.CASES_OPERATE,
    "api.receive_invoice": Scope.INVOICES_SEND,
    "api.list_invoices": Scope.INVOICES_READ,
    "api.get_invoice": Scope.INVOICES_READ,
    "api.take_orders": Scope.ORDERS_WRITE,
    "api.get_order": Scope.ORDERS_READ,
    "api.list_decisions": Scope.DECISIONS_READ,
    "api.list_tasks": Scope.TASKS_READ,
    "api.get_task": Scope.TASKS_READ,
    "api.claim_task": Scope.TASKS_WORK,
    "api.return_task": Scope.TASKS_WORK,
    "api.complete_task": Scope.TASKS_WORK,
    "api.save_draft": Scope.TASKS_WORK,
    "api.list_unwaited": Scope.INCIDENTS_READ,
    "api.publish_message": Scope.MESSAGES_PUBLISH,
    "api.broadcast_signal": Scope.MESSAGES_PUBLISH,
    "api.list_incidents": Scope.INCIDENTS_READ,
    "api.retry_incident": Scope.INCIDENTS_RETRY,
    "api.settle_incident": Scope.INCIDENTS_RETRY,
}

#: Person of the town → its rights.
ROLES: Final = {
    "yilmaz": WORK,
    "wiebusch": WORK | OPERATE,
    "vogt": READ,
}


def routes(pages: Flask) -> list[tuple[str, str, Rule]]:
    """Return endpoint, method and rule of everything that can be asked for."""
    return [
        (rule.endpoint, method, rule)
        for rule in pages.url_map.iter_rules()
        for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT"})
        if rule.endpoint != "static"
    ]


def test_every_route_has_an_entry_and_the_mark_that_it_says(musterstadt: Town) -> None:
    endpoints = {rule.endpoint for rule in musterstadt.pages.url_map.iter_rules()}

    assert endpoints == set(ACCESS)
    assert {name: access_of(musterstadt.pages, name) for name in endpoints} == ACCESS


def test_a_route_without_a_mark_keeps_the_application_from_starting(musterstadt: Town) -> None:
    musterstadt.pages.add_url_rule("/vergessen", "forgotten", lambda: "")

    with pytest.raises(LookupError, match="forgotten"):
        check_marks(musterstadt.pages)


def path_of(rule: Rule, ids: dict[str, str]) -> str:
    """Return an address of the route that names things which exist."""
    built = rule.build({name: ids.get(name, "x") for name in rule.arguments})
    assert built is not None
    return built[1]


def ask(browser: Browser, method: str, path: str, csrf: str) -> int:
    """Return the code of the answer, the form of this session sent along."""
    data = {CSRF_FIELD: csrf} if method == "POST" else None
    return browser.client.open(path, method=method, data=data).status_code


@pytest.fixture
def ids(musterstadt: Town, samples: Callable[[str], bytes]) -> dict[str, str]:
    """Ids of things that exist in the town, by the name that routes give them."""
    case_id = musterstadt.receive(samples("gut.xml"))
    (task,) = musterstadt.app.engine.tasks(town_reader(), case_id)
    musterstadt.receive(unchecked(), name="neu.xml")
    (incident,) = musterstadt.app.engine.incidents(town_reader())
    musterstadt.receive(b"%PDF-1.4 kaputt", name="kaputt.pdf")  # rejected, with a letter
    with musterstadt.app.db.read() as connection:
        parcel_id = connection.execute(sa.select(parcel.c.id)).scalar_one()
        sha256 = connection.execute(
            sa.select(document.c.sha256).where(document.c.kind == "report").limit(1)
        ).scalar_one()
    return {
        "case_id": case_id,
        "task_id": task.id,
        "incident_id": incident.id,
        "parcel_id": parcel_id,
        "sha256": sha256,
        "number": "0",
    }


def test_a_stranger_gets_nothing_but_the_login(musterstadt: Town, ids: dict[str, str]) -> None:
    client = Browser(musterstadt.pages.test_client())

    answers = {
        (endpoint, method): ask(client, method, path_of(rule, ids), "x")
        for endpoint, method, rule in routes(musterstadt.pages)
        if ACCESS[endpoint] is not PUBLIC
    }

    programs = {key: answers.pop(key) for key in [*answers] if of_program(key[0])}
    assert {code for (_, method), code in answers.items() if method == "GET"} == {302}
    assert {code for (_, method), code in answers.items() if method == "POST"} == {401}
    assert set(programs.values()) == {401}


@pytest.mark.parametrize("login", ROLES)
def test_each_role_gets_exactly_its_pages(
    musterstadt: Town, ids: dict[str, str], login: str
) -> None:
    wrong = {}
    for endpoint, method, rule in routes(musterstadt.pages):
        needed = ACCESS[endpoint]
        if needed is PUBLIC or endpoint == "auth.sign_out" or isinstance(needed, Scope):
            continue
        browser = musterstadt.browser(login)
        code = ask(browser, method, path_of(rule, ids), csrf_of(browser))
        may = not needed or bool(needed & ROLES[login])
        if (code == 403 and may and method == "GET") or (code != 403 and not may) or code >= 500:
            wrong[(endpoint, method)] = code

    assert wrong == {}


def of_program(endpoint: str) -> bool:
    """Say whether a route is for programs, which show a token."""
    return isinstance(ACCESS[endpoint], Scope)


def test_no_session_opens_a_door_for_programs(musterstadt: Town, ids: dict[str, str]) -> None:
    browser = musterstadt.browser("sommer")
    csrf = csrf_of(browser)

    answers = {
        ask(browser, method, path_of(rule, ids), csrf)
        for endpoint, method, rule in routes(musterstadt.pages)
        if of_program(endpoint)
    }

    assert answers == {401}


@pytest.mark.parametrize("scope", Scope)
def test_each_scope_opens_exactly_its_routes(
    musterstadt: Town, ids: dict[str, str], scope: Scope
) -> None:
    """A body of {} is refused only behind the door, so that everything but 403 is inside."""
    wrong = {}
    is_personal = scope in PERSONAL
    login = "lohmann" if scope is Scope.MODELS_APPROVE else "yilmaz"
    secret = token(musterstadt, scope, login=login if is_personal else None)
    client = musterstadt.pages.test_client()
    for endpoint, method, rule in routes(musterstadt.pages):
        if not of_program(endpoint):
            continue
        headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": endpoint}
        answer = client.open(path_of(rule, ids), method=method, json={}, headers=headers)
        is_open = answer.status_code != 403
        if is_open != (ACCESS[endpoint] is scope) or answer.status_code in (401, 500):
            wrong[endpoint] = answer.status_code

    assert wrong == {}


def test_a_neighbours_token_finds_nothing_of_this_town(
    musterstadt: Town, ids: dict[str, str]
) -> None:
    neighbour(musterstadt)
    machine = token(musterstadt, *(set(Scope) - PERSONAL), tenant="nachbar")
    person_ = token(musterstadt, *PERSONAL, login="alles", tenant="nachbar")
    client = musterstadt.pages.test_client()
    found = {}
    for endpoint, method, rule in routes(musterstadt.pages):
        scope = ACCESS[endpoint]
        if not isinstance(scope, Scope) or scope is Scope.METRICS:
            continue
        secret = person_ if scope in PERSONAL else machine
        headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": endpoint}
        body: dict[str, object] = {}
        if "operate" in scope or "settle" in endpoint or endpoint == "api.withdraw_deployment":
            body = {"reason": "Probe"}
        elif endpoint == "api.approve_deployment":
            body = {"reason": "Probe", "seen": "0" * 12}
        elif endpoint == "api.save_draft":
            body = {"values": {}}
        answer = client.open(path_of(rule, ids), method=method, json=body, headers=headers)
        if rule.arguments and answer.status_code != 404:
            found[endpoint] = answer.status_code
        if "RE-2026" in answer.text or "Bergmann" in answer.text or answer.status_code >= 500:
            found[endpoint] = answer.status_code

    assert found == {}


def csrf_of(browser: Browser) -> str:
    """Return the key that the forms of this session carry."""
    return hidden(browser.get("/barrierefreiheit").text, "csrf")


def test_a_neighbour_with_every_right_finds_nothing_of_this_town(
    musterstadt: Town, ids: dict[str, str]
) -> None:
    found = {}
    browser = neighbour(musterstadt)
    csrf = csrf_of(browser)
    for endpoint, method, rule in routes(musterstadt.pages):
        if ACCESS[endpoint] is PUBLIC or endpoint == "auth.sign_out" or of_program(endpoint):
            continue
        path = path_of(rule, ids)
        answer = browser.client.open(
            path, method=method, data={CSRF_FIELD: csrf} if method == "POST" else None
        )
        if rule.arguments and answer.status_code not in (403, 404):
            found[(endpoint, method)] = answer.status_code
        if "RE-2026" in answer.text or "Bergmann" in answer.text or answer.status_code >= 500:
            found[(endpoint, method)] = answer.status_code

    assert found == {}


def neighbour(musterstadt: Town) -> Browser:
    """Return the browser of somebody who may do everything in another town."""
    with musterstadt.app.db.write() as connection:
        now = musterstadt.clock.now()
        connection.execute(
            sa.insert(tenant).values(id="nachbar", name="Nachbar", settings={}, created_at=now)
        )
        connection.execute(
            sa.insert(person).values(tenant="nachbar", id="alles", name="N. Alles", office="Alles")
        )
        connection.execute(
            sa.insert(account).values(
                tenant="nachbar", login="alles", person="alles", rights=[*Right]
            )
        )
    return Browser(musterstadt.pages.test_client()).sign_in("alles", tenant="nachbar")
