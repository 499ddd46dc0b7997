"""The tax of invoices: asked for with the certification, carried by the order."""
