"""Rows of a known function with two bends, one in each of two columns."""

import numpy as np


def hinges(n_rows, noise=0.05, seed=0):
    """Rows and targets; the bends are at 40 in the first column and at 70 in the second."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 100, (n_rows, 3))
    y = np.maximum(0, x[:, 0] - 40) - 2 * np.maximum(0, x[:, 1] - 70) + 0.5 * x[:, 2]
    return x, y + rng.normal(size=n_rows) * noise * y.std()
