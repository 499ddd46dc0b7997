"""The Eingangskorb: what is to be done, the most urgent first."""
