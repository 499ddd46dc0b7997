"""What pages show of orders and of tax: an invoice beside its order."""
