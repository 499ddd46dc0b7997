"""Heads of invoices: what is known of each, ours and the old system's, under keys that survive retyping."""
