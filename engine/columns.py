"""Types of columns that many tables have."""

from __future__ import annotations

import sqlalchemy as sa

Id = sa.String(26)
Code = sa.String(100)
Sha256 = sa.String(64)
