"""Orders of the Kommune and what was delivered on them, against which invoices are matched."""
