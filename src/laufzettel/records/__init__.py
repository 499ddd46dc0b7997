"""The business records: invoice, supplier, cash order, booking, people."""
