"""Training with Keras: the PReLU layer, the force, and models with PReLUs in the place of ReLUs."""

# Notes from here on whether a process is forked.
import prelu_rules.training.forked  # noqa: F401
from prelu_rules.training.backend import require_tensorflow

require_tensorflow()
