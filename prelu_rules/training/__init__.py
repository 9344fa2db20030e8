"""Training with Keras: the PReLU layer, the force, and models with PReLUs in the place of ReLUs."""
