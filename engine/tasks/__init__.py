"""What people do: user tasks and the duties they sign."""
