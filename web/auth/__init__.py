"""Signing in and out, acting as a deputy, and who may see which page."""
