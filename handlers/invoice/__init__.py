"""From receipt to archive: receive, validate, register, route, reject, archive."""
