"""Messages, signals, and what starts cases: published once, received by whom they are for."""
