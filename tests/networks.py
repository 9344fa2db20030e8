"""Networks to test with, and the obvious way to evaluate one: layer by layer, unit by unit."""

from itertools import pairwise, product

import numpy as np
from hypothesis import strategies as st

from prelu_rules.network.normal_form import NormalForm

SLOPES = (0.0, 0.25, 0.9, 1.0, -0.5, 1.5)


def random_layers(seed, widths, slopes=SLOPES):
    """Kernels, biases and slopes of a network of these widths, inputs and outputs included."""
    rng = np.random.default_rng(seed)
    kernels = [rng.normal(size=shape) for shape in pairwise(widths)]
    biases = [rng.normal(size=width) for width in widths[1:]]
    return kernels, biases, [rng.choice(slopes, size=width) for width in widths[1:-1]]


def random_form(seed, widths, slopes=SLOPES):
    return NormalForm.from_layers(*random_layers(seed, widths, slopes))


def forward(kernels, biases, slopes, x):
    """One row through the layers: all pre-activations, and the outputs."""
    values, seen = list(x), []
    for layer, (kernel, bias) in enumerate(zip(kernels, biases, strict=True)):
        z = [bias[j] + sum(v * kernel[i][j] for i, v in enumerate(values)) for j in range(len(bias))]
        if layer < len(slopes):
            seen += z
            values = [v if v >= 0 else a * v for v, a in zip(z, slopes[layer], strict=True)]
        else:
            values = z
    return np.array(seen), np.array(values)


def forward_on(kernels, biases, slopes, pattern, x):
    """The same with every sign given: what the network would be if the pattern held."""
    fixed, position = [], 0
    for layer in slopes:
        signs = pattern[position : position + len(layer)]
        fixed.append(np.where(signs, 1.0, layer))
        position += len(layer)
    values, seen = np.array(x), []
    for layer, (kernel, bias) in enumerate(zip(kernels, biases, strict=True)):
        values = values @ kernel + bias
        if layer < len(fixed):
            seen.append(values)
            values = values * fixed[layer]
    return np.concatenate([*seen, []]), values


def all_patterns(n_units):
    return [np.array(signs, dtype=bool) for signs in product((False, True), repeat=n_units)]


def xor_form():
    """in1 xor in2 and in3 xor in4, with bends exactly on the binary inputs."""
    return NormalForm(
        A=[[1, 1, 0, 0], [0, 0, 1, 1]],
        B=np.zeros((2, 2)),
        b=[-1, -1],
        C=[[1, 1, 0, 0], [0, 0, 1, 1]],
        D=[[-2, 0], [0, -2]],
        e=[0, 0],
        slopes=[0, 0],
    )


def cancelling_form(sign=1):
    """Where both inputs are negative the weights of the third unit cancel, in floats but for a remainder."""
    return NormalForm(
        A=[[1, 0], [0, 1], [-0.3 * sign, 0.3 * sign]],
        B=[[0, 0, 0], [0, 0, 0], [3 * sign, -3 * sign, 0]],
        b=[0, 0, 0],
        C=[[0, 0]],
        D=[[0, 0, 1]],
        e=[0],
        slopes=[0.1, 0.1, 0],
    )


BINARY = np.array(list(product((0.0, 1.0), repeat=4)))

widths = st.tuples(st.integers(1, 4), st.lists(st.integers(1, 4), min_size=0, max_size=3), st.integers(1, 3)).map(
    lambda shape: (shape[0], *shape[1], shape[2])
)
seeds = st.integers(0, 2**32 - 1)
