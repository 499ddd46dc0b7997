"""What the supplier hears."""
