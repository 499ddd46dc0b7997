"""Invoices beside each other: what one may repeat, and what it refers to."""
