"""Linear regions of the plane in exact rationals: slow, obvious, and without a line of the package's code.

A rectangle is cut by one unit after another. Polygons are lists of corners, clipped by Sutherland and Hodgman's rule
(Sutherland and Hodgman, 1974, "Reentrant polygon clipping"), and every number is a `fractions.Fraction`, so that no
question has a tolerance: a polygon is full-dimensional if its area is above 0.
"""

from fractions import Fraction
from typing import NamedTuple


class ExactRegion(NamedTuple):
    """A full-dimensional region: its corners, anticlockwise, and each output as weights of x, y and 1."""

    corners: list
    outputs: list


def exact_regions(form, lower, upper):
    """The regions of a network of two inputs in a rectangle, by their sign pattern, a tuple of bools."""
    A, B, b, C, D, e, slopes = (_fractions(v) for v in (form.A, form.B, form.b, form.C, form.D, form.e, form.slopes))
    (left, bottom), (right, top) = _fractions(lower), _fractions(upper)
    cells = {(): ([(left, bottom), (right, bottom), (right, top), (left, top)], [])}
    for unit, slope in enumerate(slopes):
        cut = {}
        for signs, (corners, activations) in cells.items():
            z = _combined([*A[unit], b[unit]], B[unit], activations)
            for sign, half in _halves(corners, z):
                cut[*signs, sign] = (half, [*activations, z if sign else [slope * weight for weight in z]])
        cells = cut
    return {
        signs: ExactRegion(corners, [_combined([*C[k], e[k]], D[k], activations) for k in range(len(e))])
        for signs, (corners, activations) in cells.items()
    }


def area(corners):
    """The shoelace formula."""
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in _edges(corners)) / 2


def value(row, point):
    """A row of weights of x, y and 1 at a point."""
    return row[0] * point[0] + row[1] * point[1] + row[2]


def _halves(corners, z):
    """The parts of a polygon on the two sides of a line that have an area, each with the sign of `z` inside it."""
    if not any(z[:2]):
        return [(z[2] >= 0, corners)]
    heights = [value(z, corner) for corner in corners]
    halves = [(False, clipped(corners, [-height for height in heights])), (True, clipped(corners, heights))]
    return [(sign, half) for sign, half in halves if area(half) > 0]


def clipped(corners, heights):
    """The part of a polygon where heights, given at its corners, are at least 0."""
    kept = []
    for (start, end), (here, there) in zip(_edges(corners), _edges(heights), strict=True):
        if here >= 0:
            kept.append(start)
        if here * there < 0:
            share = here / (here - there)
            kept.append(tuple(s + share * (t - s) for s, t in zip(start, end, strict=True)))
    return kept


def _edges(corners):
    """Each corner with the next, and the last with the first."""
    return zip(corners, [*corners[1:], *corners[:1]], strict=True)


def _combined(direct, weights, activations):
    """A row of weights of x, y and 1: that of the inputs, and those of earlier units, weighted."""
    row = list(direct)
    for weight, activation in zip(weights, activations, strict=False):
        if weight:
            row = [sum_so_far + weight * term for sum_so_far, term in zip(row, activation, strict=True)]
    return row


def _fractions(numbers):
    return [_fractions(n) if getattr(n, "ndim", 0) or isinstance(n, (list, tuple)) else Fraction(n) for n in numbers]
