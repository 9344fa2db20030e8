"""Seventeen kinds of networks as arrays, most of them of a kind that breaks something.

Each is drawn by a seed: 1 to 3 inputs, 2 to 5 units in one layer or two, 1 or 2 outputs. All are normal forms:
`z = A x + B p + b`, `p = max(0, z) + slopes min(0, z)`, `y = C x + D p + e`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

SLOPES = (0.0, 0.25, 0.9, -0.5, 1.5)


class Arrays(NamedTuple):
    """The arrays of a network, in float64."""

    A: np.ndarray
    B: np.ndarray
    b: np.ndarray
    C: np.ndarray
    D: np.ndarray
    e: np.ndarray
    slopes: np.ndarray


Draw = Callable[[np.random.Generator, int], Arrays]
"""Draws a network of a number of inputs."""


def layered(
    rng: np.random.Generator, n_inputs: int, widths: tuple[int, ...] | None = None, n_outputs: int = 1
) -> Arrays:
    """A network of these layers, with a way straight from the inputs to the outputs; by default one of 2 to 4 units."""
    widths = widths or (int(rng.integers(2, 5)),)
    n_units = sum(widths)
    A, B = np.zeros((n_units, n_inputs)), np.zeros((n_units, n_units))
    start = 0
    for level, width in enumerate(widths):
        rows = slice(start, start + width)
        if level == 0:
            A[rows] = rng.normal(size=(width, n_inputs))
        else:
            B[rows, start - widths[level - 1] : start] = rng.normal(size=(width, widths[level - 1]))
        start += width
    return Arrays(
        A=A,
        B=B,
        b=rng.normal(size=n_units) / 2,
        C=rng.normal(size=(n_outputs, n_inputs)),
        D=rng.normal(size=(n_outputs, n_units)),
        e=rng.normal(size=n_outputs),
        slopes=rng.choice(SLOPES, size=n_units),
    )


def _ordinary(rng, n_inputs):
    return layered(rng, n_inputs)


def _zero_bias(rng, n_inputs):
    form = layered(rng, n_inputs, (3, 2))
    return form._replace(b=np.zeros_like(form.b), e=np.zeros_like(form.e))


def _ternary(rng, n_inputs):
    form = layered(rng, n_inputs, (3, 2))
    small = {name: rng.integers(-1, 2, size=getattr(form, name).shape).astype(float) for name in "AbCDe"}
    return form._replace(**small, B=np.sign(form.B) * rng.integers(0, 2, size=form.B.shape))


def _duplicated(rng, n_inputs):
    form = layered(rng, n_inputs, (4,))
    form.A[3], form.b[3] = form.A[0], form.b[0]
    # The second copy of the other pair is the same bend in other numbers.
    form.A[2], form.b[2] = 3 * form.A[1], 3 * form.b[1]
    return form


def _negated(rng, n_inputs):
    form = layered(rng, n_inputs, (4,))
    form.A[3], form.b[3] = -form.A[0], -form.b[0]
    # This pair is a linear function: max(0, z) - max(0, -z) is z.
    form.A[2], form.b[2] = -form.A[1], -form.b[1]
    form.slopes[1:3] = 0.0
    form.D[:, 2] = -form.D[:, 1]
    return form


def _dead(rng, n_inputs):
    form = layered(rng, n_inputs, (5,))
    form.A[0], form.b[0] = 0.0, rng.choice([-1.0, 0.0, 1.0])
    form.D[:, 1] = 0.0
    form.b[2] = rng.choice([-1e4, 1e4])
    return form


def _of_slope(*slopes):
    def draw(rng, n_inputs):
        form = layered(rng, n_inputs, (3, 1))
        return form._replace(slopes=rng.choice(slopes, size=4))

    return draw


def _scaled(scale):
    def draw(rng, n_inputs):
        form = layered(rng, n_inputs, (3, 1))
        # One unit has such weights, another such a share in the output; what comes after a third undoes it.
        form.A[0], form.b[0] = form.A[0] * scale, form.b[0] * scale
        form.D[:, 1] *= scale
        form.A[2], form.b[2] = form.A[2] * scale, form.b[2] * scale
        form.D[:, 2] /= scale
        form.B[:, 2] /= scale
        return form

    return draw


def _constant_outputs(rng, n_inputs):
    form = layered(rng, n_inputs, n_outputs=2)
    form.C[0], form.D[0] = 0.0, 0.0
    return form


def _several_outputs(rng, n_inputs):
    return layered(rng, n_inputs, (3,), n_outputs=3)


def _nested(rng, n_inputs):
    return layered(rng, n_inputs, (3, 2))


def _nearly_parallel(rng, n_inputs):
    form = layered(rng, n_inputs, (4,))
    # Two bends that are 5e-10 apart, and two that are parallel but for the last digits.
    form.A[1], form.b[1] = form.A[0], form.b[0] + 5e-10
    form.A[3], form.b[3] = (
        form.A[2] * (1 + rng.integers(-2, 3, size=n_inputs) * 2.0**-52),
        form.b[2] + rng.choice([0, 1e-3]),
    )
    return form


def _nearly_constant(rng, n_inputs):
    form = layered(rng, n_inputs)
    form.C[:] = 0.0
    form.D[:] = rng.choice([-1e-14, 1e-14, 3e-14], size=form.D.shape)
    form.e[:] = rng.choice([0.3, -2.0])
    return form


NETWORKS: dict[str, Draw] = {
    "ordinary": _ordinary,
    "zero bias": _zero_bias,
    "ternary": _ternary,
    "duplicated units": _duplicated,
    "negated units": _negated,
    "dead units": _dead,
    "slopes 0": _of_slope(0.0),
    "slopes 1": _of_slope(1.0, 1.0, 0.0),
    "negative slopes": _of_slope(-1.0, -0.3),
    "slopes above 1": _of_slope(1.5, 4.0),
    "weights of 1e-12": _scaled(1e-12),
    "weights of 1e12": _scaled(1e12),
    "constant outputs": _constant_outputs,
    "several outputs": _several_outputs,
    "nested": _nested,
    "nearly parallel": _nearly_parallel,
    "nearly constant": _nearly_constant,
}
