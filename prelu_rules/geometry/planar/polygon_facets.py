"""The fewest inequalities that describe each of many planar cells, read off its edges; compiled by Numba."""

from __future__ import annotations

import numpy as np

from prelu_rules.domains.frame import Frame
from prelu_rules.geometry.compiled import compiled, inlined
from prelu_rules.geometry.planar.clipping import line_of
from prelu_rules.geometry.planar.layer_functions import LayerFunctions, layer_functions, update
from prelu_rules.geometry.planar.polygons import PlanarPatterns
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.tolerances import CUT
from prelu_rules.values import BoolArray, FloatArray, IntArray


def polygon_facets(form: NormalForm, frame: Frame, patterns: PlanarPatterns) -> tuple[BoolArray, FloatArray]:
    """Find the units that bound the cell of each pattern inside the domain.

    A unit is left out if the cell would not reach further than `CUT` beyond its line without it; of units that imply
    one another, the first remains.

    Args:
        form: the network, in float64.
        frame: the domain in which the patterns were found.
        patterns: as returned by `planar_patterns`.

    Returns:
        As `facets`: `(n_patterns, n_units)` bool, True for the units that bound the cell; and their pre-activations as
        functions of the input, `(n_true, n_inputs + 1)`, pattern by pattern.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> from prelu_rules.geometry.planar.polygons import planar_patterns
        >>> form = NormalForm([[1, 0], [1, 0]], np.zeros((2, 2)), [0, -1], [[0, 0]], [[1, 1]], [0], [0, 0])
        >>> frame = Frame.of_box(Box([-3, 0], [3, 1]))
        >>> (found,) = planar_patterns(form, frame)
        >>> polygon_facets(form, frame, found)[0].astype(int).tolist()
        [[1, 0], [1, 1], [0, 1]]
    """
    bounds = np.zeros_like(patterns.decides)
    kept = np.empty((len(patterns.edges), form.n_inputs + 1))
    basis = np.ascontiguousarray(np.hstack([frame.basis, frame.centre[:, None]]))
    n_kept = _facets(
        layer_functions(form),
        basis,
        frame.halfspaces,
        patterns.signs,
        patterns.decides,
        patterns.offsets,
        patterns.edges,
        bounds,
        kept,
    )
    return bounds, kept[:n_kept]


@compiled
def _facets(
    functions: LayerFunctions,
    frame: FloatArray,
    base: FloatArray,
    signs: BoolArray,
    decides: BoolArray,
    offsets: IntArray,
    edges: IntArray,
    bounds: BoolArray,
    kept: FloatArray,
) -> int:
    n_patterns, n_units = signs.shape
    unit_of = np.zeros(n_units, dtype=np.intp)
    n_kept = 0
    for pattern in range(n_patterns):
        for block in range(len(functions.age) - 1):
            update(functions, signs[pattern], block)
        n = 0
        for unit in range(n_units):
            if decides[pattern, unit]:
                unit_of[n] = unit
                n += 1
        own = edges[offsets[pattern] : offsets[pattern + 1]].copy()
        lines = np.empty((len(own), 3))
        for i in range(len(own)):
            if own[i] < len(base):
                lines[i] = base[own[i]]
            else:
                unit = unit_of[own[i] - len(base)]
                line_of(functions.values[:, unit].copy(), frame, lines[i])
                if not signs[pattern, unit]:
                    lines[i] = -lines[i]
        _leave_out(lines, own, len(base))
        for i in range(len(own)):
            if own[i] >= len(base):
                bounds[pattern, unit_of[own[i] - len(base)]] = True
        for unit in range(n_units):
            if bounds[pattern, unit]:
                kept[n_kept] = functions.values[:, unit]
                n_kept += 1
    return n_kept


@inlined
def _leave_out(lines: FloatArray, edges: IntArray, n_base: int) -> None:
    """Set the edges of a polygon that are implied by the others to -1.

    `lines` are those of its edges in turn, with the inside positive.
    """
    n = len(edges)
    last = np.inf
    while True:
        # From last to first, so that of two equal rows the first remains.
        here = -1
        for i in range(n):
            if n_base <= edges[i] < last and (here < 0 or edges[i] > edges[here]):
                here = i
        if here < 0:
            return
        last = edges[here]
        before, after = (here - 1) % n, (here + 1) % n
        while edges[before] < 0:
            before = (before - 1) % n
        while edges[after] < 0:
            after = (after + 1) % n
        u, v, w = lines[before], lines[after], lines[here]
        # The neighbours meet beyond the edge if they turn to each other.
        turn = u[0] * v[1] - u[1] * v[0]
        if turn > 0.0:
            x, y = (u[1] * v[2] - v[1] * u[2]) / turn, (v[0] * u[2] - u[0] * v[2]) / turn
            if -(w[0] * x + w[1] * y + w[2]) <= CUT:
                edges[here] = -1
