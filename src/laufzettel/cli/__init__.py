"""The command line: thin commands over compose."""
