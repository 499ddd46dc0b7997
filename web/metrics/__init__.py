"""``/metrics``: how the installation is doing, in the text format that Prometheus reads."""
