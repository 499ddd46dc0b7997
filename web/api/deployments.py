"""Deployments: what waits for a second person, and its decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated

import sqlalchemy as sa

from laufzettel.engine.api import ModelChange
from laufzettel.records import settings
from laufzettel.records.api_tokens import Scope
from laufzettel.web.api.common import Because, Reason
from laufzettel.web.api.operations import Call, answered, operation
from laufzettel.web.api.shapes import Note, Text, fill
from laufzettel.web.parts import parts


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentOut:
    """Eine Änderung der gültigen Fassung, die auf eine zweite Person wartet oder gewartet hat."""

    id: str
    process_id: str
    kind: Annotated[
        str,
        Note("deploy: neue Fassung; pin: eine bestimmte gilt; follow: wieder die neueste."),
    ]
    status: Annotated[str, Note("open, done (in Kraft) oder declined.")]
    is_shared: Annotated[bool, Note("Gilt für alle Mandanten der Anlage.")]
    version_tag: str
    sha256: Annotated[str | None, Note("Der hinterlegten Fassung; sie ändert sich nicht mehr.")]
    model_id: Annotated[str | None, Note("Die gewählte, oder die daraus gewordene Fassung.")]
    changes: Annotated[
        tuple[str, ...], Note("Was sich gegenüber der gültigen Fassung ändert, in Sätzen.")
    ]
    seen: Annotated[str, Note("Prüfzeichen dieses Unterschieds; wer freigibt, nennt es.")]
    reason: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decided_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentList:
    """Alles, was wartet."""

    items: tuple[DeploymentOut, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Die Freigabe dessen, was jemand anderes vorschlägt."""

    reason: Reason
    seen: Annotated[
        str,
        Text("Das Prüfzeichen der Änderung, die angesehen wurde.", most=12, pattern="[0-9a-f]{12}"),
    ]


@operation("GET", "/deployments", scope=Scope.MODELS_READ, answer=DeploymentList)
def list_deployments(call: Call) -> DeploymentList:
    """Listet, was auf eine zweite Person wartet, das älteste zuerst."""
    found = parts().engine.model_changes(call.actor)
    return DeploymentList(items=tuple(map(shown, found)))


@operation("GET", "/deployments/<change_id>", scope=Scope.MODELS_READ, answer=DeploymentOut)
def get_deployment(call: Call, change_id: str) -> DeploymentOut:
    """Zeigt eine Änderung, auch wenn über sie entschieden ist."""
    return shown(parts().engine.model_change(call.actor, change_id))


@operation(
    "POST",
    "/deployments/<change_id>/approve",
    scope=Scope.MODELS_APPROVE,
    answer=DeploymentOut,
    body=Approval,
)
def approve_deployment(call: Call, change_id: str) -> None:
    """Gibt als zweite Person frei; danach gilt die Fassung für neue Vorgänge.

    Wer die Änderung vorgeschlagen hat, bekommt 403. Gilt inzwischen etwas anderes, als das
    Prüfzeichen sagt, ist die Antwort 409.
    """
    parts().engine.release_change(
        call.actor,
        change_id,
        call.body.reason,
        seen=call.body.seen,
        every=_every(),
        within=partial(_stored, call, "approve_deployment"),
    )


@operation(
    "POST",
    "/deployments/<change_id>/withdraw",
    scope=Scope.MODELS_DEPLOY,
    answer=DeploymentOut,
    body=Because,
)
def withdraw_deployment(call: Call, change_id: str) -> None:
    """Zieht zurück, was man selbst vorgeschlagen hat, oder lehnt ab; es bleibt, wie es ist."""
    parts().engine.decline_change(
        call.actor,
        change_id,
        call.body.reason,
        every=_every(),
        within=partial(_stored, call, "withdraw_deployment"),
    )


def shown(one: ModelChange) -> DeploymentOut:
    """Return the change as programs see it."""
    return fill(
        DeploymentOut,
        one,
        model_id=one.bundle_id,
        changes=tuple(one.weight),
        proposed_by=one.by,
        proposed_at=one.at,
    )


def _stored(call: Call, name: str, connection: sa.Connection, done: ModelChange) -> None:
    call.once.write(connection, answered(name, shown(done)))


def _every() -> list[str]:
    with parts().db.read() as connection:
        return list(settings.tenants(connection))
