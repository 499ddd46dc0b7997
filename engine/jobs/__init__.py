"""Jobs: rows that are the truth, and two ways to run them (docs/jobs.md)."""
