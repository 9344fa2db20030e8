"""A given Keras network trained on while its units are eliminated."""

from prelu_rules.training.backend import require_tensorflow

require_tensorflow()
