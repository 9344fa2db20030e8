"""The cost of a training step, and how the time of a fit grows with the number of rows.

`python benchmarks/population.py`. A population of eight networks of 2 x 8 PReLUs takes Adam's steps with the force in
one compiled program. It is compared with one such network in Keras's own `fit`, with a callback that pushes its slopes
after each batch: the same work on batches of the same size. Both are compiled before the clock, which counts processor
seconds, starts. The second table is for whole paths, `pr.train_path` with its default settings, on friedman1.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from sklearn.datasets import make_friedman1

from prelu_rules.population.settings import PopulationSettings
from prelu_rules.population.training import train_population
from prelu_rules.rows.rows import Rows
from prelu_rules.search.path import train_path
from prelu_rules.training.prelu import PReLU

N_ROWS, N_FEATURES = 2000, 10
SETTINGS = PopulationSettings(settle=False)
"""All steps are taken, so that they can be counted."""


class PushAfterEachBatch(keras.callbacks.Callback):
    """The force by hand: moves every slope a step closer to 1."""

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Push."""
        for layer in self.model.layers:
            if isinstance(layer, PReLU):
                slopes = layer.alpha
                slopes.assign(keras.ops.clip(slopes + 1e-4 * keras.ops.sign(1.0 - slopes), 0.0, 1.0))


def cpu_seconds(call: Callable[[], object], repeats: int = 3) -> float:
    """The smallest number of processor seconds of several calls."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def compare_steps(epochs: int) -> None:
    """Print the cost of a step per network."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N_ROWS, N_FEATURES))
    y = np.abs(x[:, :1]) + x[:, 1:2]
    rows = Rows(x, y, np.ones(N_ROWS))
    model = keras.Sequential([keras.Input((N_FEATURES,))])
    for width in SETTINGS.hidden:
        model.add(keras.layers.Dense(width))
        model.add(PReLU())
    model.add(keras.layers.Dense(1))
    model.compile(keras.optimizers.Adam(SETTINGS.learning_rate), "mse")
    x32, y32 = x.astype(np.float32), y.astype(np.float32)

    def of_keras() -> None:
        model.fit(x32, y32, batch_size=SETTINGS.batch_size, epochs=epochs, verbose=0, callbacks=[PushAfterEachBatch()])

    def ours() -> None:
        train_population(rows, N_FEATURES, 1, "squared", SETTINGS)

    steps = epochs * -(-N_ROWS // SETTINGS.batch_size)
    of_keras()
    theirs = cpu_seconds(of_keras) / steps
    ours()
    one = cpu_seconds(ours) / (SETTINGS.steps * SETTINGS.members)
    print(f"Keras with a callback: {1e6 * theirs:8.1f} CPU-us per step")
    print(f"population of {SETTINGS.members}:       {1e6 * one:8.1f} CPU-us per step and member")
    print(f"ratio:                 {theirs / one:8.1f}")


def grow(sizes: list[int]) -> None:
    """Print the cost of whole paths."""
    print(f"\n{'rows':>8} {'CPU-s':>8} {'CPU-ms per row':>15}")
    times = []
    for n_rows in sizes:
        x, y = make_friedman1(n_rows, noise=1.0, random_state=0)
        times.append(cpu_seconds(partial(train_path, x, y), repeats=1))
        print(f"{n_rows:>8} {times[-1]:>8.1f} {1e3 * times[-1] / n_rows:>15.2f}", flush=True)
    exponent = np.polyfit(np.log(sizes), np.log(times), 1)[0]
    print(f"grows with the rows to the power of {exponent:.2f}")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--rows", type=int, nargs="*", default=[2000, 8000, 32000], help="numbers of rows for whole fits"
    )
    parser.add_argument("--epochs", type=int, default=10, help="epochs for Keras's fit")
    options = parser.parse_args()
    compare_steps(options.epochs)
    if options.rows:
        grow(options.rows)


if __name__ == "__main__":
    main()
