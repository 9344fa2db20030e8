"""Networks as values: the PReLU normal form, its compact form, the collapse, and what a network is read from."""
