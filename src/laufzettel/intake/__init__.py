"""The ways in and the mails out, put together from connectors and handlers."""

from laufzettel.intake.enclosures import Enclosures
from laufzettel.intake.inlets import Intake, SmtpMailers

__all__ = ["Enclosures", "Intake", "SmtpMailers"]
