"""From rows to a path of networks: trains a population with the force, then eliminates units in float64."""
