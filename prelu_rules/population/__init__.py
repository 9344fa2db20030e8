"""From rows to a path of networks: a population with the force, then elimination in float64."""
