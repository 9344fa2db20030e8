"""Rows to learn from: standardised, equal ones merged, split into those for training and those for validation."""
