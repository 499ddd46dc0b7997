"""The Unterschriftenmappe: every item displayed, marked singly, signed with one confirmation."""
