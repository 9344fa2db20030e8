"""Points of exact cells that floats can name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import product
from math import inf, nextafter

import numpy as np

from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.values import Array, FloatArray

GRIDS = (4, 8, 16, 24, 32, 40, 46, 50, 52)
"""Binary digits after which inputs are cut, relative to the largest one that an equation holds together."""

NEIGHBOURS = 300
"""The most points next to the closest one that are tried."""


def inner_input(cell: ExactCell, strict: Sequence[Array] = ()) -> Array:
    """A point of a cell, far from its boundaries, where functions are positive: in floats, if there is one.

    Args:
        cell: the cell.
        strict: functions that are positive somewhere in the cell, `(n_inputs + 1,)` fractions each.

    Returns:
        `(n_inputs,)` float64. Where no float was found in the cell, which is then thinner than the distance of floats
        in some direction, `(n_inputs,)` fractions, in an object array.

    Example:
        >>> from prelu_rules.domains.polytope import Polytope
        >>> from prelu_rules.domains.box import Box
        >>> cell = ExactCell.of_domain(Polytope.one_hot(Box([0, 0, 0], [1, 1, 1]), [[0, 1, 2]]), 3)
        >>> assert cell is not None
        >>> float(inner_input(cell).sum())
        1.0
    """
    target = cell.inner_point
    rows = [row for row in cell.rows if row[:-1].any()]
    flat = [row for row in rows if row[:-1] @ target + row[-1] == 0]
    found = nearest_input(target, lambda point: _is_in(cell, strict, point), flat)
    return target if found is None else found


def nearest_input(
    target: Array, accepts: Callable[[Array], bool], equations: Sequence[Array] = ()
) -> FloatArray | None:
    """Floats close to a point that satisfy conditions exactly.

    Args:
        target: `(n_inputs,)` of fractions.
        accepts: whether a point, `(n_inputs,)` of fractions, will do.
        equations: functions that have to be 0, `(n_inputs + 1,)` fractions each; they hold at the target.

    Returns:
        `(n_inputs,)` float64, None if none was found.

    Example:
        >>> third = np.array([Fraction(1, 3)], dtype=object)
        >>> nearest_input(third, lambda point: point[0] > Fraction(1, 3))
        array([0.34375])
    """
    solved = _solved(equations)
    seen = set()
    for free in _candidates(target, solved):
        point = free.copy()
        for pivot, row in solved:
            point[pivot] = -(row[:-1] @ free - free[pivot] + row[-1])
        floats = point.astype(np.float64)
        key = floats.tobytes()
        if key in seen:
            continue
        seen.add(key)
        if all(Fraction(x) == v for x, v in zip(floats.tolist(), point, strict=True)) and accepts(point):
            return np.asarray(floats)
    return None


def _is_in(cell: ExactCell, strict: Sequence[Array], point: Array) -> bool:
    rows = [row[:-1] @ point + row[-1] for row in cell.rows]
    return all(v >= 0 for v in rows) and all(row[:-1] @ point + row[-1] > 0 for row in strict)


def _candidates(target: Array, solved: Sequence[tuple[int, Array]]) -> Iterator[Array]:
    """Points in floats close to a target, those with few digits first, then the neighbours of the closest one."""
    largest = np.array([_exponent(v) for v in target])
    held = np.any([row[:-1] != 0 for _, row in solved] or [np.zeros(len(target), dtype=bool)], axis=0)
    if held.any():
        largest[held] = largest[held].max()
    for digits in GRIDS:
        units = [Fraction(2) ** int(e - digits) for e in largest]
        yield np.array([round(v / unit) * unit for v, unit in zip(target, units, strict=True)], dtype=object)
    nearest = [float(v) for v in target]
    around = [(x, nextafter(x, inf), nextafter(x, -inf)) for x in nearest]
    for number, point in enumerate(product(*around)):
        if number >= NEIGHBOURS:
            break
        yield np.array([Fraction(x) for x in point], dtype=object)


def _exponent(value: Fraction) -> int:
    return int(np.frexp(float(value))[1])


def _solved(equations: Sequence[Array]) -> list[tuple[int, Array]]:
    """Equations solved for one input each, by Gauss-Jordan elimination; those that say nothing new are left out."""
    found: list[tuple[int, Array]] = []
    for given in equations:
        row = given.copy()
        for pivot, solved in found:
            row = row - row[pivot] * solved
        places = np.flatnonzero(row[:-1])
        if not len(places):
            continue
        pivot = int(places[-1])
        row = row / row[pivot]
        found = [(place, solved - solved[pivot] * row) for place, solved in found]
        found.append((pivot, row))
    return found
