"""The invoices of the invented Musterstadt, in UBL, CII and as ZUGFeRD."""
