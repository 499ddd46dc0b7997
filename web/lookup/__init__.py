"""The Auskunft: what was received, where it lies, when it is paid, told on the telephone."""
