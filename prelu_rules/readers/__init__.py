"""Readers turn networks of other packages into the PReLU normal form; `network.reading` finds the right one."""

from prelu_rules.training.backend import require_tensorflow

require_tensorflow()
