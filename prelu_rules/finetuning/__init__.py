"""Trains a given Keras network further while its units are eliminated."""
