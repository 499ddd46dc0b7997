"""The database: one engine, one write lock, one metadata, one linear history.

``Database`` is what every other folder uses; ``types`` holds the columns for money and
time, ``schema`` creates and checks the tables through Alembic.
"""

from laufzettel.db.database import Database
from laufzettel.db.metadata import metadata

__all__ = ["Database", "metadata"]
