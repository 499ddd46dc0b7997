"""Ways in: where invoices lie until Laufzettel takes them, one module a kind of place."""
