"""The paper's training of a toy task, with a stopping rule (paper, section on experiments).

A network 4-5-5-5-5-3 with a PReLU after every layer except the last is trained by plain SGD on the mean squared error.
A batch consists of the 16 inputs, four times each, with new Gaussian noise on the inputs. The paper trains for a fixed
time. Since the force grows as the error falls, it sometimes pushes the network away from its solution, so the best
state is kept here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import prelu_rules.training  # noqa: F401

# isort: split
import keras
import numpy as np
import tensorflow as tf

from prelu_rules.errors import InvalidValueError
from prelu_rules.experiments.layered_network import LayeredNetwork
from prelu_rules.experiments.toy import ToyTask
from prelu_rules.network.collapse import collapse_form
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.tolerances import SETTLED_ERROR
from prelu_rules.training.arrays import as_array
from prelu_rules.training.force import IdentityForce
from prelu_rules.training.prelu import PReLU
from prelu_rules.training.progress import EpochProgress
from prelu_rules.values import FloatArray, IntArray

HIDDEN = (5, 5, 5, 5)
LEARNING_RATE = 0.01
INPUT_NOISE = 0.01
COPIES = 4
STEPS_PER_CHECK = 1000
"""How often, in steps, the original checks the error and sets the force rate."""

MAX_STEPS = 500_000
PATIENCE = 100_000


@dataclass(frozen=True, eq=False)
class PaperRun:
    """The result of a training.

    Attributes:
        seed: the seed of the initial weights and the noise.
        steps: the number of optimiser steps.
        network: the best state: among those that are right and settled, the one with the fewest nonlinear units, then
            with the smallest error; if there was none, the one with the smallest error.
        mse: its mean squared error on the 16 inputs without noise.
        nonlinear: its number of nonlinear units.
        reached: whether it has settled and is right on all inputs with its linear units collapsed.
        trace_steps: `(n_checks,)` int, the steps at which the training was checked.
        trace_mse: `(n_checks,)` float64.
        trace_nonlinear: `(n_checks,)` int.
        trace_slopes: `(n_checks, n_units)` float64.
    """

    seed: int
    steps: int
    network: LayeredNetwork
    mse: float
    nonlinear: int
    reached: bool
    trace_steps: IntArray
    trace_mse: FloatArray
    trace_nonlinear: IntArray
    trace_slopes: FloatArray

    @property
    def form(self) -> NormalForm:
        """The normal form of the network."""
        return self.network.form


def train(task: ToyTask, seed: int, *, max_steps: int = MAX_STEPS, patience: int = PATIENCE) -> PaperRun:
    """Train a network on a toy task with the paper's hyperparameters.

    Training stops once a network that is right, with an error below `SETTLED_ERROR`, was found, and none with fewer
    nonlinear units for `patience` steps. A run that does not succeed is a result too, not an error.

    Args:
        task: the task.
        seed: the seed of the initial weights and the noise; the same seed gives the same run on the same machine.
        max_steps: the number of optimiser steps after which to give up.
        patience: how long to wait for fewer nonlinear units, in optimiser steps.

    Returns:
        The run with the best network found.

    Raises:
        InvalidValueError: if a number of steps is below 1,000, or the seed is out of range.

    Example:
        >>> from prelu_rules.experiments.toy import XOR
        >>> run = train(XOR, seed=0, max_steps=1000)
        >>> run.steps, run.reached
        (1000, False)
    """
    for name, steps in (("max_steps", max_steps), ("patience", patience)):
        if steps < STEPS_PER_CHECK:
            raise InvalidValueError(f"{name} is {steps}; it must be at least {STEPS_PER_CHECK}.")
    if not 0 <= seed < 2**31:
        raise InvalidValueError(f"seed is {seed}; it must be from 0 to 2^31 - 1.")
    model = _network(task, seed)
    model.compile(keras.optimizers.SGD(LEARNING_RATE), "mse", steps_per_execution=STEPS_PER_CHECK, jit_compile=False)
    batch = [np.tile(rows, (COPIES, 1)).astype(np.float32) for rows in (task.inputs, task.targets)]
    watch = _Watch(task, patience)
    model.fit(
        tf.data.Dataset.from_tensors(tuple(batch)).repeat(),
        epochs=max_steps // STEPS_PER_CHECK,
        steps_per_epoch=STEPS_PER_CHECK,
        shuffle=False,
        verbose=0,
        callbacks=[IdentityForce(refresh_every=STEPS_PER_CHECK), watch, EpochProgress(f"{task.name} seed {seed}")],
    )
    return watch.run(seed)


def _network(task: ToyTask, seed: int) -> keras.Sequential:
    seeds = iter(np.random.SeedSequence(seed).generate_state(2 * len(HIDDEN) + 3).tolist())
    n_inputs = len(task.input_names)

    def dense(n_in: int, n_out: int) -> keras.layers.Dense:
        start = [keras.initializers.RandomUniform(-(n_in**-0.5), n_in**-0.5, seed=next(seeds)) for _ in range(2)]
        return keras.layers.Dense(n_out, kernel_initializer=start[0], bias_initializer=start[1])

    layers: list[keras.layers.Layer] = [
        keras.Input((n_inputs,)),
        keras.layers.GaussianNoise(INPUT_NOISE, seed=next(seeds)),
    ]
    widths = (n_inputs, *HIDDEN)
    for n_in, n_out in zip(widths, HIDDEN, strict=False):
        layers += [dense(n_in, n_out), PReLU()]
    return keras.Sequential([*layers, dense(HIDDEN[-1], len(task.output_names))])


def layered(model: keras.Sequential) -> LayeredNetwork:
    """Convert a Sequential model of Dense and PReLU layers to arrays.

    Args:
        model: the model; layers without weights are ignored.

    Returns:
        The same network as arrays.

    Raises:
        ShapeError: if there is no PReLU between two Dense layers.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), PReLU(), keras.layers.Dense(1)])
        >>> [kernel.shape for kernel in layered(model).kernels]
        [(2, 3), (3, 1)]
    """
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    prelus = [layer for layer in model.layers if isinstance(layer, keras.layers.PReLU)]

    def arrays(variables: list[Any]) -> tuple[FloatArray, ...]:
        return tuple(np.asarray(as_array(v), dtype=np.float64) for v in variables)

    return LayeredNetwork(
        arrays([layer.kernel for layer in dense]),
        arrays([layer.bias for layer in dense]),
        arrays([layer.alpha for layer in prelus]),
    )


class _Watch(keras.callbacks.Callback):
    """Checks the network after every epoch, keeps the best state, and stops the training."""

    def __init__(self, task: ToyTask, patience: int) -> None:
        super().__init__()
        self._task, self._patience = task, patience
        self._trace: list[tuple[int, float, int, FloatArray]] = []
        self._best: tuple[tuple[bool, int, float], LayeredNetwork] | None = None
        self._last_gain = 0

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Check the current network."""
        steps = (epoch + 1) * STEPS_PER_CHECK
        network = layered(self.model)
        outputs = network.predict(self._task.inputs)
        mse = float(np.mean((outputs - self._task.targets) ** 2))
        nonlinear = network.n_nonlinear()
        self._trace.append((steps, mse, nonlinear, network.form.slopes))
        right = self._task.correct(collapse_form(network.form).predict(self._task.inputs))
        good = right and mse < SETTLED_ERROR
        rank = (not good, nonlinear if good else 0, mse)
        if self._best is None or rank[:2] < self._best[0][:2]:
            self._last_gain = steps
        if self._best is None or rank < self._best[0]:
            self._best = rank, network
        if not self._best[0][0] and steps - self._last_gain >= self._patience:
            self.model.stop_training = True

    def run(self, seed: int) -> PaperRun:
        """The result of the training."""
        assert self._best is not None
        (not_good, _, mse), network = self._best
        steps, mses, counts, slopes = zip(*self._trace, strict=True)
        return PaperRun(
            seed=seed,
            steps=steps[-1],
            network=network,
            mse=mse,
            nonlinear=network.n_nonlinear(),
            reached=not not_good,
            trace_steps=np.array(steps),
            trace_mse=np.array(mses),
            trace_nonlinear=np.array(counts),
            trace_slopes=np.array(slopes),
        )
