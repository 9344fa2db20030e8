"""The paper's experiments, to be run again."""

from prelu_rules.training.backend import require_tensorflow

require_tensorflow()
