"""Documents: content-addressed store and retention."""
