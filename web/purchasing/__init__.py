"""What pages show of orders: an invoice beside its order."""
