"""A condition and a rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from prelu_rules.errors import InvalidValueError, ShapeError
from prelu_rules.network.affine import AffineMap
from prelu_rules.network.normal_form import UnitLabel
from prelu_rules.values import Array, BoolArray, FloatArray, Value, exact_array, frozen_array, input_rows


@dataclass(frozen=True, eq=False)
class Condition(Value):
    """A half-space: `coef x + intercept >= 0`, or `< 0`; where the sum is 0, the first of the two holds.

    Attributes:
        coef: `(n_inputs,)`.
        intercept: the constant, a float.
        nonnegative: True for `>= 0`, False for `< 0`.
        label: the unit of the network whose sign this is; None if there is none.

    Raises:
        ShapeError: if `coef` is not one-dimensional.
        InvalidValueError: if a number is NaN or infinite.

    Example:
        >>> adult = Condition([1.0], -18.0, nonnegative=True)
        >>> adult.holds([[17.9], [18.0]])
        array([False,  True])
    """

    coef: Array
    intercept: float
    nonnegative: bool
    label: UnitLabel | None = None

    if TYPE_CHECKING:
        # Other types are accepted and converted, which a dataclass cannot express to a type checker.
        def __init__(
            self,
            coef: npt.ArrayLike,
            intercept: float,
            nonnegative: bool,
            label: UnitLabel | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "coef", frozen_array(self.coef, "coef", (None,)))
        object.__setattr__(self, "intercept", frozen_array(self.intercept, "intercept", ()).item())
        object.__setattr__(self, "nonnegative", bool(self.nonnegative))
        if self.label is not None:
            object.__setattr__(self, "label", UnitLabel(*self.label))

    def holds(self, x: npt.ArrayLike) -> BoolArray:
        """Where the condition is true.

        Args:
            x: `(n_rows, n_inputs)`, or `(n_inputs,)` for one row.

        Returns:
            bool, `(n_rows,)`.

        Raises:
            ShapeError: if `x` has the wrong number of columns.
        """
        rows, _ = input_rows(x, len(self.coef))
        return np.asarray((rows @ self.coef + self.intercept >= 0) == self.nonnegative, dtype=bool)

    def halfspace(self) -> tuple[FloatArray, float]:
        """Weights and constant, in float64, of a sum that is `>= 0` where the condition holds or on its boundary.

        Returns:
            `(n_inputs,)` weights and the constant.

        Example:
            >>> Condition([1.0], -18.0, nonnegative=False).halfspace()
            (array([-1.]), 18.0)
        """
        sign = 1.0 if self.nonnegative else -1.0
        return sign * self.coef.astype(np.float64), sign * float(self.intercept)

    def row(self) -> Array:
        """Weights and constant, as one row, of a sum that is `>= 0` where the condition holds or on its boundary.

        Returns:
            `(n_inputs + 1,)`.
        """
        row = np.append(self.coef, np.array(self.intercept, dtype=self.coef.dtype))
        return row if self.nonnegative else -row

    def exact(self) -> Condition:
        """The same condition in exact rationals: every float becomes the fraction of equal value.

        Returns:
            The condition, with `fractions.Fraction` instead of floats.
        """
        return replace(self, coef=exact_array(self.coef), intercept=exact_array(np.array(self.intercept)).item())

    def normalised(self) -> Condition:
        """The same condition, divided by its largest absolute weight (paper, text format).

        Returns:
            The condition; unchanged if all weights are 0.

        Example:
            >>> Condition([4.0, -8.0], 2.0, nonnegative=False).normalised().coef
            array([ 0.5, -1. ])
        """
        largest = np.abs(self.coef).max(initial=0)
        if largest == 0:
            return self
        return Condition(self.coef / largest, self.intercept / largest, self.nonnegative, self.label)


@dataclass(frozen=True, eq=False)
class Rule(Value):
    """IF all conditions hold THEN the outputs are an affine function of the inputs.

    Attributes:
        conditions: the conditions, in the order of the layers; empty if the rule always holds.
        outputs: `n_inputs -> n_outputs`.
        count: the number of training rows that the rule covers; None if there were no data.
        decision: the index of the class that the rule decides for; None if the outputs determine it.
        errors: the mean absolute error of each output on those rows, in the target's units; None for classifiers, and
            if unknown.
        class_counts: the number of those rows in each class, in the order of the classes; None if unknown.

    Raises:
        ShapeError: if a condition has another number of inputs than the outputs do, or there is not one error for each
            output.
        InvalidValueError: if the count is not a number of rows, the decision not the number of a class, an error is not
            a finite number of at least 0, or the class counts are not numbers of rows that add up to the count.

    Example:
        >>> rule = Rule((Condition([1.0], 0.0, nonnegative=True),), AffineMap([[2.0]], [1.0]))
        >>> rule.covers([[-1.0], [3.0]])
        array([False,  True])
    """

    conditions: tuple[Condition, ...]
    outputs: AffineMap
    count: int | None = None
    decision: int | None = None
    errors: tuple[float, ...] | None = None
    class_counts: tuple[int, ...] | None = None

    if TYPE_CHECKING:
        # Other types are accepted and converted, which a dataclass cannot express to a type checker.
        def __init__(
            self,
            conditions: Sequence[Condition],
            outputs: AffineMap,
            count: int | None = None,
            decision: int | None = None,
            errors: Sequence[float] | None = None,
            class_counts: Sequence[int] | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "conditions", tuple(self.conditions))
        if self.count is not None and (not isinstance(self.count, int) or self.count < 0):
            raise InvalidValueError(f"count is {self.count!r}; it must be a number of rows, or None.")
        if self.decision is not None and (not isinstance(self.decision, int) or self.decision < 0):
            raise InvalidValueError(f"decision is {self.decision!r}; it must be the index of a class, or None.")
        n_inputs = self.outputs.coef.shape[1]
        for condition in self.conditions:
            if len(condition.coef) != n_inputs:
                raise ShapeError(
                    f"a condition has {len(condition.coef)} weights, but the rule's outputs have {n_inputs} inputs."
                )
        if self.errors is not None:
            object.__setattr__(self, "errors", _checked_errors(self.errors, len(self.outputs.intercept)))
        if self.class_counts is not None:
            object.__setattr__(self, "class_counts", _checked_class_counts(self.class_counts, self.count))

    def without_evidence(self) -> Rule:
        """The same rule without counts and errors, for when it comes to cover other rows.

        Returns:
            The rule, with None for `count`, `errors` and `class_counts`.

        Example:
            >>> Rule((), AffineMap([[0.5]], [0.0]), count=3, errors=(0.1,)).without_evidence().errors is None
            True
        """
        return replace(self, count=None, errors=None, class_counts=None)

    def _repr_html_(self) -> str:
        from prelu_rules.export.html import write_rule

        return write_rule(self)

    def _repr_latex_(self) -> str:
        from prelu_rules.export.latex import write_rule

        return write_rule(self)

    def exact(self) -> Rule:
        """The same rule in exact rationals: every float becomes the fraction of equal value.

        Returns:
            The rule, with `fractions.Fraction` instead of floats.

        Example:
            >>> Rule((), AffineMap([[0.5]], [0.0])).exact().outputs.coef
            array([[Fraction(1, 2)]], dtype=object)
        """
        outputs = AffineMap(exact_array(self.outputs.coef), exact_array(self.outputs.intercept))
        return replace(self, conditions=tuple(c.exact() for c in self.conditions), outputs=outputs)

    def covers(self, x: npt.ArrayLike) -> BoolArray:
        """Where all conditions hold.

        Args:
            x: `(n_rows, n_inputs)`, or `(n_inputs,)` for one row.

        Returns:
            bool, `(n_rows,)`.

        Raises:
            ShapeError: if `x` has the wrong number of columns.
        """
        rows, _ = input_rows(x, self.outputs.coef.shape[1])
        covered = np.ones(len(rows), dtype=bool)
        for condition in self.conditions:
            covered &= condition.holds(rows)
        return covered


def _checked_errors(errors: Sequence[float], n_outputs: int) -> tuple[float, ...]:
    """One error for each output, all of them non-negative."""
    found = frozen_array(errors, "errors", (n_outputs,))
    if (found < 0).any():
        place = int((found < 0).argmax())
        raise InvalidValueError(
            f"errors holds {found[place]} at index {place}; it must be a finite number of at least 0."
        )
    return tuple(found.tolist())


def _checked_class_counts(counts: Sequence[int], count: int | None) -> tuple[int, ...]:
    """The number of rows of each class, whose sum is the number of rows that the rule covers."""
    if not isinstance(counts, Iterable):
        raise InvalidValueError(f"class_counts is {counts!r}; give a number of rows for each class.")
    for place, rows in enumerate(counts):
        if isinstance(rows, bool) or not isinstance(rows, (int, np.integer)) or rows < 0:
            raise InvalidValueError(f"class_counts holds {rows!r} at index {place}; it must be a number of rows.")
    if sum(counts) != count:
        raise InvalidValueError(f"class_counts adds up to {sum(counts)} rows, but count is {count}; make them agree.")
    return tuple(int(rows) for rows in counts)
