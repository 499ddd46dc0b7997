"""Reading text off pictures of scanned paper, by a program that the operator has installed."""
