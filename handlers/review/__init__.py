"""While people check: reminders."""
