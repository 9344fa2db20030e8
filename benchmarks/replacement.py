"""How many units of trained networks can be replaced by affine functions, by each kind of replacement.

`python benchmarks/replacement.py [--seeds N]`. Networks with one and two PReLU layers are trained with the force on
scikit-learn's diabetes data and on friedman1. The table has the number of units that are left, averaged over seeds, if
the output may change by a share of its range over the box of the data.
"""

from __future__ import annotations

import argparse

import keras
import numpy as np
from sklearn.datasets import load_diabetes, make_friedman1

import prelu_rules as pr
from prelu_rules.network.collapse import ReplacementKind

ERRORS = (0.01, 0.02, 0.05, 0.1)
KINDS: tuple[ReplacementKind, ...] = ("identity", "midslope", "best")


def trained(x: np.ndarray, y: np.ndarray, widths: tuple[int, ...], seed: int) -> pr.NormalForm:
    """A network of PReLU layers, trained with the force, as a normal form of standardised columns."""
    keras.utils.set_random_seed(seed)
    layers = [layer for width in widths for layer in (keras.layers.Dense(width), pr.PReLU())]
    model = keras.Sequential([keras.Input((x.shape[1],)), *layers, keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(3e-3), "mse")
    model.fit(x, y, batch_size=64, epochs=150, verbose=0, callbacks=[pr.IdentityForce(rate=2e-4)])
    return pr.NormalForm.from_keras(model)


def standardised(values: np.ndarray) -> np.ndarray:
    """Columns with mean 0 and deviation 1."""
    return (values - values.mean(axis=0)) / values.std(axis=0)


def main(seeds: int) -> None:
    """Print a line per network and replacement."""
    data = {
        "diabetes": load_diabetes(return_X_y=True, scaled=False),
        "friedman1": make_friedman1(1000, noise=1.0, random_state=0),
    }
    print("units left where the output may change by a share of its range")
    print(f"{'data':<10} {'widths':<7} {'by slope':>13}  {'replacement':<11}", *(f"{e:>6.0%}" for e in ERRORS))
    for name, (x, y) in data.items():
        x, y = standardised(x), standardised(y)
        domain = pr.Box.from_data(x)
        for widths in ((8,), (6, 4)):
            forms = [trained(x, y, widths, seed) for seed in range(seeds)]
            collapsed = np.mean([pr.collapse(form).n_units for form in forms])
            for kind in KINDS:
                left = np.zeros((seeds, len(ERRORS)))
                for row, form in zip(left, forms, strict=True):
                    size = pr.linear_replacement(form, domain, 0).output_ranges
                    row[:] = [pr.linear_replacement(form, domain, e * size, kind).form.n_units for e in ERRORS]
                shape = "-".join(map(str, widths))
                print(
                    f"{name:<10} {shape:<7} {collapsed:>6.1f} of {sum(widths):<3}  {kind:<11}",
                    *(f"{n:>6.1f}" for n in left.mean(axis=0)),
                    flush=True,
                )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    main(parser.parse_args().seeds)
