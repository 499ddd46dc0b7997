"""Incidents („Störungen“): what stopped, why, who looks at it, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from laufzettel.engine.execution.changes import Trouble
from laufzettel.engine.tables import incident
from laufzettel.ids import new_id

#: Who looks at an incident until somebody takes it.
OWNER = "betrieb"

#: What to do about an incident, by its code.
NEXT_STEPS = {
    "ausdruck": "Angaben des Vorgangs prüfen oder das Modell berichtigen, dann „Erneut versuchen“.",
    "zweig_fehlt": "Den Vorgang hinter das Gateway verschieben oder beenden und das Modell "
    "berichtigen: was sich verzweigt, muss mit derselben Art von Gateway zusammenkommen.",
    "programmfehler": "Den Fehler mit dem Protokoll an die Entwicklung melden; nach der Korrektur "
    "„Erneut versuchen“.",
    "fehler_nicht_aufgefangen": "Im Modell ein Fehlerereignis ergänzen oder die Ursache beheben, "
    "dann „Erneut versuchen“.",
    "auftrag_gescheitert": "Die genannte Ursache beheben, dann „Erneut versuchen“.",
    "nachricht_schon_erwartet": "Den anderen Vorgang zu Ende führen oder abbrechen und dann „Erneut "
    "versuchen“; dürfen mehrere warten, gehört laufzettel:receivers = several ins Modell.",
    "abgleich": "Mit „laufzettel abgleich --ask“ jeden Kanal fragen, die Abweichungen klären und dann "
    "mit Begründung freigeben; bis dahin wird nichts gesendet.",
    "beim_empfaenger_unbekannt": "Mit dem Empfänger klären, was es ist, und den Vorgang dazu erneut "
    "anlegen, ohne noch einmal zu senden; dann die Störung erledigen.",
    "kanal_gestoert": "Beim Betreiber des Empfängers nachfragen; die Störung schließt sich von selbst, "
    "sobald eine Sendung wieder durchgeht.",
    "zusage_gebrochen": "Mit „laufzettel prove“ nachsehen, was nicht stimmt, und den genannten Vorgang "
    "prüfen; die Störung schließt sich von selbst, sobald es wieder stimmt.",
    "dokument_beschaedigt": "Das Dokument aus der Sicherung zurückholen; die Störung schließt sich von "
    "selbst, sobald es wieder stimmt. „laufzettel documents verify“ prüft sofort.",
    "rueckmeldung_pruefen": "Mit dem Betrieb des HKR klären und eine neue Rückmeldung anfordern; "
    "eine unlesbare Datei liegt im Ordner „fehler“.",
    "eingang_gestoert": "Ordner oder Server prüfen; sobald er wieder erreichbar ist, wird alles abgeholt "
    "und die Störung schließt sich von selbst.",
    "eingang_pruefen": "Das Genannte ansehen und mit dem Absender klären; dann die Störung mit "
    "Begründung erledigen.",
    "spaeter_erfolg": "Entscheiden, ob das Angekommene gilt oder zurückgenommen werden muss; eine "
    "Rücknahme ist ein eigener, gezeichneter Vorgang.",
    "versand_unbekannt": "Beim Empfänger nachsehen, ob die Sendung angekommen ist, und das "
    "Ergebnis mit Begründung eintragen.",
}


class IncidentStatus(StrEnum):
    """Where an incident stands."""

    OPEN = "open"  # somebody must act
    RETRIED = "retried"  # it is being tried again; a new failure is a new incident
    GONE = "gone"  # the case went on without it
    SETTLED = "settled"  # a person has dealt with it, with reason; final


# Built once: building a statement costs more than running it.
_CLOSE_CASE = sa.update(incident).where(
    incident.c.case_id == sa.bindparam("of_case"), incident.c.status == IncidentStatus.OPEN
)
_CLOSE = _CLOSE_CASE.where(
    incident.c.activation.in_(sa.bindparam("of_activations", expanding=True))
)


_OPEN_BY_CODE = sa.select(incident.c.id, incident.c.detail).where(
    incident.c.tenant == sa.bindparam("of_tenant"),
    incident.c.status == IncidentStatus.OPEN,
    incident.c.code == sa.bindparam("of_code"),
)
_CLOSE_ONE = sa.update(incident).where(incident.c.id == sa.bindparam("of_id"))


def open_incidents(
    connection: sa.Connection,
    tenant: str,
    case_id: str,
    troubles: Sequence[Trouble],
    *,
    now: datetime,
) -> None:
    """Record why tokens of a case were held."""
    for trouble in troubles:
        _insert(
            connection,
            tenant=tenant,
            case_id=case_id,
            activation=trouble.activation,
            element=trouble.element,
            code=trouble.code,
            cause=trouble.cause,
            detail=trouble.detail,
            now=now,
        )


def open_for_job(
    connection: sa.Connection,
    *,
    tenant: str,
    case_id: str | None,
    code: str,
    cause: str,
    detail: str,
    job: dict[str, Any],
    now: datetime,
) -> None:
    """Record that a job was given up; ``job`` is what a retry submits again."""
    _insert(
        connection,
        tenant=tenant,
        case_id=case_id,
        activation=str(job["args"].get("activation", "")),
        element=str(job["args"].get("element", "")),
        code=code,
        cause=cause,
        detail=detail,
        job=job,
        now=now,
    )


def open_general(
    connection: sa.Connection, tenant: str, *, code: str, cause: str, subject: str, now: datetime
) -> None:
    """Record trouble that belongs to no case; the same subject is recorded once."""
    known = connection.execute(
        sa.select(incident.c.id).where(
            incident.c.tenant == tenant, incident.c.code == code, incident.c.detail == subject
        )
    ).first()
    if known is None:
        _insert(connection, tenant=tenant, code=code, cause=cause, detail=subject, now=now)


def open_once(
    connection: sa.Connection, tenant: str, code: str, subject: str, cause: str, *, now: datetime
) -> None:
    """Record trouble with a subject, unless it is open already."""
    values = {"of_tenant": tenant, "of_code": code}
    if subject not in {row.detail for row in connection.execute(_OPEN_BY_CODE, values)}:
        _insert(connection, tenant=tenant, code=code, cause=cause, detail=subject, now=now)


def settle_general(
    connection: sa.Connection, tenant: str, code: str, subject: str, *, now: datetime
) -> None:
    """Close the open incident of a subject, because it is over by itself."""
    for row in connection.execute(_OPEN_BY_CODE, {"of_tenant": tenant, "of_code": code}).all():
        if row.detail == subject:
            gone = {"of_id": row.id, "status": IncidentStatus.GONE}
            connection.execute(_CLOSE_ONE, gone | {"ended_at": now, "ended_by": "system"})


def subjects(connection: sa.Connection, tenant: str, code: str) -> set[str]:
    """Return what the open incidents of a code are about."""
    values = {"of_tenant": tenant, "of_code": code}
    return {row.detail for row in connection.execute(_OPEN_BY_CODE, values)}


def reconcile(
    connection: sa.Connection,
    tenant: str,
    code: str,
    found: Mapping[str, str],
    *,
    now: datetime,
) -> int:
    """Let the open incidents of a code be exactly what was found; return how many are new.

    ``found`` has the cause by its subject. What is open already is not opened again, what is
    found no more closes by itself, and what comes back later is a new incident.
    """
    values = {"of_tenant": tenant, "of_code": code}
    known = {row.detail: row.id for row in connection.execute(_OPEN_BY_CODE, values)}
    for subject in known.keys() - found.keys():
        gone = {"of_id": known[subject], "status": IncidentStatus.GONE}
        connection.execute(_CLOSE_ONE, gone | {"ended_at": now, "ended_by": "system"})
    new = [subject for subject in found if subject not in known]
    for subject in new:
        _insert(connection, tenant=tenant, code=code, cause=found[subject], detail=subject, now=now)
    return len(new)


def open_late(
    connection: sa.Connection, tenant: str, case_id: str, *, key: str, now: datetime
) -> None:
    """Record that an effect has arrived although its case waits for it no more."""
    _insert(
        connection,
        tenant=tenant,
        case_id=case_id,
        code="spaeter_erfolg",
        cause=f"„{key}“ ist angekommen, nachdem der Vorgang nicht mehr darauf gewartet hat.",
        detail=key,
        now=now,
    )


def close_for(
    connection: sa.Connection,
    case_id: str,
    activations: Sequence[str] | None,
    *,
    now: datetime,
    status: IncidentStatus = IncidentStatus.GONE,
    by: str = "system",
) -> None:
    """Close the open incidents of these activations, or of the whole case."""
    values = {"of_case": case_id, "status": status, "ended_at": now, "ended_by": by}
    if activations is None:
        connection.execute(_CLOSE_CASE, values)
    else:
        connection.execute(_CLOSE, values | {"of_activations": list(activations)})


def close(
    connection: sa.Connection,
    incident_id: str,
    *,
    now: datetime,
    by: str,
    status: IncidentStatus = IncidentStatus.RETRIED,
) -> bool:
    """Mark the incident as being tried again, or as settled; False when it was not open."""
    closed = connection.execute(
        sa.update(incident)
        .where(incident.c.id == incident_id, incident.c.status == IncidentStatus.OPEN)
        .values(status=status, ended_at=now, ended_by=by)
    )
    return closed.rowcount == 1


def _insert(connection: sa.Connection, *, code: str, now: datetime, **columns: Any) -> None:
    connection.execute(
        sa.insert(incident).values(
            id=new_id(),
            code=code,
            next_step=NEXT_STEPS[code],
            owner=OWNER,
            status=IncidentStatus.OPEN,
            created_at=now,
            **columns,
        )
    )
