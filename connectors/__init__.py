"""Outside systems, each behind a port with a simulator and one conformance suite."""
