"""What somebody had typed when the session ended: kept in the login form, then as a draft."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import orjson
from flask import request

from laufzettel.errors import LaufzettelError
from laufzettel.records import accounts, people
from laufzettel.web.parts import parts

#: Address of a task's form: only there something worth keeping is typed.
_TASK_FORM: Final = re.compile(r"/aufgaben/([0-9a-z]{26})", re.ASCII)
#: A path of ours: one slash first, no second, no backslash, nothing that a browser reads as host.
_PATH: Final = re.compile(r"/(?![/\\])[^\\\x00-\x20]*", re.ASCII)
_PATH_MAX: Final = 2_000
_KEPT_MAX: Final = 200_000
#: Fields that belong to the page, not to the person.
_OURS: Final = frozenset({"csrf", "once", "displayed", "kept", "next", "token"})


def safe_path(path: str) -> str:
    """Return the path if it leads to a page of ours, else nothing.

    >>> safe_path("/aufgaben?korb=gruppe"), safe_path("//evil.example"), safe_path("https://x.y")
    ('/aufgaben?korb=gruppe', '', '')
    """
    return path if len(path) <= _PATH_MAX and _PATH.fullmatch(path) else ""


def from_request() -> str:
    """Return what was typed, as the hidden field of the login form carries it; "" if nothing."""
    given = request.form.get("kept", "")
    if given:
        return given[:_KEPT_MAX]
    match = _TASK_FORM.match(request.path)
    if request.method != "POST" or match is None:
        return ""
    typed = {key: value for key, value in request.form.items() if key not in _OURS}
    packed = orjson.dumps({"task": match[1], "values": typed}).decode()
    return packed if len(packed) <= _KEPT_MAX else ""


def save_drafts(tenant: str, token: str) -> None:
    """Save what the login form kept as the draft of its task, if the task is still theirs."""
    found = _unpacked(request.form.get("kept", ""))
    if found is None:
        return
    db = parts().db
    with db.read() as connection:
        now = db.now(connection)
        session = accounts.load_session(connection, token, now=now)
        if session is None:
            return
        represented = people.represented(connection, tenant, session.person, at=now)
        actor = accounts.actor_of(connection, session, represented, now=now)
    try:
        parts().engine.save_draft(actor, found[0], found[1])
    except LaufzettelError:
        return  # gone, or somebody else's: there is no form to show it in


def _unpacked(text: str) -> tuple[str, Mapping[str, str]] | None:
    """Return task and values of a kept form; it came through the browser, so nothing is sure."""
    if not text or len(text) > _KEPT_MAX:
        return None
    try:
        raw = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(raw, dict) or not isinstance(raw.get("values"), dict):
        return None
    values = {str(key): value for key, value in raw["values"].items() if isinstance(value, str)}
    return str(raw.get("task", "")), values
