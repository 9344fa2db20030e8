"""Solves the toy tasks by a population and elimination, which finds the fewest units every time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from prelu_rules.errors import InvalidValueError
from prelu_rules.experiments.toy import ToyTask
from prelu_rules.losses.squared import Squared
from prelu_rules.network.compact import CompactForm
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.population.settings import PopulationSettings
from prelu_rules.population.training import PopulationWatch, train_population
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.elimination import eliminations
from prelu_rules.refine.sparsification import sparsify
from prelu_rules.rows.rows import Rows
from prelu_rules.tolerances import SETTLED_ERROR
from prelu_rules.values import FloatArray

INPUT_NOISE = 0.01
COPIES = 8
RIDGE = 1e-6

SETTINGS = PopulationSettings(
    members=6,
    hidden=(5, 5, 5, 5),
    warm_up_steps=300,
    force_steps=1000,
    noise=2 * INPUT_NOISE,
    jit=False,
)
"""Six networks of the paper's size. The noise is twice the paper's, since inputs are scaled to a deviation of 0.5."""


@dataclass(frozen=True, eq=False)
class PathRun:
    """The result of a search.

    Attributes:
        seed: the seed of the weights and the noise.
        steps: the number of optimiser steps before the elimination, of the members that were trained longest.
        form: the network with the fewest units whose error is below `SETTLED_ERROR`, in the compact form; if there was
            none, the one with the smallest error.
        mse: its mean squared error on the 16 inputs without noise.
    """

    seed: int
    steps: int
    form: NormalForm
    mse: float

    @property
    def nonlinear(self) -> int:
        """The number of nonlinear units of the network."""
        return self.form.n_units

    @property
    def reached(self) -> bool:
        """Whether it has settled."""
        return self.mse < SETTLED_ERROR


def search(task: ToyTask, seed: int) -> PathRun:
    """Find the smallest network that solves a toy task.

    Args:
        task: the task.
        seed: the seed of the weights and the noise.

    Returns:
        The search's result.

    Raises:
        InvalidValueError: if the seed is out of range.
        TrainingError: if every network diverged.

    Example:
        >>> from prelu_rules.experiments.toy import XOR
        >>> search(XOR, seed=0).nonlinear
        2
    """
    if not 0 <= seed < 2**31:
        raise InvalidValueError(f"seed is {seed}; it must be from 0 to 2^31 - 1.")
    rng = np.random.default_rng([seed, 1])
    x = np.tile(task.inputs, (COPIES, 1))
    x = x + rng.normal(0, INPUT_NOISE, x.shape)
    y = np.tile(task.targets, (COPIES, 1))
    weights = np.ones(len(x))
    # Inputs in [-1, 1], which suit Adam; the form takes 0 and 1 again.
    rows, watch = Rows(2 * x - 1, y, weights), PopulationWatch()
    forms = train_population(rows, x.shape[1], y.shape[1], Squared(), SETTINGS, seed, [watch])
    learn = Task(2 * x - 1, y, weights / len(x), Squared(), RIDGE)
    with threadpool_limits(1, "blas"):
        found = _smallest_settled(eliminations(map(CompactForm.of, forms), learn, kept=3, small=4), task)
        # Weights that only follow the noise are removed as well, as long as the network stays settled.
        for sparser in sparsify(found, learn):
            if _error(sparser, task) >= SETTLED_ERROR / 10:
                break
            found = sparser
    return PathRun(seed, watch.steps, _of_binary_inputs(found), _error(found, task))


def _smallest_settled(systems: Iterable[CompactForm], task: ToyTask) -> CompactForm:
    """The last of ever smaller networks that solves the task; if none does, the one with the smallest error."""
    settled, others = None, []
    for system in systems:
        if _error(system, task) < SETTLED_ERROR:
            settled = system
        elif settled is not None:
            # What these few units cannot do, even fewer cannot do either.
            break
        else:
            others.append(system)
    return min(others, key=lambda system: _error(system, task)) if settled is None else settled


def _error(system: CompactForm, task: ToyTask) -> float:
    return float(np.mean((system.predict(2 * task.inputs - 1) - task.targets) ** 2))


def _of_binary_inputs(system: CompactForm) -> NormalForm:
    form = system.form
    return NormalForm(
        2 * form.A, form.B, form.b - form.A.sum(axis=1), 2 * form.C, form.D, form.e - form.C.sum(axis=1), form.slopes
    )


def noisy_inputs(task: ToyTask, seed: int, n_rows: int = 1000) -> tuple[FloatArray, FloatArray]:
    """Inputs of a task with new noise, and their targets.

    Args:
        task: the task.
        seed: the seed of the noise; not the one of the training.
        n_rows: the number of rows.

    Returns:
        `(n_rows, 4)` and `(n_rows, 3)`.

    Example:
        >>> from prelu_rules.experiments.toy import XOR
        >>> x, y = noisy_inputs(XOR, seed=0, n_rows=20)
        >>> x.shape, y.shape
        ((20, 4), (20, 3))
    """
    rng = np.random.default_rng([seed, 2])
    rows = rng.integers(len(task.inputs), size=n_rows)
    return task.inputs[rows] + rng.normal(0, INPUT_NOISE, (n_rows, task.inputs.shape[1])), task.targets[rows]
