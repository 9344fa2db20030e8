"""How many ReLUs a small convolutional network for handwritten digits can lose, and at what cost.

`python benchmarks/finetune.py [--repeats N] [--jobs N] [--plot FILE]`. scikit-learn's 1,797 digits, 8 by 8 pixels, in 5
stratified folds, N times. In each fold a ReLU network (two convolutions, the second with stride 2, and a dense layer;
nothing else in it is nonlinear) is trained on five sixths of the rows outside of the fold, and then `finetune`
continues with the same rows; the remaining sixth is its validation data. The table has the test accuracy of the first
network on each path that has lost a share of its ReLU evaluations, compared with the initial ReLU network, in
percentage points: means over the folds, with 95% intervals from their spread. Further training alone changes the
accuracy, too: the row "warm" has the network after the warm-up, before anything is eliminated. Shares are of
evaluations, as in Selective Network Linearization (Cho et al. 2022); Layer Folding (Ben Dror et al. 2021) counts
layers.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import keras
import numpy as np
from joblib import Parallel, delayed
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from scipy.stats import t as student
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold, train_test_split

import prelu_rules as pr
from prelu_rules.training.conversion import SlopeSharing

SHARES = (0.0, 0.5, 0.75, 0.9, 0.95, 0.97, 0.98, 0.99, 1.0)
EPOCHS, BATCH = 40, 32
SLOPES: dict[SlopeSharing, str] = {"unit": "a slope per unit", "channel": "a slope per channel"}


def trained(x: np.ndarray, y: np.ndarray, seed: int) -> keras.Model:
    """The ReLU network."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.Conv2D(32, 3, strides=2, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(64, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(10),
        ]
    )
    decay = keras.optimizers.schedules.CosineDecay(2e-3, EPOCHS * len(x) // BATCH)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(decay), loss, metrics=["accuracy"], jit_compile=False)
    model.fit(x, y, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    return model


def right(model: keras.Model, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Which rows are classified correctly."""
    return model.predict(x, verbose=0).argmax(axis=1) == y


def at_shares(path: pr.FinetunePath, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A table with the accuracy after the warm-up and at each share, and the units and evaluations that are left."""
    found = [path[1], *(next(point for point in path if path.removed(point) >= share) for share in SHARES)]
    # The share 0 is the given network, before the first elimination.
    models = {id(point): path.model(point) for point in found}
    accuracies = [right(models[id(point)], x, y).mean() for point in found]
    return np.array([accuracies, [p.n_nonlinear for p in found], [p.n_evaluations for p in found]])


def interval(values: np.ndarray) -> float:
    """Half the width of the 95% interval of a mean."""
    return student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))


def one_fold(
    repeat: int, fold: int
) -> tuple[float, dict[SlopeSharing, np.ndarray], dict[SlopeSharing, tuple[float, float]]]:
    """The accuracy of the ReLU network; for each kind of slopes, its table and the share and change of the choice."""
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype("float32").reshape(-1, 8, 8, 1)
    seed = 5 * repeat + fold
    inside, test = list(StratifiedKFold(5, shuffle=True, random_state=repeat).split(x, y))[fold]
    train, held = train_test_split(inside, test_size=1 / 6, random_state=seed, stratify=y[inside])
    model = trained(x[train], y[train], seed)
    given = right(model, x[test], y[test]).mean()
    tables, choices = {}, {}
    for kind in SLOPES:
        held_rows = x[held], y[held]
        path = pr.finetune(
            model, x[train], y[train], validation_data=held_rows, batch_size=BATCH, slopes=kind, random_state=seed
        )
        tables[kind] = at_shares(path, x[test], y[test])
        point = path.choose(max_drop=0.005)
        choices[kind] = path.removed(point), right(path.model(point), x[test], y[test]).mean() - given
    return given, tables, choices


def main(repeats: int, jobs: int, plot: str | None) -> None:
    """Print the table, and draw it."""
    calls = [delayed(one_fold)(repeat, fold) for repeat in range(repeats) for fold in range(5)]
    accuracies, tables, choices = zip(*Parallel(n_jobs=jobs)(calls), strict=True)
    given = np.array(accuracies)
    print(f"ReLU networks: test accuracy {given.mean():.2%} +- {interval(given):.2%} ({len(given)} networks)")
    curves = {}
    for kind, name in SLOPES.items():
        accuracy, units, evaluations = np.moveaxis(np.array([table[kind] for table in tables]), 1, 0)
        change = 100 * (accuracy - given[:, None])
        print(f"\n{name}: {units[:, 0].mean():.0f} slopes, {evaluations[:, 0].mean():.0f} evaluations per image")
        print(f"{'removed':>7} {'slopes left':>12} {'evaluations left':>17} {'points of accuracy':>20}")
        for place, label in enumerate(["warm", *(f"{share:.0%}" for share in SHARES)]):
            print(
                f"{label:>6} {units[:, place].mean():>12.1f} {evaluations[:, place].mean():>17.1f} "
                f"{change[:, place].mean():>+12.2f} +- {interval(change[:, place]):.2f}"
            )
        gone, lost = np.array([choice[kind] for choice in choices]).T
        print(
            f"choose(max_drop=0.005): {gone.mean():.1%} removed ({gone.min():.1%} to {gone.max():.1%}), "
            f"{100 * lost.mean():+.2f} +- {100 * interval(lost):.2f} points"
        )
        curves[name] = change[:, 1:].mean(axis=0), [interval(column) for column in change[:, 1:].T]
    if plot is not None:
        draw(curves, plot)


def draw(curves: Mapping[str, tuple[np.ndarray, list[float]]], plot: str) -> None:
    """Plot the accuracy against the share of removed evaluations."""
    figure = Figure(figsize=(5.5, 3.5), layout="constrained")
    axes = figure.subplots()
    for name, (change, half) in curves.items():
        axes.errorbar(SHARES, change, yerr=half, marker="o", capsize=3, label=name)
    axes.axhline(-0.5, color="#999999", linestyle="--", linewidth=1)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xlabel("ReLU evaluations removed")
    axes.set_ylabel("points of test accuracy")
    axes.legend(frameon=False, loc="lower left")
    figure.savefig(plot)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="the number of folds that run in parallel")
    parser.add_argument("--plot", help="a file for the plot")
    arguments = parser.parse_args()
    main(arguments.repeats, arguments.jobs, arguments.plot)
