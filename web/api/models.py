"""Models: what is deployed, checking a model, deploying one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import sqlalchemy as sa

from laufzettel.engine.api import Deployed, ModelView, Severity, Sources
from laufzettel.records.api_tokens import Scope
from laufzettel.web.api import paging
from laufzettel.web.api.deployments import DeploymentOut, shown
from laufzettel.web.api.findings import FindingOut, finding_of
from laufzettel.web.api.operations import MODEL_MAX, Call, answered, operation
from laufzettel.web.api.shapes import Note, Text, fill
from laufzettel.web.parts import parts

_NAME = r"(forms/)?[A-Za-z0-9_.-]{1,100}\.(bpmn|dmn|form)"
#: Most files of one model.
_FILES_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOut:
    """Eine eingespielte Fassung eines Prozesses."""

    id: str
    process_id: str
    number: int
    version_tag: str
    sha256: str
    is_shared: Annotated[bool, Note("Gehört der Installation, nicht dem Mandanten.")]
    deployed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPage:
    """Eine Seite der Liste."""

    items: tuple[ModelOut, ...]
    next: Annotated[str | None, Note(paging.NEXT_DE)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """Die Dateien eines Modells."""

    files: Annotated[
        Mapping[str, Annotated[str, Text("Inhalt der Datei.", least=0, most=4 * 1024 * 1024)]],
        Text("Dateiname → Inhalt; genau ein Hauptmodell.", most=_FILES_MAX, pattern=_NAME),
    ]
    reason: Annotated[
        str, Text("Warum; steht im Protokoll, wenn eine zweite Person entscheidet.", most=1000)
    ] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Alle Befunde eines Modells auf einmal."""

    deployable: Annotated[bool, Note("Kein Befund ist ein Fehler.")]
    findings: tuple[FindingOut, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedOut:
    """Was eingespielt ist."""

    id: str
    process_id: str
    number: int
    is_new: Annotated[bool, Note("Falsch, wenn genau dieses Modell schon die gültige Fassung war.")]


@operation("GET", "/models", scope=Scope.MODELS_READ, answer=ModelPage, query=paging.PageQuery)
def list_models(call: Call) -> ModelPage:
    """Listet die eingespielten Fassungen, die älteste zuerst."""
    page = parts().engine.list_models(
        call.actor, after=paging.decode(call.query.after, timed=False), size=call.query.limit
    )
    return ModelPage(**paging.shown(page, [_model_of(view) for view in page.items]))


@operation(
    "POST",
    "/models/lint",
    scope=Scope.MODELS_DEPLOY,
    answer=Findings,
    body=ModelFiles,
    body_max=MODEL_MAX,
    is_pure=True,
)
def lint_model(call: Call) -> Findings:
    """Prüft ein Modell wie beim Einspielen und ändert nichts."""
    found = parts().engine.lint(call.actor, _sources(call.body))
    return Findings(
        deployable=all(one.severity is not Severity.ERROR for one in found),
        findings=tuple(finding_of(one) for one in found),
    )


@operation(
    "POST",
    "/models",
    scope=Scope.MODELS_DEPLOY,
    answer=DeployedOut,
    status=201,
    waits=DeploymentOut,
    body=ModelFiles,
    body_max=MODEL_MAX,
)
def deploy_model(call: Call) -> None:
    """Spielt ein Modell als gültige Fassung seines Prozesses ein.

    Ändert es Pflichten, Übergaben, Befugnisse oder Grenzen, ist die Antwort 202: Die Fassung liegt
    unveränderlich bereit und gilt, sobald eine zweite Person sie freigibt. Laufende Vorgänge behalten ihre Fassung. Mit Fehlern im Modell ist die Antwort 422, und
    „findings“ nennt alle Befunde.
    """
    once = call.once

    def within(connection: sa.Connection, deployed: Deployed) -> None:
        if deployed.change is not None:
            where = f"/api/v1/deployments/{deployed.change.id}"
            waits = shown(deployed.change)
            once.write(connection, answered("deploy_model", waits, location=where, waits=True))
            return
        made = DeployedOut(
            id=deployed.bundle_id,
            process_id=deployed.process_id,
            number=deployed.number,
            is_new=deployed.is_new,
        )
        once.write(connection, answered("deploy_model", made, location="/api/v1/models"))

    parts().engine.deploy(call.actor, _sources(call.body), reason=call.body.reason, within=within)


def _model_of(view: ModelView) -> ModelOut:
    return fill(ModelOut, view)


def _sources(files: ModelFiles) -> Sources:
    return Sources(files={name: text.encode() for name, text in files.files.items()})
