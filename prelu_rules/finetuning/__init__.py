"""A given Keras network trained on while its units are eliminated."""

import prelu_rules.training  # noqa: F401
