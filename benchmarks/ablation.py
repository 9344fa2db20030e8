"""The value of each step of the training: the force, elimination, polish and sparsification are left out in turn.

    python benchmarks/ablation.py            # six data sets, about 15 CPU-minutes
    python benchmarks/ablation.py diabetes   # one of them
    python benchmarks/ablation.py --quick    # a smoke test: one data set, two folds, short training

- "all steps": `train_path` with the force (`starts="force"`) and its default choice.
- "no force": the same for as many steps, but without a force on the slopes.
- "no elimination": of the networks that the force leaves, with all units refitted, the best on the validation rows,
  sparsified.
- "no polish": units are eliminated, but bends stay where the training left them; only the outputs are refitted and
  sparsified.
- "no sparsify": each size of the path with all of its numbers.
- "network": the best network on the validation rows, trained without force, unchanged.
- "growth": networks grown in float64 instead, without force or population, which is the default of the estimators.
- "both": the better network of each size, from the force or from growth.

R2 or accuracy on the test folds of `datasets.folds`, nonlinear units, and numbers to read in the compact form: means
over folds. Brackets are 95% Student intervals of the paired difference from all steps, with the variance corrected for
folds that share training rows.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

import numpy as np
from datasets import CLASSES, OVERLAP, TABLES, folds
from intervals import interval
from overfitting import without_force
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import train_test_split

from prelu_rules.losses.named import LossName, loss_named
from prelu_rules.network.compact import CompactForm
from prelu_rules.network.fewest_numbers import compact_form
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.population.settings import PopulationSettings
from prelu_rules.population.training import train_population
from prelu_rules.refine.choice import fewest_not_worse
from prelu_rules.refine.criterion import criterion
from prelu_rules.refine.curvature import Task
from prelu_rules.refine.path import RulePath
from prelu_rules.refine.refit import refit
from prelu_rules.refine.sparsification import sparsify
from prelu_rules.rows.rows import Rows
from prelu_rules.search.path import train_path
from prelu_rules.search.settings import PathSettings, Starts

ALL, NO_FORCE, NO_ELIMINATION, NO_POLISH, NO_SPARSIFY, NETWORK, GROWTH, BOTH = (
    "all steps",
    "no force",
    "no elimination",
    "no polish",
    "no sparsify",
    "network",
    "growth",
    "both",
)
DATA = ("friedman1", "friedman2", "friedman3", "diabetes", "moons", "breast_cancer")


class Result(NamedTuple):
    """The result of one variant on one fold."""

    score: float
    units: float
    numbers: float


@dataclass(frozen=True)
class Fold:
    """Standardised rows of a fold.

    Attributes:
        train: rows to fit to.
        held: validation rows, to choose by.
        everything: both, for the final fit.
        test: rows for the score.
        loss: the loss that is minimised.
        seed: the seed of initial weights and batches.
    """

    train: Rows
    held: Rows
    everything: Rows
    test: Rows
    loss: LossName
    seed: int

    @classmethod
    def of(
        cls, name: str, table: tuple[np.ndarray, np.ndarray], split: tuple[np.ndarray, np.ndarray], seed: int
    ) -> Fold:
        """The rows of one split of a table, scaled by the training rows."""
        x, y = table[0], table[1].astype(np.float64)
        train, test = split
        deviation = x[train].std(axis=0)
        x = (x - x[train].mean(axis=0)) / np.where(deviation > 0, deviation, 1)
        if name not in CLASSES:
            y = ((y - y[train].mean()) / y[train].std())[:, None]
        fitted, held = train_test_split(
            train, test_size=0.2, random_state=seed, stratify=y[train] if name in CLASSES else None
        )

        def rows(part: np.ndarray) -> Rows:
            return Rows(x[part], y[part], np.ones(len(part)))

        loss: LossName = "squared" if name not in CLASSES else "logistic" if y.max() == 1 else "softmax"
        return cls(rows(fitted), rows(held), rows(train), rows(test), loss, seed)

    @property
    def n_outputs(self) -> int:
        """The number of outputs of a network."""
        return {"squared": 1, "logistic": 1, "softmax": int(self.everything.y.max()) + 1}[self.loss]

    def task(self, rows: Rows) -> Task:
        """The rows for refits, with the default penalty."""
        n_rows, loss = len(rows.x), loss_named(self.loss)
        return Task(rows.x, rows.y, np.full(n_rows, 1 / n_rows), loss, loss.ridge(n_rows))

    def held_losses(self, network: NormalForm | CompactForm) -> np.ndarray:
        """The loss of each validation row."""
        return loss_named(self.loss).rows(network.predict(self.held.x), self.held.y)

    def result(self, network: NormalForm | CompactForm) -> Result:
        """The score, units and numbers of a network."""
        form = compact_form(network.form if isinstance(network, CompactForm) else network)
        outputs = form.predict(self.test.x)
        if self.loss == "squared":
            score = r2_score(self.test.y, outputs)
        else:
            score = accuracy_score(self.test.y, outputs[:, 0] > 0 if outputs.shape[1] == 1 else outputs.argmax(axis=1))
        numbers = sum(int(np.count_nonzero(part)) for part in (form.A, form.B, form.b, form.C, form.D, form.e))
        return Result(float(score), form.n_units, numbers)


def whole_path(fold: Fold, settings: PopulationSettings, starts: Starts = "force") -> RulePath:
    """The path, trained as in the estimators."""
    rows = fold.everything
    return train_path(rows.x, rows.y, loss=fold.loss, settings=PathSettings(settings, starts), random_state=fold.seed)


def every_level_whole(path: RulePath) -> RulePath:
    """The path without the sparser versions of each size."""
    return replace(path, levels=tuple((level[0],) for level in path.levels))


def without_elimination(fold: Fold, forms: Sequence[NormalForm]) -> CompactForm:
    """The best network, refitted and sparsified."""
    train = fold.task(fold.train)
    refitted = [refit(CompactForm.of(form), train)[0] for form in forms]
    best = min(refitted, key=lambda system: fold.held_losses(system).mean())
    return refit(_sparse(list(sparsify(best, train)), fold), fold.task(fold.everything))[0]


def without_polish(fold: Fold, forms: Sequence[NormalForm]) -> CompactForm:
    """The best network with units eliminated, but bends unchanged."""
    train = fold.task(fold.train)
    starts = [outputs_refitted(CompactForm.of(form), train)[0] for form in forms]
    system = min(starts, key=lambda start: fold.held_losses(start).mean())
    sizes = {system.n_units: system}
    while system.n_units:
        candidates = [system.without(unit, always) for unit in range(system.n_units) for always in (False, True)]
        system, _ = min((outputs_refitted(candidate, train) for candidate in candidates), key=lambda pair: pair[1])
        sizes[system.n_units] = system
    system = sizes[fewest_not_worse({size: fold.held_losses(system) for size, system in sizes.items()})]
    flat, features = _flat(system, train)
    sparser = [_unflat(system, outputs) for outputs in sparsify(flat, features)]
    chosen = _sparse(sparser, fold)
    return outputs_refitted(chosen, fold.task(fold.everything), chosen.support[chosen.n_units :])[0]


def outputs_refitted(system: CompactForm, task: Task, support: np.ndarray | None = None) -> tuple[CompactForm, float]:
    """The system with refitted outputs of the same units, and the objective."""
    flat, features = _flat(system, task)
    fitted, value = refit(flat if support is None else flat.with_support(support), features)
    return _unflat(system, fitted), value


def _flat(system: CompactForm, task: Task) -> tuple[CompactForm, Task]:
    """The outputs alone, for which units are inputs like any other."""
    outputs = system.weights[system.n_units :]
    flat = CompactForm(outputs, np.ones(outputs.shape, dtype=bool), system.n_inputs + system.n_units)
    return flat, replace(task, x=system.features(task.x)[:, :-1])


def _unflat(system: CompactForm, flat: CompactForm) -> CompactForm:
    k = system.n_units
    weights, support = (np.vstack([getattr(system, part)[:k], getattr(flat, part)]) for part in ("weights", "support"))
    return CompactForm(weights, support, system.n_inputs)


def _sparse(systems: Sequence[CompactForm], fold: Fold) -> CompactForm:
    """Choose as the path does."""
    task = fold.task(fold.train)
    return min(systems, key=lambda system: criterion(system, task))


def variants(fold: Fold, settings: PopulationSettings) -> dict[str, Result]:
    """All variants on one fold."""
    size = (fold.train.x.shape[1], fold.n_outputs, fold.loss)
    forced = train_population(fold.train, *size, settings, fold.seed)
    plain = train_population(fold.train, *size, without_force(settings), fold.seed)
    path = whole_path(fold, settings)
    return {
        ALL: fold.result(path.choose().form),
        NO_FORCE: fold.result(whole_path(fold, without_force(settings)).choose().form),
        NO_ELIMINATION: fold.result(without_elimination(fold, forced)),
        NO_POLISH: fold.result(without_polish(fold, forced)),
        NO_SPARSIFY: fold.result(every_level_whole(path).choose().form),
        NETWORK: fold.result(min(plain, key=lambda form: fold.held_losses(form).mean())),
        GROWTH: fold.result(whole_path(fold, settings, "growth").choose().form),
        BOTH: fold.result(whole_path(fold, settings, "both").choose().form),
    }


def sentences(results: Mapping[str, Sequence[Mapping[str, Result]]]) -> Iterator[str]:
    """Describe the effect of leaving out each step, over all data sets.

    Args:
        results: for each data set, the variants of each fold.
    """
    for variant in (NO_FORCE, NO_ELIMINATION, NO_POLISH, NO_SPARSIFY, NETWORK, GROWTH, BOTH):
        words: dict[str, list[str]] = {"lower": [], "higher": [], "not clearly different": []}
        ratios = []
        for name, rows in results.items():
            sign = interval([row[variant].score - row[ALL].score for row in rows], OVERLAP).sign
            words[("not clearly different", "higher", "lower")[sign]].append(name)
            ratios.append(np.mean([row[variant].numbers for row in rows]) / np.mean([row[ALL].numbers for row in rows]))
        found = "; ".join(f"{word} for {', '.join(names)}" for word, names in words.items() if names)
        yield f"{variant}: the score is {found}; numbers times {np.exp(np.mean(np.log(ratios))):.2f}."


def show(name: str, rows: Sequence[Mapping[str, Result]]) -> None:
    """Print a table."""
    print(f"{name}: {'accuracy' if name in CLASSES else 'R2'}")
    print(f"  {'':<15}{'score':>8}{'units':>7}{'numbers':>9}   score and numbers, minus those of all steps")
    for variant in rows[0]:
        score, units, numbers = np.mean([row[variant] for row in rows], axis=0)
        line = f"  {variant:<15}{score:8.4f}{units:7.1f}{numbers:9.1f}"
        if variant != ALL:
            apart = np.array([np.subtract(row[variant], row[ALL]) for row in rows])
            score_apart, _, numbers_apart = (interval(column, OVERLAP) for column in apart.T)
            line += f"   {score_apart.mean:+.4f} [{score_apart.low:+.4f}, {score_apart.high:+.4f}]"
            line += f"   {numbers_apart.mean:+.1f} [{numbers_apart.low:+.1f}, {numbers_apart.high:+.1f}]"
        print(line, flush=True)


def main(names: Sequence[str], n_folds: int | None, settings: PopulationSettings) -> None:
    """Print a table for each data set, and then the conclusions."""
    start = time.process_time()
    results = {}
    for name in names:
        table = TABLES[name]()
        splits = islice(folds(name, *table), n_folds)
        results[name] = [variants(Fold.of(name, table, split, k), settings) for k, split in enumerate(splits)]
        show(name, results[name])
    print()
    for sentence in sentences(results):
        print(f"- {sentence}")
    print(f"{(time.process_time() - start) / 60:.1f} CPU-minutes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="*", help=f"any of {', '.join(TABLES)}; by default {', '.join(DATA)}")
    parser.add_argument("--quick", action="store_true", help="a smoke test, whose results mean nothing")
    given = parser.parse_args()
    if given.quick:
        quick = PopulationSettings(members=2, hidden=(3,), warm_up_steps=100, force_steps=100)
        main(given.data or ("diabetes",), 2, quick)
    else:
        main(given.data or DATA, None, PopulationSettings())
