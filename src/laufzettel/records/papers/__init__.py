"""Papers that records become: pure functions from facts to HTML, for page and PDF alike."""
