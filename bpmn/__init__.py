"""The processes, one folder each; a package so that the wheel carries the files."""
