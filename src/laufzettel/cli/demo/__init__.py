"""The demo: a fictitious town, its people, and the story of three invoices."""
