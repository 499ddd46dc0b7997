"""Doing what a POST asks for exactly once, however often it is sent."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Final

import sqlalchemy as sa
from flask import request

from laufzettel.records import api_requests
from laufzettel.records.api_requests import Answer, Claim
from laufzettel.web.api.bearer import caller
from laufzettel.web.api.problems import PASSING, ProblemError, of_error
from laufzettel.web.parts import parts

#: Visible ASCII; quotes around it, as the draft of the header writes them, are taken off.
_KEY: Final = re.compile(r'"?([!#-~]{1,200})"?', re.ASCII)
#: Largest answer that is kept.
BODY_MAX: Final = 256 * 1024


class Once:
    """One POST: ``write`` stores its answer in the transaction of what it does."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self.answer: Answer | None = None

    def write(self, connection: sa.Connection, answer: Answer) -> None:
        """Store the answer; raises OvertakenError, and with it undoes what was done."""
        api_requests.answer(connection, self._claim, answer)
        self.answer = answer

    def within(self, answer: Answer) -> Callable[[sa.Connection], None]:
        """Return what a verb of the engine calls in its transaction."""
        return lambda connection: self.write(connection, answer)


def key_of_request() -> str:
    """Return the Idempotency-Key of this request; ProblemError without one."""
    match = _KEY.fullmatch(request.headers.get("Idempotency-Key", ""))
    if match is None:
        raise ProblemError(
            "key_missing", "Jeder POST braucht einen Idempotency-Key von 1 bis 200 Zeichen."
        )
    return match[1]


def perform(body: bytes, act: Callable[[Once], None]) -> tuple[Answer, bool]:
    """Return the answer to this request and whether it is the repeated one.

    ``act`` does what is asked for and must write its answer. A definite refusal is kept like
    any answer; after one that may pass, or a bug, the request may be tried again.
    """
    token, db = caller().token, parts().db
    key, digest = key_of_request(), _digest(body)
    # After a loss of power a claim that is forgotten is made again by the repeat.
    with db.write(durable=False) as connection:
        claimed = api_requests.claim(
            connection,
            tenant=token.tenant,
            token_id=token.id,
            key=key,
            sha256=digest,
            now=db.now(connection),
        )
    if isinstance(claimed, Answer):
        return claimed, True
    once = Once(claimed)
    try:
        act(once)
        if once.answer is None:
            raise AssertionError("a POST that stored no answer")
    except Exception as error:
        _after_failure(claimed, error)
        raise
    return once.answer, False


def _after_failure(claimed: Claim, error: Exception) -> None:
    """Keep a definite refusal as the answer; forget the request after one that may pass."""
    problem = of_error(error)
    with parts().db.write() as connection:
        if problem.kind.code in PASSING or len(problem.as_json()) > BODY_MAX:
            api_requests.release(connection, claimed)
        else:
            kept = Answer(status=problem.kind.status, body=problem.as_json())
            api_requests.answer(connection, claimed, kept)


def _digest(body: bytes) -> str:
    """Return the digest by which a repeat is recognised: method, path, body."""
    parts_ = (request.method.encode(), request.path.encode(), body)
    return hashlib.sha256(b"\n".join(parts_)).hexdigest()
