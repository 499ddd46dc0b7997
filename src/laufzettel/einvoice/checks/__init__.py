"""Laufzettel's own layers beside the official rules: one module a layer, pure functions.

None of them rejects by itself. What follows from a finding is the tenant's policy.
"""

from laufzettel.einvoice.checks.all import own_findings
from laufzettel.einvoice.checks.occasion import Occasion

__all__ = ["Occasion", "own_findings"]
