"""Training with Keras: the PReLU layer, the force, and models with PReLUs in the place of ReLUs."""

from prelu_rules.training.backend import require_tensorflow

require_tensorflow()
