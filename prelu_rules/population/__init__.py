"""A population of networks, trained as one Keras model with the force."""
