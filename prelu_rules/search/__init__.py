"""From rows to a path of networks."""
