"""The task: the invoice on the left, the decision on the right."""
