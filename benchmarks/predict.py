"""`rules.predict` on 1,000,000 rows with 8 rules, against the collapsed network as a Keras model, in one run.

`python benchmarks/predict.py`. The network has 10 features and 3 ReLU units; Keras predicts in batches of 8192.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import keras
import numpy as np

from prelu_rules.network.normal_form import NormalForm
from prelu_rules.rules.extraction import extract_rules

N_ROWS, N_FEATURES, N_UNITS, REPEATS = 1_000_000, 10, 3, 5


def best(call: Callable[[], object]) -> float:
    """The smallest number of seconds of several calls."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Print the seconds and their ratio."""
    rng = np.random.default_rng(0)
    kernels = [rng.normal(size=(N_FEATURES, N_UNITS)), rng.normal(size=(N_UNITS, 1))]
    biases = [rng.normal(size=N_UNITS), rng.normal(size=1)]
    model = keras.Sequential(
        [keras.Input((N_FEATURES,)), keras.layers.Dense(N_UNITS, activation="relu"), keras.layers.Dense(1)]
    )
    model.set_weights([kernels[0], biases[0], kernels[1], biases[1]])
    rules = extract_rules(NormalForm.from_layers(kernels, biases, [np.zeros(N_UNITS)]))
    x = rng.normal(size=(N_ROWS, N_FEATURES))
    of_keras = x.astype(np.float32)
    difference = np.abs(rules.predict(x) - model.predict(of_keras, batch_size=8192, verbose=0)).max()
    ours = best(lambda: rules.predict(x))
    theirs = best(lambda: model.predict(of_keras, batch_size=8192, verbose=0))
    print(f"{len(rules)} rules, {N_ROWS} rows, largest difference {difference:.1e} (Keras has float32)")
    print(f"rules.predict {ours:.3f} s, Keras {theirs:.3f} s, ratio {theirs / ours:.2f}")


if __name__ == "__main__":
    main()
