"""The ways in and the mails out, put together from connectors and handlers."""

from laufzettel.intake.inlets import Intake, SmtpMailers

__all__ = ["Intake", "SmtpMailers"]
