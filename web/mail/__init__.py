"""Mails: the files that came with one, and taking one of them over as an invoice."""
