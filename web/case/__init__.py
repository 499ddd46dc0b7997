"""The Vorgang: what it is about, what happened, its papers, its drawing."""
