"""Mails as they arrive, written by the standard library or byte by byte."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

INVOICE = (
    b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><ID>%d</ID></Invoice>'
)


def invoice(number: int) -> bytes:
    """Return a file that is an UBL invoice by its root, and nothing more."""
    return INVOICE % number


def mail(
    *files: tuple[str, str, bytes],
    message_id: str = "<1@lieferant.example>",
    sender: str = "Tiefbau Detmold <rechnung@tiefbau.example>",
    subject: str = "Ihre Rechnung",
    text: str = "Guten Tag,\n\nanbei unsere Rechnung.\n",
    **more: str,
) -> bytes:
    """Return a mail with files: (name, media type, content)."""
    made = EmailMessage(policy=SMTP)
    made["Message-ID"] = message_id
    made["From"] = sender
    made["To"] = "rechnung@musterstadt.example"
    made["Subject"] = subject
    made["Date"] = "Mon, 23 Nov 2026 08:00:00 +0100"
    for name, value in more.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    for name, media_type, data in files:
        main, _, sub = media_type.partition("/")
        made.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return made.as_bytes()
