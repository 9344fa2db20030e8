"""Does the force help against overfitting? The experiment that the paper left open.

    python benchmarks/overfitting.py --plot overfitting.png   # about 10 CPU-minutes
    python benchmarks/overfitting.py --quick                  # a smoke test, whose results mean nothing

Networks with two hidden layers are trained with and without the force, with the same initial weights, optimiser steps
and batches; the force is the only difference. Starting from a centre, the width, the noise and the number of rows are
varied one at a time. Each seed draws new rows, noise, splits and initial weights; its error is a mean over networks
with different initial weights.

- "no force", "force": the networks at the end of the training.
- "early stop": without the force, at the step with the smallest loss on validation rows.
- "force, refit": the first of the forced networks, collapsed, with all of its weights refitted to the training rows.
- "force, rules": the same, with its units eliminated one by one; the size is chosen by the one-standard-error rule on
  the validation rows. (The estimators try more units, from several networks.) This and the previous arm are only run at
  the centre, since they take longer than the training.

A fifth of the rows are validation rows, and no network is fitted to them. The test error is measured without noise: for
numbers the squared error in percent of the variance (100 - 100 R2), for classes the percentage of wrong ones. Noise is
added to the training targets: as a share of their deviation, or as a share of labels that are flipped to the other
class. Brackets are 95% Student intervals over seeds, of paired differences if two arms are compared.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import keras
import numpy as np
from intervals import Interval, interval
from joblib import Parallel, delayed
from sklearn import datasets

from prelu_rules.losses.named import LossName, loss_named
from prelu_rules.network.compact import CompactForm
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.population.settings import PopulationSettings
from prelu_rules.population.training import train_population
from prelu_rules.refine.choice import fewest_not_worse
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.elimination import eliminate
from prelu_rules.refine.refit import refit
from prelu_rules.rows.rows import Rows

NONE, EARLY, FORCE, REFIT, RULES = "no force", "early stop", "force", "force, refit", "force, rules"
ARMS = (NONE, EARLY, FORCE, REFIT, RULES)
COLOURS = dict(zip(ARMS, ("#555555", "#e69f00", "#0072b2", "#cc79a7", "#009e73"), strict=True))
TEST_ROWS = 2000
VALIDATION_SHARE = 0.2


@dataclass(frozen=True)
class Source:
    """A source of rows.

    Attributes:
        draw: `(n_rows, seed) -> (x, y)` without noise; a real data set returns all of its rows, shuffled.
        loss: "squared" or "logistic".
        rows: the numbers of training and validation rows: few, the centre, many.
        noise: no or little noise, the centre, much noise.
    """

    draw: Callable[[int, int], tuple[np.ndarray, np.ndarray]]
    loss: LossName
    rows: tuple[int, ...] = (100, 300, 1000)
    noise: tuple[float, ...] = (0.1, 0.3, 1.0)


def shuffled(table: tuple[np.ndarray, np.ndarray], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows in random order."""
    order = np.random.default_rng([seed, 3]).permutation(len(table[0]))
    return table[0][order], table[1][order]


FLIPS = (0.0, 0.1, 0.2)
SOURCES = {
    "friedman1": Source(lambda n, seed: datasets.make_friedman1(n, noise=0, random_state=seed), "squared"),
    "diabetes": Source(
        lambda n, seed: shuffled(datasets.load_diabetes(return_X_y=True), seed),
        "squared",
        rows=(75, 150, 300),
        noise=(0.0, 0.3, 1.0),
    ),
    "friedman2": Source(lambda n, seed: datasets.make_friedman2(n, noise=0, random_state=seed), "squared"),
    "friedman3": Source(lambda n, seed: datasets.make_friedman3(n, noise=0, random_state=seed), "squared"),
    "moons": Source(lambda n, seed: datasets.make_moons(n, noise=0.25, random_state=seed), "logistic", noise=FLIPS),
    "breast_cancer": Source(
        lambda n, seed: shuffled(datasets.load_breast_cancer(return_X_y=True), seed),
        "logistic",
        rows=(100, 200, 400),
        noise=FLIPS,
    ),
}
WIDTHS = (4, 12, 36)


class Setting(NamedTuple):
    """A point of the grid."""

    width: int
    noise: float
    rows: int


FACTORS = Setting._fields


def centre_of(source: Source) -> Setting:
    """The central setting, from which the others vary."""
    return Setting(WIDTHS[1], source.noise[1], source.rows[1])


def settings_of(source: Source) -> dict[str, list[Setting]]:
    """For each factor, the settings that vary it, with the others at their centre."""
    centre = centre_of(source)
    return {
        "width": [centre._replace(width=width) for width in WIDTHS],
        "noise": [centre._replace(noise=noise) for noise in source.noise],
        "rows": [centre._replace(rows=rows) for rows in source.rows],
    }


def every_setting(source: Source) -> list[Setting]:
    """Each setting once, in order."""
    return sorted({setting for line in settings_of(source).values() for setting in line})


class Parts(NamedTuple):
    """Standardised rows of one seed."""

    train: Rows
    validation: Rows
    test: Rows


def drawn(source: Source, setting: Setting, seed: int) -> Parts:
    """The rows of a seed, with noise on those for training and validation, and none on those for the test."""
    x, y = source.draw(setting.rows + TEST_ROWS, seed)
    y = y.astype(np.float64)
    rng = np.random.default_rng([seed, 4])
    noisy = y.copy()
    if source.loss == "squared":
        noisy += setting.noise * y.std() * rng.normal(size=len(y))
    else:
        turned = rng.uniform(size=len(y)) < setting.noise
        noisy[turned] = 1 - noisy[turned]
    train, held = np.split(np.arange(setting.rows), [round((1 - VALIDATION_SHARE) * setting.rows)])
    test = np.arange(setting.rows, min(len(x), setting.rows + TEST_ROWS))
    x = (x - x[train].mean(axis=0)) / np.where(x[train].std(axis=0) > 0, x[train].std(axis=0), 1)
    if source.loss == "squared":
        mean, deviation = noisy[train].mean(), noisy[train].std()
        y, noisy = ((values - mean)[:, None] / deviation for values in (y, noisy))
    return Parts(
        *(Rows(x[part], t[part], np.ones(len(part))) for part, t in ((train, noisy), (held, noisy), (test, y)))
    )


def error(outputs: np.ndarray, test: Rows, loss: LossName) -> float:
    """The test error in percent."""
    if loss == "squared":
        return float(100 * ((outputs - test.y) ** 2).mean() / test.y.var())
    return float(100 * ((outputs[:, 0] > 0) != (test.y > 0.5)).mean())


class BestSoFar(keras.callbacks.Callback):
    """Early stopping for each member: the weights with which it did best on validation rows.

    Args:
        validation: the validation rows.
        loss: the loss that is compared.
    """

    def __init__(self, validation: Rows, loss: LossName) -> None:
        super().__init__()
        self._validation, self._loss = validation, loss_named(loss)
        self._weights: list[np.ndarray] = []
        self._least: np.ndarray | None = None
        self.forms: tuple[NormalForm, ...] = ()

    @property
    def _variables(self) -> list[Any]:
        return [self.model.linear, self.model.slopes]

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Record the members that have improved."""
        outputs = np.asarray(self.model(self._validation.x.astype(np.float32)), dtype=np.float64)
        losses = np.array([self._loss.rows(of_member, self._validation.y).mean() for of_member in outputs])
        now = [variable.numpy() for variable in self._variables]
        if self._least is None:
            self._least, self._weights = losses, now
        better = losses < self._least
        self._least = np.where(better, losses, self._least)
        self._weights = [np.where(better[:, None], *pair) for pair in zip(now, self._weights, strict=True)]

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Restore the members' best weights, read their forms, and undo the change."""
        last = [variable.numpy() for variable in self._variables]
        self._assign(self._weights)
        self.forms = self.model.forms()
        self._assign(last)

    def _assign(self, weights: Sequence[np.ndarray]) -> None:
        for variable, value in zip(self._variables, weights, strict=True):
            variable.assign(value)


def without_force(settings: PopulationSettings) -> PopulationSettings:
    """The same number of steps, with a force that would wake after the last one."""
    return replace(settings, warm_up_steps=settings.steps - 1, force_steps=1, settle=False)


Systems = Sequence[NormalForm] | Sequence[CompactForm]


def networks(parts: Parts, loss: LossName, settings: PopulationSettings, seed: int, refits: bool) -> dict[str, Systems]:
    """The networks of each arm; those with refits only if asked for."""
    size = (parts.train.x.shape[1], 1, loss)
    stopped = BestSoFar(parts.validation, loss)
    plain = train_population(parts.train, *size, without_force(settings), seed, [stopped])
    forced = train_population(parts.train, *size, settings, seed)
    found: dict[str, Systems] = {NONE: plain, EARLY: stopped.forms, FORCE: forced}
    if not refits:
        return found
    n_rows, minimised = len(parts.train.x), loss_named(loss)
    task = Task(parts.train.x, parts.train.y, np.full(n_rows, 1 / n_rows), minimised, minimised.ridge(n_rows))
    collapsed, _ = refit(CompactForm.of(forced[0]), task)
    sizes = eliminate([collapsed], task, kept=1, trials=1, small=0)
    losses = {k: task.loss.rows(system.predict(parts.validation.x), parts.validation.y) for k, system in sizes.items()}
    return found | {REFIT: [collapsed], RULES: [sizes[fewest_not_worse(losses)]]}


class Result(NamedTuple):
    """The result of one arm for one seed: the test error, and the number of nonlinear units."""

    error: float
    units: float


def run(source: Source, setting: Setting, settings: PopulationSettings, seed: int) -> dict[str, Result]:
    """Run all arms for one seed."""
    parts = drawn(source, setting, seed)
    settings = replace(settings, hidden=(setting.width,) * 2)
    found = networks(parts, source.loss, settings, seed, refits=setting == centre_of(source))
    return {
        arm: Result(
            float(np.mean([error(system.predict(parts.test.x), parts.test, source.loss) for system in systems])),
            float(np.mean([system.n_units for system in systems])),
        )
        for arm, systems in found.items()
    }


Errors = dict[str, np.ndarray]
"""For each arm, the test error for each seed."""


@dataclass(frozen=True)
class Cell:
    """A setting of a data set, with the results for all seeds."""

    data: str
    setting: Setting
    results: Sequence[dict[str, Result]]

    def has(self, *arms: str) -> bool:
        """Whether these arms were run."""
        return all(arm in self.results[0] for arm in arms)

    def errors(self, arm: str) -> np.ndarray:
        """The test error for each seed."""
        return np.array([result[arm].error for result in self.results])

    def units(self, arm: str) -> float:
        """The number of nonlinear units, averaged over seeds."""
        return float(np.mean([result[arm].units for result in self.results]))

    def change(self, arm: str, against: str = NONE) -> Interval:
        """The paired difference of the test errors of two arms; negative if the first one is better."""
        return interval(self.errors(arm) - self.errors(against))


def cells(names: Sequence[str], settings: PopulationSettings, seeds: int, jobs: int) -> Iterator[Cell]:
    """Run every setting of every data set once."""
    # One job for all settings that share a compiled population.
    together: dict[Any, list[tuple[str, Setting]]] = {}
    for name in names:
        n_inputs = SOURCES[name].draw(2, 0)[0].shape[1]
        for setting in every_setting(SOURCES[name]):
            together.setdefault((n_inputs, SOURCES[name].loss, setting.width), []).append((name, setting))
    found = Parallel(jobs, return_as="generator")(
        delayed(line_of_cells)(line, settings, seeds) for line in together.values()
    )
    for of_line in found:
        yield from of_line


def line_of_cells(line: Sequence[tuple[str, Setting]], settings: PopulationSettings, seeds: int) -> list[Cell]:
    """Run some settings."""
    return [
        Cell(name, setting, [run(SOURCES[name], setting, settings, seed) for seed in range(seeds)])
        for name, setting in line
    ]


def show(cell: Cell) -> None:
    """Print the line of a setting."""
    means = "".join(f"{cell.errors(arm).mean():13.2f}" if cell.has(arm) else f"{'':13}" for arm in ARMS)
    units = "/".join(f"{cell.units(arm):.0f}" for arm in (NONE, FORCE, RULES) if cell.has(arm))
    width, noise, rows = cell.setting
    print(
        f"{cell.data:<14}{width:5}{noise:7.1f}{rows:6} {means}{units:>11}   {cell.change(FORCE)}{mark(cell)}",
        flush=True,
    )


def mark(cell: Cell) -> str:
    """A mark for a test error that the force clearly lowers or raises."""
    return {-1: "  helps", 0: "", 1: "  hurts"}[cell.change(FORCE).sign]


def counted(results: Sequence[Cell], arm: str, against: str = NONE) -> str:
    """Count the settings in which one arm is clearly better, or worse, than another."""
    signs = [cell.change(arm, against).sign for cell in results]
    return (
        f"clearly lower test error in {signs.count(-1)} of {len(signs)} settings, clearly higher in "
        f"{signs.count(1)}, no clear difference in {signs.count(0)}"
    )


def ratio(results: Sequence[Cell], arm: str, against: str = NONE) -> float:
    """The geometric mean, over settings, of the ratio of mean test errors."""
    return float(np.exp(np.mean([np.log(c.errors(arm).mean() / c.errors(against).mean()) for c in results])))


def sentences(results: Sequence[Cell]) -> Iterator[str]:
    """Summarise the results."""
    yield f"The force against no force: {counted(results, FORCE)}."
    yield f"By chance alone about {0.025 * len(results):.1f} of each would be expected."
    for name in dict.fromkeys(cell.data for cell in results):
        of_data = [cell for cell in results if cell.data == name]
        centre = next(c for c in of_data if c.setting == centre_of(SOURCES[name]))
        yield (
            f"{name}: {counted(of_data, FORCE)}; at the centre {centre.change(FORCE)} points on "
            f"{centre.errors(NONE).mean():.2f}."
        )
    for place, factor in enumerate(FACTORS):
        parts = []
        for level, word in enumerate(("least", "middle", "most")):
            line = [c for c in results if c.setting == settings_of(SOURCES[c.data])[factor][level]]
            shown = f" ({line[0].setting[place]})" if factor == "width" else ""
            parts.append(f"{ratio(line, FORCE):.2f} at the {word}{shown}")
        yield f"The test error with the force is that without it times, along {factor}: {', '.join(parts)}."
    for arm, against in ((EARLY, NONE), (FORCE, EARLY), (REFIT, FORCE), (RULES, NONE), (RULES, FORCE), (RULES, EARLY)):
        both = [cell for cell in results if cell.has(arm, against)]
        times = f"errors times {ratio(both, arm, against):.2f}"
        yield f"{arm!r} against {against!r}: {counted(both, arm, against)}; {times}."


def plot(results: Sequence[Cell], path: str) -> None:
    """Plot the test error along each factor, with a row of panels for each data set."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    names = list(dict.fromkeys(cell.data for cell in results))
    figure = Figure(figsize=(9, 2.1 * len(names) + 0.6), layout="constrained")
    panels = figure.subplots(len(names), len(FACTORS), sharey="row", squeeze=False)
    by_setting = {(cell.data, cell.setting): cell for cell in results}
    labels = ("units in each of two layers", "noise", "rows")
    for name, row in zip(names, panels, strict=True):
        for place, (factor, axes) in enumerate(zip(FACTORS, row, strict=True)):
            line = [by_setting[name, setting] for setting in settings_of(SOURCES[name])[factor]]
            for offset, arm in enumerate(ARMS):
                there = [level for level, cell in enumerate(line) if cell.has(arm)]
                means = [interval(line[level].errors(arm)) for level in there]
                # Side by side, so that the bars do not overlap.
                at = np.array(there) + 0.08 * (offset - (len(ARMS) - 1) / 2)
                axes.errorbar(
                    at,
                    [m.mean for m in means],
                    [m.reach for m in means],
                    fmt="o-",
                    markersize=3.5,
                    linewidth=1.2,
                    color=COLOURS[arm],
                    label=arm,
                )
            axes.set_xticks(range(len(line)), [f"{cell.setting[place]:g}" for cell in line])
            axes.set_yscale("log")
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axes.yaxis.set_minor_formatter(NullFormatter())
            axes.grid(alpha=0.3)
            if name == names[-1]:
                axes.set_xlabel(labels[place])
        row[0].set_ylabel(f"{name}\ntest error, %")
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=len(ARMS), frameon=False)
    figure.savefig(path, dpi=130)


def main(names: Sequence[str], seeds: int, settings: PopulationSettings, jobs: int, path: str | None) -> None:
    """Print a line per setting, and then the conclusions."""
    start = time.perf_counter()
    arms = "".join(f"{arm:>13}" for arm in ARMS)
    print(f"test error in %, means of {seeds} seeds; units: without force/with it/of the rules")
    print(f"{'data':<14}{'width':>5}{'noise':>7}{'rows':>6} {arms}{'units':>11}   force - no force, 95%")
    results = []
    for cell in cells(names, settings, seeds, jobs):
        show(cell)
        results.append(cell)
    print()
    for sentence in sentences(results):
        print(f"- {sentence}")
    print(f"{(time.perf_counter() - start) / 60:.1f} minutes")
    if path:
        plot(results, path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="*", help=f"any of {', '.join(SOURCES)}; all of them by default")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--members", type=int, default=3, help="networks with different initial weights per seed")
    parser.add_argument(
        "--steps", type=int, default=1000, help="steps before the force wakes; as many follow with the force"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--quick", action="store_true", help="two seeds of one short network each")
    parser.add_argument("--plot", help="a file for the plot")
    given = parser.parse_args()
    members, steps = (1, 200) if given.quick else (given.members, given.steps)
    # Both arms take all steps, so that the force is the only difference.
    population = PopulationSettings(members=members, warm_up_steps=steps, force_steps=steps, settle=False)
    main(given.data or list(SOURCES), 2 if given.quick else given.seeds, population, given.jobs, given.plot)
