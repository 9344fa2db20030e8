"""Activation patterns that random inputs of a domain show, which is most of those that a small network has."""

from __future__ import annotations

import numpy as np

from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import Domain
from prelu_rules.domains.frame import Frame
from prelu_rules.domains.sampling import sampled
from prelu_rules.geometry.witnesses import ROUNDING, SCALES, off_domain
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.tolerances import CANCELLED, CUT
from prelu_rules.values import FloatArray

N_DRAWN = 1024
"""How many inputs are drawn from a box; evaluating a small network there takes as long as one linear program."""

N_WALKED = 256
"""How many are drawn from a polytope, where each is a step of a random walk in Python."""


class ShownPatterns:
    r"""Random inputs of a domain, and the activation patterns that they prove to have an interior.

    Args:
        domain: the domain; None for all inputs.
        frame: the frame of the domain.

    Example:
        >>> box = Box([0], [1])
        >>> form = NormalForm.from_layers([[[1.0]], [[1.0]]], [[-0.5], [0.0]], [[0.0]])
        >>> sorted(ShownPatterns(box, Frame.of_box(box)).of(form, np.zeros(1)))
        [b'\x00', b'\x01']
    """

    def __init__(self, domain: Domain | None, frame: Frame) -> None:
        self._points = points = _drawn(domain, frame)
        self._largest = np.abs(points).max(axis=0, initial=0)
        self._off_domain = off_domain(domain, frame)
        self._width = np.abs(frame.basis).sum(axis=1)

    def of(self, form: NormalForm, negligible: FloatArray) -> set[bytes]:
        """The patterns of those inputs at which no unit is too close to its bend to tell its side.

        Args:
            form: the network, in float64.
            negligible: `(n_units,)`, pre-activations of at most this size do not matter.

        Returns:
            Each pattern as a byte for each unit, 1 where the pre-activation is non-negative.
        """
        z = form.pre_activations(self._points)
        sizes, rates = self._bounds(form)
        # The rows of a cell have weights that cancel set to 0, at each unit before this one.
        share = (form.n_units + 1) * (CANCELLED + ROUNDING * (form.n_inputs + form.n_units + 4))
        least = np.minimum(negligible, CUT * rates) + share * sizes + self._off_domain * rates
        signs = z[(np.abs(z) > least).all(axis=1)] >= 0
        return set(np.ascontiguousarray(signs).view(f"V{form.n_units}").ravel().tolist())

    def _bounds(self, form: NormalForm) -> tuple[FloatArray, FloatArray]:
        """For each unit, the largest sum of its terms at these inputs, and how fast it can change in the frame."""
        sizes = np.abs(form.A) @ self._largest + np.abs(form.b)
        rates = np.abs(form.A) @ self._width
        factors = np.abs(form.B) * np.maximum(1, np.abs(form.slopes))
        for block in form.blocks[1:]:
            earlier = factors[block, : block.start]
            sizes[block] += earlier @ sizes[: block.start]
            rates[block] += earlier @ rates[: block.start]
        return sizes, rates


def _drawn(domain: Domain | None, frame: Frame) -> FloatArray:
    """Inputs that surely lie in the domain, `(n_points, n_inputs)`."""
    rng = np.random.default_rng(0)
    if domain is None:
        drawn = rng.normal(size=(N_DRAWN, len(frame.centre)))
        return np.vstack([scale * drawn[k :: len(SCALES)] for k, scale in enumerate(SCALES)])
    if isinstance(domain, Box):
        # Small regions lie in corners and along edges, which uniform inputs hardly ever meet.
        inside = sampled(domain, N_DRAWN)
        on_edge = rng.random(inside.shape) < rng.random((N_DRAWN, 1))
        ends = np.where(rng.random(inside.shape) < 0.5, domain.lower, domain.upper)
        return np.where(on_edge, ends, inside)
    points = np.clip(sampled(domain, N_WALKED), domain.lower, domain.upper)
    return points[frame.contains(points)]
