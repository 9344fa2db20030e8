"""Training with Keras: the PReLU layer, the force, and models with PReLUs in place of ReLUs."""
