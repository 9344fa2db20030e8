"""When a training counts as collapsed to 1/N, and how often that happens (second article).

Source: E. P. Csirmaz, "Decreasing accuracy in neural nets during training - things to try".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binom, binomtest

from prelu_rules.errors import InvalidValueError
from prelu_rules.values import BoolArray

Outcome = Literal["learned", "fell", "collapsed", "never learned"]
"""What happened to the accuracy of a training; see `outcome`."""

LEVEL = 1e-3
"""An accuracy is better than chance if guessing would reach it with less than this probability."""

STAYS = 3
"""This many epochs at the end, none of them better than chance, make a collapse."""

CONFIDENCE = 0.95


def better_than_chance(correct: ArrayLike, n_rows: int, chance: float) -> BoolArray:
    """Whether so many rows are right that guessing cannot explain it: an exact one-sided binomial test at `LEVEL`.

    Args:
        correct: the number of right rows, of any shape.
        n_rows: the number of rows.
        chance: the probability that a guess is right, `1/N` for N balanced classes.

    Returns:
        bool, with the shape of `correct`.

    Example:
        >>> better_than_chance([100, 130, 131, 900], n_rows=1000, chance=0.1)
        array([False, False,  True,  True])
    """
    # The probability of at least as many.
    return np.asarray(binom.sf(np.asarray(correct) - 1, n_rows, chance) < LEVEL)


def outcome(correct: ArrayLike, n_rows: int, chance: float) -> Outcome:
    """Classify a training by its accuracy in each epoch.

    Args:
        correct: `(n_epochs,)`, the number of right rows in each epoch.
        n_rows: the number of rows in an epoch.
        chance: the probability that a guess is right, `1/N` for N balanced classes.

    Returns:
        "collapsed" if an epoch was better than chance and none of the last `STAYS` epochs is; "never learned" if no
        epoch was better than chance; "fell" if the last epoch has lost more than half of the best accuracy above
        chance; "learned" otherwise.

    Raises:
        InvalidValueError: if there are not more epochs than `STAYS`, or a number is out of range.

    Example:
        >>> [outcome(c, 1000, 0.1) for c in ([500, 950, 110, 90, 100], [500, 950, 960, 955, 960])]
        ['collapsed', 'learned']
    """
    counts = np.asarray(correct)
    if counts.ndim != 1 or len(counts) <= STAYS:
        raise InvalidValueError(
            f"correct has the shape {counts.shape}; give one number for each of at least {STAYS + 1} epochs."
        )
    if not 0 < chance < 1:
        raise InvalidValueError(f"chance is {chance}; it must be between 0 and 1.")
    if counts.min() < 0 or counts.max() > n_rows:
        raise InvalidValueError(f"{counts.max()} of {n_rows} rows cannot be right; give counts of rows.")
    better = better_than_chance(counts, n_rows, chance)
    if not better.any():
        return "never learned"
    if not better[-STAYS:].any():
        return "collapsed"
    above = counts / n_rows - chance
    return "fell" if above[-1] < above.max() / 2 else "learned"


@dataclass(frozen=True)
class CollapseRun:
    """A training, and the network at its end, evaluated on all rows of the data.

    Attributes:
        seed: the seed of the weights and of the order of the rows.
        outcome: what happened to its accuracy.
        best: the highest accuracy of any epoch.
        final: the accuracy at the end.
        lost_at: the epoch, counted from 1, after which no accuracy was better than chance; None if the last one was.
        logit_size: the largest absolute logit of a row; the median over the rows.
        logit_spread: the standard deviation of the logits of a row; the median over the rows.
        majority: the share of rows with the most frequent answer.
        without_gradient: the share of wrong rows whose class has a probability below 1e-7, which clipping leaves
            without a gradient; 0 if no row is wrong.
        finite: whether all weights are finite; if not, the values for the logits are NaN.
    """

    seed: int
    outcome: Outcome
    best: float
    final: float
    lost_at: int | None
    logit_size: float
    logit_spread: float
    majority: float
    without_gradient: float
    finite: bool

    def record(self) -> dict[str, int | float | bool | str | None]:
        """The values of the run for JSON, with None in place of NaN."""
        return {
            name: None if isinstance(value, float) and not np.isfinite(value) else value
            for name, value in asdict(self).items()
        }


@dataclass(frozen=True)
class Share:
    """The share of some runs, with the confidence interval of Clopper and Pearson.

    Attributes:
        count: the number of runs that count.
        n_runs: the number of all runs.

    Example:
        >>> str(Share(18, 20))
        '18 of 20 (68-99%)'
    """

    count: int
    n_runs: int

    @property
    def value(self) -> float:
        """The share, from 0 to 1."""
        return self.count / self.n_runs

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% confidence interval of the probability, from 0 to 1."""
        low, high = binomtest(self.count, self.n_runs).proportion_ci(CONFIDENCE, method="exact")
        return float(low), float(high)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.count} of {self.n_runs} ({100 * low:.0f}-{100 * high:.0f}%)"


def shares(runs: Sequence[CollapseRun]) -> dict[Outcome, Share]:
    """The share of each outcome in some runs.

    Args:
        runs: at least one.

    Returns:
        The share of every outcome, from good to bad.
    """
    return {name: Share(sum(run.outcome == name for run in runs), len(runs)) for name in get_args(Outcome)}
