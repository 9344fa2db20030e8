"""From rows to a path of networks: a population with the force, then elimination in float64."""

from prelu_rules.training.backend import require_tensorflow

require_tensorflow()
