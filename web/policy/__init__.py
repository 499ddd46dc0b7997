"""Prüfregeln: what follows from a finding, who changed it since when, and what it would change."""
