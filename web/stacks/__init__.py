"""Dividing and joining the pages of scanned paper, at the task „Rechnung erfassen“."""
