"""Keeping and erasing: what was re-checked, what is held, what was erased and by whom."""
