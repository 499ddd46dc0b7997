"""Handing in invoices by hand: several files at once, and what became of each."""
