"""Betrieb: processes and decisions with their versions, acts on many cases, what went astray."""
