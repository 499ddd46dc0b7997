"""The business tables; every row belongs to a tenant."""

from __future__ import annotations

import sqlalchemy as sa

from laufzettel.db import metadata
from laufzettel.db.packed_text import PackedText
from laufzettel.db.types import Cents, Json, UtcTime
from laufzettel.records import stack_tables as _stacks  # noqa: F401 - and these
from laufzettel.records.heads import tables as _heads  # noqa: F401 - declares its own beside these
from laufzettel.records.purchasing import tables as _purchasing  # noqa: F401 - as do these
from laufzettel.records.tax import tables as _tax  # noqa: F401 - and these

Id = sa.String(26)
Code = sa.String(100)
Sha256 = sa.String(64)

#: A Mandant: one Kommune. ``settings`` are its dated rules (limits, presets).
tenant = sa.Table(
    "tenant",
    metadata,
    sa.Column("id", Code, primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("settings", Json, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
)

#: A natural person. Accounts are many, the person is one.
person = sa.Table(
    "person",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("id", Code, primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("office", sa.String(200), nullable=False),  # function, e.g. Amtsleiter Bauamt
    sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
)

#: How a person signs in; the password hash belongs to the login of the web pages.
account = sa.Table(
    "account",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("login", Code, primary_key=True),
    sa.Column("person", Code, nullable=False),
    sa.Column("password_hash", sa.String(200)),
    sa.Column("rights", Json, nullable=False),
)

#: A door for a program: who shows the token acts as a person, or as a machine (no login).
#: ``sha256`` is that of the token, which is shown once and stored nowhere.
api_token = sa.Table(
    "api_token",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("name", Code, nullable=False),  # what it is for, as people call it
    sa.Column("sha256", Sha256, nullable=False, unique=True),
    sa.Column("scopes", Json, nullable=False),
    sa.Column("login", Code),  # of the account that it acts for; empty: a machine
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("valid_until", UtcTime, nullable=False),
    sa.Column("used_at", UtcTime),
    sa.Column("revoked_at", UtcTime),
    sa.Index("ix_api_token_tenant", "tenant", "id"),
)

#: What a program asked for once, and the answer that it got: the same again changes nothing.
api_request = sa.Table(
    "api_request",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("token_id", Id, primary_key=True),
    sa.Column("key", sa.String(200), primary_key=True),  # Idempotency-Key
    sa.Column("sha256", Sha256, nullable=False),  # of method, path and body
    sa.Column("attempt", Id, nullable=False),  # who is at it; one that is overtaken writes nothing
    sa.Column("status", sa.Integer),  # empty: the answer is not there yet
    sa.Column("location", sa.String(300)),
    sa.Column("body", sa.Text),
    sa.Column("at", UtcTime, nullable=False),
    sa.Index("ix_api_request_at", "at"),
    sqlite_with_rowid=False,
)

#: What each running process has counted and timed, so that one answer tells of all.
process_measure = sa.Table(
    "process_measure",
    metadata,
    sa.Column("process", sa.String(100), primary_key=True),  # machine-number
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("figures", Json, nullable=False),
    sqlite_with_rowid=False,
)

#: A signed-in browser. ``id`` is the SHA-256 of the cookie: who reads the table is not in.
web_session = sa.Table(
    "web_session",
    metadata,
    sa.Column("id", Sha256, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("login", Code, nullable=False),
    sa.Column("csrf", Sha256, nullable=False),  # what every form of this session carries
    sa.Column("deputy_for", Code),  # the person represented at the moment
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("seen_at", UtcTime, nullable=False),
    sa.Index("ix_web_session_seen_at", "seen_at"),
)

#: Failed logins in a row, by account and by address; what slows guessing down.
login_failure = sa.Table(
    "login_failure",
    metadata,
    sa.Column("key", sa.String(300), primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("blocked_until", UtcTime, nullable=False),
)

#: To which groups a person belongs; tasks are offered to groups.
membership = sa.Table(
    "membership",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("group_", Code, primary_key=True),
    sa.Column("person", Code, primary_key=True),
)

#: A Befugnis: who may sign what, up to which amount, by which document, from when to when.
power = sa.Table(
    "power",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("person", Code, nullable=False),
    sa.Column("duty", Code, nullable=False),
    sa.Column("limit_", Cents),  # none: without limit
    sa.Column("unit", Code),  # none: for every unit
    sa.Column("document", sa.String(200), nullable=False),
    sa.Column("granted_by", Code, nullable=False),
    sa.Column("valid_from", UtcTime, nullable=False),
    sa.Column("valid_until", UtcTime),
    sa.Index("ix_power_duty", "tenant", "duty", "person"),
)

#: Who represents whom; the deputy acts as himself, what he signed still blocks him.
deputy = sa.Table(
    "deputy",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("person", Code, nullable=False),
    sa.Column("represents", Code, nullable=False),
    sa.Column("document", sa.String(200), nullable=False),
    sa.Column("valid_from", UtcTime, nullable=False),
    sa.Column("valid_until", UtcTime),
)

#: A stored document: original, report, letter. The bytes lie in the document store.
document = sa.Table(
    "document",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("sha256", Sha256, primary_key=True),
    sa.Column("invoice_id", Id, primary_key=True),  # or the mail that it is
    sa.Column("kind", sa.String(40), nullable=False),  # original, report, order, mail
    sa.Column("media_type", sa.String(100), nullable=False),
    sa.Column("file_name", sa.String(200), nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("stored_at", UtcTime, nullable=False),
    sa.Column("retain_until", sa.Date),
    sqlite_with_rowid=False,
)

#: The Eingangsbuch: one row a received invoice, written before anything is parsed.
invoice = sa.Table(
    "invoice",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("receipt_no", sa.String(20), nullable=False),
    sa.Column("channel", sa.String(40), nullable=False),
    sa.Column("sender", sa.String(200), nullable=False, server_default=""),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("delivery", sa.String(100)),  # key of the one delivery, where the channel has one
    sa.Column("sha256", Sha256, nullable=False),
    sa.Column("case_id", Id),
    sa.Column("stage", sa.String(40), nullable=False),
    sa.Column("supplier_name", sa.String(200)),
    sa.Column("supplier_vat_id", sa.String(40)),
    sa.Column("supplier_address", Json),  # lines
    sa.Column("supplier_mail", sa.String(254)),  # BT-43, as the invoice says; nobody vouches for it
    sa.Column("number", sa.String(200)),
    sa.Column("issued_on", sa.Date),
    sa.Column("due_on", sa.Date),
    sa.Column("gross", Cents),  # BT-112
    sa.Column("payable", Cents),  # BT-115, what is left to pay
    sa.Column("currency", sa.String(3)),
    sa.Column("payee_name", sa.String(200)),
    sa.Column("payee_iban", sa.String(40)),
    sa.Column("delivery_year", sa.Integer),
    sa.Column("buyer_reference", sa.String(100)),
    sa.Column("unit", Code),
    sa.Column("kept_for", Code),  # confidential unit that it lay with before
    sa.Column("rejection", sa.Text),
    sa.Column("type_code", sa.String(10)),  # BT-3
    sa.Column("skonto", Json),  # steps of records.skonto: until when which amount
    sa.Column("remarks", sa.String(200)),  # codes of records.remarks that the file shows
    sa.Column("verdict", sa.String(20)),  # of the formal check; none: not checked yet
    sa.Column("dunned_until", sa.Date),  # the day that a Mahnung sets, the earliest of several
    sa.Column("erased_on", sa.Date),  # its content, after the retention period; the entry stays
    sa.UniqueConstraint("tenant", "receipt_no"),
    sa.UniqueConstraint("tenant", "sha256"),  # the same file twice is one invoice
    sa.Index("ix_invoice_number", "tenant", "number"),
    sa.Index("ix_invoice_vat_id", "tenant", "supplier_vat_id", "id"),  # the seller's history
    sa.Index("ix_invoice_supplier", "tenant", "supplier_name", "id"),
)

#: The Posteingangsbuch: one row a mail that came in, written before it is parsed; also paper
#: that is no invoice.
mail = sa.Table(
    "mail",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("number", sa.String(20), nullable=False),
    sa.Column("channel", sa.String(40), nullable=False),
    # Mailbox, UIDVALIDITY and UID; of paper its hash, or the invoice that it was taken for.
    sa.Column("delivery", sa.String(100), nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("sha256", Sha256, nullable=False),  # of the mail in the document store
    sa.Column("size", sa.Integer, nullable=False),
    # What was read from it, empty until it is settled.
    sa.Column("settled_at", UtcTime),
    sa.Column("digest", Sha256),  # what two deliveries of one mail share; the first has it
    sa.Column("repeat_of", Id),  # the first delivery of the same mail
    sa.Column("message_id", sa.String(200)),
    sa.Column("sender", sa.String(254)),
    sa.Column("sender_name", sa.String(200)),
    sa.Column("subject", sa.String(200)),
    sa.Column("is_automatic", sa.Boolean),  # from a machine: never answered
    sa.Column("problem", sa.Text),  # why a person had to look at it
    sa.Column("files", Json),
    sa.Column("media_type", sa.String(100)),  # of paper that was scanned; empty: a mail
    sa.UniqueConstraint("tenant", "number"),
    sa.UniqueConstraint("tenant", "delivery"),
    sa.UniqueConstraint("tenant", "digest"),
    sa.Index("ix_mail_sha256", "tenant", "sha256"),
)

#: A Mahnung, by mail or on paper: which invoice it is about, and what a person decided.
dunning = sa.Table(
    "dunning",
    metadata,
    sa.Column("id", Id, primary_key=True),  # that of the mail
    sa.Column("tenant", Code, nullable=False),
    sa.Column("invoice_id", Id),  # none: never received
    sa.Column("invoice_number", sa.String(100), nullable=False),  # as the Mahnung says it
    sa.Column("dunned_on", sa.Date, nullable=False),
    sa.Column("supplier", sa.String(200)),  # this and what follows as the Mahnung says it
    sa.Column("amount", Cents),
    sa.Column("until", sa.Date),  # the day that the supplier sets
    sa.Column("fee", Cents),
    sa.Column("noted_at", UtcTime, nullable=False),
    sa.Column("decision", sa.String(40)),
    sa.Column("decided_by", Code),
    sa.Column("text", sa.Text),
    sa.Index("ix_dunning_invoice", "tenant", "invoice_id"),
)

#: Master data: the address that the town itself knows of a supplier.
supplier_contact = sa.Table(
    "supplier_contact",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("vat_id", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("mail", sa.String(254), nullable=False),
    sa.Column("noted_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)

#: A supplier is to be told something about an invoice, once.
supplier_answer = sa.Table(
    "supplier_answer",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("invoice_id", Id, primary_key=True),
    sa.Column("occasion", sa.String(20), primary_key=True),  # received, paid
    sa.Column("wanted_at", UtcTime, nullable=False),
    sa.Column("outcome", sa.String(40)),  # empty: still to do; begun, or no_address
    sa.Index("ix_supplier_answer_outcome", "tenant", "outcome"),
    sqlite_with_rowid=False,
)

#: What an invoice and its files say, to be found by a word of it (``records.search``). Beside it
#: stands an index that is the database's own: FTS5 on SQLite, lexemes on PostgreSQL.
invoice_text = sa.Table(
    "invoice_text",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("invoice_id", Id, nullable=False),
    sa.Column("part", sa.String(100), nullable=False),  # "": the invoice; else name of a file
    sa.Column("packed", PackedText, nullable=False),  # the text
    sa.Index("ix_invoice_text_invoice_id", "invoice_id"),
)

#: The same file once more: noted, no second case.
receipt_repeat = sa.Table(
    "receipt_repeat",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("invoice_id", Id, nullable=False),
    sa.Column("channel", sa.String(40), nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("delivery", sa.String(100)),
    # One delivery is noted once, however often a crash makes it be handed over.
    sa.Index("ux_receipt_repeat_delivery", "tenant", "invoice_id", "delivery", unique=True),
)

#: Who was first with (seller, number, amount); decides about a suspected Doppelrechnung.
invoice_identity = sa.Table(
    "invoice_identity",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("key", Sha256, primary_key=True),
    sa.Column("invoice_id", Id, nullable=False),
    sqlite_with_rowid=False,
)

#: A Kassenanordnung. A new revision is a new booking key, so it needs new signatures.
cash_order = sa.Table(
    "cash_order",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("invoice_id", Id, nullable=False),
    sa.Column("number", sa.String(20)),  # drawn when it is issued
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("amount", Cents, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("payee_name", sa.String(200), nullable=False),
    sa.Column("payee_iban", sa.String(40), nullable=False),
    sa.Column("purpose", sa.String(140), nullable=False),
    sa.Column("due_on", sa.Date),
    sa.Column("discount_until", sa.Date),  # Skonto: both or none
    sa.Column("discount_amount", Cents),  # what is deducted when paid until then
    sa.Column("fiscal_year_expense", sa.Integer, nullable=False),  # year of delivery
    sa.Column("fiscal_year_payment", sa.Integer, nullable=False),
    sa.Column("cost_center", sa.String(40), nullable=False),
    sa.Column("gl_account", sa.String(40), nullable=False),
    # Bauabzugsteuer (§ 48 EStG): the part of the amount that the Finanzamt gets; all or none.
    sa.Column("withheld_amount", Cents),
    sa.Column("withheld_discount", Cents),  # less of it when the Skonto is taken
    sa.Column("withheld_name", sa.String(140)),
    sa.Column("withheld_iban", sa.String(40)),
    sa.Column("withheld_purpose", sa.String(140)),
    sa.Column("tax", Json),  # what was decided: label and answer of each part
    sa.Column("drafted_at", UtcTime),  # what was signed before it was drafted is not signed
    sa.Column("certified_by", Code),
    sa.Column("ordered_by", Code),
    sa.Column("countersigned_by", Code),
    sa.Column("ordered_at", UtcTime),
    sa.Column("handover_no", sa.Integer),
    sa.Column("refusal_code", sa.String(40)),
    sa.Column("refusal_text", sa.Text),
    sa.UniqueConstraint("tenant", "invoice_id"),
    sa.UniqueConstraint("tenant", "number"),
    sa.Index(
        "ix_cash_order_withheld",
        "tenant",
        sqlite_where=sa.text("withheld_amount IS NOT NULL"),
        postgresql_where=sa.text("withheld_amount IS NOT NULL"),
    ),
)

#: What the HKR booked: one row an order revision, for ever.
booking = sa.Table(
    "booking",
    metadata,
    sa.Column("tenant", Code, primary_key=True),
    sa.Column("order_key", sa.String(200), primary_key=True),
    sa.Column("cash_order_id", Id, nullable=False),
    sa.Column("document_no", sa.String(100), nullable=False),
    sa.Column("accepted_at", UtcTime, nullable=False),
    sa.Column("paid_on", sa.Date),
    sa.Column("paid_amount", Cents),
    sa.UniqueConstraint("tenant", "document_no"),
)

#: „Das gehört immer zu …“: what a person proposed for the table „Zuständigkeit“. Changes nothing
#: until a designer takes it over.
routing_proposal = sa.Table(
    "routing_proposal",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("field", sa.String(40), nullable=False),  # the input of the table
    sa.Column("value", sa.String(200), nullable=False),
    sa.Column("unit", Code, nullable=False),
    sa.Column("clerk", Code),
    sa.Column("case_id", Id, nullable=False),
    sa.Column("invoice_id", Id, nullable=False),
    sa.Column("proposed_by", Code, nullable=False),
    sa.Column("proposed_at", UtcTime, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),  # open, chosen, taken, declined
    sa.Column("chosen_by", Code),  # wants it in the table; another person releases it
    sa.Column("chosen_at", UtcTime),
    sa.Column("chosen_reason", sa.Text),
    sa.Column("settled_by", Code),
    sa.Column("settled_at", UtcTime),
    sa.Column("reason", sa.Text),
    sa.Column("bundle_id", Id),  # the version of the table that has it
    sa.Index("ix_routing_proposal_status", "tenant", "status", "id"),
)

#: A change of the table of what follows from a finding: from which day, why, by whom. One that
#: makes less of a finding waits for a second person.
policy_change = sa.Table(
    "policy_change",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("tenant", Code, nullable=False),
    sa.Column("subject", sa.String(80), nullable=False),  # rule or layer; "": the whole table
    sa.Column("treatment", sa.String(20)),  # none: as preset
    sa.Column("above", Cents),
    sa.Column("holds_from", sa.Date, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("lighter", Json, nullable=False),  # rules of which it makes less
    sa.Column("before", Json, nullable=False),  # the whole table
    sa.Column("after", Json, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),  # open, done, declined
    sa.Column("proposed_by", Code, nullable=False),
    sa.Column("proposed_at", UtcTime, nullable=False),
    sa.Column("decided_by", Code),  # the second person
    sa.Column("decided_at", UtcTime),
    sa.Column("decided_reason", sa.Text),
    sa.Index("ix_policy_change_tenant", "tenant", "id"),
)
