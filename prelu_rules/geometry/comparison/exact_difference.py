"""The largest differences of two networks in exact arithmetic, cell by cell, where these are few."""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from prelu_rules.domains.domain import Domain
from prelu_rules.geometry.proofs.exact import ExactCell
from prelu_rules.geometry.proofs.exact_patterns import ExactPart, exact_patterns
from prelu_rules.network.normal_form import NormalForm
from prelu_rules.values import Array, Value


@dataclass(frozen=True, eq=False)
class ExactDifference(Value):
    """The largest absolute values of a network's outputs on a domain.

    Attributes:
        upper: for each output the largest absolute value; None if it is unbounded.
        at: `(n_outputs, n_inputs)` of fractions, where it is attained; anything if it is unbounded.
        n_cells: how many linear regions there are.
    """

    upper: tuple[Fraction | None, ...]
    at: Array
    n_cells: int


def exact_difference(form: NormalForm, domain: Domain | None, max_cells: int, seconds: float) -> ExactDifference | None:
    """The largest absolute values of the outputs.

    Args:
        form: a network in exact rationals, such as a difference of two.
        domain: the domain; None for all inputs.
        max_cells: the largest number of linear regions to visit.
        seconds: the longest time to take, give or take that for one region.

    Returns:
        The values; None if there are more regions, the time is over, or no point satisfies the constraints of the
        domain exactly.

    Example:
        >>> from prelu_rules.domains.box import Box
        >>> form = NormalForm([[1]], [[0]], [0], [[0]], [[1]], [0], slopes=[0]).exact()
        >>> found = exact_difference(form, Box([-1], [3]), 10, 1.0)
        >>> assert found is not None
        >>> found.upper
        (Fraction(3, 1),)
    """
    stop = time.monotonic() + seconds
    whole = ExactCell.of_domain(domain, form.n_inputs)
    if whole is None:
        return None
    upper: list[Fraction | None] = [Fraction(0)] * form.n_outputs
    at = np.tile(whole.corner, (form.n_outputs, 1))
    n_cells = 0
    for pattern in exact_patterns(form, ExactPart(whole, [])):
        n_cells += 1
        if n_cells > max_cells or time.monotonic() > stop:
            return None
        cell = pattern.part.cell
        assert cell is not None
        for k, row in enumerate(pattern.outputs):
            for side in (row, -row) if row.any() else ():
                value, corner = cell.maximum(side)
                before = upper[k]
                if value is None or (before is not None and value > before):
                    upper[k], at[k] = value if before is not None else None, corner
    return ExactDifference(tuple(upper), at, n_cells)
