"""The HKR: orders and their documents out, document numbers, refusals and payments back."""
