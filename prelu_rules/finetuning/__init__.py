"""A given Keras network trained on while its units are eliminated."""
