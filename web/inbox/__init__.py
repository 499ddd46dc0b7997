"""The Eingangskorb: which tasks a person has before it, and in what order."""
