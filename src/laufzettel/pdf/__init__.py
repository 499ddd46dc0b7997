"""Rendering PDF in a limited subprocess."""
