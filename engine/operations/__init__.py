"""What operators do to cases: stop, go on, end, mend, move, migrate, one or thousands."""
