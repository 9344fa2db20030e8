"""The compact form: one linear function per output plus a `max(0, ...)` term per unit, as one array of weights.

The size of what has to be read grows with the number of units, not with the `2^n` rules that they make.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from prelu_rules.network.collapse import without_unused
from prelu_rules.network.fewest_numbers import compact_form, rounded_weights, unstacked
from prelu_rules.network.normal_form import NormalForm, UnitLabel
from prelu_rules.network.precision import Precision
from prelu_rules.values import Array, BoolArray, FloatArray, Value

DEAD = 1e-9
"""A unit whose weights are all below this, for inputs of a size near 1, is constant."""


@dataclass(frozen=True, eq=False)
class CompactForm(Value):
    """Units `max(0, z)` and outputs, a row for each; a column for each input, each unit and the constant 1.

    Attributes:
        weights: `(n_units + n_outputs, n_inputs + n_units + 1)` float64, 0 off the support.
        support: bool, of the same shape: which weights may be nonzero. Units use earlier units only.
        n_inputs: the number of input columns.

    Example:
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[3], C=[[0]], D=[[2]], e=[0], slopes=[0])
        >>> CompactForm.of(form).weights
        array([[1., 0., 3.],
               [0., 2., 0.]])
    """

    weights: FloatArray
    support: BoolArray
    n_inputs: int

    @classmethod
    def of(cls, form: NormalForm, precision: Precision | None = None) -> CompactForm:
        """The compact form of a network, see `compact_form`; every weight that its units can have is free.

        Args:
            form: the network, in float64.
            precision: how its numbers will be printed; None for all digits.

        Returns:
            The same function, up to rounding errors of float64.
        """
        return cls.stacked(compact_form(form, precision))

    @classmethod
    def stacked(cls, form: NormalForm) -> CompactForm:
        """A form whose slopes are 0, as it is, with every weight that its units can have free.

        Args:
            form: the form.

        Returns:
            Its weights as one array.
        """
        rows = [np.hstack([form.A, form.B, form.b[:, None]]), np.hstack([form.C, form.D, form.e[:, None]])]
        weights = np.vstack(rows).astype(np.float64)
        return cls(weights, _all_free(weights.shape, form.n_inputs), form.n_inputs)

    def _summary(self) -> str:
        return f"{self.n_units} units, {self.n_inputs} inputs -> {self.n_outputs} outputs"

    @property
    def n_units(self) -> int:
        """The number of units."""
        return self.weights.shape[1] - self.n_inputs - 1

    @property
    def n_outputs(self) -> int:
        """The number of outputs."""
        return self.weights.shape[0] - self.n_units

    @property
    def n_numbers(self) -> int:
        """Numbers to read: the nonzero weights and constants."""
        return int(np.count_nonzero(self.weights))

    @property
    def n_nested(self) -> int:
        """The number of times that a unit uses another one."""
        return int(np.count_nonzero(self.weights[: self.n_units, self.n_inputs : -1]))

    @property
    def possible(self) -> BoolArray:
        """The largest support of a network of this size: units use all inputs and all earlier units."""
        return _all_free(self.weights.shape, self.n_inputs)

    @cached_property
    def free(self) -> FloatArray:
        """The weights on the support, `(n_free,)`, in row-major order."""
        return self.weights[self.support]

    @property
    def form(self) -> NormalForm:
        """The normal form, with slopes 0."""
        return unstacked(self.weights, self.n_inputs, self.labels)

    @property
    def labels(self) -> tuple[UnitLabel, ...]:
        """Labels of the units; one is a level above the highest level that it uses."""
        return _labels(self.weights[: self.n_units, self.n_inputs : -1])

    def with_free(self, free: FloatArray) -> CompactForm:
        """The form with other weights on the same support.

        Args:
            free: `(n_free,)`.

        Returns:
            A new form.
        """
        weights = np.zeros_like(self.weights)
        weights[self.support] = free
        return CompactForm(weights, self.support, self.n_inputs)

    def with_support(self, support: BoolArray) -> CompactForm:
        """The form with fewer or more free weights; those off the support become 0.

        Args:
            support: bool, the shape of `weights`.

        Returns:
            A new form.
        """
        return CompactForm(np.where(support, self.weights, 0.0), support, self.n_inputs)

    def features(self, x: FloatArray) -> FloatArray:
        """The features that the weights are multiplied by: the inputs, the units and 1.

        Args:
            x: `(n_rows, n_inputs)`.

        Returns:
            `(n_rows, n_inputs + n_units + 1)`, with contiguous columns.
        """
        d, k = self.n_inputs, self.n_units
        columns = np.empty((d + k + 1, len(x)))
        columns[:d], columns[-1] = x.T, 1
        np.matmul(self.weights[:k, :d], columns[:d], out=columns[d:-1])
        self._bend(columns[d:-1])
        return columns.T

    def outputs(self, features: FloatArray) -> FloatArray:
        """The outputs of rows.

        Args:
            features: as returned by `features`.

        Returns:
            `(n_rows, n_outputs)`.
        """
        return np.asarray(features @ self.weights[self.n_units :].T)

    def predict(self, x: FloatArray) -> FloatArray:
        """The outputs of rows of inputs.

        Args:
            x: `(n_rows, n_inputs)`.

        Returns:
            `(n_rows, n_outputs)`.
        """
        k = self.n_units
        rows = np.empty((k + self.n_outputs, len(x)))
        np.matmul(self.weights[:, : self.n_inputs], x.T, out=rows)
        self._bend(rows[:k])
        rows[k:] += self.weights[k:, self.n_inputs : -1] @ rows[:k] + self.weights[k:, -1:]
        return np.ascontiguousarray(rows[k:].T)

    def _bend(self, units: FloatArray) -> None:
        """Turn what the units get from the inputs, `(n_units, n_rows)`, into their values."""
        units += self.weights[: self.n_units, -1:]
        between = self.weights[: self.n_units, self.n_inputs : -1]
        for unit, deep in enumerate(np.asarray(between.any(axis=1))):
            if deep:
                units[unit] += between[unit, :unit] @ units[:unit]
            np.maximum(units[unit], 0, out=units[unit])

    def without(self, unit: int, always: bool) -> CompactForm:
        """The form with one unit replaced by one of its two sides.

        Args:
            unit: the index of the unit.
            always: True for `max(0, z) -> z`, False for `max(0, z) -> 0`.

        Returns:
            A form with one unit less. The other weights stay free or not as they were; what takes the unit's place
            where it was used is free.
        """
        weights, support = self.weights.copy(), self.support.copy()
        column = self.n_inputs + unit
        if always:
            weights += np.outer(weights[:, column], weights[unit])
            support |= np.outer(support[:, column], support[unit])
        weights = np.delete(np.delete(weights, unit, axis=0), column, axis=1)
        support = np.delete(np.delete(support, unit, axis=0), column, axis=1)
        return CompactForm(weights, support, self.n_inputs)

    def with_unit(self, weights: FloatArray, uses: FloatArray) -> CompactForm:
        """The form with one more unit after the others.

        Args:
            weights: `(n_inputs + n_units + 1,)`, of the new unit; the last one is the constant.
            uses: `(n_outputs,)`, the weight of the new unit in each output.

        Returns:
            A form with one more unit; all weights that this unit can have are free, as are its uses by the outputs.
            The other rows keep their values and their free weights.
        """
        k, column = self.n_units, self.n_inputs + self.n_units
        larger = _with_room(self.weights, k, column)
        larger[k, :column], larger[k, -1], larger[k + 1 :, column] = weights[:-1], weights[-1], uses
        support = _with_room(self.support, k, column)
        support[k, :column], support[k, -1], support[k + 1 :, column] = True, True, True
        return CompactForm(larger, support, self.n_inputs)

    def rounded(self, precision: Precision) -> CompactForm:
        """The compact form after a round trip through printed text.

        Args:
            precision: how its numbers are printed.

        Returns:
            A form with exactly the numbers of the printed text, without the units whose weights have all been rounded
            to 0.

        Example:
            >>> form = NormalForm(A=[[1.001]], B=[[0]], b=[-2], C=[[0]], D=[[1 / 3]], e=[0], slopes=[0])
            >>> CompactForm.of(form).rounded(Precision(2, [3.0], [1.0])).form.D
            array([[0.33]])
        """
        weights = rounded_weights(self.weights, self.n_inputs, precision)
        return CompactForm.stacked(without_unused(CompactForm(weights, self.support, self.n_inputs).form))

    def shallow(self) -> CompactForm:
        """The form whose units use inputs only; their weights on other units are cut.

        Returns:
            A form with the same number of units and fewer free weights.
        """
        support = self.support.copy()
        support[: self.n_units, self.n_inputs : -1] = False
        return self.with_support(support)

    def scaled(self) -> CompactForm:
        """The same function with every unit divided by its largest weight.

        Returns:
            A form in which each unit's largest weight is 1 or -1; units whose weights are all negligible are unchanged.
        """
        weights = self.weights.copy()
        for unit in range(self.n_units):
            largest = np.abs(weights[unit, :-1]).max(initial=0)
            if largest > DEAD:
                weights[unit] /= largest
                weights[:, self.n_inputs + unit] *= largest
        return CompactForm(weights, self.support, self.n_inputs)


def _all_free(shape: tuple[int, int], n_inputs: int) -> BoolArray:
    """The support on which units may use all inputs and all earlier units."""
    n_units = shape[1] - n_inputs - 1
    support = np.ones(shape, dtype=bool)
    support[:n_units, n_inputs:-1] = np.tri(n_units, k=-1, dtype=bool)
    return support


def _with_room(array: Array, row: int, column: int) -> Array:
    """The array with one more row and column, of zeros."""
    # `np.insert` takes ten times as long for such small arrays.
    wider = np.zeros((len(array) + 1, array.shape[1] + 1), array.dtype)
    wider[:row, :column], wider[:row, column + 1 :] = array[:row, :column], array[:row, column:]
    wider[row + 1 :, :column], wider[row + 1 :, column + 1 :] = array[row:, :column], array[row:, column:]
    return wider


def _labels(between: FloatArray) -> tuple[UnitLabel, ...]:
    """Labels of the units: the level follows from the units used, the number counts within a level."""
    labels: list[UnitLabel] = []
    for row in between:
        level = 1 + max((labels[unit].level for unit in np.flatnonzero(row)), default=0)
        labels.append(UnitLabel(level, 1 + sum(label.level == level for label in labels)))
    return tuple(labels)
