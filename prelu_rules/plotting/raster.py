"""Convex polygons as pixels; compiled by Numba."""

from __future__ import annotations

import math

import numpy as np

from prelu_rules.geometry.compiled import compiled
from prelu_rules.values import FloatArray, IntArray

ON_EDGE = 1e-6
"""A centre that is this share of a pixel outside a polygon belongs to it too, so that none is lost between two."""


@compiled
def fill(
    image: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    offsets: IntArray,
    vertices: FloatArray,
    functions: FloatArray,
) -> None:
    """Write a value into each pixel whose centre lies in one of the polygons.

    Args:
        image: `(n_rows, n_columns)`; the first row is at the lower end.
        lower: `(2,)`, the corner of the image.
        upper: `(2,)`, the opposite corner.
        offsets: `(n_polygons + 1,)`, where the vertices of each polygon start.
        vertices: `(n_vertices, 2)`, in turn around each polygon.
        functions: `(n_polygons, n_functions, 3)`, weights and constants. The value is that of the function; if there
            are several, it is the number of the largest.

    Example:
        >>> image = np.full((2, 2), np.nan)
        >>> triangle = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
        >>> fill(image, np.zeros(2), np.full(2, 2.0), np.array([0, 3]), triangle, np.array([[[10.0, 0.0, 0.0]]]))
        >>> image
        array([[ 5., 15.],
               [ 5., nan]])
    """
    n_rows, n_columns = image.shape
    width, height = (upper[0] - lower[0]) / n_columns, (upper[1] - lower[1]) / n_rows
    for polygon in range(len(offsets) - 1):
        start, stop = offsets[polygon], offsets[polygon + 1]
        # In units of pixels, where centres are whole numbers.
        bottom, top = np.inf, -np.inf
        for i in range(start, stop):
            y = (vertices[i, 1] - lower[1]) / height - 0.5
            bottom, top = min(bottom, y), max(top, y)
        first_row = max(0, math.ceil(bottom - ON_EDGE))
        for row in range(first_row, min(n_rows, math.floor(top + ON_EDGE) + 1)):
            left, right = np.inf, -np.inf
            for i in range(start, stop):
                k = i + 1 if i + 1 < stop else start
                x, y = (vertices[i, 0] - lower[0]) / width - 0.5, (vertices[i, 1] - lower[1]) / height - 0.5
                u, v = (vertices[k, 0] - lower[0]) / width - 0.5, (vertices[k, 1] - lower[1]) / height - 0.5
                if min(y, v) - ON_EDGE <= row <= max(y, v) + ON_EDGE:
                    share = min(1.0, max(0.0, (row - y) / (v - y))) if v != y else 0.0
                    crossing = x + share * (u - x)
                    left, right = min(left, crossing), max(right, crossing)
                    if v == y:
                        left, right = min(left, u), max(right, u)
            first = max(0, math.ceil(left - ON_EDGE)) if left < np.inf else 0
            last = min(n_columns - 1, math.floor(right + ON_EDGE)) if left < np.inf else -1
            for column in range(first, last + 1):
                at_x, at_y = lower[0] + (column + 0.5) * width, lower[1] + (row + 0.5) * height
                best, largest = 0, -np.inf
                for k in range(functions.shape[1]):
                    value = functions[polygon, k, 0] * at_x + functions[polygon, k, 1] * at_y + functions[polygon, k, 2]
                    if value > largest:
                        best, largest = k, value
                image[row, column] = largest if functions.shape[1] == 1 else best
