"""E-invoices: UBL, CII and ZUGFeRD to one Invoice, validated by the official rules."""
