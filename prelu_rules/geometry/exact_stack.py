"""A cell in integers, made only when it is needed, and only of the inputs that count."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prelu_rules.domains.box import Box
from prelu_rules.domains.domain import Domain
from prelu_rules.domains.polytope import Polytope
from prelu_rules.domains.remembered import remembered
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.values import Array, BoolArray, exact_array


class ExactStack:
    """A domain, cut by half-spaces that are asked about again and again, in the inputs that they use.

    Args:
        domain: the domain; None for all inputs.
        n_inputs: the number of inputs.

    Example:
        >>> stack = ExactStack(Box([0, 0], [1, 1]), 2)
        >>> row = exact_array(np.array([1.0, 0.0, -0.5]))
        >>> cell = stack.cell([], row)
        >>> cell is not None and cell.exceeds(stack.part(row))
        True
    """

    def __init__(self, domain: Domain | None, n_inputs: int) -> None:
        self._domain = domain
        self._used = np.zeros(n_inputs, dtype=bool)
        if isinstance(domain, Polytope):
            self._used |= (domain.coef != 0).any(axis=0)
        self._whole: ExactCell | None = None
        self._stack: list[tuple[Array, ExactCell | None]] = []

    def cell(self, rows: Sequence[Array], asked: Array) -> ExactCell | None:
        """The cell in the inputs that it uses and that a question about it uses.

        Args:
            rows: the cuts, each `(n_inputs + 1,)`; those of an earlier question are the same objects.
            asked: `(n_inputs + 1,)`, the function of the question.

        Returns:
            The cell; None if it is empty.
        """
        used = self._used.copy()
        for given in (*rows, asked):
            used |= (given[:-1] != 0).astype(bool)
        if self._whole is None or (used & ~self._used).any():
            self._used, self._stack = used, []
            self._whole = self._whole_of(used)
        known = 0
        while known < min(len(rows), len(self._stack)) and self._stack[known][0] is rows[known]:
            known += 1
        del self._stack[known:]
        for given in rows[known:]:
            before = self._stack[-1][1] if self._stack else self._whole
            self._stack.append((given, None if before is None else before.cut(self.part(exact_array(given)))))
        return self._stack[-1][1] if self._stack else self._whole

    def _whole_of(self, used: BoolArray) -> ExactCell | None:
        """The whole domain in some of its inputs."""

        def whole() -> ExactCell | None:
            return ExactCell.of_domain(_restricted(self._domain, used), int(used.sum()))

        return whole() if self._domain is None else remembered(self._domain, ("exact", used.tobytes()), whole)

    @property
    def has_points(self) -> bool:
        """Whether some point satisfies the constraints of the domain exactly."""
        return self._whole is not None

    def part(self, row: Array) -> Array:
        """A function of all inputs as one of those that count.

        Args:
            row: `(n_inputs + 1,)`.

        Returns:
            Its weights on them, and its constant.
        """
        return row[np.append(self._used, True)]


def _restricted(domain: Domain | None, used: BoolArray) -> Domain | None:
    """A domain in some of its inputs; the others have no constraint but their bounds."""
    if domain is None:
        return None
    box = Box(domain.lower[used], domain.upper[used])
    if isinstance(domain, Box):
        return box
    return Polytope(box, domain.coef[:, used], domain.limit, domain.equal)
