"""Eight kinds of domains as arrays, each with a bend of the network in the middle where that is not certain anyway."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from exact_judge.cells import fractions
from exact_judge.network_kinds import Arrays
from exact_judge.polyhedron import Polyhedron, negative


class Bounds(NamedTuple):
    """A box, cut by `coef x <= limit`, or `= limit` where `equal`; or the rows whose box it is."""

    lower: np.ndarray
    upper: np.ndarray
    coef: np.ndarray | None = None
    limit: np.ndarray | None = None
    equal: np.ndarray | None = None
    rows: np.ndarray | None = None


def polyhedron_of(bounds: Bounds | None, n_inputs: int) -> Polyhedron | None:
    """A domain in exact arithmetic; None if it has no point."""
    found: Polyhedron | None = Polyhedron.everything(n_inputs)
    if bounds is None:
        return found
    rows = []
    for k, (lower, upper) in enumerate(zip(fractions(bounds.lower), fractions(bounds.upper), strict=True)):
        unit = [int(k == j) for j in range(n_inputs)]
        rows += [[*unit, -lower], [*negative(unit), upper]]
    if bounds.coef is not None:
        for weights, limit, equal in zip(fractions(bounds.coef), fractions(bounds.limit), bounds.equal, strict=True):
            rows += [[*negative(weights), limit], *([[*weights, -limit]] if equal else [])]
    for row in rows:
        found = None if found is None else found.within(row)
    return found


Draw = Callable[[np.random.Generator, Arrays], Bounds | None]
"""Draws a domain for a network; None for all of R^n."""


def _box(rng, form):
    lower = -rng.uniform(0.5, 3, size=form.A.shape[1])
    return Bounds(lower, lower + rng.uniform(1, 5, size=len(lower)))


def _flat_box(rng, form):
    bounds = _box(rng, form)
    fixed = rng.integers(len(bounds.lower))
    bounds.upper[fixed] = bounds.lower[fixed]
    return bounds


def _narrow_box(rng, form):
    middle = _on_a_bend(rng, form)
    return Bounds(middle - 5e-10 * rng.uniform(0.5, 1, len(middle)), middle + 5e-10 * rng.uniform(0.5, 1, len(middle)))


def _wide_box(rng, form):
    size = rng.uniform(0.5, 1, size=(2, form.A.shape[1])) * 1e9
    return Bounds(-size[0], size[1])


def _rows(rng, form):
    rows = rng.normal(size=(30, form.A.shape[1])).round(2)
    return Bounds(rows.min(axis=0), rows.max(axis=0), rows=rows)


def _one_hot(rng, form):
    n_inputs = form.A.shape[1]
    bounds = Bounds(np.zeros(n_inputs), np.ones(n_inputs))
    levels = int(rng.integers(2, n_inputs + 1))
    bounds.upper[levels:] = 10.0
    coef = (np.arange(n_inputs) < levels).astype(float)[None]
    return bounds._replace(coef=coef, limit=np.ones(1), equal=np.ones(1, dtype=bool))


def _polytope(rng, form):
    bounds = _box(rng, form)
    coef = rng.normal(size=(2, len(bounds.lower)))
    middle = (bounds.lower + bounds.upper) / 2
    return bounds._replace(coef=coef, limit=coef @ middle + rng.uniform(0.1, 1, size=2), equal=np.zeros(2, dtype=bool))


def _everything(rng, form):
    return None


def _on_a_bend(rng, form):
    """A point near the origin on the boundary of a unit of the first layer, if one has a boundary."""
    bent = np.flatnonzero(form.A.any(axis=1))
    point = rng.uniform(-1, 1, size=form.A.shape[1])
    if len(bent):
        row = form.A[bent[0]]
        point = point - (row @ point + form.b[bent[0]]) / (row @ row) * row
    return point


DOMAINS: dict[str, Draw] = {
    "box": _box,
    "flat box": _flat_box,
    "1e-9 wide": _narrow_box,
    "1e9 wide": _wide_box,
    "rows": _rows,
    "one-hot": _one_hot,
    "polytope": _polytope,
    "all of R^n": _everything,
}

FEWEST_INPUTS = {"flat box": 2, "one-hot": 2}
"""A flat box keeps one input at least, and a category has two levels."""
