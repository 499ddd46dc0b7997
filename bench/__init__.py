"""Measurements: one module a bench, started by ``./run bench NAME``."""
