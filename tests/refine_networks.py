"""Random compact systems and rows for the tests of refits."""

import numpy as np

from prelu_rules.domains.box import Box
from prelu_rules.losses.named import loss_named
from prelu_rules.network.compact import CompactForm
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.path import PathPoint, RulePath


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
    return Task(x, y, weights / weights.sum(), loss_named(loss), ridge, most_on_bends=ridge / 3)


def random_system(rng, n_inputs=3, n_units=4, n_outputs=1):
    return CompactForm.of(random_form(rng, n_inputs, n_units, n_outputs))


def path_of_sizes(n):
    """A path of networks of 0 to n - 1 units, of three inputs, each half as bad as the one before."""
    box = Box([-2.0] * 3, [2.0] * 3)
    points = []
    for size in range(n):
        form, loss = random_form(np.random.default_rng(size), n_units=size), 0.5 ** (size + 1)
        losses = loss + np.array([0, 1e-3, 0, -1e-3])
        points.append(PathPoint(form, box, 1 - loss, 0.99 - loss, losses, -10.0 * size))
    return RulePath(tuple((point,) for point in points), np.ones(4))
