"""The sides of a hyperplane on which a cell has an interior."""

BELOW, ABOVE, BOTH = 0, 1, 2
