"""Training with Keras: the PReLU layer, the force, and models with PReLUs in the place of ReLUs.

Whatever imports TensorFlow imports this package first, so that TensorFlow starts quietly.
"""

from prelu_rules.training.start import start_tensorflow

start_tensorflow()
