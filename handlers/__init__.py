"""Service tasks: one typed function, one file; folders follow the life-cycle."""
