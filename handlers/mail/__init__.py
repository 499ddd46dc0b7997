"""Mails: the book of what came in by mail, and what is answered."""
