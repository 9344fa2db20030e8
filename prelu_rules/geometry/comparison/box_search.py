"""The largest difference of two networks on a bounded domain, by splitting boxes where the bounds are worst.

A box is split across the input that has most to do with the units whose signs are open on it. In few dimensions, soon
few are open, and the bounds approach the truth (Wang et al. 2018, "Formal security analysis of neural networks using
symbolic intervals").
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from prelu_rules.domains.domain import Domain
from prelu_rules.domains.polytope import Polytope
from prelu_rules.geometry.comparison.box_bounds import bounds_on_boxes
from prelu_rules.geometry.comparison.network_pair import Pair, compiled_pair, differences_at
from prelu_rules.geometry.comparison.parts_of_polytopes import slack, tightened
from prelu_rules.geometry.difference import Difference
from prelu_rules.values import BoolArray, FloatArray

SECONDS = 0.25
"""The time between two looks at what was found, and at the clock."""

MOST_AT_ONCE = 2048
"""Boxes whose bounds are computed together."""


@dataclass
class _Boxes:
    """Boxes, and what is known of the difference on each."""

    lower: FloatArray  # (n_boxes, n_inputs)
    upper: FloatArray
    bound: FloatArray  # (n_boxes, n_outputs), of the absolute difference
    open: FloatArray  # (n_boxes, n_outputs, n_inputs), as in BoxBounds

    def part(self, which: BoolArray) -> _Boxes:
        return _Boxes(self.lower[which], self.upper[which], self.bound[which], self.open[which])

    def __add__(self, other: _Boxes) -> _Boxes:
        return _Boxes(
            *(np.concatenate([getattr(part, name) for part in (self, other)]) for name in self.__dataclass_fields__)
        )


class BoxSearch:
    """The search, with all boxes that are left.

    Args:
        parts: the difference of two networks.
        domain: a box or a polytope.
        rows: `(n_rows, n_inputs)`, at least one input of the domain, at which the search for a large difference starts.

    Attributes:
        attained: `(n_outputs,)`, the largest absolute difference that was seen, up to rounding errors.
        at: `(n_outputs, n_inputs)`, where.
        n_pieces: how many boxes were looked at.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> from prelu_rules.geometry.difference import difference
        >>> from prelu_rules.network.normal_form import NormalForm
        >>> form, other = (NormalForm([[1]], [[0]], [0], [[0]], [[w]], [0], slopes=[0]) for w in (1, 1.5))
        >>> search = BoxSearch(difference(form, other), Box([-2], [4]), np.zeros((1, 1)))
        >>> while search.split(1.01 * search.attained):
        ...     pass
        >>> search.upper.round(6), search.at
        (array([2.]), array([[4.]]))
    """

    def __init__(self, parts: Difference, domain: Domain, rows: FloatArray) -> None:
        self._pair, self._domain = compiled_pair(parts), domain
        n_outputs = parts.form.n_outputs
        self.attained, self.at = np.full(n_outputs, -1.0), np.tile(rows[0], (n_outputs, 1))
        self._see(rows)
        self._closed = np.zeros(n_outputs)
        self.n_pieces, self._seconds = 0, np.inf
        self._boxes = self._bounded(domain.lower[None], domain.upper[None])

    @property
    def upper(self) -> FloatArray:
        """`(n_outputs,)`, the absolute difference is nowhere larger."""
        return np.vstack([self._closed, self._boxes.bound]).max(axis=0)

    def split(self, goal: FloatArray) -> bool:
        """Split some of the boxes whose bounds are above a goal.

        Args:
            goal: `(n_outputs,)`, bounds that need no improvement.

        Returns:
            False if there are no such boxes that can be split.
        """
        boxes, scale = self._boxes, np.where(goal > 0, goal, 1.0)
        middle = boxes.lower / 2 + boxes.upper / 2
        divisible = (boxes.lower < middle) & (middle < boxes.upper)
        # Without open units in an input's share, splitting across it gains nothing.
        gain = np.where(divisible[:, None, :], boxes.open, 0.0)
        excess = np.where(gain.any(axis=2), (boxes.bound - goal) / scale, -np.inf)
        worst = excess.argmax(axis=1)
        rank = excess[np.arange(len(excess)), worst]
        done = rank <= 0
        self._closed = np.vstack([self._closed, boxes.bound[done]]).max(axis=0)
        if done.all():
            self._boxes = boxes.part(~done)
            return False
        n_chosen = min(self._room(), int((~done).sum()))
        chosen = np.zeros(len(rank), dtype=bool)
        chosen[np.argpartition(-rank, n_chosen - 1)[:n_chosen]] = True
        across = gain[chosen, worst[chosen]].argmax(axis=1)
        self._boxes = boxes.part(~done & ~chosen) + self._halves(boxes.part(chosen), middle[chosen], across)
        return True

    def _room(self) -> int:
        """How many boxes can be split in the time between two looks at the clock."""
        return max(1, int(min(SECONDS, MOST_AT_ONCE * self._seconds) / self._seconds / 2))

    def _halves(self, boxes: _Boxes, middle: FloatArray, across: FloatArray) -> _Boxes:
        number = np.arange(len(across))
        lower, upper = np.tile(boxes.lower, (2, 1)), np.tile(boxes.upper, (2, 1))
        upper[number, across] = middle[number, across]
        lower[number + len(across), across] = middle[number, across]
        return self._bounded(lower, upper, np.tile(boxes.bound, (2, 1)))

    def _bounded(self, lower: FloatArray, upper: FloatArray, known: FloatArray | None = None) -> _Boxes:
        """Compute bounds on boxes, of which larger bounds may be known, and look for larger differences in them."""
        self.n_pieces += len(lower)
        if isinstance(self._domain, Polytope):
            lower, upper, there = tightened(lower, upper, self._domain)
            lower, upper, known = lower[there], upper[there], None if known is None else known[there]
        start = time.perf_counter()
        found = bounds_on_boxes(self._pair, lower, upper)
        # The first call may compile.
        self._seconds = min(self._seconds, (time.perf_counter() - start) / max(len(lower), 1))
        if isinstance(self._domain, Polytope):
            found = found._replace(
                lower=np.nextafter(found.lower + slack(-found.gradient, lower, upper, self._domain), -np.inf),
                upper=np.nextafter(found.upper - slack(found.gradient, lower, upper, self._domain), np.inf),
            )
        bound = np.maximum(found.upper, -found.lower)
        if known is not None:
            bound = np.minimum(bound, known)
        # On each box, the middle, and the corner where the worst output should be furthest from 0.
        number = np.arange(len(lower))
        worst = (bound / np.where(self.attained > 0, self.attained, 1.0)).argmax(axis=1)
        side = np.where(found.upper > -found.lower, 1.0, -1.0)[number, worst]
        high = found.gradient[number, worst] * side[:, None] > 0
        self._see(np.vstack([lower / 2 + upper / 2, np.where(high, upper, lower)]))
        # What boxes have outside a polytope makes their bounds wide, too.
        outside = np.abs(found.gradient) if isinstance(self._domain, Polytope) else 0.0
        return _Boxes(lower, upper, bound, found.open + outside)

    def _see(self, rows: FloatArray) -> None:
        """Look at the difference at some inputs, of which those outside the domain do not count."""
        if isinstance(self._domain, Polytope):
            rows = rows[self._domain.contains(rows)]
        if not len(rows):
            return
        size = np.abs(differences_at(self._pair, rows))
        best = size.argmax(axis=0)
        more = size.max(axis=0) > self.attained
        self.attained, self.at = (
            np.maximum(self.attained, size.max(axis=0)),
            np.where(more[:, None], rows[best], self.at),
        )

    def proven(self) -> FloatArray:
        """The differences at the inputs `at`, as lower bounds that account for rounding errors.

        Returns:
            `(n_outputs,)`.
        """
        return proven_at(self._pair, self.at)


def proven_at(pair: Pair, at: FloatArray) -> FloatArray:
    """Lower bounds of the absolute difference of each output at an input, which account for rounding errors.

    Args:
        pair: the difference.
        at: `(n_outputs, n_inputs)`.

    Returns:
        `(n_outputs,)`.
    """
    found = bounds_on_boxes(pair, at, at)
    return np.array(np.maximum(np.maximum(found.lower, -found.upper), 0.0).diagonal())
