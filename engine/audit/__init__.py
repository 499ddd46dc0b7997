"""What happened: event streams, seals, verification."""
