"""A network in its compact form as one matrix of weights, some of which are held at 0."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from prelu_rules.network.compact import compact_form
from prelu_rules.network.normal_form import NormalForm, UnitLabel
from prelu_rules.values import BoolArray, FloatArray, Value

DEAD = 1e-9
"""Weights of a unit that are all below this, for inputs of a size near 1, make it a constant."""


@dataclass(frozen=True, eq=False)
class CompactSystem(Value):
    """Units `max(0, z)` and outputs, one row each, over the inputs, the units and the constant 1, one column each.

    Attributes:
        weights: `(n_units + n_outputs, n_inputs + n_units + 1)` float64, 0 off the support.
        support: bool, of the same shape: which weights are free to be other than 0. Units use earlier units only.
        n_inputs: columns of inputs.

    Example:
        >>> form = NormalForm(A=[[1]], B=[[0]], b=[3], C=[[0]], D=[[2]], e=[0], slopes=[0])
        >>> CompactSystem.of(form).weights
        array([[1., 0., 3.],
               [0., 2., 0.]])
    """

    weights: FloatArray
    support: BoolArray
    n_inputs: int

    @classmethod
    def of(cls, form: NormalForm) -> CompactSystem:
        """The system of a network, with every weight that a network of these units can have free.

        Args:
            form: the network, in float64.

        Returns:
            The same function.
        """
        form = compact_form(form)
        rows = [np.hstack([form.A, form.B, form.b[:, None]]), np.hstack([form.C, form.D, form.e[:, None]])]
        weights = np.vstack(rows).astype(np.float64)
        return cls(weights, _all_free(weights.shape, form.n_inputs), form.n_inputs)

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
        """Numbers to read: every weight and constant that is not 0."""
        return int(np.count_nonzero(self.weights))

    @cached_property
    def free(self) -> FloatArray:
        """The weights on the support, `(n_free,)`, row by row."""
        return self.weights[self.support]

    @property
    def form(self) -> NormalForm:
        """The normal form, of slopes 0; units of level 1 use inputs only, others units of the level before."""
        k, d = self.n_units, self.n_inputs
        units, outputs = self.weights[:k], self.weights[k:]
        return NormalForm(
            A=units[:, :d],
            B=units[:, d:-1],
            b=units[:, -1],
            C=outputs[:, :d],
            D=outputs[:, d:-1],
            e=outputs[:, -1],
            slopes=np.zeros(k),
            labels=_labels(self.weights[:k, d:-1]),
        )

    def with_free(self, free: FloatArray) -> CompactSystem:
        """The system with other weights on the same support.

        Args:
            free: `(n_free,)`.

        Returns:
            A new system.
        """
        weights = np.zeros_like(self.weights)
        weights[self.support] = free
        return CompactSystem(weights, self.support, self.n_inputs)

    def with_support(self, support: BoolArray) -> CompactSystem:
        """The system with fewer or more free weights; those off the support become 0.

        Args:
            support: bool, the shape of `weights`.

        Returns:
            A new system.
        """
        return CompactSystem(np.where(support, self.weights, 0.0), support, self.n_inputs)

    def features(self, x: FloatArray) -> FloatArray:
        """What the rows of weights are multiplied by: the inputs, the units and 1.

        Args:
            x: `(n_rows, n_inputs)`.

        Returns:
            `(n_rows, n_inputs + n_units + 1)`, columns contiguous.
        """
        d, k = self.n_inputs, self.n_units
        columns = np.empty((d + k + 1, len(x)))
        columns[:d], columns[-1] = x.T, 1
        units = columns[d:-1]
        np.matmul(self.weights[:k, :d], columns[:d], out=units)
        units += self.weights[:k, -1:]
        between = self.weights[:k, d:-1]
        for unit, deep in enumerate(np.asarray(between.any(axis=1))):
            if deep:
                units[unit] += between[unit, :unit] @ units[:unit]
            np.maximum(units[unit], 0, out=units[unit])
        return columns.T

    def outputs(self, features: FloatArray) -> FloatArray:
        """The outputs of rows.

        Args:
            features: what `features` returns of them.

        Returns:
            `(n_rows, n_outputs)`.
        """
        return np.asarray(features @ self.weights[self.n_units :].T)

    def evaluate(self, x: FloatArray) -> FloatArray:
        """The outputs of rows of inputs.

        Args:
            x: `(n_rows, n_inputs)`.

        Returns:
            `(n_rows, n_outputs)`.
        """
        return self.outputs(self.features(x))

    def without(self, unit: int, always: bool) -> CompactSystem:
        """The system with one unit replaced by one of its two sides; the others get every weight that they can have.

        Args:
            unit: which.
            always: True for `max(0, z) -> z`, False for `max(0, z) -> 0`.

        Returns:
            A system of one unit less.
        """
        weights = self.weights.copy()
        column = self.n_inputs + unit
        if always:
            weights += np.outer(weights[:, column], weights[unit])
        smaller = np.delete(np.delete(weights, unit, axis=0), column, axis=1)
        return CompactSystem(smaller, _all_free(smaller.shape, self.n_inputs), self.n_inputs)

    def with_unit(self, weights: FloatArray, uses: FloatArray) -> CompactSystem:
        """The system with one more unit behind the others.

        Args:
            weights: `(n_inputs + n_units + 1,)`, of the new unit, its constant last.
            uses: `(n_outputs,)`, what each output takes of it.

        Returns:
            A system of one unit more, which has every weight free that it can have; the other rows keep theirs.
        """
        k, column = self.n_units, self.n_inputs + self.n_units
        wider = np.insert(self.weights, column, 0.0, axis=1)
        wider[k:, column] = uses
        larger = np.insert(wider, k, np.insert(weights, column, 0.0), axis=0)
        return CompactSystem(larger, _all_free(larger.shape, self.n_inputs), self.n_inputs)

    def shallow(self) -> CompactSystem:
        """The system whose units use the inputs only; what they take of other units is cut.

        Returns:
            A system of as many units, with fewer free weights.
        """
        support = self.support.copy()
        support[: self.n_units, self.n_inputs : -1] = False
        return self.with_support(support)

    def scaled(self) -> CompactSystem:
        """The same function with every unit divided by its largest weight.

        Returns:
            A system whose units have a largest weight of 1 or -1; those without weights to speak of stay as they are.
        """
        weights = self.weights.copy()
        for unit in range(self.n_units):
            largest = np.abs(weights[unit, :-1]).max(initial=0)
            if largest > DEAD:
                weights[unit] /= largest
                weights[:, self.n_inputs + unit] *= largest
        return CompactSystem(weights, self.support, self.n_inputs)


def _all_free(shape: tuple[int, int], n_inputs: int) -> BoolArray:
    """Every weight that a network of these units can have: units use earlier units only."""
    n_units = shape[1] - n_inputs - 1
    support = np.ones(shape, dtype=bool)
    support[:n_units, n_inputs:-1] = np.tri(n_units, k=-1, dtype=bool)
    return support


def _labels(between: FloatArray) -> tuple[UnitLabel, ...]:
    """Levels by what units use, and numbers within each level."""
    labels: list[UnitLabel] = []
    for row in between:
        level = 1 + max((labels[unit].level for unit in np.flatnonzero(row)), default=0)
        labels.append(UnitLabel(level, 1 + sum(label.level == level for label in labels)))
    return tuple(labels)
