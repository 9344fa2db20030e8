"""What is minimised: each loss is one value, which says everything that depends on it."""
