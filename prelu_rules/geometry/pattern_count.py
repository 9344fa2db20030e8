"""How many activation patterns a network has on a domain: the linear regions, or rules before any are merged.

Random inputs show most patterns of a small network, at the cost of evaluating it. Linear programs, of which each takes
as long, only decide about the sides of units that no input shows. Where that would take many, compiled code enumerates
the patterns: it is by far the fastest, but it has to be loaded first, and compiled on first use.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, takewhile

import numpy as np

from prelu_rules.domains.domain import Domain, frame_of
from prelu_rules.errors import SolverError
from prelu_rules.geometry.cell import Cell
from prelu_rules.geometry.negligible import negligible
from prelu_rules.geometry.patterns import pre_activation, reachable_patterns
from prelu_rules.geometry.shown_patterns import ShownPatterns
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.values import Array, FloatArray

FEW = 200
"""How many questions linear programs decide before compiled code is looked for; it decides more while it is loaded."""

MANY = 10_000
"""How many they decide before compiled code is compiled, which takes as long."""

NEGATIVE, POSITIVE = SIDES = (b"\0", b"\1")
"""The sign of a unit, as in `ShownPatterns`."""


def count_patterns(form: NormalForm, domain: Domain | None = None) -> int:
    """Count the activation patterns whose region has an interior: the linear regions, or rules before any are merged.

    Args:
        form: the network.
        domain: the box or polytope to search, or None for all of R^n.

    Returns:
        The number of `reachable_patterns`, which documents the errors.

    Example:
        >>> count_patterns(NormalForm.from_layers([[[2.0]], [[1.0]]], [[3.0], [0.0]], [[0.5]]))
        2
    """
    return PatternCounter(domain, form.n_inputs).count(form)


class PatternCounter:
    """Counts the activation patterns of many networks on one domain.

    Args:
        domain: the box or polytope to search, or None for all of R^n.
        n_inputs: the number of inputs of the networks.

    Raises:
        ShapeError: if the dimension of the domain is not the number of inputs.
        InvalidValueError: if the domain is empty.
        SolverError: if the linear programming solver fails.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> counter = PatternCounter(Box([0.0], [1.0]), 1)
        >>> [
        ...     counter.count(NormalForm.from_layers([[[1.0]], [[1.0]]], [[-bend], [0.0]], [[0.0]]))
        ...     for bend in (0.5, 2.0)
        ... ]
        [2, 1]
    """

    def __init__(self, domain: Domain | None, n_inputs: int) -> None:
        self._domain, self._frame = domain, frame_of(domain, n_inputs)
        self._shown = ShownPatterns(domain, self._frame)
        self._cell: Cell | None = None
        self._n_asked = 0
        # How many questions a solver decides before compiled code does; not known as long as it asked few.
        self._most: int | None = None

    def count(self, form: NormalForm, at_most: int | None = None) -> int:
        """Count the patterns of a network.

        Args:
            form: the network.
            at_most: where to stop counting, for those to whom more are all the same; None to count all.

        Returns:
            The number of `reachable_patterns`, but no more than `at_most`.

        Raises:
            SolverError: if the linear programming solver fails.
        """
        if form.A.dtype == object:
            return _length(reachable_patterns(form, self._domain), at_most)
        small = negligible(form, self._domain)
        shown = self._shown.of(form, small) if form.n_units else {b""}
        if len(shown) == 2**form.n_units or (at_most is not None and len(shown) >= at_most):
            return len(shown) if at_most is None else min(len(shown), at_most)
        if self._cell is None:
            self._cell = Cell(self._domain, form.n_inputs)
        # Inputs that decided for one network often decide for the next.
        self._cell.clear()
        n_found = 0
        for found in _Tree(form, self._domain, self._cell, shown, small).search():
            if found is not None:
                n_found += 1
            elif self._is_slow():
                return self._enumerated(form, small, at_most)
            else:
                self._n_asked += 1
            if n_found == at_most:
                break
        return n_found

    def _is_slow(self) -> bool:
        """Whether compiled code is faster than to ask a solver once more."""
        # Without bounds, compiled code does not decide in exact arithmetic which bends are parallel.
        if not self._frame.n_coordinates or not np.isfinite(self._frame.bound):
            return False
        if self._n_asked < FEW and "prelu_rules.geometry.search" not in sys.modules:
            return False
        # Late, since this loads Numba.
        from prelu_rules.geometry.numba_internals import is_compiled, is_loaded
        from prelu_rules.geometry.search import search

        if self._n_asked < FEW or is_loaded(search):
            return is_loaded(search)
        if self._most is None:
            self._most = FEW if is_compiled(search) else MANY
        return self._n_asked >= self._most

    def _enumerated(self, form: NormalForm, small: FloatArray, at_most: int | None) -> int:
        """The same by compiled code."""
        from prelu_rules.geometry.simplex import simplex_patterns

        try:
            batches = simplex_patterns(form, self._frame, negligible=small)
            return _length((pattern for batch in batches for pattern in batch.signs), at_most)
        except SolverError:
            return _length(reachable_patterns(form, self._domain), at_most)


class _Tree:
    """A depth-first search that asks a solver only about sides that no known input shows.

    The signs of the first units are a byte for each, as in `ShownPatterns`.
    """

    def __init__(
        self, form: NormalForm, domain: Domain | None, cell: Cell, shown: Iterable[bytes], small: FloatArray
    ) -> None:
        self._given, self._negligible = form, small
        self._shown = sorted(shown)
        # First units whose successor has two sides.
        self._open: set[bytes] = set()
        self._place = _Place(form, domain, cell)

    def search(self) -> Iterator[bytes | None]:
        """The patterns in the order of `reachable_patterns`, and None before each question to the solver."""
        put_off = [b""]
        while put_off:
            first = put_off.pop()
            if len(first) == self._given.n_units:
                yield first
                continue
            sides = [side for side in SIDES if self._is_shown(first + side)]
            if len(sides) < 2:
                yield None
                sides = self._asked(first, sides)
            if len(sides) == 2:
                self._open.add(first)
            put_off += [first + side for side in reversed(sides)]

    def _is_shown(self, first: bytes) -> bool:
        place = bisect_left(self._shown, first)
        return place < len(self._shown) and self._shown[place].startswith(first)

    def _asked(self, first: bytes, shown: Sequence[bytes]) -> list[bytes]:
        """The sides of the next unit, of which at most one is known."""
        cell, row = self._place.at(first, self._open)
        if not row[:-1].any():
            return [POSITIVE if row[-1] >= 0 else NEGATIVE]
        by = min(cell.thin(row), self._negligible[len(first)])
        above, below = POSITIVE in shown or cell.exceeds(row, by), NEGATIVE in shown or cell.exceeds(-row, by)
        if above and below:
            return [NEGATIVE, POSITIVE]
        return [NEGATIVE if below else POSITIVE]


class _Place:
    """The cell of some first units with given signs, which is moved from one to the next."""

    def __init__(self, form: NormalForm, domain: Domain | None, cell: Cell) -> None:
        # Without a domain, bends that are parallel would meet far away if their weights were rounded.
        self._form = form.exact() if domain is None else form
        self._cell = cell
        self._direct = np.hstack([self._form.A, self._form.b[:, None]])
        self._activations = np.zeros_like(self._direct)
        self._first = b""
        self._pushed: list[int] = []

    def at(self, first: bytes, open_at: set[bytes]) -> tuple[Cell, Array]:
        """The cell, and the next unit's pre-activation as an affine function there."""
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, self._first, strict=False)))
        while self._pushed and self._pushed[-1] >= same:
            self._pushed.pop()
            self._cell.pop()
        for unit in range(same, len(first)):
            row, side = self._row(unit), first[unit : unit + 1] == POSITIVE
            self._activations[unit] = row if side else row * self._form.slopes[unit]
            if first[:unit] in open_at:
                self._cell.push(row if side else -row)
                self._pushed.append(unit)
        self._first = first
        return self._cell, self._row(len(first))

    def _row(self, unit: int) -> Array:
        return pre_activation(self._direct[unit], self._form.B[unit, :unit], self._activations[:unit])


def _length(patterns: Iterable[object], at_most: int | None) -> int:
    return sum(1 for _ in islice(patterns, at_most))
