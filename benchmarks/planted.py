"""Compact forms that are drawn at random and planted in rows, and how well they are found again.

A planted form is a linear function plus a weighted hinge `max(0, z)` for each unit; `z` is linear in one to three
columns, and in a nested form the last one also uses the first hinge. A hinge has to matter, and differ from the others:
forms are drawn again until the bend of each hinge (see below) has a deviation of at least `LEAST_BEND` of that of the
signal, and no two bends are correlated by more than `MOST_ALIKE`.

Forms are compared by their bends, since the same function can be written with `max(0, z)` or `max(0, -z)` and another
linear part. In terms of `|z|` there is only one way: every hinge is `(z + |z|) / 2`. The bend of a unit is what the
network loses if its `|z|` is replaced by 0, in all places where it is used, less the closest linear function of the
columns on a fixed sample of rows. The error of a found bend is the root mean square of its difference from the planted
one, relative to the deviation of what the network loses if that planted hinge is left out. Planted hinges are assigned
to found ones so that the sum of errors is smallest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import norm

import prelu_rules as pr

N_SAMPLE = 2000
"""Rows on which forms are drawn and compared."""
LEAST_BEND = 0.05
MOST_ALIKE = 0.8
WORST = 10.0
"""An error above this counts as this in the assignment, so that one hopeless pair does not decide the others."""


@dataclass(frozen=True)
class Planted:
    """A form and where its rows come from.

    Attributes:
        form: one output; slopes are 0.
        correlation: of any two columns, before they are made uniform on [-1, 1].
    """

    form: pr.NormalForm
    correlation: float

    def rows(self, n_rows: int, noise: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Rows and targets.

        Args:
            n_rows: how many.
            noise: the deviation of normal noise, relative to that of the signal.
            rng: where they are drawn from.

        Returns:
            `(n_rows, n_columns)` and `(n_rows,)`.
        """
        x = columns(n_rows, self.form.n_inputs, self.correlation, rng)
        signal = self.form.predict(x)[:, 0]
        return x, signal + noise * signal.std() * rng.standard_normal(n_rows)

    @property
    def sample(self) -> np.ndarray:
        """`(N_SAMPLE, n_columns)`, the rows on which networks are compared: always the same."""
        return columns(N_SAMPLE, self.form.n_inputs, self.correlation, np.random.default_rng(0))


@dataclass(frozen=True)
class Recovery:
    """How well a planted form was found.

    Attributes:
        size: whether there are as many units as planted.
        columns: whether each planted hinge depends on the same columns as the one that it is assigned to.
        errors: `(n_planted,)`, the error of each planted bend; infinite if the network has no hinge left for it.
    """

    size: bool
    columns: bool
    errors: np.ndarray

    def within(self, tolerance: float) -> bool:
        """Whether all bends are found up to this relative error."""
        return bool((self.errors <= tolerance).all())


def columns(n_rows: int, n_columns: int, correlation: float, rng: np.random.Generator) -> np.ndarray:
    """Columns uniform on [-1, 1]: normal ones with equal correlations, put through their distribution function."""
    common = rng.standard_normal((n_rows, 1))
    own = rng.standard_normal((n_rows, n_columns))
    return 2 * norm.cdf(np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own) - 1


def planted(n_hinges: int, nested: bool, correlation: float, rng: np.random.Generator) -> Planted:
    """Draw a form of 3 to 10 columns.

    Args:
        n_hinges: at least 1, or 2 if nested.
        nested: whether the last hinge uses the first.
        correlation: of the columns.
        rng: where it is drawn from.

    Returns:
        The form, in which every hinge matters.
    """
    while True:
        drawn = Planted(_drawn(n_hinges, nested, correlation, rng), correlation)
        if _matters(drawn):
            return drawn


def _drawn(n_hinges: int, nested: bool, correlation: float, rng: np.random.Generator) -> pr.NormalForm:
    d = int(rng.integers(3, 11))
    x = columns(N_SAMPLE, d, correlation, rng)
    A, B, b = np.zeros((n_hinges, d)), np.zeros((n_hinges, n_hinges)), np.zeros(n_hinges)
    hinges = np.zeros((N_SAMPLE, n_hinges))
    for k in range(n_hinges):
        used = rng.choice(d, size=int(rng.integers(1, min(3, d) + 1)), replace=False)
        A[k, used] = rng.standard_normal(len(used))
        A[k] /= np.linalg.norm(A[k])
        if nested and k == n_hinges - 1:
            B[k, 0] = rng.choice([-1, 1]) * rng.uniform(0.7, 1.5)
        z = x @ A[k] + hinges @ B[k]
        b[k] = -np.quantile(z, rng.uniform(0.2, 0.8))
        hinges[:, k] = np.maximum(z + b[k], 0)
    D = rng.choice([-1, 1], size=n_hinges) * rng.uniform(2, 5, size=n_hinges)
    C = rng.standard_normal(d) * rng.integers(0, 2, size=d)
    return pr.NormalForm(A, B, b, C[None], D[None], [rng.standard_normal()], np.zeros(n_hinges))


def _matters(drawn: Planted) -> bool:
    x = drawn.sample
    found = bends(drawn.form, x)
    deviations = found.std(axis=0)
    if deviations.min() < LEAST_BEND * drawn.form.predict(x).std():
        return False
    alike = np.abs(np.corrcoef(found.T)) if found.shape[1] > 1 else np.eye(1)
    return bool((alike - np.eye(len(alike)) <= MOST_ALIKE).all())


def knots(n_knots: int, rng: np.random.Generator) -> Planted:
    """Draw a form of one column whose bends are at least half as far apart as if they were even, and alternate."""
    even = 2 / (n_knots + 1)
    gaps = even / 2 + rng.dirichlet(np.ones(n_knots + 1)) * (2 - (n_knots + 1) * even / 2)
    places = np.cumsum(gaps)[:-1] - 1
    slopes = np.concatenate([[-1.0], -((-1.0) ** np.arange(1, n_knots + 1))]) * rng.uniform(1, 3, size=n_knots + 1)
    D, none = np.diff(slopes), np.zeros((n_knots, n_knots))
    form = pr.NormalForm(np.ones((n_knots, 1)), none, -places, [[slopes[0]]], D[None], [0.0], np.zeros(n_knots))
    return Planted(form, 0.0)


def persistent() -> Planted:
    """Two nested hinges of seven uniform columns that searches have missed at every number of rows."""
    A = np.zeros((2, 7))
    A[0, 2], A[1, 0] = 0.609, -0.636
    B = [[0.0, 0.0], [-1.297, 0.0]]
    return Planted(pr.NormalForm(A, B, [0.09, 0.23], np.zeros((1, 7)), [[4.963, 3.978]], [0.0], [0.0, 0.0]), 0.0)


def bends(form: pr.NormalForm, x: np.ndarray) -> np.ndarray:
    """The bend of each unit.

    Args:
        form: one output.
        x: `(n_rows, n_columns)`.

    Returns:
        `(n_rows, n_units)`, orthogonal to all linear functions on these rows.

    Example:
        A hinge and its mirror image bend in the same way:

        >>> x = np.linspace(-1, 1, 5)[:, None]
        >>> one = pr.NormalForm([[1]], [[0]], [0], [[0]], [[2]], [0], [0])
        >>> other = pr.NormalForm([[-1]], [[0]], [0], [[2]], [[2]], [0], [0])
        >>> np.allclose(bends(one, x), bends(other, x)), bends(one, x)[:, 0].round(2)
        (True, array([ 0.4, -0.1, -0.6, -0.1,  0.4]))
    """
    whole = _outputs(form, x)
    lost = np.stack([whole - _outputs(form, x, k, (1 + form.slopes[k]) / 2) for k in range(form.n_units)], axis=1)
    linear = np.column_stack([np.ones(len(x)), x])
    return lost - linear @ np.linalg.lstsq(linear, lost, rcond=None)[0]


def _outputs(form: pr.NormalForm, x: np.ndarray, unit: int | None = None, slope: float = 0.0) -> np.ndarray:
    """The output if one unit is linear with this slope."""
    p = np.zeros((len(x), form.n_units))
    for k in range(form.n_units):
        z = x @ form.A[k] + p @ form.B[k] + form.b[k]
        p[:, k] = slope * z if k == unit else np.where(z >= 0, z, form.slopes[k] * z)
    return x @ form.C[0] + p @ form.D[0] + form.e[0]


def _depends(form: pr.NormalForm) -> np.ndarray:
    """`(n_units, n_columns)`: whether a unit depends on a column, itself or through the units that it uses."""
    found = form.A != 0
    for k in range(form.n_units):
        found[k] |= found[:k][form.B[k, :k] != 0].any(axis=0)
    return found


def recovery(truth: Planted, found: pr.NormalForm) -> Recovery:
    """Compare a found network with the planted one."""
    x, planted_form = truth.sample, truth.form
    k = planted_form.n_units
    errors, same = np.full(k, np.inf), np.zeros(k, dtype=bool)
    if found.n_units:
        whole = _outputs(planted_form, x)
        matter = np.array([(whole - _outputs(planted_form, x, unit, 0.0)).std() for unit in range(k)])
        differences = bends(planted_form, x)[:, :, None] - bends(found, x)[:, None]
        table = np.sqrt((differences**2).mean(axis=0)) / matter[:, None]
        rows, chosen = linear_sum_assignment(np.minimum(table, WORST))
        errors[rows] = table[rows, chosen]
        same[rows] = (_depends(planted_form)[rows] == _depends(found)[chosen]).all(axis=1)
    return Recovery(found.n_units == k, bool(same.all()), errors)
