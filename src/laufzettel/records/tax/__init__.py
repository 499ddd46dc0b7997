"""The tax table: dated rules with their source, what they propose, and what a person decided."""
