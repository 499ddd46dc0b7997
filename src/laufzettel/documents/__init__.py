"""Documents: the content-addressed store, durable write-once files, and the retention rules."""
