"""Training with Keras: the PReLU layer and the force. With `readers.keras`, the only place that knows Keras."""
