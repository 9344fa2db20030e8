"""Random ReLU networks with known numbers of linear regions, for benchmarks and tests."""

import numpy as np

from prelu_rules.network.normal_form import NormalForm


def reference_network(dimension: int, widths: tuple[int, ...]) -> NormalForm:
    """Weights N(0, sqrt(2/fan_in)) and biases N(0, 0.5), drawn layer by layer; ReLU, one output, on [-1, 1]^d."""
    rng = np.random.default_rng([0, dimension, *widths])
    kernels, biases, fan_in = [], [], dimension
    for width in (*widths, 1):
        kernels.append(rng.normal(0, np.sqrt(2 / fan_in), (width, fan_in)).T)
        biases.append(rng.normal(0, 0.5, width))
        fan_in = width
    return NormalForm.from_layers(kernels, biases, [np.zeros(width) for width in widths])
