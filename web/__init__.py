"""The browser's side: Flask pages over engine.api and read models."""
