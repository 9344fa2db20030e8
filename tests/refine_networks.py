"""Random compact systems and rows for the tests of refits."""

import numpy as np

from prelu_rules.losses.named import loss_named
from prelu_rules.network.compact import CompactForm
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.refine.curvature import Task


def random_form(rng, n_inputs=3, n_units=4, n_outputs=1):
    return NormalForm(
        A=rng.normal(size=(n_units, n_inputs)),
        B=np.tril(rng.normal(size=(n_units, n_units)) * 0.5, -1),
        b=rng.normal(size=n_units) * 0.5,
        C=rng.normal(size=(n_outputs, n_inputs)),
        D=rng.normal(size=(n_outputs, n_units)),
        e=rng.normal(size=n_outputs),
        slopes=rng.uniform(0, 0.9, n_units),
    )


def random_task(rng, loss, n_rows=60, n_inputs=3, n_outputs=1, ridge=1e-3):
    x = rng.normal(size=(n_rows, n_inputs))
    y = rng.normal(size=(n_rows, n_outputs)) if loss == "squared" else rng.integers(0, max(n_outputs, 2), n_rows) * 1.0
    weights = rng.uniform(0.1, 1, n_rows)
    return Task(x, y, weights / weights.sum(), loss_named(loss), ridge)


def random_system(rng, n_inputs=3, n_units=4, n_outputs=1):
    return CompactForm.of(random_form(rng, n_inputs, n_units, n_outputs))
