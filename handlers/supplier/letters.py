"""A letter as an effect of the outbox: by mail where it has an address, else on paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Protocol

import orjson

from laufzettel.connectors.post.port import (
    AddressRefusedError,
    Letter,
    PostPort,
    PostUnreachableError,
)
from laufzettel.engine.handler import Contents, Effect, NotSentError, Parcel, Refused, Values

_BY_HAND: Final = (
    "Bitte die Adresse in den Stammdaten prüfen und selbst antworten; der Text steht im Vorgang."
)


class Mailers(Protocol):
    """The mail server of each tenant."""

    def of(self, tenant: str) -> PostPort | None:
        """Return the tenant's way out for mails; None where it has none."""
        ...


class LetterEffect(Effect):
    """Sends one letter once; ``prepare`` says to whom and what."""

    channel: ClassVar[str] = "post"
    #: Whether what cannot be mailed is printed instead.
    has_paper: ClassVar[bool] = True
    #: Whether somebody must hear of a mail that has neither address nor paper.
    must_arrive: ClassVar[bool] = False

    def pack(self, parcel: Parcel) -> Contents:
        """Return the letter as JSON; InputError for what is no letter."""
        letter_of(parcel)
        return Contents(data=orjson.dumps(dict(parcel.consignments[0].payload)))

    def send(self, parcel: Parcel) -> Values:
        """Send the letter; an address at which nobody is gets it on paper."""
        key, letter = parcel.consignments[0].key, letter_of(parcel)
        mailer = self._mailer(parcel.tenant) if letter.to_mail else None
        try:
            if mailer is not None:
                mailer.send(key, letter)
            elif self.has_paper:
                self._paper().send(key, letter)
            else:
                raise NotSentError("Für diesen Mandanten ist kein Mailserver eingerichtet.")
        except AddressRefusedError as error:
            if self.must_arrive and not self.has_paper:
                raise Refused("ADRESSE_ABGELEHNT", f"{error} {_BY_HAND}") from error
            return self._on_paper(key, letter)
        except PostUnreachableError as error:
            raise NotSentError(str(error)) from error
        return {}

    def query(self, parcel: Parcel) -> Values | None:
        """Ask whether the letter is on its way; about a mail nobody can say, which raises."""
        key, letter = parcel.consignments[0].key, letter_of(parcel)
        if self.has_paper and self._paper().sent(key):
            return {}
        mailer = self._mailer(parcel.tenant) if letter.to_mail else None
        return {} if mailer is not None and mailer.sent(key) else None

    def _on_paper(self, key: str, letter: Letter) -> Values:
        try:
            if self.has_paper:
                self._paper().send(key, letter)
        except PostUnreachableError as error:
            raise NotSentError(str(error)) from error
        return {}

    def _paper(self) -> PostPort:
        return self.services.get(PostPort)  # type: ignore[type-abstract]

    def _mailer(self, tenant: str) -> PostPort | None:
        return self.services.get(Mailers).of(tenant)  # type: ignore[type-abstract]


def letter_of(parcel: Parcel) -> Letter:
    """Return the letter of a parcel; InputError for what is none."""
    payload: Mapping[str, Any] = parcel.consignments[0].payload
    return Letter(
        to_name=payload["to_name"],
        to_address=tuple(payload["to_address"]),
        subject=payload["subject"],
        body_de=payload["body_de"],
        to_mail=payload.get("to_mail", ""),
        in_reply_to=payload.get("in_reply_to", ""),
        written_at=parcel.created_at,
    )
