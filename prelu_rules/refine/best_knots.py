"""The best continuous piecewise linear fits of one column to one target, with knots at values of the column.

Let `f_s(t, v)` be the smallest sum of squared errors of the rows up to `t` among all fits of `s` pieces that end at `t`
with the value `v`. As a function of `v` it is the smallest of parabolas, one for each choice of knots, of which few are
ever the smallest; so it is known from `f_(s-1)` at all earlier `t` exactly (Fearnhead, Maidstone and Letchford,
"Detecting changes in slope with an L0 penalty", 2019, here for each number of knots rather than for a penalty on it).
"""

from __future__ import annotations

import numpy as np

from prelu_rules.geometry.compiled import compiled, inlined
from prelu_rules.refine.envelope import lower
from prelu_rules.values import BoolArray, FloatArray, IntArray

GRID = 64
"""At most so many values are candidates at first; the time grows with its square."""

STRIDES = (27, 9, 3, 1)
"""Then each knot moves by so many values or stays, the best of all choices for all knots, until none does."""

PASSES = 10
"""How often knots move at most by each stride."""

SAME = 1e-13
"""Sums of squared errors are equal if they differ by less than this share of the target's own."""


def best_knots(x: FloatArray, y: FloatArray, weights: FloatArray, most: int, grid: int = GRID) -> list[FloatArray]:
    """The knots of the best continuous piecewise linear fit with each number of knots.

    Up to `grid` distinct values, no other choice of values has a smaller sum of squared errors. If there are more, this
    holds among an even selection of them, from which knots then move to neighbouring values as long as that helps.

    Args:
        x: `(n_rows,)`, the column.
        y: `(n_rows,)`, the target.
        weights: `(n_rows,)`, of the rows, at least 0.
        most: the largest number of knots.
        grid: how many values are candidates at once, at least 3.

    Returns:
        For 1, 2, ... knots their places, in order; fewer than `most` entries if there are fewer values to bend at.

    Example:
        >>> x = np.arange(9.0)
        >>> y = np.maximum(0, x - 2) - np.maximum(0, x - 6)
        >>> best_knots(x, y, np.ones(9), 2)[1]
        array([2., 6.])
    """
    counted = weights > 0
    places, sums = _sums(x[counted], y[counted], weights[counted])
    chosen = np.unique(np.linspace(0, len(places) - 1, min(grid, len(places))).round().astype(np.intp))
    most = min(most, len(chosen) - 2)
    if most < 1:
        return []
    anywhere = np.ones((most, len(chosen)), dtype=bool)
    found = [chosen[knots] for knots in _programmed(places[chosen], sums[chosen], anywhere)]
    if len(chosen) < len(places):
        found = [_moved(knots, places, sums) for knots in found]
    return [places[knots] for knots in found]


def _sums(x: FloatArray, y: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The distinct values, and the weighted sums of 1, x, x^2, y, xy and y^2 up to each of them."""
    places, where = np.unique(x, return_inverse=True)
    # The mean is taken out, so that sums of squares are of the size of the errors.
    y = y - np.average(y, weights=weights) if len(y) else y
    terms = weights * np.vstack([np.ones_like(x), x, x * x, y, x * y, y * y])
    by_place = np.zeros((len(places), len(terms)))
    np.add.at(by_place, where, terms.T)
    return places, by_place.cumsum(axis=0)


def _moved(knots: IntArray, places: FloatArray, sums: FloatArray) -> IntArray:
    """Move all knots at once, to the best values a stride away, until they stay; with ever smaller strides."""
    for stride in STRIDES:
        for _ in range(PASSES):
            near = np.clip(knots[:, None] + stride * np.arange(-1, 2), 1, len(places) - 2)
            chosen = np.unique(np.concatenate([[0], near.ravel(), [len(places) - 1]]))
            allowed = np.zeros((len(knots), len(chosen)), dtype=bool)
            allowed[np.arange(len(knots))[:, None], np.searchsorted(chosen, near)] = True
            moved = chosen[_programmed(places[chosen], sums[chosen], allowed)[-1]]
            if np.array_equal(moved, knots):
                break
            knots = moved
    return knots


def _programmed(places: FloatArray, sums: FloatArray, allowed: BoolArray) -> list[IntArray]:
    """The best knots of each number; `allowed[s]` says which values the knot number `s` may have."""
    room, margin = 64, SAME * float(sums[-1, 5])
    while True:
        complete, best, origins = _program(places, sums, allowed, margin, room)
        if complete:
            break
        room *= 2
    found = []
    for n_knots in range(1, len(allowed) + 1):
        knot, piece, knots = best[n_knots - 1, 0], best[n_knots - 1, 1], []
        for layer in range(n_knots, 0, -1):
            knots.append(knot)
            knot, piece = origins[layer - 1, knot, piece]
        found.append(np.array(knots[::-1], dtype=np.intp))
    return found


@compiled
def _program(
    places: FloatArray, sums: FloatArray, allowed: BoolArray, margin: float, room: int
) -> tuple[bool, IntArray, IntArray]:
    """For each number of knots the last one and its piece, and for each piece the knot and the piece before it."""
    n, most = len(places), len(allowed)
    counts = np.zeros((most + 1, n), dtype=np.intp)
    origins = np.zeros((most, n, room, 2), dtype=np.intp)
    best = np.zeros((most, 2), dtype=np.intp)
    ends, pieces = np.empty((n, room)), np.empty((n, room, 3))
    ended, ended_pieces = np.empty((n, room)), np.empty((n, room, 3))
    scratch = (
        np.empty(3 * room),
        np.empty((3 * room, 3)),
        np.empty((3 * room, 2), dtype=np.intp),
        np.empty(3 * room, dtype=np.bool_),
    )
    # At the smallest value there are only its own rows.
    counts[0, 0] = 1
    pieces[0, 0, 0], pieces[0, 0, 1], pieces[0, 0, 2] = sums[0, 0], -2 * sums[0, 3], sums[0, 5]
    for layer in range(most):
        for to in range(layer + 1, n - 1):
            if not allowed[layer, to]:
                continue
            count, own_ends, own_pieces, own_origins = 0, ended[to], ended_pieces[to], origins[layer, to]
            for knot in range(to):
                if counts[layer, knot] == 0:
                    continue
                piece = _piece(places, sums, knot, to)
                for i in range(counts[layer, knot]):
                    longer = _continued((pieces[knot, i, 0], pieces[knot, i, 1], pieces[knot, i, 2]), piece)
                    count = lower(count, own_ends, own_pieces, own_origins, longer, (knot, i), margin, scratch)
                    if count < 0:
                        return False, best, origins
            counts[layer + 1, to] = count
        ends, ended = ended, ends
        pieces, ended_pieces = ended_pieces, pieces
        least = np.inf
        for knot in range(n - 1):
            piece = _piece(places, sums, knot, n - 1)
            for i in range(counts[layer + 1, knot]):
                square, slope, constant = _continued(
                    (pieces[knot, i, 0], pieces[knot, i, 1], pieces[knot, i, 2]), piece
                )
                value = constant - slope * slope / (4 * square)
                if value < least:
                    least, best[layer, 0], best[layer, 1] = value, knot, i
    return True, best, origins


@inlined
def _piece(
    places: FloatArray, sums: FloatArray, start: int, end: int
) -> tuple[float, float, float, float, float, float]:
    """The squared errors of the rows of a piece: a polynomial in its values `v` and `w` at its two ends.

    The coefficients are those of `v^2`, `v w`, `w^2`, `v`, `w` and 1. The rows at the start belong to the piece before.
    """
    at, width = places[start], places[end] - places[start]
    ones = sums[end, 0] - sums[start, 0]
    x, xx = sums[end, 1] - sums[start, 1], sums[end, 2] - sums[start, 2]
    y, xy, yy = sums[end, 3] - sums[start, 3], sums[end, 4] - sums[start, 4], sums[end, 5] - sums[start, 5]
    share = (x - at * ones) / width
    shares = (xx - 2 * at * x + at * at * ones) / (width * width)
    y_share = (xy - at * y) / width
    return ones - 2 * share + shares, 2 * (share - shares), shares, -2 * (y - y_share), -2 * y_share, yy


@inlined
def _continued(
    before: tuple[float, float, float], piece: tuple[float, float, float, float, float, float]
) -> tuple[float, float, float]:
    """The errors up to the end of a piece, as a parabola in its value there, with the best value at its start."""
    square = before[0] + piece[0]
    slope, mixed = before[1] + piece[3], piece[1]
    return (
        piece[2] - mixed * mixed / (4 * square),
        piece[4] - mixed * slope / (2 * square),
        before[2] + piece[5] - slope * slope / (4 * square),
    )
