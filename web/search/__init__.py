"""Invoices found by a word of their text: a part of the Auskunft."""
