"""Run by Alembic for every command; ``db.schema`` hands the open connection in."""

from __future__ import annotations

from alembic import context


def run() -> None:
    """Run the revisions inside the caller's transaction: all of them or none.

    ``metadata`` is what autogenerate compares with; upgrading does not need it.
    """
    attributes = context.config.attributes
    context.configure(
        connection=attributes["connection"],
        target_metadata=attributes.get("metadata"),
        # SQLite too rolls back tables when we begin the transaction ourselves.
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if __name__ == "env_py":  # as Alembic loads it; others (doctest, type checks) only look
    run()
