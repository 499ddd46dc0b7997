"""The walls: every table of the first release.

Written by tools/remake_first_revision.py from the declared tables, and frozen from the first
release on. Procrastinate's tables come from the installed package (PostgreSQL only). SQLite
knows no roles, so triggers keep the audit from being changed there.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laufzettel.db import procrastinate_schema, types

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all tables."""
    _create_account()
    _create_audit_event()
    _create_audit_seal()
    _create_audit_seal_entry()
    _create_audit_stream()
    _create_audit_text()
    _create_booking()
    _create_bundle()
    _create_cash_order()
    _create_correlation()
    _create_counter()
    _create_deputy()
    _create_document()
    _create_draft()
    _create_duty_act()
    _create_duty_signature()
    _create_incident()
    _create_invoice()
    _create_invoice_identity()
    _create_job()
    _create_membership()
    _create_message()
    _create_parcel()
    _create_person()
    _create_power()
    _create_receipt_repeat()
    _create_tenant()
    _create_case()
    _create_effect()
    _create_subscription()
    _create_user_task()
    if op.get_context().dialect.name == "postgresql":
        procrastinate_schema.install(op.get_bind())
    else:
        _keep_audit()


def _keep_audit() -> None:
    """Refuse to change what the audit says; a text may be erased."""
    refuse = "BEGIN SELECT RAISE(ABORT, 'Das Protokoll wird nur fortgeschrieben.'); END"
    for table in ("audit_event", "audit_text", "audit_seal", "audit_seal_entry"):
        op.execute(f"CREATE TRIGGER {table}_keep BEFORE DELETE ON {table} {refuse}")
    for table in ("audit_event", "audit_seal", "audit_seal_entry"):
        op.execute(f"CREATE TRIGGER {table}_fix BEFORE UPDATE ON {table} {refuse}")
    columns = "tenant, stream, seq, field"
    op.execute(f"CREATE TRIGGER audit_text_fix BEFORE UPDATE OF {columns} ON audit_text {refuse}")
    unless = "WHEN NEW.text IS NOT NULL OR NEW.salt IS NOT NULL OR NEW.erased_at IS NULL"
    op.execute(f"CREATE TRIGGER audit_text_erase BEFORE UPDATE ON audit_text {unless} {refuse}")


def _create_account() -> None:
    op.create_table(
        "account",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("login", sa.String(length=100), nullable=False),
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("rights", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "login", name=op.f("pk_account")),
    )


def _create_audit_event() -> None:
    op.create_table(
        "audit_event",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("stream", sa.String(length=100), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", types.UtcTime(), nullable=False),
        sa.Column("kind", sa.String(length=100), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "stream", "seq", name=op.f("pk_audit_event")),
        sqlite_with_rowid=False,
    )


def _create_audit_seal() -> None:
    op.create_table(
        "audit_seal",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", types.UtcTime(), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "number", name=op.f("pk_audit_seal")),
        sqlite_with_rowid=False,
    )


def _create_audit_seal_entry() -> None:
    op.create_table(
        "audit_seal_entry",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("stream", sa.String(length=100), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "stream", "number", name=op.f("pk_audit_seal_entry")),
        sqlite_with_rowid=False,
    )


def _create_audit_stream() -> None:
    op.create_table(
        "audit_stream",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("stream", sa.String(length=100), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed_seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("moved_at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "stream", name=op.f("pk_audit_stream")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_audit_stream_unsealed",
        "audit_stream",
        ["tenant", "moved_at"],
        unique=False,
        sqlite_where=sa.text("seq > sealed_seq"),
        postgresql_where=sa.text("seq > sealed_seq"),
    )


def _create_audit_text() -> None:
    op.create_table(
        "audit_text",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("stream", sa.String(length=100), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=100), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("erased_at", types.UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "stream", "seq", "field", name=op.f("pk_audit_text")),
        sqlite_with_rowid=False,
    )


def _create_booking() -> None:
    op.create_table(
        "booking",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("order_key", sa.String(length=200), nullable=False),
        sa.Column("cash_order_id", sa.String(length=26), nullable=False),
        sa.Column("document_no", sa.String(length=100), nullable=False),
        sa.Column("accepted_at", types.UtcTime(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("paid_amount", types.Cents(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "order_key", name=op.f("pk_booking")),
        sa.UniqueConstraint("tenant", "document_no", name=op.f("uq_booking_tenant_document_no")),
    )


def _create_bundle() -> None:
    op.create_table(
        "bundle",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("process_id", sa.String(length=100), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version_tag", sa.String(length=100), server_default="", nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("compiler", sa.Integer(), nullable=False),
        sa.Column("compiled", sa.LargeBinary(), nullable=False),
        sa.Column("sources", sa.LargeBinary(), nullable=False),
        sa.Column("deployed_at", types.UtcTime(), nullable=False),
        sa.Column("deployed_by", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundle")),
        sa.UniqueConstraint(
            "tenant", "process_id", "number", name=op.f("uq_bundle_tenant_process_id_number")
        ),
    )


def _create_cash_order() -> None:
    op.create_table(
        "cash_order",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("invoice_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("amount", types.Cents(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("payee_name", sa.String(length=200), nullable=False),
        sa.Column("payee_iban", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=140), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("fiscal_year_expense", sa.Integer(), nullable=False),
        sa.Column("fiscal_year_payment", sa.Integer(), nullable=False),
        sa.Column("cost_center", sa.String(length=40), nullable=False),
        sa.Column("gl_account", sa.String(length=40), nullable=False),
        sa.Column("certified_by", sa.String(length=100), nullable=True),
        sa.Column("ordered_by", sa.String(length=100), nullable=True),
        sa.Column("countersigned_by", sa.String(length=100), nullable=True),
        sa.Column("ordered_at", types.UtcTime(), nullable=True),
        sa.Column("handover_no", sa.Integer(), nullable=True),
        sa.Column("refusal_code", sa.String(length=40), nullable=True),
        sa.Column("refusal_text", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cash_order")),
        sa.UniqueConstraint("tenant", "invoice_id", name=op.f("uq_cash_order_tenant_invoice_id")),
        sa.UniqueConstraint("tenant", "number", name=op.f("uq_cash_order_tenant_number")),
    )


def _create_correlation() -> None:
    op.create_table(
        "correlation",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("touched", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name", "key", name=op.f("pk_correlation")),
    )


def _create_counter() -> None:
    op.create_table(
        "counter",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name", name=op.f("pk_counter")),
    )


def _create_deputy() -> None:
    op.create_table(
        "deputy",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.Column("represents", sa.String(length=100), nullable=False),
        sa.Column("document", sa.String(length=200), nullable=False),
        sa.Column("valid_from", types.UtcTime(), nullable=False),
        sa.Column("valid_until", types.UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deputy")),
    )


def _create_document() -> None:
    op.create_table(
        "document",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("invoice_id", sa.String(length=26), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("stored_at", types.UtcTime(), nullable=False),
        sa.Column("retain_until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "sha256", "invoice_id", name=op.f("pk_document")),
    )


def _create_draft() -> None:
    op.create_table(
        "draft",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("task_id", sa.String(length=26), nullable=False),
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.Column("values", types.Json(), nullable=False),
        sa.Column("saved_at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "person", name=op.f("pk_draft")),
    )


def _create_duty_act() -> None:
    op.create_table(
        "duty_act",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("scope", sa.String(length=100), nullable=False),
        sa.Column("conflict_set", sa.String(length=100), nullable=False),
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.Column("side", sa.String(length=100), nullable=False),
        sa.Column("duty", sa.String(length=100), nullable=False),
        sa.Column("case_id", sa.String(length=26), nullable=False),
        sa.Column("task_id", sa.String(length=26), nullable=False),
        sa.Column("deputy_for", sa.String(length=100), nullable=True),
        sa.Column("signed_at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant", "scope", "conflict_set", "person", name=op.f("pk_duty_act")
        ),
    )


def _create_duty_signature() -> None:
    op.create_table(
        "duty_signature",
        sa.Column("task_id", sa.String(length=26), nullable=False),
        sa.Column("duty", sa.String(length=100), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("scope", sa.String(length=100), nullable=False),
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.Column("deputy_for", sa.String(length=100), nullable=True),
        sa.Column("case_id", sa.String(length=26), nullable=False),
        sa.Column("signed_at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "duty", name=op.f("pk_duty_signature")),
    )
    op.create_index("ix_duty_signature_scope", "duty_signature", ["tenant", "scope"], unique=False)


def _create_incident() -> None:
    op.create_table(
        "incident",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("case_id", sa.String(length=26), nullable=True),
        sa.Column("activation", sa.String(length=80), server_default="", nullable=False),
        sa.Column("element", sa.String(length=100), server_default="", nullable=False),
        sa.Column("code", sa.String(length=100), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("next_step", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("job", types.Json(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("ended_at", types.UtcTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=100), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index("ix_incident_case_id", "incident", ["case_id"], unique=False)
    op.create_index(
        "ix_incident_open", "incident", ["tenant", "status", "created_at"], unique=False
    )


def _create_invoice() -> None:
    op.create_table(
        "invoice",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("receipt_no", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("sender", sa.String(length=200), server_default="", nullable=False),
        sa.Column("received_at", types.UtcTime(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=26), nullable=True),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("supplier_name", sa.String(length=200), nullable=True),
        sa.Column("supplier_vat_id", sa.String(length=40), nullable=True),
        sa.Column("supplier_address", types.Json(), nullable=True),
        sa.Column("number", sa.String(length=200), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("gross", types.Cents(), nullable=True),
        sa.Column("payable", types.Cents(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("payee_name", sa.String(length=200), nullable=True),
        sa.Column("payee_iban", sa.String(length=40), nullable=True),
        sa.Column("delivery_year", sa.Integer(), nullable=True),
        sa.Column("buyer_reference", sa.String(length=100), nullable=True),
        sa.Column("unit", sa.String(length=100), nullable=True),
        sa.Column("rejection", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("tenant", "receipt_no", name=op.f("uq_invoice_tenant_receipt_no")),
        sa.UniqueConstraint("tenant", "sha256", name=op.f("uq_invoice_tenant_sha256")),
    )
    op.create_index("ix_invoice_number", "invoice", ["tenant", "number"], unique=False)


def _create_invoice_identity() -> None:
    op.create_table(
        "invoice_identity",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("invoice_id", sa.String(length=26), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "key", name=op.f("pk_invoice_identity")),
    )


def _create_job() -> None:
    op.create_table(
        "job",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("case_id", sa.String(length=26), nullable=True),
        sa.Column("args", types.Json(), nullable=False),
        sa.Column("due", types.UtcTime(), nullable=False),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("token", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_leased", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_job")),
    )
    op.create_index("ix_job_case_id", "job", ["case_id"], unique=False)
    op.create_index("ix_job_claim", "job", ["tenant", "priority", "due"], unique=False)
    op.create_index("ix_job_due", "job", ["due"], unique=False)


def _create_membership() -> None:
    op.create_table(
        "membership",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("group_", sa.String(length=100), nullable=False),
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "group_", "person", name=op.f("pk_membership")),
    )


def _create_message() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("payload", types.Json(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("case_id", sa.String(length=26), nullable=True),
        sa.Column("published_at", types.UtcTime(), nullable=False),
        sa.Column("consumed_at", types.UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint(
            "tenant", "source", "message_id", name=op.f("uq_message_tenant_source_message_id")
        ),
    )
    op.create_index(
        "ix_message_correlation", "message", ["tenant", "name", "key", "status", "id"], unique=False
    )


def _create_parcel() -> None:
    op.create_table(
        "parcel",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("channel", sa.String(length=100), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("handler", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("total", types.Cents(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("ended_at", types.UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcel")),
        sa.UniqueConstraint(
            "tenant", "channel", "number", name=op.f("uq_parcel_tenant_channel_number")
        ),
    )


def _create_person() -> None:
    op.create_table(
        "person",
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("office", sa.String(length=200), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_person")),
    )


def _create_power() -> None:
    op.create_table(
        "power",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("person", sa.String(length=100), nullable=False),
        sa.Column("duty", sa.String(length=100), nullable=False),
        sa.Column("limit_", types.Cents(), nullable=True),
        sa.Column("unit", sa.String(length=100), nullable=True),
        sa.Column("document", sa.String(length=200), nullable=False),
        sa.Column("granted_by", sa.String(length=100), nullable=False),
        sa.Column("valid_from", types.UtcTime(), nullable=False),
        sa.Column("valid_until", types.UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_power")),
    )
    op.create_index("ix_power_duty", "power", ["tenant", "duty", "person"], unique=False)


def _create_receipt_repeat() -> None:
    op.create_table(
        "receipt_repeat",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("invoice_id", sa.String(length=26), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("received_at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_repeat")),
    )


def _create_tenant() -> None:
    op.create_table(
        "tenant",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("settings", types.Json(), nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant")),
    )


def _create_case() -> None:
    op.create_table(
        "case_",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("bundle_id", sa.String(length=26), nullable=False),
        sa.Column("process_id", sa.String(length=100), nullable=False),
        sa.Column("business_key", sa.String(length=100), nullable=False),
        sa.Column("duty_scope", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=True),
        sa.Column("result", types.Json(), nullable=True),
        sa.Column("started_at", types.UtcTime(), nullable=False),
        sa.Column("ended_at", types.UtcTime(), nullable=True),
        sa.Column("subject", sa.String(length=200), server_default="", nullable=False),
        sa.Column("party", sa.String(length=200), server_default="", nullable=False),
        sa.Column("amount", types.Cents(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("unit", sa.String(length=100), nullable=True),
        sa.Column("act_by", types.UtcTime(), nullable=True),
        sa.Column("outer_date", types.UtcTime(), nullable=True),
        sa.Column("stake", types.Cents(), nullable=True),
        sa.Column("confidential", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bundle_id"], ["bundle.id"], name=op.f("fk_case__bundle_id_bundle")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_")),
    )
    op.create_index(
        "ix_case__tenant_business_key", "case_", ["tenant", "business_key"], unique=False
    )
    op.create_index(
        "ix_case__tenant_status_started", "case_", ["tenant", "status", "started_at"], unique=False
    )


def _create_effect() -> None:
    op.create_table(
        "effect",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=100), nullable=False),
        sa.Column("handler", sa.String(length=100), nullable=False),
        sa.Column("case_id", sa.String(length=26), nullable=False),
        sa.Column("activation", sa.String(length=80), nullable=False),
        sa.Column("payload", types.Json(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("parcel_id", sa.String(length=26), nullable=True),
        sa.Column("result", types.Json(), nullable=True),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("ended_at", types.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name=op.f("fk_effect_case_id_case_")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_effect")),
        sa.UniqueConstraint("tenant", "key", name=op.f("uq_effect_tenant_key")),
    )
    op.create_index("ix_effect_case_id", "effect", ["case_id"], unique=False)
    op.create_index(
        "ix_effect_channel", "effect", ["tenant", "channel", "status", "id"], unique=False
    )
    op.create_index("ix_effect_parcel_id", "effect", ["parcel_id"], unique=False)


def _create_subscription() -> None:
    op.create_table(
        "subscription",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("case_id", sa.String(length=26), nullable=False),
        sa.Column("activation", sa.String(length=80), nullable=False),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case_.id"], name=op.f("fk_subscription_case_id_case_")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint(
            "case_id", "activation", name=op.f("uq_subscription_case_id_activation")
        ),
    )
    op.create_index(
        "ix_subscription_correlation", "subscription", ["tenant", "name", "key", "id"], unique=False
    )


def _create_user_task() -> None:
    op.create_table(
        "user_task",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("tenant", sa.String(length=100), nullable=False),
        sa.Column("case_id", sa.String(length=26), nullable=False),
        sa.Column("activation", sa.String(length=80), nullable=False),
        sa.Column("element", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("form", sa.String(length=100), server_default="", nullable=False),
        sa.Column("duties", sa.String(length=200), server_default="", nullable=False),
        sa.Column("assignee", sa.String(length=100), nullable=True),
        sa.Column("group_", sa.String(length=100), server_default="", nullable=False),
        sa.Column("groups", types.Json(), nullable=False),
        sa.Column("users", types.Json(), nullable=False),
        sa.Column("priority", sa.Integer(), server_default="50", nullable=False),
        sa.Column("due", types.UtcTime(), nullable=True),
        sa.Column("follow_up", types.UtcTime(), nullable=True),
        sa.Column("created_at", types.UtcTime(), nullable=False),
        sa.Column("ended_at", types.UtcTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=100), nullable=True),
        sa.Column("subject", sa.String(length=200), server_default="", nullable=False),
        sa.Column("party", sa.String(length=200), server_default="", nullable=False),
        sa.Column("amount", types.Cents(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("unit", sa.String(length=100), nullable=True),
        sa.Column("act_by", types.UtcTime(), nullable=True),
        sa.Column("outer_date", types.UtcTime(), nullable=True),
        sa.Column("stake", types.Cents(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case_.id"], name=op.f("fk_user_task_case_id_case_")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_task")),
        sa.UniqueConstraint("case_id", "activation", name=op.f("uq_user_task_case_id_activation")),
    )
    op.create_index(
        "ix_user_task_inbox",
        "user_task",
        ["tenant", "status", "group_", "act_by", "id"],
        unique=False,
    )
    op.create_index(
        "ix_user_task_mine",
        "user_task",
        ["tenant", "status", "assignee", "act_by", "id"],
        unique=False,
    )
