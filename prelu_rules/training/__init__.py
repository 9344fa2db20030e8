"""Training with Keras: the PReLU layer, the force, and models with PReLUs in the place of ReLUs.

Whatever imports Keras or TensorFlow imports this package first, so that another backend is refused in one line and
TensorFlow starts quietly.
"""

# Notes from here on whether a process is forked.
import prelu_rules.training.forked  # noqa: F401
from prelu_rules.training.backend import require_tensorflow
from prelu_rules.training.start import start_tensorflow

require_tensorflow()
start_tensorflow()
