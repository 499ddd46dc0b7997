"""Who acts: tenants, natural persons, and the actor of a call.

The engine knows persons and tenants only as these ids. What a person may do is
decided by the rules that ``compose`` hands to the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

#: Tenant of what belongs to the installation and is shared by all tenants.
SHARED = "*"
#: How the audit names who acts at the command line of the installation; no token is called so.
OPERATOR = "operator"


class Right(StrEnum):
    """What an actor may ask of the engine."""

    WORK = "work"  # see and complete tasks offered to the person or its groups
    START = "start"  # start cases and publish messages
    OPERATE = "operate"  # retry incidents, cancel cases
    DEPLOY = "deploy"  # deploy models
    READ = "read"  # read every case of the tenant, as an auditor does


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody or something that calls a verb of the engine, within one tenant.

    ``person`` is the natural person, not the account: two accounts of one person are
    one. It is None for the system itself, which never counts as a person (SOD-15), and for a
    ``machine``: a program outside that acts by a token of its own, or whoever operates this
    machine. With both it is the person that acts, by this token.
    ``deputy_for`` is the person represented; the deputy still acts as himself.
    """

    tenant: str
    person: str | None = None
    name: str = ""
    groups: frozenset[str] = frozenset()
    rights: frozenset[Right] = frozenset({Right.WORK})
    deputy_for: str | None = None
    machine: str | None = None  # id of its token; „operator“ at the command line

    @property
    def label(self) -> str:
        """The actor as the audit stream names it: an id, never a name."""
        return self.person or self.machine or "system"


def system(tenant: str) -> Actor:
    """Return the actor of jobs, connectors and timers.

    >>> system("musterstadt").label
    'system'
    """
    return Actor(tenant=tenant, name="System", rights=frozenset(Right))
