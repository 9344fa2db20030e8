"""The paper's training as slow, obvious NumPy in float64, one matrix product after the other."""

import numpy as np


def train(kernels, biases, slopes, noisy_batches, targets, *, learning_rate, eta_0, threshold, refresh_every):
    """SGD on the mean squared error with the force after every step; returns the parameters and the last rate."""
    kernels = [np.array(k, dtype=np.float64) for k in kernels]
    biases = [np.array(b, dtype=np.float64) for b in biases]
    slopes = [np.array(a, dtype=np.float64) for a in slopes]
    rate = 0.0
    for step, x in enumerate(noisy_batches, start=1):
        inputs, pre_activations = [x.astype(np.float64)], []
        for layer, (kernel, bias) in enumerate(zip(kernels, biases, strict=True)):
            z = inputs[-1] @ kernel + bias
            if layer < len(slopes):
                pre_activations.append(z)
                z = np.maximum(0, z) + slopes[layer] * np.minimum(0, z)
            inputs.append(z)
        error = inputs[-1] - targets
        mse = np.mean(error**2)
        gradient = 2 * error / error.size
        for layer in reversed(range(len(kernels))):
            if layer < len(slopes):
                z = pre_activations[layer]
                slope_gradient = (gradient * np.minimum(0, z)).sum(axis=0)
                gradient = gradient * np.where(z > 0, 1, slopes[layer])
                # Keras keeps slopes in [0, 1] after the optimiser's step.
                slopes[layer] = np.clip(slopes[layer] - learning_rate * slope_gradient, 0, 1)
            below = gradient @ kernels[layer].T
            kernels[layer] -= learning_rate * inputs[layer].T @ gradient
            biases[layer] -= learning_rate * gradient.sum(axis=0)
            gradient = below
        if step % refresh_every == 0:
            rate = eta_0 * 0.01 * max(0.0, np.log10(threshold / mse))
        slopes = [np.maximum(0, np.minimum(1, a + rate * np.sign(1 - a))) for a in slopes]
    return kernels, biases, slopes, rate
