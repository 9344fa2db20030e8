"""Finds the rule that each row falls under, and computes its outputs, for any number of rows.

The sum of a row is added in the order of the features, the constant last, as exported programs do. So its last bit does
not depend on the rows beside it, as it would in a matrix product; and large tables, which are evaluated by compiled
code, get the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, cached_property
from typing import Any

import numpy as np

from prelu_rules.domains.domain import Domain
from prelu_rules.errors import OutsideDomainError
from prelu_rules.rules.off_domain import first_met
from prelu_rules.rules.output_bounds import OutputBounds
from prelu_rules.rules.rule import Rule
from prelu_rules.rules.weighted_sums import weighted_sums
from prelu_rules.values import Array, BoolArray, FloatArray, IntArray

CHUNK = 8192
"""Rows that NumPy processes together, so that intermediate results fit into the processor's cache."""

MOST_BOUNDARIES = 16
"""Of no more, the rule is looked up by the signs of all boundaries."""

MOST_UNROLLED = 32
"""Loops over fewer inputs are unrolled."""

CHUNK_SUMS = 500_000
"""Fewer rows are processed together if they would have more sums and features than this (4 MB)."""

COMPILED_FROM = 1_000_000
"""Rows from which on compiled code is used; loading it takes half a second, or a few where it was never used before."""


class Evaluation:
    """Rules as arrays, for many rows.

    Args:
        rules: the rules, in order.
        domain: the domain of the rules.
        bounds: what outputs are kept within; None for nothing.

    Attributes:
        n_outputs: the number of outputs.

    Example:
        >>> from prelu_rules.network.affine import AffineMap
        >>> from prelu_rules.rules.rule import Condition
        >>> adult, child = (Rule((Condition([1.0], -18.0, side),), AffineMap([[1.0]], [0.0])) for side in (True, False))
        >>> evaluation = Evaluation([adult, child], None)
        >>> evaluation.assigned(np.array([[17.0], [18.0]]))
        array([1, 0])
        >>> evaluation.outputs(np.array([[17.0], [18.0]]), np.array([1, 0]))
        array([[17.],
               [18.]])
    """

    def __init__(self, rules: Sequence[Rule], domain: Domain | None, bounds: OutputBounds | None = None) -> None:
        self._rules, self._domain, self._bounds = rules, domain, bounds
        # Rules share boundaries, so each sum is computed only once.
        boundaries: dict[tuple[object, ...], int] = {}
        self._sides = [
            [
                (boundaries.setdefault((*one.coef.tolist(), one.intercept), len(boundaries)), one.nonnegative)
                for one in rule.conditions
            ]
            for rule in rules
        ]
        self.n_outputs, n_inputs = rules[0].outputs.coef.shape
        self._boundaries = np.array(list(boundaries)).reshape(-1, n_inputs + 1)
        maps = [np.column_stack([rule.outputs.coef, rule.outputs.intercept]) for rule in rules]
        # Of a weight, all rules lie side by side, as they are looked up.
        self._maps = np.ascontiguousarray(np.array(maps).transpose(1, 2, 0))
        self._rows_so_far = 0
        self._chunk = min(CHUNK, max(1, CHUNK_SUMS // (len(boundaries) + n_inputs + self.n_outputs)))

    def assigned(self, x: Array, first_row: int = 0) -> IntArray:
        """Find the rule that each row falls under.

        Args:
            x: `(n_rows, n_inputs)`, finite.
            first_row: the number of the first one, for the error message.

        Returns:
            int, `(n_rows,)`, the index of the first rule whose conditions all hold. If none does, it is the first rule
            on a straight line to the domain's middle; see `prelu_rules.rules.off_domain`.

        Raises:
            OutsideDomainError: if no rule covers a row, and there is none on the line to the domain.
        """
        index = np.empty(len(x), dtype=np.intp)
        for start in range(0, len(x), self._chunk):
            index[start : start + self._chunk] = self._covering(x[start : start + self._chunk])
        if (index < 0).any():
            index[index < 0] = first_met(self._rules, x[index < 0], self._domain)
        if (index < 0).any():
            row = int(np.argmax(index < 0))
            raise OutsideDomainError(
                f"row {first_row + row} ({x[row].tolist()}) is covered by no rule; extract the rules on a domain that "
                "contains it."
            )
        return index

    def outputs(self, x: Array, index: IntArray) -> FloatArray:
        """Compute the outputs of rules for rows, within the bounds.

        Args:
            x: `(n_rows, n_inputs)`, finite.
            index: `(n_rows,)`, the rule of each row.

        Returns:
            float64, `(n_rows, n_outputs)`.
        """
        y = np.empty((len(x), self.n_outputs))
        for start in range(0, len(x), self._chunk):
            rules = index[start : start + self._chunk]
            columns = _columns(x[start : start + self._chunk])
            for k, weights in enumerate(self._maps):
                y[start : start + self._chunk, k] = weighted_sums(columns, np.take(weights, rules, axis=1))
        return y if self._bounds is None else self._bounds.applied(y)

    def is_worth_compiling(self, n_rows: int) -> bool:
        """Whether to evaluate rows by compiled code: they are many, or they are the next batch of many.

        Args:
            n_rows: the number of rows, which are counted.

        Returns:
            True if so; the outputs are the same, bit for bit.
        """
        if n_rows < CHUNK:
            return False
        self._rows_so_far += n_rows
        return self._rows_so_far >= COMPILED_FROM

    def write_quickly(self, x: Array, y: FloatArray) -> bool:
        """Write the outputs for rows by compiled code.

        Args:
            x: `(n_rows, n_inputs)`, not checked yet.
            y: `(n_rows, n_outputs)`, to be written.

        Returns:
            False if that is not possible for these rules; if an output is not finite, as is the case for all rows that
            are not; or if no rule holds in a row. `y` then has to be written in another way.
        """
        arrays = self._for_compiled
        if arrays is None or x.dtype != np.float64:
            return False
        _compiled()(x, *arrays, y)
        if not np.isfinite(y).all():
            return False
        if self._bounds is not None:
            y[:] = self._bounds.applied(y)
        return True

    @cached_property
    def _for_compiled(self) -> tuple[Any, ...] | None:
        """The rules as compiled code takes them; None if it does not."""
        n_columns = self._boundaries.shape[1]
        exact = self._boundaries.dtype == object or self._maps.dtype == object
        if exact or self._by_signs is None or n_columns == 1:
            return None
        inputs = (0,) * (n_columns - 1) if n_columns <= MOST_UNROLLED else np.zeros(n_columns - 1)
        rule = self._by_signs
        # Where none holds, the outputs are those of one more rule, NaN.
        nobody = np.full((1, self.n_outputs, n_columns), np.nan)
        weights = np.concatenate([self._maps.transpose(2, 0, 1), nobody])
        place = np.where(rule < 0, len(self._rules), rule) * self.n_outputs * n_columns
        return inputs, self._boundaries, place.astype(np.uint64), weights.ravel()

    def _covering(self, x: Array) -> IntArray:
        """The first rule that covers each row; -1 if none does."""
        signs = np.asarray(weighted_sums(_columns(x), self._boundaries.T[:, :, None]) >= 0, dtype=bool)
        if self._by_signs is None:
            return self._first(signs, len(x))
        return self._by_signs[(1 << np.arange(len(signs))) @ signs]

    @cached_property
    def _by_signs(self) -> IntArray | None:
        """The first rule that holds by the bits of the boundaries that are not negative; None if these are too many."""
        n_boundaries = len(self._boundaries)
        if n_boundaries > MOST_BOUNDARIES:
            return None
        bits = np.arange(2**n_boundaries)
        return self._first([bits >> boundary & 1 > 0 for boundary in range(n_boundaries)], len(bits))

    def _first(self, signs: Sequence[BoolArray] | BoolArray, n_rows: int) -> IntArray:
        """The first rule that holds by which boundaries are not negative, `(n_boundaries, n_rows)`; -1 if none does."""
        index = np.full(n_rows, -1, dtype=np.intp)
        # From the last rule to the first, which counts if several hold.
        for number in range(len(self._rules) - 1, -1, -1):
            holds = np.ones(n_rows, dtype=bool)
            for boundary, nonnegative in self._sides[number]:
                holds &= signs[boundary] if nonnegative else ~signs[boundary]
            np.copyto(index, number, where=holds)
        return index


@cache
def _compiled() -> Callable[..., None]:
    """The compiled code, which few programs need."""
    from prelu_rules.rules.row_pass import write_in_one_pass

    return write_in_one_pass


def _columns(x: Array) -> Array:
    """The numbers of each feature, side by side in memory."""
    return np.ascontiguousarray(x.T)
