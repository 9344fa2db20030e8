"""Convex polygons that are cut by lines, in one array of points; compiled by Numba.

A polygon is `count` points in a row, counter-clockwise, from `start` on. Its edges are known by a number: edge `i`
leads from point `i` to the next, and the last one back to the first.

    points  (room, 3): two coordinates, and how far the point may be off because of rounding
    edges   (room,)
"""

from __future__ import annotations

import numpy as np

from prelu_rules.geometry.compiled import compiled, inlined
from prelu_rules.geometry.sides import ABOVE, BELOW, BOTH
from prelu_rules.tolerances import CANCELLED, CUT
from prelu_rules.values import FloatArray, IntArray

DOUBT = 3
"""Instead of a side: floats cannot tell."""

SLACK = 10.0
"""Where floats cannot tell, a side is left out if no point is so many times as far away as matters: lines that meet in
one point, as those of networks without biases do, would be in doubt everywhere."""

ROUNDING = 8 * float(np.finfo(float).eps)
"""The largest rounding error in the value of a line at a point, or of a point between two others, relative to the
terms; there are about eight operations."""


@compiled
def line_of(function: FloatArray, plane: FloatArray, line: FloatArray) -> float:
    """Write an affine function of the input as a line of a plane; the compiled twin of `Frame.row`.

    Args:
        function: `(n_inputs + 1,)`, weights and constant.
        plane: `(n_inputs, 3)`, basis and centre of the frame.
        line: `(3,)`, where to write weights of length 1 and a constant; weights of 0 for a constant function.

    Returns:
        The length that the function was divided by.
    """
    n_inputs, n_coordinates = plane.shape[0], plane.shape[1] - 1
    length, size = 0.0, 0.0
    for q in range(n_coordinates + 1):
        line[q], size = 0.0, 0.0
        for i in range(n_inputs):
            line[q] += function[i] * plane[i, q]
            size += abs(function[i] * plane[i, q])
        if q < n_coordinates:
            if abs(line[q]) <= CANCELLED * size:
                line[q] = 0.0
            length += line[q] * line[q]
    line[n_coordinates] += function[n_inputs]
    size += float(abs(function[n_inputs]))
    if length == 0.0 and abs(line[n_coordinates]) <= CANCELLED * size:
        line[n_coordinates] = 0.0
    length = np.sqrt(length) if length > 0.0 else 1.0
    for q in range(n_coordinates + 1):
        line[q] /= length
    return length


@inlined
def clip(
    points: FloatArray,
    edges: IntArray,
    start: int,
    count: int,
    line: FloatArray,
    blur: float,
    sign: float,
    edge: int,
    to: int,
) -> int:
    """Write the part of a polygon on one side of a line from place `to` on; returns its number of points.

    Args:
        points: see above.
        edges: see above.
        start: where the polygon starts.
        count: its number of points.
        line: `(3,)`, weights of length 1 and a constant.
        blur: by how much the line may be off.
        sign: 1 for the side where the line is positive, and -1 for the other.
        edge: the number of the new edge.
        to: where to write, not before the end of the polygon.
    """
    n = 0
    largest, furthest = -np.inf, start
    last = start + count - 1
    x, y = points[last, 0], points[last, 1]
    before = sign * (line[0] * x + line[1] * y + line[2])
    for here in range(start, start + count):
        x, y = points[here, 0], points[here, 1]
        value = sign * (line[0] * x + line[1] * y + line[2])
        if value > largest:
            largest, furthest = value, here
        if (before > 0.0) != (value > 0.0):
            share = before / (before - value)
            across, up = x - points[last, 0], y - points[last, 1]
            points[to + n, 0] = points[last, 0] + share * across
            points[to + n, 1] = points[last, 1] + share * up
            # The point slides along the edge where the values at its ends are off.
            off = max(points[last, 2], points[here, 2])
            slide = (abs(across) + abs(up)) * (2.0 * (off + blur) + ROUNDING) / (abs(before) + abs(value))
            points[to + n, 2] = off + min(slide, abs(across) + abs(up)) + ROUNDING
            edges[to + n] = edges[last] if value > 0.0 else edge
            n += 1
        if value > 0.0:
            points[to + n, 0], points[to + n, 1], points[to + n, 2] = x, y, points[here, 2]
            edges[to + n] = edges[here]
            n += 1
        before, last = value, here
    if n == 0:
        # The side is there in exact arithmetic, but thinner than floats can show.
        for q in range(3):
            points[to, q] = points[furthest, q]
        edges[to] = edge
        n = 1
    return n


@inlined
def sides_of(points: FloatArray, start: int, count: int, line: FloatArray, least: float, blur: float) -> int:
    """The sides of a line on which a polygon has points further away than `CUT`, or than `least` if that is less.

    If it has neither, the answer is `ABOVE`. If rounding errors decide whether `least` is exceeded, it is `DOUBT`.

    Args:
        points: see above.
        start: where the polygon starts.
        count: its number of points.
        line: `(3,)`, weights of length 1 and a constant.
        least: the distance; negative if it is not known yet, which leaves thin sides in doubt.
        blur: by how much the line may be off.
    """
    highest, lowest = -np.inf, np.inf
    for i in range(start, start + count):
        value = line[0] * points[i, 0] + line[1] * points[i, 1] + line[2]
        highest, lowest = max(highest, value), min(lowest, value)
    thin = abs(highest) <= CUT or abs(lowest) <= CUT
    if thin and least < 0.0:
        return DOUBT
    limit = min(CUT, least) if least >= 0.0 else CUT
    above, below = highest > limit, -lowest > limit
    if thin and least < CUT:
        if _unclear(points, start, count, line, 1.0, least, blur):
            return DOUBT
        if _unclear(points, start, count, line, -1.0, least, blur):
            return DOUBT
    if above and below:
        return BOTH
    return BELOW if below else ABOVE


@inlined
def _unclear(
    points: FloatArray, start: int, count: int, line: FloatArray, sign: float, least: float, blur: float
) -> bool:
    """Whether no point is beyond `least` for sure, but some may be."""
    unclear = False
    for i in range(start, start + count):
        value = sign * (line[0] * points[i, 0] + line[1] * points[i, 1] + line[2])
        size = abs(points[i, 0]) + abs(points[i, 1]) + abs(line[2])
        off = points[i, 2] + blur + ROUNDING * size
        if value - off > least:
            return False
        unclear |= value + off > SLACK * least
    return unclear


@compiled
def whole(bound: float, rows: FloatArray, points: FloatArray, edges: IntArray) -> int:
    """Write the polygon of a frame, `|t| <= bound` and `rows (t, 1) >= 0`; returns its number of points.

    Its edges are numbered as the rows of a frame are: lower bounds, upper bounds, then `rows`.
    """
    for i in range(4):
        points[i, 0] = bound if i in (1, 2) else -bound
        points[i, 1] = bound if i >= 2 else -bound
        points[i, 2] = 0.0
    edges[0], edges[1], edges[2], edges[3] = 1, 2, 3, 0
    count = 4
    for number in range(len(rows)):
        n = clip(points, edges, 0, count, rows[number], 0.0, 1.0, 4 + number, count)
        for i in range(n):
            edges[i] = edges[count + i]
            for q in range(3):
                points[i, q] = points[count + i, q]
        count = n
    return count
