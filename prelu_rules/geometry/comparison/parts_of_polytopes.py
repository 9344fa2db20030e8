"""The parts of boxes that lie in a polytope: smaller boxes around them, and bounds of linear functions there."""

from __future__ import annotations

import numpy as np

from prelu_rules.domains.polytope import Polytope
from prelu_rules.geometry.propagation import ONE_ROUNDING
from prelu_rules.values import BoolArray, FloatArray

SWEEPS = 2
"""Times that each multiplier is improved; once is enough if no input is in two constraints."""


def tightened(lower: FloatArray, upper: FloatArray, domain: Polytope) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Boxes without parts that are clearly outside a polytope.

    Args:
        lower: `(n_boxes, n_inputs)`.
        upper: `(n_boxes, n_inputs)`.
        domain: the polytope.

    Returns:
        The new ends; and `(n_boxes,)` bool, False for boxes that are outside altogether.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> square = Box([0, 0], [1, 1])
        >>> tightened(square.lower[None], square.upper[None], Polytope(square, [[1, 1]], [0.5]))[1].round(6)
        array([[0.5, 0.5]])
    """
    lower, upper = lower.copy(), upper.copy()
    sides = [(coef, limit) for coef, limit in zip(domain.coef, domain.limit, strict=True)]
    sides += [
        (-coef, -limit) for coef, limit, equal in zip(domain.coef, domain.limit, domain.equal, strict=True) if equal
    ]
    for coef, limit in sides:
        least = np.where(coef > 0, lower, upper) * coef
        size = np.abs(limit) + np.maximum(np.abs(lower), np.abs(upper)) @ np.abs(coef)
        # How much room the constraint leaves above the least values of its terms, rounded up.
        room = limit - least.sum(axis=1) + ONE_ROUNDING * (len(coef) + 4) * size
        for q in np.flatnonzero(coef):
            reach = (room + ONE_ROUNDING * size) / abs(coef[q])
            if coef[q] > 0:
                upper[:, q] = np.minimum(
                    upper[:, q], lower[:, q] + reach + 4 * ONE_ROUNDING * (np.abs(lower[:, q]) + np.abs(reach))
                )
            else:
                lower[:, q] = np.maximum(
                    lower[:, q], upper[:, q] - reach - 4 * ONE_ROUNDING * (np.abs(upper[:, q]) + np.abs(reach))
                )
    return lower, upper, np.asarray((lower <= upper).all(axis=1))


def slack(gradient: FloatArray, lower: FloatArray, upper: FloatArray, domain: Polytope) -> FloatArray:
    """How much smaller linear functions stay on the parts of boxes in a polytope than on the boxes.

    By duality: add multiples of the slacks of the constraints to a function, non-negative multiples for inequalities.
    On the polytope the sum is at least the function, and its largest value on the box is known. The multipliers are
    improved one after the other.

    Args:
        gradient: `(n_boxes, n_functions, n_inputs)`, the change from the middle of a box to its upper end.
        lower: `(n_boxes, n_inputs)`.
        upper: `(n_boxes, n_inputs)`.
        domain: the polytope.

    Returns:
        `(n_boxes, n_functions)`, rounded down.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> square = Box([0, 0], [1, 1])
        >>> triangle = Polytope(square, [[1, 1]], [1])
        >>> slack(np.array([[[0.5, 0.5], [0.5, 1.0]]]), square.lower[None], square.upper[None], triangle).round(6)
        array([[1., 1.]])
    """
    middle, half = lower / 2 + upper / 2, (upper / 2 - lower / 2)[:, None, :]
    left, constant = gradient.copy(), np.zeros(gradient.shape[:2])
    size = np.abs(gradient).sum(axis=2)
    for _ in range(SWEEPS):
        for coef, limit, equal in zip(domain.coef, domain.limit, domain.equal, strict=True):
            rates = coef * half
            room = (limit - middle @ coef)[:, None]
            # The largest value on the box is convex in the multiplier, with bends where a rate cancels.
            trials = np.divide(left, rates, out=np.zeros_like(left), where=rates != 0)
            trials = trials if equal else np.maximum(trials, 0.0)
            values = np.abs(left[..., None, :] - trials[..., None] * rates[..., None, :]).sum(axis=-1)
            values += trials * room[..., None]
            best = values.argmin(axis=-1)[..., None]
            better = np.take_along_axis(values, best, -1)[..., 0] < np.abs(left).sum(axis=-1)
            multiplier = np.where(better, np.take_along_axis(trials, best, -1)[..., 0], 0.0)
            left = left - multiplier[..., None] * rates
            constant += multiplier * room
            terms = np.abs(coef) @ (np.abs(lower) + np.abs(upper)).T + np.abs(limit)
            size += np.abs(multiplier) * terms[:, None]
    found = np.abs(gradient).sum(axis=2) - np.abs(left).sum(axis=2) - constant
    return np.asarray(np.maximum(found - ONE_ROUNDING * 8 * (len(domain.coef) + gradient.shape[2]) * size, 0.0))
